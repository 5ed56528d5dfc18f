/** Bytes of a text file: UTF-8, or else what spreadsheets in China save, which is GB 18030. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

/** What is handed to the server. */
export interface ListText {
  readonly csv: string;
  /** Lines put before what was given, which the server counts and nobody sees. */
  readonly added: number;
  /** Lines of people, not empty ones. */
  readonly lines: number;
}

const NUMBER_FIRST = /^["\s]*[+＋(（]?[\d０-９]/;
const NAMES = "number,name";

/**
 * Cells copied from a spreadsheet come with tabs: they become CSV. A list without a line of names, that is one which begins with a number, gets
 * one: number, name.
 */
export function listOf(pasted: string): ListText {
  const text = pasted.replace(/^\uFEFF/, "");
  const [first = ""] = text.split(/\r?\n/, 1);
  const csv = first.includes("\t") ? text.split(/\r?\n/).map(cellsToCsv).join("\n") : text;
  const bare = NUMBER_FIRST.test(first);
  const filled = text.split(/\r?\n/).filter((line) => line.trim() !== "").length;
  return { csv: bare ? `${NAMES}\n${csv}` : csv, added: bare ? 1 : 0, lines: Math.max(0, bare ? filled : filled - 1) };
}

function cellsToCsv(line: string): string {
  return line
    .split("\t")
    .map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}
