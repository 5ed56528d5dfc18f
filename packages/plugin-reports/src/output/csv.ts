import type { ReportCell, ReportResult } from "../contract.js";

const NUMBER = /^-?\d+(\.\d+)?$/;
/** What spreadsheets take for a formula, in half and full width. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** One field: quoted where needed (RFC 4180), and never a formula where it is no plain number. */
export function csvField(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180 with CRLF. The byte order mark tells spreadsheets that it is UTF-8. */
export function reportCsv(result: ReportResult): string {
  const { compare, columns, rows } = result;
  const notes = rows.some(({ note }) => note !== undefined);
  const header = [
    ...result.heads.map(({ label }) => label),
    ...columns.flatMap(({ label, unit }) => {
      const named = unit === "" ? label : `${label}（${unit}）`;
      return compare === null ? [named] : [named, `${label}${compare.baseName}`, `${label}增减`, `${label}${compare.name}（%）`];
    }),
    ...(compare === null ? [] : ["对比期"]),
    ...(notes ? ["备注"] : []),
  ];
  const lines = rows.map((row) => [
    ...row.labels,
    ...row.cells.flatMap((cell, index) => {
      const change = row.changes?.[index];
      return change === undefined ? [plain(cell)] : [plain(cell), plain(change.base), plain(change.delta), plain(change.ratio)];
    }),
    ...(compare === null ? [] : [row.comparedWith ?? ""]),
    ...(notes ? [row.note ?? ""] : []),
  ]);
  return `\uFEFF${[header, ...lines].map((line) => `${line.map(csvField).join(",")}\r\n`).join("")}`;
}

/** Numbers as numbers: spreadsheets count on with them. */
function plain({ value, text }: ReportCell): string {
  return value === null ? text : String(value);
}
