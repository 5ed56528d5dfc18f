import type { ReactElement, ReactNode } from "react";
import { formatDuration, Link, StatusTag, useMay, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { QueueSnapshot } from "../../src/contract.js";
import { levelWords } from "./level-words.js";
import { percentWords, shareWords } from "./live-rows.js";
import { targetMark, targetWords } from "./target-marks.js";
import { texts } from "./texts.js";

/** The figures of the selected queue since midnight, each with what it counts and what it is held against. */
export function QueueFiguresStrip({ queue }: { readonly queue: QueueSnapshot }): ReactElement {
  const text = useTexts(texts);
  const { today, targets } = queue;
  const mayManage = useMay("acd.queues.manage");
  const levels = levelWords(queue.serviceLevels, text);
  const ended = today.answered + today.abandoned;
  return (
    <section className="sup-today" aria-label={text.today(queue.name)}>
      <div className="sup-today-head">
        <h2>{text.today(queue.name)}</h2>
        {mayManage ? <Link to={`/queue-rules?queue=${encodeURIComponent(queue.key)}`}>{text.rules}</Link> : null}
      </div>
      <dl>
        <Figure label={text.connectRate} hint={text.connectRateHint} target={targets.connectRate}>
          <TargetShare share={today.connectRate} base={today.asked} target={targets.connectRate} />
        </Figure>
        <Figure label={text.inTime} hint={text.inTimeHint(levels)} target={targets.serviceLevel}>
          <TargetShare share={today.serviceLevel} base={today.answered} target={targets.serviceLevel} />
        </Figure>
        <Figure label={text.sl2} hint={text.sl2Hint(levels)}>
          {shareWords(today.serviceLevel2, ended)}
        </Figure>
        <Figure label={text.asa} hint={text.asaHint}>
          {today.averageWaitMs === null ? "–" : formatDuration(today.averageWaitMs)}
        </Figure>
        <Figure label={text.handle} hint={text.handleHint}>
          {today.averageHandleMs === null ? "–" : formatDuration(today.averageHandleMs)}
        </Figure>
        <Figure label={text.occupancy} hint={text.occupancyHint}>
          {percentWords(queue.occupancy)}
        </Figure>
        <Figure label={text.ewtError} hint={text.ewtErrorHint}>
          {today.expectedErrorMs === null ? "–" : `±${formatDuration(today.expectedErrorMs)}`}
        </Figure>
        <Figure label={text.shortAbandons} hint={text.shortAbandonsHint}>
          {today.abandonedShort}
        </Figure>
      </dl>
    </section>
  );
}

/** A share with its target; marked, with icon and words, where it falls short. */
export function TargetShare({ share, base, target }: { readonly share: number | null; readonly base: number; readonly target: number | null }): ReactElement {
  const text = useTexts(texts);
  const words = shareWords(share, base);
  const mark = targetMark(share, base, target);
  if (mark === undefined || target === null) return <span title={target === null ? undefined : text.target(targetWords(target))}>{words}</span>;
  const why = text.below(targetWords(target));
  return (
    <StatusTag status={mark} title={why}>
      {words}
      <span className="hl-live"> {why}</span>
    </StatusTag>
  );
}

function Figure({ label, hint, target = null, children }: { readonly label: string; readonly hint: string; readonly target?: number | null; readonly children: ReactNode }): ReactElement {
  return (
    <div title={hint}>
      <dt>
        {label}
        {target === null ? null : ` ≥ ${targetWords(target)}`}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
