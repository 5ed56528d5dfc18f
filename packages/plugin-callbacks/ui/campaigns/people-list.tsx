import { useRef, useState, type ReactElement } from "react";
import { App, Button, Select, Table } from "antd";
import { announce, api, DropMenu, EmptyState, ErrorState, formatDateTime, formatPhone, keepFocus, LoadingState, serverNow, StatusTag, unlessBusy, useLoad, useMay, useQuery, useTexts, useTopic } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignPerson, PersonResult, PersonStatus } from "../../src/contract.js";
import { codeOf, firstPages, MANAGE, pathOf, TOPIC, useFollow, useOffline } from "./campaign-api.js";
import { ImportPanel } from "./import-panel.js";
import { PersonDetail } from "./person-detail.js";
import { texts } from "./texts.js";
import { count, problemWords } from "./words.js";

const PAGE = 50;
/** So many pages follow what happens; whoever has read farther is told that something has changed. */
const FOLLOWED = 2;
const STATUSES: readonly PersonStatus[] = ["open", "calling", "uncertain", "closed"];
const RESULTS: readonly PersonResult[] = ["completed", "incomplete", "abandoned", "refused-by-person", "no-answer", "busy", "declined", "unreachable", "refused", "failed", "do-not-call", "skipped"];
/** What somebody can know of a call that nobody saw the end of. */
const BY_HAND: readonly PersonResult[] = ["completed", "incomplete", "no-answer", "refused-by-person", "skipped"];

