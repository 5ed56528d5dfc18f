import { useMemo, type ReactElement } from "react";
import { EmptyState, ErrorState, LoadingState, PageFrame, useQuery, useTexts } from "@hotlinejs/plugin-console/sdk";
import { loadDesk, useDesk } from "../desk-store.js";
import { useRules, type RulesOfQueue } from "./queue-rules-api.js";
import { RulesEditor } from "./rules-editor.js";
import { texts } from "./texts.js";

/** The rules of queues that can be changed while the hotline runs: which differ from the configuration, and a form for each queue. */
export function QueueRulesPage(): ReactElement {
  const text = useTexts(texts);
  const desk = useDesk();
  const [query, patch] = useQuery();
  const keys = desk.loaded ? [...desk.queues.keys()].sort().join("\n") : undefined;
  const queues = useMemo(() => (keys === undefined ? undefined : keys.split("\n").filter((key) => key !== "")), [keys]);
  const { data, error, put, reload } = useRules(queues);
  const shownError = desk.error ?? error;
  const all = [...(data?.values() ?? [])];
  const selected = data?.get(query.get("queue") ?? "") ?? all[0];
  return (
    <PageFrame title={text.title} wide>
      {shownError === undefined ? null : <ErrorState error={shownError} what={text.what} onRetry={() => (desk.error === undefined ? reload() : void loadDesk())} />}
      {data === undefined ? (
        shownError === undefined ? <LoadingState rows={10} /> : null
      ) : selected === undefined ? (
        <EmptyState>{text.noQueues}</EmptyState>
      ) : (
        <div className="qr-page">
          <QueueList queues={all} selected={selected.queue} select={(queue) => patch({ queue })} />
          <RulesEditor
            key={selected.queue}
            rules={selected}
            queues={desk.queues}
            waiting={(desk.queues.get(selected.queue)?.waiting ?? 0) + (desk.queues.get(selected.queue)?.ringing ?? 0)}
            put={(rules) => put((before) => new Map(before).set(rules.queue, rules))}
            reload={reload}
          />
        </div>
      )}
    </PageFrame>
  );
}

function QueueList({ queues, selected, select }: { readonly queues: readonly RulesOfQueue[]; readonly selected: string; readonly select: (queue: string) => void }): ReactElement {
  const text = useTexts(texts);
  return (
    <nav className="hl-card qr-queues" aria-label={text.queues}>
      <ul>
        {queues.map(({ queue, name, changed, leftOut }) => (
          <li key={queue}>
            <button type="button" aria-current={queue === selected ? "true" : undefined} onClick={() => select(queue)}>
              <span>{name}</span>
              {changed.length === 0 ? null : <span className="qr-count">{text.changedOf(changed.length)}</span>}
              {leftOut.length === 0 ? null : <span className="qr-count">{text.leftOutOf(leftOut.length)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
