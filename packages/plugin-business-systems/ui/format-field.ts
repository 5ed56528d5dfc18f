import type { Language } from "@hotlinejs/plugin-console/sdk";
import type { LookupFieldType } from "@hotlinejs/core";

const locale = (language: Language): string => (language === "zh" ? "zh-CN" : "en-GB");

/** A value of a record as people read it: `¥86,420.50`, `2026年2月28日`. */
export function formatField(type: LookupFieldType, value: unknown, language: Language): string {
  if (value === null || value === undefined || value === "") return "";
  if (type === "money") return new Intl.NumberFormat(locale(language), { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" }).format(Number(value));
  if (type === "number") return new Intl.NumberFormat(locale(language)).format(Number(value));
  if (type === "date") {
    const [year = 0, month = 1, day = 1] = String(value).slice(0, 10).split("-").map(Number);
    return new Intl.DateTimeFormat(locale(language), { dateStyle: "long", timeZone: "UTC" }).format(Date.UTC(year, month - 1, day));
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