/** Who is called: filters stand in the address. */
export function PeopleList({ campaign, changed }: { readonly campaign: Campaign; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const may = useMay(MANAGE);
  const [query, patch] = useQuery();
  const status = query.get("status") ?? undefined;
  const result = query.get("result") ?? undefined;
  const pages = useRef(1);
  const [old, setOld] = useState(false);
  const over = campaign.status === "done" || campaign.status === "cancelled";
  const [importing, setImporting] = useState(campaign.counts.people === 0 && !over);
  const list = useLoad(`campaign ${campaign.id} people ${status ?? ""} ${result ?? ""}`, (signal) => firstPages<CampaignPerson>(`${pathOf(campaign.id)}/people`, { status, result }, pages.current, PAGE, signal));
  const followed = pages.current <= FOLLOWED;
  useFollow(list, followed);
  useTopic(followed ? [] : TOPIC, () => setOld(true));
  const refresh = (): void => {
    setOld(false);
    list.reload();
  };
  const more = (): void => {
    pages.current++;
    refresh();
  };
  const filter = (values: { readonly status: string | undefined; readonly result: string | undefined }): void => {
    pages.current = 1;
    setOld(false);
    patch(values);
  };
  const after = (): void => {
    refresh();
    changed();
  };
  const filtered = status !== undefined || result !== undefined;
  const clear = (
    <Button type="link" size="small" onClick={() => filter({ status: undefined, result: undefined })}>
      {text.clear}
    </Button>
  );
  const people = list.data?.items;
  return (
    <section aria-label={text.tabs.people}>
      <div className="cam-filters">
        <Select className="cam-filter" aria-label={text.people.status} value={status ?? ""} onChange={(value) => filter({ status: value === "" ? undefined : value, result: undefined })} options={[{ value: "", label: text.people.anyStatus }, ...STATUSES.map((value) => ({ value, label: text.people.statuses[value] ?? value }))]} />
        <Select className="cam-filter" aria-label={text.results.title} value={result ?? ""} onChange={(value) => filter({ status: value === "" ? status : "closed", result: value === "" ? undefined : value })} options={[{ value: "", label: text.people.anyResult }, ...RESULTS.map((value) => ({ value, label: text.results.words[value] ?? value }))]} />
        {filtered ? clear : null}
        <span className="cam-filters-rest">
          {old ? (
            <Button size="small" onClick={refresh}>
              {text.people.changed}
            </Button>
          ) : null}
          {may && !over ? (
            <Button aria-expanded={importing} onClick={() => setImporting(!importing)}>
              {text.import.open}
            </Button>
          ) : null}
        </span>
      </div>
      {importing && may && !over ? <ImportPanel campaignId={campaign.id} first={campaign.counts.people === 0} done={after} close={() => setImporting(false)} /> : null}
      {list.error === undefined ? null : <ErrorState error={list.error} what={text.people.what} onRetry={refresh} />}
      {people === undefined ? list.error === undefined ? <LoadingState rows={8} /> : null : people.length === 0 ? <EmptyState action={filtered ? clear : undefined}>{filtered ? text.people.noMatch : text.people.none}</EmptyState> : <People campaign={campaign} people={people} may={may && !over} changed={after} />}
      {people === undefined || people.length === 0 ? null : (
        <p className="cam-more">
          <span className="hl-meta">{text.people.loaded(count(people.length))}</span>
          {list.data?.next === null ? null : (
            <Button type="link" size="small" onClick={more}>
              {text.more}
            </Button>
          )}
        </p>
      )}
    </section>
  );
}

interface PeopleProps {
  readonly campaign: Campaign;
  readonly people: readonly CampaignPerson[];
  readonly may: boolean;
  readonly changed: () => void;
}

function People({ campaign, people, may, changed }: PeopleProps): ReactElement {
  const text = useTexts(texts);
  const now = serverNow();
  return (
    <div ref={keepFocus} className="cam-table">
      <Table<CampaignPerson>
        size="small"
        rowKey="id"
        pagination={false}
        scroll={{ x: 720 }}
        dataSource={[...people]}
        expandable={{ expandedRowRender: (person) => <PersonDetail person={person} /> }}
        columns={[
          { title: text.people.number, key: "number", width: 136, render: (_, person) => <span className="hl-number">{formatPhone(person.number)}</span> },
          { title: text.people.name, key: "name", ellipsis: true, render: (_, person) => person.name ?? "–" },
          { title: text.people.status, key: "status", width: 216, render: (_, person) => <State person={person} now={now} /> },
          { title: text.people.attempts, key: "attempts", width: 64, align: "right", render: (_, person) => person.attempts },
          { title: text.people.last, key: "last", width: 112, render: (_, person) => (person.lastAttemptAt === null ? "–" : formatDateTime(person.lastAttemptAt, now)) },
          ...(may ? [{ title: text.acts, key: "act", width: 104, align: "right" as const, render: (_: unknown, person: CampaignPerson) => <Act campaign={campaign} person={person} changed={changed} /> }] : []),
        ]}
      />
    </div>
  );
}

/** Colour for what is under way, was reached, or needs somebody; the rest are words. */
function State({ person, now }: { readonly person: CampaignPerson; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  if (person.status === "closed") {
    const word = text.results.words[person.result ?? ""] ?? person.result;
    return person.result === "completed" ? <StatusTag status="ready">{word}</StatusTag> : <>{word}</>;
  }
  const word = text.people.statuses[person.status];
  if (person.status === "open") {
    return (
      <>
        {word} {person.nextAt > now ? <span className="hl-meta">{text.people.later(formatDateTime(person.nextAt, now))}</span> : null}
      </>
    );
  }
  return <StatusTag status={person.status === "calling" ? "live" : "fault"}>{word}</StatusTag>;
}

function Act({ campaign, person, changed }: { readonly campaign: Campaign; readonly person: CampaignPerson; readonly changed: () => void }): ReactElement | null {
  const text = useTexts(texts);
  const { message, modal } = App.useApp();
  const offline = useOffline();
  const [busy, setBusy] = useState(false);
  if (person.status === "closed" || person.status === "calling") return null;
  const who = person.name ?? formatPhone(person.number);
  const close = async (result: PersonResult): Promise<void> => {
    setBusy(true);
    try {
      await api.post(`${pathOf(campaign.id)}/people/${encodeURIComponent(person.id)}/close`, { result });
      announce(text.people.closed(who, text.results.words[result] ?? result));
    } catch (error) {
      void message.warning(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
      changed();
    }
  };
  const title = offline ? text.offline : undefined;
  if (person.status === "uncertain") {
    return (
      <DropMenu busy={busy || offline} items={BY_HAND.map((result) => ({ key: result, label: text.results.words[result], onClick: () => void close(result) }))}>
        <Button size="small" title={title}>
          {text.people.tell}
        </Button>
      </DropMenu>
    );
  }
  const ask = (): void => void modal.confirm({ title: text.people.takeOutTitle(who), content: text.people.takeOutEffect, okText: text.people.takeOut, cancelText: text.people.keep, onOk: () => close("skipped") });
  return (
    <Button size="small" title={title} aria-label={`${text.people.takeOut} ${who}`} {...unlessBusy(busy || offline, ask)}>
      {text.people.takeOut}
    </Button>
  );
}
