import type { CampaignKind, CampaignSettings } from "../../src/contract.js";
import { instantOf, localOf } from "./local-time.js";

/** The settings as they stand in the fields of the form. */
export interface SettingsValues {
  readonly name: string;
  readonly kind: CampaignKind;
  /** Empty: none. */
  readonly queue: string;
  readonly script: string;
  readonly promptBy: "text" | "id";
  readonly promptText: string;
  readonly promptId: string;
  readonly flow: string;
  readonly callerId: string;
  readonly calendar: string;
  /** `2026-08-15T14:32`; empty: open. */
  readonly from: string;
  readonly until: string;
  readonly maxAttempts: number | null;
  /** `30, 120`. */
  readonly waits: string;
  readonly otherSlot: boolean;
  readonly atOnce: number | null;
}

export const FIELDS = ["name", "kind", "queue", "script", "prompt", "flow", "callerId", "calendar", "from", "until", "retry", "atOnce"] as const satisfies readonly (keyof CampaignSettings)[];
export type Field = (typeof FIELDS)[number];

/** Minutes: a week. */
const MOST_WAIT = 7 * 24 * 60;

/** What a campaign begins with; the calendar is the one the hotline has for it. */
export const FRESH: SettingsValues = { name: "", kind: "agent", queue: "", script: "", promptBy: "text", promptText: "", promptId: "", flow: "", callerId: "", calendar: "", from: "", until: "", maxAttempts: 3, waits: "30, 120", otherSlot: true, atOnce: 10 };

export function valuesOf(settings: CampaignSettings): SettingsValues {
  const { prompt } = settings;
  const text = typeof prompt === "object" && prompt !== null && "text" in prompt ? prompt.text : "";
  const id = typeof prompt === "string" ? prompt : prompt !== null && "id" in prompt ? prompt.id : "";
  return {
    name: settings.name,
    kind: settings.kind,
    queue: settings.queue ?? "",
    script: settings.script ?? "",
    promptBy: id === "" ? "text" : "id",
    promptText: text,
    promptId: id,
    flow: settings.flow ?? "",
    callerId: settings.callerId ?? "",
    calendar: settings.calendar,
    from: settings.from === null ? "" : localOf(settings.from),
    until: settings.until === null ? "" : localOf(settings.until),
    maxAttempts: settings.retry.maxAttempts,
    waits: settings.retry.waitMinutes.join(", "),
    otherSlot: settings.retry.otherSlot,
    atOnce: settings.atOnce,
  };
}

/** The settings as the server has them. Only of values without problems. */
export function settingsOf(values: SettingsValues): CampaignSettings {
  return {
    name: values.name.trim(),
    kind: values.kind,
    queue: values.queue === "" ? null : values.queue,
    script: values.script.trim() === "" ? null : values.script.trim(),
    prompt: values.kind !== "announcement" ? null : values.promptBy === "id" ? (values.promptId.trim() === "" ? null : { id: values.promptId.trim() }) : values.promptText.trim() === "" ? null : { text: values.promptText.trim() },
    flow: values.kind !== "flow" || values.flow === "" ? null : values.flow,
    callerId: plainNumber(values.callerId) === "" ? null : plainNumber(values.callerId),
    calendar: values.calendar,
    from: values.from === "" ? null : instantOf(values.from),
    until: values.until === "" ? null : instantOf(values.until),
    retry: { maxAttempts: values.maxAttempts ?? Number.NaN, waitMinutes: waitsOf(values.waits), otherSlot: values.otherSlot },
    atOnce: values.atOnce ?? Number.NaN,
  };
}

/** Which settings differ from those the campaign has, however they are written. */
export function changedFields(values: SettingsValues, settings: CampaignSettings): readonly Field[] {
  const now = settingsOf(values);
  const before = settingsOf(valuesOf(settings));
  return FIELDS.filter((field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]));
}

export function patchOf(values: SettingsValues, fields: readonly Field[]): Partial<CampaignSettings> {
  const settings = settingsOf(values);
  return Object.fromEntries(fields.map((field) => [field, settings[field]]));
}

/** Settings that cannot be so. */
export function problemsOf(values: SettingsValues): readonly Field[] {
  const settings = settingsOf(values);
  const { retry } = settings;
  const wrong: Readonly<Partial<Record<Field, boolean>>> = {
    name: settings.name === "",
    queue: settings.kind === "agent" && settings.queue === null,
    prompt: settings.kind === "announcement" && settings.prompt === null,
    flow: settings.kind === "flow" && settings.flow === null,
    callerId: settings.callerId !== null && !/^\+?[0-9*#]{1,20}$/.test(settings.callerId),
    from: settings.from !== null && Number.isNaN(settings.from),
    until: settings.until !== null && (Number.isNaN(settings.until) || (settings.from !== null && settings.until <= settings.from)),
    retry: !(Number.isInteger(retry.maxAttempts) && retry.maxAttempts >= 1 && retry.maxAttempts <= 20) || retry.waitMinutes.length === 0 || retry.waitMinutes.length > 20 || retry.waitMinutes.some((minutes) => !(minutes >= 1 && minutes <= MOST_WAIT)),
    atOnce: !(Number.isInteger(settings.atOnce) && settings.atOnce >= 1 && settings.atOnce <= 1000),
  };
  return FIELDS.filter((field) => wrong[field] === true);
}

/** Numbers separated by commas of either script, or spaces. What is no number is NaN. */
function waitsOf(text: string): readonly number[] {
  return halfWidth(text)
    .split(/[,，、;；\s]+/)
    .filter((part) => part !== "")
    .map(Number);
}

function plainNumber(text: string): string {
  return halfWidth(text).replaceAll(/[\s()（）-]/g, "");
}

function halfWidth(text: string): string {
  return text.replaceAll(/[０-９＋]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
}
