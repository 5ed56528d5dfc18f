import { formatDateTime, formatDuration } from "@hotlinejs/plugin-console/sdk";
import type { Texts } from "./texts.js";

export interface DetailWord {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

/** Any number of this size is a moment, in epoch ms. */
const MOMENTS = 1_000_000_000_000;

/** What a row says besides: with words for the names that are known, the others as they are. */
export function detailWords(details: unknown, text: Texts, now: number): DetailWord[] {
  if (details === null || details === undefined) return [];
  if (typeof details !== "object" || Array.isArray(details)) return [{ name: "", label: text.more, value: JSON.stringify(details) }];
  return Object.entries(details).map(([name, value]) => ({ name, label: text.fields[name] ?? name, value: detailValue(name, value, text, now) }));
}

function detailValue(name: string, value: unknown, text: Texts, now: number): string {
  if (value === null || value === "") return "–";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? text.yes : text.no;
  if (typeof value === "number") return name.endsWith("Ms") ? formatDuration(value) : Number.isInteger(value) && value >= MOMENTS ? formatDateTime(value, now, true) : String(value);
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map((each) => detailValue(name, each, text, now)).join(text.comma);
  return JSON.stringify(value);
}
