import type { ReactElement } from "react";
import { formatDateProse, formatDateTime, StatusTag, useLanguage, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import type { TicketClockView, TicketView } from "../src/contract.js";
import { texts, type Texts } from "./texts.js";

type Acceptance = Pick<TicketView, "acceptBy" | "acceptedAt">;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Less than this is due soon. */
const SOON_MS = DAY_MS;
/** Less than this, of a limit of hours. */
const ACCEPT_SOON_MS = 4 * HOUR_MS;

function span(ms: number, text: Texts): string {
  if (ms >= 2 * DAY_MS) return text.days(Math.floor(ms / DAY_MS));
  if (ms >= DAY_MS) return `${text.days(1)} ${text.hours(Math.floor((ms % DAY_MS) / HOUR_MS))}`;
  return ms >= HOUR_MS ? text.hours(Math.floor(ms / HOUR_MS)) : text.minutes(Math.max(1, Math.round(ms / 60_000)));
}

/** While nobody has taken it up, that is what is due. */
function acceptWord(ticket: Acceptance, now: number, text: Texts): readonly [Status, string] | undefined {
  if (ticket.acceptBy === null || ticket.acceptedAt !== null) return undefined;
  const rest = ticket.acceptBy - now;
  if (rest < 0) return ["fault", text.acceptOver(span(-rest, text))];
  return [rest < ACCEPT_SOON_MS ? "due" : "ready", text.acceptLeft(span(rest, text))];
}

function wordOf(clock: TicketClockView, now: number, text: Texts): readonly [Status, string] | undefined {
  if (clock.state === "none") return undefined;
  if (clock.state === "paused") return ["held", text.paused];
  if (clock.state === "stopped") return clock.overdueAt === null ? ["closed", text.stopped] : ["fault", text.stopped];
  if (clock.dueAt === null) return undefined;
  const rest = clock.dueAt - now;
  if (rest < 0) return ["fault", text.over(span(-rest, text))];
  return [rest < SOON_MS ? "due" : "ready", text.left(span(rest, text))];
}

/** How long is left, and when exactly; in the list the date stands in the tooltip. */
export function Due({ ticket, now, full = false }: { readonly ticket: Acceptance & { readonly clock: TicketClockView }; readonly now: number; readonly full?: boolean }): ReactElement {
  const { clock } = ticket;
  const text = useTexts(texts);
  const language = useLanguage();
  const accept = acceptWord(ticket, now, text);
  const word = accept ?? wordOf(clock, now, text);
  if (word === undefined) return <span className="hl-meta">–</span>;
  const at = accept === undefined ? clock.dueAt : ticket.acceptBy;
  const when = at === null ? "" : text.dueAt(full ? formatDateProse(at, language) : formatDateTime(at, now));
  return (
    <span className="tic-due">
      <StatusTag status={word[0]} title={when}>
        {word[1]}
      </StatusTag>
      {when === "" ? null : <span className="hl-meta">{when}</span>}
    </span>
  );
}
