import type { PromptValues } from "@hotlinejs/core";
import { formatValue } from "../normalise/format-value.js";
import { normaliseEnglish } from "../normalise/en-text.js";
import { normaliseChinese } from "../normalise/zh-text.js";
import { digitGroups, readDigits } from "../normalise/zh-numbers.js";
import { errors } from "../errors.js";
import type { TemplatePart } from "./template.js";
import { lookUp } from "./template.js";

/** One piece of a prompt. */
export type SpeechUnit =
  | {
      readonly kind: "speech";
      /** Normalised text, never empty. */
      readonly text: string;
      readonly language: string;
      /** Whether the sound may be kept on disk: it holds nothing personal, and it will be wanted again. */
      readonly persist: boolean;
    }
  | { readonly kind: "pause"; readonly ms: number };

export interface PlanOptions {
  readonly language: string;
  readonly timezone: string;
  readonly now: number;
  /**
   * `clips`: a number read digit by digit is put together from one clip per digit (always cached, nothing
   * personal on disk, spoken even while the provider is down). `inline`: the provider speaks it in the sentence.
   */
  readonly digits: "clips" | "inline";
}

/** Pauses in ms after a clause, by the sign that ends it; tuned for telephone listening. */
const PAUSES: Readonly<Record<string, number>> = { "、": 120, "，": 220, ",": 220, "；": 300, ";": 300, "：": 250, ":": 250, "。": 400, ".": 400, "！": 400, "!": 400, "？": 400, "?": 400 };
/** Between digits of a group, between groups, and around a number read in clips. */
const DIGIT_GAP = 50;
const GROUP_GAP = 350;
const EDGE_GAP = 130;
/** Longer texts are synthesised in pieces of whole sentences: none takes long, and a caller waits for at most one that is being prepared. */
const LONGEST = 120;

/** Formats whose values are few and say nothing about a person. */
const REUSABLE: ReadonlySet<string> = new Set(["number", "minutes", "seconds", "date", "time"]);

/** Marks the place of a value while the text around it is normalised (private use area, never spoken). */
const MARK = 0xe000;
const MARKS = /[\ue000-\uf8ff]/g;
const ONE_MARK = /[\ue000-\uf8ff]/;

/**
 * Turns a prompt into pieces of sound. A prompt without values is one piece (best melody). With values it is
 * parted at clause ends: fixed clauses are always found in the cache, only clauses that hold a value are new.
 */
export function planSpeech(parts: readonly TemplatePart[], values: PromptValues, options: PlanOptions): readonly SpeechUnit[] {
  const slots: Slot[] = [];
  let marked = "";
  parts.forEach((part, index) => {
    if (part.kind === "fixed") {
      marked += part.text.replace(MARKS, "");
      return;
    }
    const next = parts[index + 1];
    slots.push(slot(part, lookUp(values, part.name), next?.kind === "fixed" ? next.text : "", options));
    marked += String.fromCharCode(MARK + slots.length - 1);
  });
  const units: SpeechUnit[] = [];
  for (const run of scriptRuns(marked, options.language)) {
    const words = isEnglish(run.language) ? normaliseEnglish(run.text) : normaliseChinese(run.text);
    for (const clause of clauses(words, slots.length > 0)) speak(clause, run.language, slots, units);
  }
  return tidy(units);
}

/** The fixed pieces of a prompt, for preparing them ahead; what lies in a clause with a value is left out. */
export function fixedUnits(parts: readonly TemplatePart[], options: PlanOptions): readonly SpeechUnit[] {
  const blank: TemplatePart[] = parts.map((part) => (part.kind === "fixed" ? part : { kind: "value", name: part.name, format: part.format === "digits" && options.digits === "clips" ? "digits" : "text" }));
  const values: Record<string, unknown> = {};
  // A lone mark stands for each value; clauses that hold one are dropped below.
  for (const part of blank) if (part.kind === "value") values[part.name] = part.format === "digits" ? "" : HOLE;
  return planSpeech(blank, values, options).filter((unit) => unit.kind === "speech" && !unit.text.includes(HOLE));
}

const HOLE = "\u25a1";

type Slot = { readonly kind: "words"; readonly words: string; readonly persist: boolean; readonly han: boolean } | { readonly kind: "digits"; readonly groups: readonly string[] };

function slot(part: TemplatePart & { kind: "value" }, value: unknown, followedBy: string, options: PlanOptions): Slot {
  if (part.format === "digits" && options.digits === "clips") {
    if (value === undefined || value === null) throw errors.MISSING_VALUE(part.name);
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") throw errors.BAD_VALUE(part.name, "digits");
    return { kind: "digits", groups: digitGroups(String(value).toUpperCase()) };
  }
  const words = formatValue(part.format, value, { language: options.language, timezone: options.timezone, now: options.now, followedBy, name: part.name });
  return { kind: "words", words: words.replace(MARKS, ""), persist: REUSABLE.has(part.format), han: /\p{Script=Han}/u.test(words) };
}

