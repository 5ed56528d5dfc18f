import { errors } from "../errors.js";
import type { ValueFormat } from "../prompts/template.js";
import { englishDate, englishInteger, englishMoney, englishNumber, englishTime, normaliseEnglish, spellDigits } from "./en-text.js";
import { wallClock } from "./wall-clock.js";
import { clockWords, normaliseChinese, spellNumber, startsWithMeasureWord } from "./zh-text.js";
import { readDigits, readInteger, readMoney, readNumber } from "./zh-numbers.js";

export interface FormatContext {
  /** BCP 47; everything but English is read as Mandarin. */
  readonly language: string;
  /** IANA name of the hotline's time zone. */
  readonly timezone: string;
  /** Epoch ms: decides whether the year of a date is said. */
  readonly now: number;
  /** What follows the value in the text: a measure word makes 2 两. */
  readonly followedBy?: string;
  /** Name of the value, for errors. */
  readonly name: string;
}

/**
 * A value in words.
 *
 * | format | value | Mandarin |
 * |---|---|---|
 * | digits | text or whole number | one by one, 1 is 幺; serials in groups 6-5-1 |
 * | number | number or numeric text | cardinal, 2 is 两 before a measure word |
 * | minutes | minutes, may be a fraction | 一分钟以内 below one, else 约N分钟, rounded up |
 * | seconds | seconds | N秒, rounded |
 * | date | `Date`, epoch ms, ISO text | 十月十五日, the year only when it is not the current one |
 * | time | `Date`, epoch ms, ISO text, `10:30` | 上午十点三十分 |
 * | money | yuan as number or text | 一千八百元五角 |
 * | text | anything printable | normalised like prompt text |
 *
 * Absent: `HTL_TTS_MISSING_VALUE`; not readable that way: `HTL_TTS_BAD_VALUE`.
 */
export function formatValue(format: ValueFormat, value: unknown, context: FormatContext): string {
  if (value === undefined || value === null) throw errors.MISSING_VALUE(context.name);
  const words = /^en\b/i.test(context.language) ? english(format, value, context) : chinese(format, value, context);
  // The value itself stays out of the error: it may be a citizen's number.
  if (words === undefined) throw errors.BAD_VALUE(context.name, format);
  return words;
}

function chinese(format: ValueFormat, value: unknown, context: FormatContext): string | undefined {
  switch (format) {
    case "digits": {
      const text = printable(value);
      return text === undefined ? undefined : spellNumber(text.toUpperCase());
    }
    case "number": {
      const text = numeric(value);
      return text === undefined ? undefined : readNumber(text, startsWithMeasureWord(context.followedBy ?? ""));
    }
    case "minutes": {
      const minutes = Number(numeric(value) ?? Number.NaN);
      if (Number.isNaN(minutes)) return undefined;
      return minutes < 1 ? "一分钟以内" : `约${readInteger(String(Math.ceil(minutes)), true)}分钟`;
    }
    case "seconds": {
      const seconds = Math.max(0, Math.round(Number(numeric(value) ?? Number.NaN)));
      return Number.isNaN(seconds) ? undefined : `${readInteger(String(seconds), true)}秒`;
    }
    case "date": {
      const clock = wallClock(value, context.timezone);
      if (clock?.month === undefined || clock.day === undefined) return undefined;
      const year = clock.year === currentYear(context) ? "" : `${readDigits(String(clock.year ?? ""), "一")}年`;
      return `${year}${readInteger(String(clock.month))}月${readInteger(String(clock.day))}日`;
    }
    case "time": {
      const clock = wallClock(value, context.timezone);
      if (clock?.hour === undefined || clock.minute === undefined) return undefined;
      return partOfDay(clock.hour, clock.minute);
    }
    case "money": {
      const text = numeric(value);
      return text === undefined ? undefined : readMoney(Math.round(Number(text) * 100));
    }
    case "text": {
      const text = printable(value);
      return text === undefined ? undefined : normaliseChinese(text);
    }
  }
}

function partOfDay(hour: number, minute: number): string {
  const h = hour % 24;
  if (h === 12) return `中午${clockWords(12, minute)}`;
  const part = h < 6 ? "凌晨" : h < 12 ? "上午" : h < 18 ? "下午" : "晚上";
  return part + clockWords(h > 12 ? h - 12 : h, minute);
}

function english(format: ValueFormat, value: unknown, context: FormatContext): string | undefined {
  switch (format) {
    case "digits": {
      const text = printable(value);
      return text === undefined ? undefined : spellDigits(text.replace(/[^0-9A-Za-z]/g, "").toUpperCase());
    }
    case "number": {
      const text = numeric(value);
      return text === undefined ? undefined : englishNumber(text);
    }
    case "minutes": {
      const minutes = Number(numeric(value) ?? Number.NaN);
      if (Number.isNaN(minutes)) return undefined;
      if (minutes < 1) return "less than a minute";
      const whole = Math.ceil(minutes);
      return `about ${englishInteger(String(whole))} ${whole === 1 ? "minute" : "minutes"}`;
    }
    case "seconds": {
      const seconds = Math.max(0, Math.round(Number(numeric(value) ?? Number.NaN)));
      return Number.isNaN(seconds) ? undefined : `${englishInteger(String(seconds))} ${seconds === 1 ? "second" : "seconds"}`;
    }
    case "date": {
      const clock = wallClock(value, context.timezone);
      if (clock?.month === undefined || clock.day === undefined) return undefined;
      return englishDate(clock.year === currentYear(context) ? undefined : clock.year, clock.month, clock.day);
    }
    case "time": {
      const clock = wallClock(value, context.timezone);
      return clock?.hour === undefined || clock.minute === undefined ? undefined : englishTime(clock.hour, clock.minute);
    }
    case "money": {
      const text = numeric(value);
      return text === undefined ? undefined : englishMoney(Math.round(Number(text) * 100));
    }
    case "text": {
      const text = printable(value);
      return text === undefined ? undefined : normaliseEnglish(text);
    }
  }
}

function currentYear(context: FormatContext): number | undefined {
  return wallClock(context.now, context.timezone)?.year;
}

function numeric(value: unknown): string | undefined {
  const text = typeof value === "number" && Number.isFinite(value) ? String(value) : typeof value === "bigint" ? String(value) : typeof value === "string" ? value.trim().replaceAll(",", "") : undefined;
  return text !== undefined && /^[+-]?\d+(?:\.\d+)?$/.test(text) ? text : undefined;
}

function printable(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  return undefined;
}
