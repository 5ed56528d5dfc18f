import type { ReactElement } from "react";
import { formatDuration, StatusTag, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { QueueSnapshot } from "../../src/contract.js";
import { levelWords } from "./level-words.js";
import { isLate, percentWords, shareWords } from "./live-rows.js";
import { TargetShare } from "./queue-figures.js";
import { texts } from "./texts.js";

/** One row a queue, in an order no event changes; the selected one shows who waits. */
export function QueueTable({ queues, selected, onSelect, now }: { readonly queues: readonly QueueSnapshot[]; readonly selected: string | undefined; readonly onSelect: (key: string) => void; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  return (
    <table className="sup-table">
      <caption className="hl-live">{text.queues}</caption>
      <thead>
        <tr>
          <th scope="col">{text.queue}</th>
          <th scope="col" className="sup-n">{text.waiting}</th>
          <th scope="col" className="sup-n">{text.oldest}</th>
          <th scope="col" className="sup-n">{text.expected}</th>
          <th scope="col" className="sup-n">{text.free}</th>
          <th scope="col" className="sup-n">{text.working}</th>
          <th scope="col" className="sup-n">{text.staffed}</th>
          <th scope="col" className="sup-n" title={text.connectRateHint}>{text.connectRate}</th>
          <th scope="col" className="sup-n">{text.inTime}</th>
          <th scope="col" className="sup-n" title={text.abandonedHint}>{text.abandoned}</th>
          <th scope="col" className="sup-n" title={text.handleHint}>{text.handle}</th>
          <th scope="col" className="sup-n" title={text.occupancyHint}>{text.occupancy}</th>
        </tr>
      </thead>
      <tbody>
        {queues.map((queue) => (
          <Row key={queue.key} queue={queue} on={queue.key === selected} onSelect={onSelect} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ queue, on, onSelect, now }: { readonly queue: QueueSnapshot; readonly on: boolean; readonly onSelect: (key: string) => void; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  const { today } = queue;
  const late = isLate(queue, now);
  const wait = queue.oldestAt === null ? "–" : formatDuration(now - queue.oldestAt);
  return (
    <tr data-selected={on} data-queue={queue.key}>
      <th scope="row">
        <button type="button" className="sup-pick" aria-pressed={on} title={text.showQueue(queue.name)} onClick={() => onSelect(queue.key)}>
          {queue.name}
        </button>
        {queue.frozen ? <StatusTag status="held">{text.frozen}</StatusTag> : null}
      </th>
      <td className="sup-n">{queue.waiting + queue.ringing}</td>
      <td className="sup-n">
        {late ? (
          <StatusTag status="due" title={text.late(formatDuration((queue.oldestLateAt ?? now) - (queue.oldestAt ?? now)))}>
            {wait}
          </StatusTag>
        ) : (
          wait
        )}
      </td>
      <td className="sup-n">{queue.staffed === 0 ? "–" : formatDuration(queue.expectedWaitMs)}</td>
      <td className="sup-n">{queue.available}</td>
      <td className="sup-n">{queue.working}</td>
      <td className="sup-n">
        {queue.staffed} / {queue.agents}
      </td>
      <td className="sup-n">
        <TargetShare share={today.connectRate} base={today.asked} target={queue.targets.connectRate} />
      </td>
      <td className="sup-n" title={text.inTimeHint(levelWords(queue.serviceLevels, text))}>
        <TargetShare share={today.serviceLevel} base={today.answered} target={queue.targets.serviceLevel} />
      </td>
      <td className="sup-n">{shareWords(today.abandonRate, today.asked)}</td>
      <td className="sup-n">{today.averageHandleMs === null ? "–" : formatDuration(today.averageHandleMs)}</td>
      <td className="sup-n">{percentWords(queue.occupancy)}</td>
    </tr>
  );
}
