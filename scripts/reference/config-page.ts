import { CORE_VARIABLES, SHORTHAND, variableOf } from "../../packages/core/src/config/plugin-config.js";
import { coreOptionsSchema, CORE_OPTION_VARIABLES } from "../../packages/core/src/config/hotline-options.js";
import type { z } from "zod";
import ts from "typescript";
import { code, head, table } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import { property } from "./plugins.js";
import type { KnownPlugin } from "./plugins.js";
import { schemaDocs } from "./schema-docs.js";
import type { PlaceDoc } from "./schema-docs.js";
import { optionRows, shapeOf } from "./schema-shape.js";
import type { OptionRow } from "./schema-shape.js";
import type { Source } from "./source.js";

/** Longer defaults are told by their number. */
const MOST_DEFAULT = 60;

export interface OptionTable {
  readonly rows: readonly OptionRow[];
  readonly text: string;
  readonly missing: readonly string[];
}

/** Options of a schema with their comments. `variable` names the one in the environment, for options on top. */
export function optionTable(source: Source, schema: z.ZodType, expression: ts.Expression, where: string, variable?: (option: string) => string): OptionTable {
  const docs = schemaDocs(source, expression);
  const rows = optionRows(shapeOf(schema));
  const missing: string[] = [];
  const lines = rows.map((row) => {
    const place = docs.get(row.path);
    const meaning = place?.text || row.description;
    if (meaning === "") missing.push(`${where}: option ${row.path} has no comment`);
    const type = typeText(row, place);
    if (type === "any") missing.push(`${where}: option ${row.path} has a type nobody can read`);
    const top = !/[.[]/.test(row.path);
    return [code(row.path), code(type), defaultText(row), `${meaning.replace(/ \(`HOTLINE_[A-Z_]+`\)/, "")} ${variable !== undefined && top ? variable(row.path) : ""}`];
  });
  return { rows, missing, text: rows.length === 0 ? "No options." : table(["option", "type", "default", "meaning"], lines) };
}

function typeText(row: OptionRow, place: PlaceDoc | undefined): string {
  if (place?.type === undefined) return row.type;
  return row.type.includes("any") ? row.type.replace(/\bany\b/, place.type) : row.type;
}

function defaultText(row: OptionRow): string {
  if (row.required) return "required";
  if (row.default === undefined) return "–";
  const text = JSON.stringify(row.default);
  if (text === "{}") return "–";
  if (text.length <= MOST_DEFAULT) return code(text);
  return Array.isArray(row.default) ? `${row.default.length} built in` : "built in";
}

/** docs/reference/config.md: every option of core and of the plugins. */
export function configPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const core = optionTable(source, coreOptionsSchema, variableNamed(source, "packages/core/src/config/hotline-options.ts", "coreOptionsSchema"), "core", (option) => {
    const named = CORE_OPTION_VARIABLES.find(([, target]) => target === option)?.[0];
    return named === undefined ? "" : `(${code(named)})`;
  });
  const missing = [...core.missing];
  const parts = plugins.map(({ definition, factory, package: name, node }) => {
    const schema = property(node, "config");
    if (schema === undefined) throw new Error(`${name} gives no config`);
    const { text, missing: without } = optionTable(source, definition.config, schema, name, (option) => `(${variables(definition.name, option).map(code).join(", ")})`);
    missing.push(...without);
    return `## ${definition.name}\n\n${code(`import { ${factory} } from "${name}"`)}\n\n${text}\n`;
  });
  return {
    file: "config.md",
    missing,
    text: `${head("Configuration", `Options of \`createHotline\` and of every plugin. \`[]\` stands for each item of a list, \`*\` for each name of a record. \`PromptRef\` is the id of a prompt
(\`"P001"\`) or \`{ text: "流水号{{serial|digits}}" }\`. Unknown options and wrong values stop the start with \`HTL_CORE_CONFIG_INVALID\`, which names the path. The
variable in brackets sets the option from outside and wins over the code; see [Environment](environment.md).`)}
## createHotline

Besides these, \`plugins\` (the list), \`environment\` (usually \`process.env\`), \`calendars\` and \`calls\`.

${core.text}

${parts.join("\n")}`,
  };
}

/** docs/reference/environment.md: the same by variable, options on top only. */
export function environmentPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const docs = schemaDocs(source, variableNamed(source, "packages/core/src/config/hotline-options.ts", "coreOptionsSchema"));
  const coreRows = optionRows(shapeOf(coreOptionsSchema));
  const core = CORE_OPTION_VARIABLES.map(([variable, option]) => {
    const row = coreRows.find(({ path }) => path === option) as OptionRow;
    return [code(variable), code(row.type), defaultText(row), docs.get(option)?.text ?? ""];
  });
  const unknown = [...CORE_VARIABLES].filter((name) => !CORE_OPTION_VARIABLES.some(([variable]) => variable === `HOTLINE_${name}`));
  const parts = plugins.flatMap(({ definition, node }) => {
    const places = schemaDocs(source, property(node, "config") as ts.Expression);
    const rows = optionRows(shapeOf(definition.config)).filter(({ path, type }) => !/[.[]/.test(path) && !fromCodeOnly(type, places.get(path)));
    const lines = rows.map((row) => [variables(definition.name, row.path).map(code).join(", "), code(typeText(row, places.get(row.path))), defaultText(row), places.get(row.path)?.text ?? row.description]);
    return lines.length === 0 ? [] : [`## ${definition.name}\n\n${table(["variable", "type", "default", "meaning"], lines)}\n`];
  });
  return {
    file: "environment.md",
    missing: unknown.map((name) => `core reads HOTLINE_${name}, which is no option of it`),
    text: `${head("Environment", `Every option of every plugin can be set by \`HOTLINE_<PLUGIN>_<OPTION>\`: option \`wrapUp\` of plugin \`acd\` is \`HOTLINE_ACD_WRAP_UP\`. Numbers and booleans are
converted by the option's type; lists and objects are given as JSON, lists of plain values also with commas. A variable with a value that cannot be is an error
that names it; one that means nothing to the plugins present is told in the log. What is inside a list or object is on the page [Configuration](config.md).`)}
## core

${table(["variable", "type", "default", "meaning"], core)}

${parts.join("\n")}
## examples/12333

Its own, besides those above.

${table(
  ["variable", "type", "default", "meaning"],
  [
    ["`HOTLINE_HOURS`", code('"always" | "day"'), "`always`", "`day`: agents from 08:30 to 18:00 on working days, else the mailbox"],
    ["`HOTLINE_FLOW_FILE`", "`string`", "–", "path of a flow (JSON) that is used instead of the built-in one"],
  ],
)}
`,
  };
}

/** Functions and drivers can only be given in code. */
function fromCodeOnly(type: string, place: PlaceDoc | undefined): boolean {
  return type === "any" || (type === "any[]" && place?.type !== undefined);
}

function variables(plugin: string, option: string): readonly string[] {
  const short = Object.entries(SHORTHAND).find(([, targets]) => targets.some(([owner, name]) => owner === plugin && name === option))?.[0];
  return [...(short === undefined ? [] : [`HOTLINE_${short}`]), variableOf(plugin, option)];
}

function variableNamed(source: Source, path: string, name: string): ts.Expression {
  for (const node of source.walk(source.file(path))) if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer !== undefined) return node.initializer;
  throw new Error(`${path} has no ${name}`);
}

