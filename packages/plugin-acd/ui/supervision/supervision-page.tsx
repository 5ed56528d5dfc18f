import { useEffect, useLayoutEffect, useMemo, useRef, type ReactElement } from "react";
import { Button, Checkbox, Segmented } from "antd";
import { announce, EmptyState, ErrorState, keepFocus, LoadingState, PageFrame, StaleNote, StatusTag, unlessBusy, useMay, useQuery, useServerSeconds, useStale, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Watching } from "../../src/contract.js";
import { useReasons } from "../agent-reasons.js";
import { loadDesk, useDesk } from "../desk-store.js";
import { AgentTable } from "./agent-table.js";
import { agentRows, isOdd, isTalking, queueRows, type AgentFilter } from "./live-rows.js";
import { QueueFiguresStrip } from "./queue-figures.js";
import { QueueTable } from "./queue-table.js";
import { loadCalls, useLiveCalls } from "./supervision-store.js";
import { texts } from "./texts.js";
import { useAct } from "./use-act.js";
import { useWatch, type WatchCommands } from "./use-watch.js";
import { WaitingPanel } from "./waiting-panel.js";

const FILTERS: readonly AgentFilter[] = ["present", "talking", "odd", "all"];

/** Queues and agents as they are this second, told by events, with what a supervisor can do about them. */
export function SupervisionPage(): ReactElement {
  const text = useTexts(texts);
  const desk = useDesk();
  const live = useLiveCalls();
  const stale = useStale();
  const seconds = useServerSeconds(stale === undefined);
  const now = stale ?? seconds;
  const [query, patch] = useQuery();
  const { act, pending } = useAct();
  const commands = useWatch(act);
  const reasons = useReasons();
  const queues = useMemo(() => queueRows(desk.queues.values()), [desk.queues]);
  useWatchSaid(live.watching, (number) => desk.agents.get(number)?.name ?? number);
  const error = desk.error ?? live.error;
  if (!desk.loaded || !live.loaded) {
    return (
      <PageFrame title={text.title} wide>
        {error === undefined ? <LoadingState rows={10} /> : <ErrorState error={error} what={text.what} onRetry={() => void Promise.all([loadDesk(), loadCalls()])} />}
      </PageFrame>
    );
  }
  const filter = FILTERS.find((each) => each === query.get("show")) ?? "present";
  const selected = queues.find(({ key }) => key === query.get("queue")) ?? queues[0];
  const onlyQueue = query.get("only") === "queue" && selected !== undefined;
  const agents = [...desk.agents.values()];
  const rows = agentRows(agents, live.calls, filter, onlyQueue ? selected.key : undefined, reasons, now);
  const count: Readonly<Record<AgentFilter, number>> = {
    present: agents.filter(({ choice }) => choice !== "offline").length,
    talking: agents.filter(isTalking).length,
    odd: agents.filter((agent) => isOdd(agent, live.calls.get(agent.number), reasons, now)).length,
    all: agents.length,
  };
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting + queue.ringing, 0);
  const nameOf = (number: string): string => desk.agents.get(number)?.name ?? number;
  return (
    <PageFrame
      title={text.title}
      wide
      extra={
        <>
          {stale === undefined ? null : <StaleNote at={stale} />}
          {live.watching !== null ? (
            <WatchLine watching={live.watching} name={nameOf(live.watching.agent)} commands={commands} busy={pending.size > 0} />
          ) : stale === undefined ? (
            <span className="sup-sum">{text.sum(waiting, count.talking, agents.filter(({ roomForCall }) => roomForCall).length)}</span>
          ) : null}
        </>
      }
    >
      <div className={stale === undefined ? "sup-top" : "sup-top hl-stale"}>
        <section className="hl-card sup-scroll" aria-label={text.queues}>
          {queues.length === 0 ? <EmptyState>{text.noQueues}</EmptyState> : <QueueTable queues={queues} selected={selected?.key} onSelect={(key) => patch({ queue: key })} now={now} />}
          {selected === undefined ? null : <QueueFiguresStrip queue={selected} />}
        </section>
        {selected === undefined ? null : <WaitingPanel queue={selected} queues={queues} now={now} act={act} pending={pending} />}
      </div>
      <section ref={keepFocus} className={`hl-card sup-scroll${stale === undefined ? "" : " hl-stale"}`} aria-label={text.agents}>
        <div className="sup-head">
          <h2>{text.agents}</h2>
          <Segmented size="small" aria-label={text.agents} value={filter} onChange={(value) => patch({ show: value === "present" ? undefined : value })} options={FILTERS.map((value) => ({ value, label: `${text.filters[value]} ${count[value]}` }))} />
          {selected === undefined || queues.length < 2 ? null : (
            <Checkbox checked={onlyQueue} onChange={(event) => patch({ only: event.target.checked ? "queue" : undefined })}>
              {text.onlyQueue(selected.name)}
            </Checkbox>
          )}
          <OwnPhone own={desk.number} />
        </div>
        {rows.length === 0 ? <EmptyState>{text.noAgents[filter]}</EmptyState> : <AgentTable agents={rows} reasons={reasons} live={live} queues={desk.queues} own={desk.number} now={now} act={act} pending={pending} commands={commands} />}
      </section>
    </PageFrame>
  );
}

/** Why there are no buttons into calls. */
function OwnPhone({ own }: { readonly own: string | null }): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay("acd.calls.listen");
  return may && own === null ? <span className="hl-meta sup-hint">{text.noPhone}</span> : null;
}

/** Who can hear me, as a sentence, and the way out. Esc leaves. */
function WatchLine({ watching, name, commands, busy }: { readonly watching: Watching; readonly name: string; readonly commands: WatchCommands; readonly busy: boolean }): ReactElement {
  const text = useTexts(texts);
  const leave = useRef<() => void>(() => undefined);
  const line = useRef<HTMLDivElement>(null);
  const { agent } = watching;
  // With the line goes its button; the focus goes to where the call was entered.
  useLayoutEffect(
    () => () => {
      if (line.current?.contains(document.activeElement) === true) document.querySelector<HTMLElement>(`tr[data-agent="${CSS.escape(agent)}"] .sup-acts button`)?.focus();
    },
    [agent],
  );
  leave.current = () => commands.leave(watching.agent);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || isOver()) return;
      event.preventDefault();
      leave.current();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div ref={line} className="sup-watch" data-mode={watching.mode}>
      <StatusTag status={watching.inside ? "live" : "ringing"} solid>
        {watching.inside ? text.watch[watching.mode](name) : text.ringing(name)}
      </StatusTag>
      <Button size="small" {...unlessBusy(busy && watching.inside, () => leave.current())}>
        {text.leave} <kbd>Esc</kbd>
      </Button>
    </div>
  );
}

/** A question or a menu is open: Esc is for that. */
function isOver(): boolean {
  return document.querySelector('[role="dialog"], .ant-dropdown:not(.ant-dropdown-hidden)') !== null;
}

/** Told aloud when it changes. */
function useWatchSaid(watching: Watching | null, name: (agent: string) => string): void {
  const text = useTexts(texts);
  const said = useRef("");
  const words = watching === null ? "" : watching.inside ? text.watch[watching.mode](name(watching.agent)) : text.ringing(name(watching.agent));
  useEffect(() => {
    if (words !== "" && words !== said.current) announce(words, "assertive");
    said.current = words;
  }, [words]);
}
