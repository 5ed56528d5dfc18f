import type { ReactElement } from "react";
import { formatDateTime, StatusTag, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignStatus } from "../../src/campaign-contract.js";
import { texts, type Texts } from "./texts.js";

/** `12,803`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `62.4%`; `–` of nothing. */
export const share = (part: number, whole: number): string => (whole === 0 ? "–" : `${((part / whole) * 100).toFixed(1)}%`);

const SHAPES: Readonly<Record<CampaignStatus, Status>> = { draft: "open", running: "live", paused: "held", done: "ready", cancelled: "closed" };

export function CampaignTag({ status }: { readonly status: CampaignStatus }): ReactElement {
  const text = useTexts(texts);
  return <StatusTag status={SHAPES[status]}>{text.statuses[status]}</StatusTag>;
}

/** From when until when people are called, besides the hours of the calendar. */
export function daysWords({ from, until }: Pick<Campaign, "from" | "until">, now: number, text: Texts): string {
  const parts = [from === null ? "" : text.fromDay(formatDateTime(from, now)), until === null ? "" : text.untilDay(formatDateTime(until, now))].filter((part) => part !== "");
  return parts.length === 0 ? text.always : parts.join(" ");
}

export function problemWords(text: Texts, code: string): string {
  return text.problems[code] ?? text.checkPage.obstacles[code] ?? text.refused(code);
}
