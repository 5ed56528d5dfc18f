import type { Language } from "./texts.js";

type FieldType = "text" | "digits" | "number" | "money" | "date";

/** A value of a record as citizens read it: `¥86,420.50`, `2026年2月28日`. Empty where there is none. */
export function formatField(type: FieldType, value: unknown, language: Language): string {
  if (value === null || value === undefined || value === "") return "";
  const locale = language === "en" ? "en-GB" : "zh-CN";
  if (type === "money") return new Intl.NumberFormat(locale, { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" }).format(Number(value));
  if (type === "number") return new Intl.NumberFormat(locale).format(Number(value));
  if (type === "date") {
    // A date without a time of day is the same day everywhere.
    const [year = 0, month = 1, day = 1] = String(value).slice(0, 10).split("-").map(Number);
    return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(Date.UTC(year, month - 1, day));
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
