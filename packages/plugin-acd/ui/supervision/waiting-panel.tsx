import { useEffect, useRef, type ReactElement } from "react";
import { Button } from "antd";
import { DownOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { announce, api, DropMenu, EmptyState, ErrorState, formatDuration, formatPhone, keepFocus, LoadingState, StatusTag, unlessBusy, useLoad, useMay, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { QueueSnapshot, WaitingCaller } from "../../src/contract.js";
import { texts, type SupervisionTexts } from "./texts.js";
import type { Act } from "./use-act.js";

/** More than this nobody reads; those behind are counted. */
const SHOWN = 50;
/** Events of a busy queue are gathered for so long. */
const GATHER_MS = 500;

/** Who waits in one queue, in the order of service; changes are told with the queue's own figures. */
export function WaitingPanel({ queue, queues, now, act, pending }: { readonly queue: QueueSnapshot; readonly queues: readonly QueueSnapshot[]; readonly now: number; readonly act: Act; readonly pending: ReadonlySet<string> }): ReactElement {
  const text = useTexts(texts);
  const { data, error, reload } = useLoad(`waiting ${queue.key}`, (signal) => api.get<{ items: WaitingCaller[] }>(`/api/queues/${queue.key}/waiting`, {}, { signal }));
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const seen = useRef(queue);
  useEffect(() => {
    if (seen.current === queue || seen.current.key !== queue.key) return void (seen.current = queue);
    seen.current = queue;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      reload();
    }, GATHER_MS);
    return undefined;
  }, [queue, reload]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [queue.key],
  );
  const items = data?.items ?? [];
  return (
    <section ref={keepFocus} className="sup-line hl-card" aria-label={text.line(queue.name)}>
      <h2>
        {text.line(queue.name)} {items.length}
      </h2>
      {error !== undefined ? <ErrorState error={error} what={text.lineWhat} onRetry={reload} /> : null}
      {data === undefined ? error === undefined ? <LoadingState rows={3} /> : null : items.length === 0 ? <EmptyState>{text.lineEmpty}</EmptyState> : <Line items={items.slice(0, SHOWN)} queue={queue} queues={queues} now={now} act={act} pending={pending} changed={reload} />}
      {items.length > SHOWN ? <p className="hl-meta">{text.more(items.length - SHOWN)}</p> : null}
    </section>
  );
}

interface LineProps {
  readonly queue: QueueSnapshot;
  readonly queues: readonly QueueSnapshot[];
  readonly now: number;
  readonly act: Act;
  readonly pending: ReadonlySet<string>;
  readonly changed: () => void;
}

function Line({ items, ...props }: LineProps & { readonly items: readonly WaitingCaller[] }): ReactElement {
  const text = useTexts(texts);
  const may = useMay("acd.queues.steer");
  const top = Math.max(...items.map(({ priority }) => priority));
  return (
    <table className="sup-table">
      <thead>
        <tr>
          <th scope="col" className="sup-n">{text.place}</th>
          <th scope="col">{text.caller}</th>
          <th scope="col" className="sup-n">{text.waited}</th>
          <th scope="col" className="sup-mid">{text.priority}</th>
          {may ? <th scope="col">{text.act}</th> : null}
        </tr>
      </thead>
      <tbody>
        {items.map((caller, index) => (
          <CallerRow key={caller.interactionId} caller={caller} nth={index + 1} may={may} top={top} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function whoWords(caller: WaitingCaller, text: SupervisionTexts): string {
  if (caller.channel !== "voice") return text.channels[caller.channel] ?? caller.channel;
  return caller.callerNumber === "" ? text.withheld : formatPhone(caller.callerNumber);
}

function CallerRow({ caller, nth, may, top, queue, queues, now, act, pending, changed }: LineProps & { readonly caller: WaitingCaller; readonly nth: number; readonly may: boolean; /** The highest priority in the line. */ readonly top: number }): ReactElement {
  const text = useTexts(texts);
  const who = whoWords(caller, text);
  const busy = pending.has(caller.interactionId);
  const setPriority = (priority: number): void => void act(text.actions.priority, caller.interactionId, () => api.post(`/api/waiting/${caller.interactionId}/priority`, { priority })).then(changed);
  const move = (to: QueueSnapshot): void =>
    void act(text.actions.move, caller.interactionId, () => api.post(`/api/waiting/${caller.interactionId}/move`, { queue: to.key })).then((done) => {
      if (done) announce(`${who} ${text.moved(to.name)}`);
      changed();
    });
  const others = queues.filter(({ key }) => key !== queue.key);
  return (
    <tr>
      <td className="sup-n">{nth}</td>
      <th scope="row">
        {who} {caller.ringing === null ? null : <StatusTag status="ringing">{text.rings(caller.ringing)}</StatusTag>}
      </th>
      <td className="sup-n">{formatDuration(now - Math.min(caller.enteredAt, caller.placeAt))}</td>
      <td className="sup-mid">
        {may ? (
          <span className="sup-step">
            <Button size="small" type="text" icon={<MinusOutlined />} aria-label={text.lower(who)} {...unlessBusy(busy, () => setPriority(caller.priority - 1))} />
            <output>{caller.priority}</output>
            <Button size="small" type="text" icon={<PlusOutlined />} aria-label={text.higher(who)} {...unlessBusy(busy, () => setPriority(caller.priority + 1))} />
          </span>
        ) : (
          caller.priority
        )}
      </td>
      {may ? (
        <td className="sup-acts">
          <Button size="small" {...unlessBusy(busy || nth === 1, () => setPriority(top + 1))}>
            {text.first}
          </Button>
          {others.length === 0 ? null : (
            <DropMenu busy={busy} items={others.map((each) => ({ key: each.key, label: `${each.name} · ${each.waiting}`, onClick: () => move(each) }))}>
              <Button size="small" aria-label={`${text.toQueue} ${who}`}>
                {text.toQueue} <DownOutlined aria-hidden />
              </Button>
            </DropMenu>
          )}
        </td>
      ) : null}
    </tr>
  );
}
