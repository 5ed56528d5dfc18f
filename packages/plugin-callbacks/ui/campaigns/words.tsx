import type { ReactElement, ReactNode } from "react";
import { formatDateTime, Link, StatusTag, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignKind, CampaignStatus } from "../../src/contract.js";
import { texts, type Texts } from "./texts.js";

/** `12,803`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `62.4%`; `–` of nothing. */
export const share = (part: number, whole: number): string => (whole === 0 ? "–" : `${((part / whole) * 100).toFixed(1)}%`);

const SHAPES: Readonly<Record<CampaignStatus, Status>> = { draft: "open", running: "live", paused: "held", done: "ready", cancelled: "closed" };

export function CampaignTag({ status, words }: { readonly status: CampaignStatus; /** More than the name of the status. */ readonly words?: string }): ReactElement {
  const text = useTexts(texts);
  return <StatusTag status={SHAPES[status]}>{words ?? text.statuses[status]}</StatusTag>;
}

/** Where the page stands: the pages above it, then its own name. */
export function Trail({ above = [], children }: { readonly above?: readonly { readonly to: string; readonly name: string }[]; readonly children: ReactNode }): ReactElement {
  const text = useTexts(texts);
  return (
    <span className="cam-trail">
      {[{ to: "/campaigns", name: text.back }, ...above].map(({ to, name }) => (
        <span key={to}>
          <Link to={to}>{name}</Link> <span aria-hidden>›</span>
        </span>
      ))}
      <span>{children}</span>
    </span>
  );
}

/** From when until when people are called, besides the hours of the calendar. */
export function daysWords({ from, until }: Pick<Campaign, "from" | "until">, now: number, text: Texts): string {
  if (from !== null && until !== null) return `${formatDateTime(from, now)} – ${formatDateTime(until, now)}`;
  if (from !== null) return text.fromDay(formatDateTime(from, now));
  return until === null ? text.always : text.untilDay(formatDateTime(until, now));
}

/** What happens on a call. */
export function kindHint({ kind, queue }: { readonly kind: CampaignKind; /** Empty or `null`: none. */ readonly queue: string | null }, text: Texts): string {
  return text.kindHints[kind === "announcement" && queue !== null && queue !== "" ? "announcement with queue" : kind] ?? "";
}

export function problemWords(text: Texts, code: string): string {
  return text.problems[code] ?? text.checkPage.obstacles[code] ?? text.refused(code);
}
