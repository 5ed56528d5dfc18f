import type { NewPerson } from "../contract.js";
import { errors } from "../errors.js";

/** Characters of a name, of a value, and of the name of a value's column. */
const LONGEST = { name: 100, value: 500, column: 50 };

/** Whether what is said of a person fits a screen and a script. */
export function fits({ name = "", values = {} }: Pick<NewPerson, "name" | "values">): boolean {
  return name.length <= LONGEST.name && Object.entries(values).every(([column, value]) => column.length <= LONGEST.column && value.length <= LONGEST.value);
}

/** A person of a list and the line of the file it stands in, from 1. */
export interface ListedPerson extends NewPerson {
  readonly line: number;
}

const NUMBER = new Set(["number", "phone", "号码", "电话", "手机", "手机号"]);
const NAME = new Set(["name", "姓名"]);

/** Columns of a list at most. A request may hold as many commas as octets, and each line is looked at for each column. */
const MOST_COLUMNS = 50;

/**
 * People of a CSV file (RFC 4180; with or without BOM, any line ends): its first line names the columns, of which one is the number and
 * one may be the name; the others are values under their names. Empty lines are none.
 *
 * @returns `undefined` where no column is the number's, or there are too many
 * @throws HTL_CALLBACKS_OPEN_QUOTE
 */
export function peopleOfCsv(csv: string): readonly ListedPerson[] | undefined {
  const [head, ...rows] = records(csv.replace(/^\uFEFF/, ""));
  const names = (head?.fields ?? []).map((name) => name.trim());
  const numberAt = names.findIndex((name) => NUMBER.has(name.toLowerCase()));
  if (numberAt < 0 || names.length > MOST_COLUMNS) return undefined;
  const nameAt = names.findIndex((name) => NAME.has(name.toLowerCase()));
  return rows.map(({ line, fields }) => {
    const name = fields[nameAt]?.trim() ?? "";
    const values = names.flatMap((key, index): [string, string][] => {
      const value = fields[index]?.trim() ?? "";
      return index === numberAt || index === nameAt || key === "" || value === "" ? [] : [[key, value]];
    });
    return { line, number: fields[numberAt] ?? "", ...(name === "" ? {} : { name }), values: Object.fromEntries(values) };
  });
}

interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A quoted field may hold commas, quotes (doubled) and line ends. One that is never closed would swallow everybody after it. @throws HTL_CALLBACKS_OPEN_QUOTE */
function records(csv: string): readonly CsvRecord[] {
  const found: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let begins = 1;
  let at = 0;
  const end = (): void => {
    if (fields.some((field) => field.trim() !== "")) found.push({ line: begins, fields });
    fields = [];
    begins = line;
  };
  while (at < csv.length) {
    let field = "";
    if (csv[at] === '"') {
      const opened = line;
      at++;
      while (at < csv.length && !(csv[at] === '"' && csv[at + 1] !== '"')) {
        if (csv[at] === '"') at++;
        if (csv[at] === "\n") line++;
        field += csv[at++];
      }
      if (at >= csv.length) throw errors.OPEN_QUOTE(opened);
      at++;
    }
    while (at < csv.length && csv[at] !== "," && csv[at] !== "\n" && csv[at] !== "\r") field += csv[at++];
    fields.push(field);
    const closes = csv[at++];
    if (closes === ",") {
      // A comma at the very end of the file is followed by an empty field.
      if (at >= csv.length) fields.push("");
      continue;
    }
    if (closes === "\r" && csv[at] === "\n") at++;
    if (closes !== undefined) line++;
    end();
  }
  end();
  return found;
}
