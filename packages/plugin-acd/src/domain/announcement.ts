import type { PromptRef } from "@hotlinejs/core";
import type { AcdConfig } from "../config.js";
import type { Announcement } from "../contract.js";

type Settings = AcdConfig["announcements"][number];

/** Mandarin is spoken at about four characters a second, English at about fifteen letters. */
const HAN_PER_SECOND = 4;
const LETTERS_PER_SECOND = 15;
/** So much of the text is shown, for agents to know it by. */
const EXCERPT = 120;

/** What may be played: approved, and valid on this day. A day has the form `YYYY-MM-DD`, in the hotline's time zone. */
export function mayBePlayed({ status, validFrom, validTo }: Pick<Settings, "status" | "validFrom" | "validTo">, day: string): boolean {
  return status === "approved" && (validFrom === undefined || validFrom <= day) && (validTo === undefined || day <= validTo);
}

/** As screens show it. */
export function announcementView({ key, kind, title, topic, prompt }: Settings, textOf: (id: string) => string | undefined): Announcement {
  const text = spokenText(prompt, textOf);
  return { key, kind, title, topic: topic ?? null, excerpt: text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text, aboutMs: aboutMs(text) };
}

/** Whether every word that is looked for stands in key, title, topic, keywords or text; letters of either case. No words: everything fits. */
export function fitsSearch({ key, title, topic, keywords, prompt }: Settings, search: string, textOf: (id: string) => string | undefined): boolean {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return true;
  const where = [key, title, topic ?? "", ...keywords, spokenText(prompt, textOf)].join("\n").toLowerCase();
  return words.every((word) => where.includes(word));
}

function spokenText(ref: PromptRef, textOf: (id: string) => string | undefined): string {
  if (typeof ref === "string") return textOf(ref) ?? "";
  return "text" in ref ? ref.text : (textOf(ref.id) ?? "");
}

function aboutMs(text: string): number | null {
  if (text === "") return null;
  const han = (text.match(/\p{Script=Han}/gu) ?? []).length;
  const letters = (text.match(/[A-Za-z0-9]/g) ?? []).length;
  return Math.max(1, Math.round(han / HAN_PER_SECOND + letters / LETTERS_PER_SECOND)) * 1000;
}