function speak(clause: string, language: string, slots: readonly Slot[], units: SpeechUnit[]): void {
  let text = "";
  let persist = true;
  const flush = () => {
    pushSpeech(text, language, persist, units);
    text = "";
    persist = true;
  };
  for (const char of clause) {
    if (!ONE_MARK.test(char)) {
      text += char;
      continue;
    }
    const filled = slots[char.charCodeAt(0) - MARK];
    if (!filled) continue;
    if (filled.kind === "words") {
      if (isEnglish(language) && filled.han) {
        // An English voice cannot speak Chinese names.
        flush();
        pushSpeech(filled.words, "zh-CN", filled.persist, units);
        continue;
      }
      text += filled.words;
      persist &&= filled.persist;
      continue;
    }
    flush();
    pushDigits(filled.groups, language, units);
  }
  flush();
}

function pushSpeech(text: string, language: string, persist: boolean, units: SpeechUnit[]): void {
  // A leftover sign in front belongs to what was said before it.
  const lead = /^[，、；：。！？,.;:!?\s]+/.exec(text)?.[0] ?? "";
  if (lead !== "") units.push({ kind: "pause", ms: pauseOf(lead) });
  for (const piece of pieces(text.slice(lead.length).trim())) {
    units.push({ kind: "speech", text: piece, language, persist });
    units.push({ kind: "pause", ms: pauseOf(piece.at(-1) ?? "") });
  }
}

function pushDigits(groups: readonly string[], language: string, units: SpeechUnit[]): void {
  if (groups.length === 0) return;
  units.push({ kind: "pause", ms: EDGE_GAP });
  groups.forEach((group, index) => {
    if (index > 0) units.push({ kind: "pause", ms: GROUP_GAP });
    [...group].forEach((digit, place) => {
      if (place > 0) units.push({ kind: "pause", ms: DIGIT_GAP });
      units.push({ kind: "speech", text: digitWord(digit, language), language, persist: true });
    });
  });
  units.push({ kind: "pause", ms: EDGE_GAP });
}

/** The spoken form of one digit or letter. */
export function digitWord(digit: string, language: string): string {
  if (isEnglish(language)) return normaliseEnglish(digit === "+" ? "plus" : digit);
  return digit === "+" ? "加" : digit === "*" ? "星号" : digit === "#" ? "井号" : readDigits(digit);
}

/** Clauses of a text with values; a text without values stays whole. Neighbouring clauses without a value are joined. */
function clauses(words: string, split: boolean): readonly string[] {
  if (words === "") return [];
  if (!split) return [words];
  const out: string[] = [];
  let fixed = "";
  for (const clause of words.match(/[^，、；：。！？,.;:!?]*[，、；：。！？,.;:!?]*\s*/g) ?? []) {
    if (!ONE_MARK.test(clause)) {
      fixed += clause;
      continue;
    }
    if (fixed !== "") out.push(fixed);
    fixed = "";
    out.push(clause);
  }
  if (fixed !== "") out.push(fixed);
  return out;
}

/** Whole sentences up to the longest length; a monster without any sign is cut hard. */
function pieces(text: string): readonly string[] {
  if (text.length <= LONGEST) return /[\p{L}\p{N}]/u.test(text) ? [text] : text.includes(HOLE) ? [text] : [];
  const out: string[] = [];
  let piece = "";
  for (const sentence of text.match(/[^。！？!?.]*[。！？!?.]*|.+/g) ?? []) {
    for (const bit of sentence.length <= LONGEST ? [sentence] : (sentence.match(new RegExp(`(?:[^，,；;、]{0,${LONGEST - 1}}[，,；;、])|[\\s\\S]{1,${LONGEST}}`, "g")) ?? [])) {
      if (piece.length + bit.length > LONGEST && piece !== "") {
        out.push(piece.trim());
        piece = "";
      }
      piece += bit;
    }
  }
  if (piece.trim() !== "") out.push(piece.trim());
  return out.filter((bit) => /[\p{L}\p{N}]/u.test(bit));
}

function pauseOf(signs: string): number {
  let longest = 0;
  for (const sign of signs) longest = Math.max(longest, PAUSES[sign] ?? 0);
  return longest;
}

/** English sentences inside a Chinese prompt get an English voice: two words or more, single letters and names stay. */
function scriptRuns(text: string, language: string): readonly { text: string; language: string }[] {
  if (isEnglish(language)) return [{ text, language }];
  const runs: { text: string; language: string }[] = [];
  const latin = /[A-Za-z][A-Za-z0-9'’.,;:!?\- ]*[A-Za-z0-9][.,;:!?]?/g;
  let at = 0;
  for (const match of text.matchAll(latin)) {
    const words = match[0].match(/[A-Za-z'’]{2,}/g) ?? [];
    if (words.length < 2) continue;
    if (match.index > at) runs.push({ text: text.slice(at, match.index), language });
    runs.push({ text: match[0], language: "en-US" });
    at = match.index + match[0].length;
  }
  if (at < text.length) runs.push({ text: text.slice(at), language });
  return runs;
}

/** One pause between pieces, the longest asked for; none at the ends. */
function tidy(units: readonly SpeechUnit[]): readonly SpeechUnit[] {
  const out: SpeechUnit[] = [];
  for (const unit of units) {
    const last = out.at(-1);
    if (unit.kind === "speech") out.push(unit);
    else if (unit.ms > 0 && last?.kind === "pause") out[out.length - 1] = { kind: "pause", ms: Math.max(last.ms, unit.ms) };
    else if (unit.ms > 0 && last !== undefined) out.push(unit);
  }
  if (out.at(-1)?.kind === "pause") out.pop();
  return out;
}

function isEnglish(language: string): boolean {
  return /^en\b/i.test(language);
}
