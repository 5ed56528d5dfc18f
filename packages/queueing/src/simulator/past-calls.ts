import { parse } from "csv-parse/sync";
import { QueueingError } from "../errors.js";
import type { PastCall } from "./scenario.js";

const COLUMNS = ["time", "queue", "talk", "patience", "priority"] as const;
type Column = (typeof COLUMNS)[number];

/**
 * Past calls of a CSV text with a head line. `time` is needed: `08:15`, `08:15:30` or with a date before it
 * (`2026-03-02 08:15:30`, then in every line; days are counted from the first one). `talk` and `patience` are seconds; what is
 * empty is drawn by the simulator. Other columns are passed over. Throws `HTL_QUEUEING_PAST_CALLS` with the line.
 */
export function readPastCalls(csv: string): PastCall[] {
  const rows = readRows(csv);
  const head = (rows[0]?.record ?? []).map((cell) => cell.toLowerCase());
  const places = new Map<Column, number>();
  for (const column of COLUMNS) {
    if (!head.includes(column)) continue;
    if (head.indexOf(column) !== head.lastIndexOf(column)) throw wrong(1, `the head line has the column ${column} twice`);
    places.set(column, head.indexOf(column));
  }
  if (!places.has("time")) throw wrong(1, "the head line has no column `time` (others: queue, talk, patience, priority)");
  let dated: boolean | undefined;
  const calls: { day: number; call: PastCall }[] = [];
  for (const { record, info } of rows.slice(1)) {
    const line = info.lines;
    const cell = (column: Column): string => record[places.get(column) ?? -1] ?? "";
    const number = (column: Column): number | undefined => {
      const value = cell(column);
      if (value === "") return undefined;
      if (!/^-?\d+(\.\d+)?$/.test(value) || (column !== "priority" && Number(value) < 0)) throw wrong(line, `${column} must be a number${column === "priority" ? "" : " of seconds"}, got "${value}"`);
      return Number(value);
    };
    const time = /^(?:(\d{4})-(\d{2})-(\d{2})[ T])?(\d{1,2}):([0-5]\d)(?::([0-5]\d)(\.\d+)?)?$/.exec(cell("time"));
    if (time === null || Number(time[4]) > 23) throw wrong(line, `time must look like 08:15:30 or 2026-03-02 08:15:30, got "${cell("time")}"`);
    const [, year, month, date, hours, minutes, seconds = "0", fraction = "0"] = time;
    const day = year === undefined ? 0 : dayOf(Number(year), Number(month), Number(date));
    if (day === undefined) throw wrong(line, `there is no day ${year}-${month}-${date}`);
    dated ??= year !== undefined;
    if (dated !== (year !== undefined)) throw wrong(line, `give a date with every time, or with none; got "${cell("time")}" after times ${dated ? "with" : "without"} a date`);
    const [talkSeconds, patienceSeconds, priority] = [number("talk"), number("patience"), number("priority")];
    calls.push({
      day,
      call: {
        at: ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) + Number(fraction)) * 1_000,
        ...(cell("queue") !== "" && { queue: cell("queue") }),
        ...(talkSeconds !== undefined && { talkSeconds }),
        ...(patienceSeconds !== undefined && { patienceSeconds }),
        ...(priority !== undefined && { priority }),
      },
    });
  }
  if (calls.length === 0) throw wrong(1, "there is no call");
  const first = calls.reduce((least, { day }) => Math.min(least, day), Infinity);
  return calls.map(({ day, call }) => ({ ...call, at: call.at + (day - first) * 86_400_000 })).sort((a, b) => a.at - b.at);
}

/** Days since 1970; `undefined` for a date that no calendar has. */
function dayOf(year: number, month: number, date: number): number | undefined {
  const at = new Date(Date.UTC(year, month - 1, date));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === date ? at.getTime() / 86_400_000 : undefined;
}

function wrong(line: number, what: string): QueueingError {
  return new QueueingError("PAST_CALLS", `Line ${line} of the past calls: ${what}`);
}

function readRows(csv: string): { record: string[]; info: { lines: number } }[] {
  try {
    return parse(csv, { bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true }) as never;
  } catch (error) {
    const { lines, message } = error as { lines?: number; message: string };
    throw wrong(lines ?? 1, message);
  }
}
