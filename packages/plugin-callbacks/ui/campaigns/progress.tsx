import type { ReactElement } from "react";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import type { CampaignCounts, PersonResult } from "../../src/contract.js";
import { texts } from "./texts.js";
import { count, share } from "./words.js";

/** How many are done with: those who were reached to the end, the others, and those being called now. */
export function ProgressBar({ counts }: { readonly counts: CampaignCounts }): ReactElement {
  const text = useTexts(texts);
  const completed = counts.results.completed ?? 0;
  const width = (part: number): { readonly width: string } => ({ width: `${counts.people === 0 ? 0 : (part / counts.people) * 100}%` });
  return (
    <div className="cam-bar" role="progressbar" aria-valuemin={0} aria-valuemax={counts.people} aria-valuenow={counts.closed} aria-label={text.figures.progress(count(counts.closed), count(counts.people))}>
      <i className="cam-bar-completed" style={width(completed)} />
      <i className="cam-bar-closed" style={width(counts.closed - completed)} />
      <i className="cam-bar-calling" style={width(counts.calling)} />
    </div>
  );
}

/** Where the campaign stands, in figures. Each leads to its people. */
export function Progress({ counts, only }: { readonly counts: CampaignCounts; readonly only: (status: string | undefined, result?: string) => void }): ReactElement {
  const text = useTexts(texts);
  const { figures } = text;
  return (
    <section className="hl-card cam-progress" aria-label={text.progress}>
      <div className="cam-progress-line">
        <strong>{figures.progress(count(counts.closed), count(counts.people))}</strong>
        <span className="cam-share">{share(counts.closed, counts.people)}</span>
      </div>
      <ProgressBar counts={counts} />
      <dl className="cam-figures">
        <Figure label={text.completed} value={counts.results.completed ?? 0} mark="completed" onClick={() => only("closed", "completed")} />
        <Figure label={figures.others} value={counts.closed - (counts.results.completed ?? 0)} mark="closed" onClick={() => only("closed")} />
        <Figure label={figures.calling} value={counts.calling} mark="calling" onClick={() => only("calling")} />
        <Figure label={figures.open} value={counts.open} onClick={() => only("open")} />
        {counts.uncertain === 0 ? null : <Figure label={figures.uncertain} value={counts.uncertain} alarm onClick={() => only("uncertain")} />}
        <div>
          <dt>{figures.attempts}</dt>
          <dd>{figures.times(count(counts.attempts))}</dd>
        </div>
        {counts.abandoned === 0 ? null : (
          <div data-alarm title={figures.abandonedWhy}>
            <dt>{figures.abandoned}</dt>
            <dd>{figures.times(count(counts.abandoned))}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Figure({ label, value, mark, alarm = false, onClick }: { readonly label: string; readonly value: number; readonly mark?: "completed" | "closed" | "calling"; readonly alarm?: boolean; readonly onClick: () => void }): ReactElement {
  const text = useTexts(texts);
  return (
    <div data-alarm={alarm || undefined}>
      <dt>
        {mark === undefined ? null : <i className={`cam-mark cam-bar-${mark}`} aria-hidden />}
        {label}
      </dt>
      <dd>
        <button type="button" className="cam-link" title={text.results.only(label)} onClick={onClick}>
          {text.figures.people(count(value))}
        </button>
      </dd>
    </div>
  );
}

/** How people were done with, the most frequent first, with their shares. */
export function Results({ counts, only }: { readonly counts: CampaignCounts; readonly only: (status: string | undefined, result?: string) => void }): ReactElement {
  const text = useTexts(texts);
  const rows = (Object.entries(counts.results) as [PersonResult, number][]).filter(([, value]) => value > 0).sort(([, a], [, b]) => b - a);
  const most = rows[0]?.[1] ?? 0;
  return (
    <section className="hl-card cam-results">
      <h2>
        {text.results.title} {rows.length === 0 ? null : <span className="hl-meta">{text.results.share(count(counts.closed))}</span>}
      </h2>
      {rows.length === 0 ? <p className="hl-meta">{text.results.none}</p> : null}
      <ul>
        {rows.map(([result, value]) => (
          <li key={result}>
            <button type="button" className="cam-link" title={text.results.only(text.results.words[result] ?? result)} onClick={() => only("closed", result)}>
              {text.results.words[result] ?? result}
            </button>
            <span className="cam-result-bar" aria-hidden>
              <i className={result === "completed" ? "cam-bar-completed" : "cam-bar-closed"} style={{ width: `${(value / most) * 100}%` }} />
            </span>
            <span className="hl-number">{count(value)}</span>
            <span className="hl-number cam-share">{share(value, counts.closed)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
