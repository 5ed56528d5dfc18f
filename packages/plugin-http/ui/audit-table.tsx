import type { ReactElement } from "react";
import { Button, Table } from "antd";
import { formatDateTime, Link, serverNow, StatusTag, useSession, useTexts } from "@hotlinejs/plugin-console/sdk";
import { useWord, type AuditRow, type Vocabulary } from "./audit-api.js";
import { detailWords, type DetailWord } from "./details.js";
import { isOutcome, texts, type Texts } from "./texts.js";

interface Props {
  readonly rows: readonly AuditRow[];
  readonly vocabulary: Vocabulary | undefined;
  /** Narrows the list. */
  readonly only: (values: Readonly<Record<string, string | undefined>>) => void;
}

export function AuditTable({ rows, vocabulary, only }: Props): ReactElement {
  const text = useTexts(texts);
  const now = serverNow();
  return (
    <Table<AuditRow>
      size="small"
      rowKey="id"
      pagination={false}
      scroll={{ x: 1000 }}
      dataSource={[...rows]}
      expandable={{ expandedRowRender: (row) => <Entry row={row} vocabulary={vocabulary} only={only} /> }}
      columns={[
        { title: text.at, key: "at", width: 148, render: (_, row) => formatDateTime(row.at, now, true) },
        { title: text.actor, key: "actor", width: 120, ellipsis: true, render: (_, row) => actorWords(row, text) },
        { title: text.action, key: "action", width: 232, render: (_, row) => <Action row={row} vocabulary={vocabulary} /> },
        { title: text.subject, key: "subject", width: 232, ellipsis: true, render: (_, row) => <Subject row={row} vocabulary={vocabulary} /> },
        { title: text.outcome, key: "outcome", width: 128, render: (_, row) => <Outcome outcome={row.outcome} /> },
        { title: text.more, key: "more", ellipsis: true, render: (_, row) => <span className="hl-meta">{detailWords(row.details, text, now).map(({ label, value }) => text.pair(label, value)).join(" · ")}</span> },
      ]}
    />
  );
}

/** One row in all its parts. */
export function Entry({ row, vocabulary, only }: { readonly row: AuditRow; readonly vocabulary: Vocabulary | undefined; readonly only?: Props["only"] }): ReactElement {
  const text = useTexts(texts);
  const now = serverNow();
  const { subject, seal } = row;
  const details: readonly DetailWord[] = detailWords(row.details, text, now);
  // A masked number finds nothing.
  const findable = subject !== null && !subject.id.includes("*");
  return (
    <>
      <dl className="aud-facts">
        <dt>{text.at}</dt>
        <dd>{formatDateTime(row.at, now, true)}</dd>
        <dt>{text.actor}</dt>
        <dd>
          {actorWords(row, text)} <code className="aud-code">{row.actor}</code>
        </dd>
        <dt>{text.action}</dt>
        <dd>
          <Action row={row} vocabulary={vocabulary} /> <code className="aud-code">{row.action}</code>
        </dd>
        <dt>{text.subject}</dt>
        <dd>
          <Subject row={row} vocabulary={vocabulary} whole />
        </dd>
        <dt>{text.outcome}</dt>
        <dd>
          <Outcome outcome={row.outcome} />
        </dd>
        {details.map(({ name, label, value }) => [<dt key={name}>{label}</dt>, <dd key={`${name} value`}>{value}</dd>])}
        <dt>{text.seal}</dt>
        <dd>
          {seal === null ? (
            text.unsealed
          ) : (
            <>
              {text.number(seal.number)} <code className="aud-code">{seal.hash}</code>
            </>
          )}
        </dd>
      </dl>
      {only === undefined ? null : (
        <div className="aud-only">
          <Button size="small" onClick={() => only({ actor: row.actor })}>
            {text.onlyActor}
          </Button>
          {findable ? (
            <Button size="small" onClick={() => only({ subjectType: subject.type, subjectId: subject.id })}>
              {text.onlySubject}
            </Button>
          ) : null}
        </div>
      )}
    </>
  );
}

function actorWords({ actor, actorName }: AuditRow, text: Texts): string {
  if (actorName !== null) return actorName;
  if (actor === "system") return text.system;
  if (actor === "citizen") return text.citizen;
  if (actor === "unknown") return text.unknown;
  return actor.startsWith("plugin:") ? text.part : actor;
}

function Action({ row, vocabulary }: { readonly row: AuditRow; readonly vocabulary: Vocabulary | undefined }): ReactElement {
  const word = useWord()(vocabulary?.actions, row.action);
  return word === undefined ? <code className="aud-code">{row.action}</code> : <>{word}</>;
}

function Subject({ row: { subject }, vocabulary, whole = false }: { readonly row: AuditRow; readonly vocabulary: Vocabulary | undefined; /** With its id, however long. */ readonly whole?: boolean }): ReactElement {
  const text = useTexts(texts);
  const word = useWord();
  const { pages } = useSession();
  if (subject === null) return <span className="hl-meta">{text.noSubject}</span>;
  const { type, id } = subject;
  const page = vocabulary?.subjects.find(({ name }) => name === type)?.page;
  const name = type === "user" ? vocabulary?.actors.find((each) => each.id === id)?.name : undefined;
  const kind = word(vocabulary?.subjects, type) ?? type;
  return (
    <>
      {page !== undefined && pages.some(({ path }) => path === page) ? <Link to={page.replace(":id", encodeURIComponent(id))}>{kind}</Link> : kind} {name}{" "}
      {name === undefined || whole ? (
        <code className="aud-code" title={id}>
          {id}
        </code>
      ) : null}
    </>
  );
}

function Outcome({ outcome }: { readonly outcome: string }): ReactElement {
  const text = useTexts(texts);
  const words = isOutcome(outcome) ? text.outcomes[outcome] : outcome;
  // What went as it should is the rule, and needs no colour.
  return outcome === "done" ? <>{words}</> : <StatusTag status="fault">{words}</StatusTag>;
}
