import type { Hotline, HotlineInspection, HotlineProblem } from "@hotlinejs/core";
import { table, type Output } from "../output.js";

/** `hotline check`: all a start would find before it opens anything. 0 when it would start, else 1. */
export async function check(hotline: Hotline, { json, output }: { json: boolean; output: Output }): Promise<number> {
  const inspection = await hotline.check();
  const ok = inspection.problems.length === 0;
  if (json) output.out(JSON.stringify({ ok, ...inspection }, null, 2));
  else {
    output.out(describe(inspection));
    for (const problem of inspection.problems) output.error(problemLine(problem));
    if (!ok) output.error(`${inspection.problems.length} problem${inspection.problems.length === 1 ? "" : "s"}: this hotline does not start`);
  }
  return ok ? 0 : 1;
}

/** `HTL_IVR_FLOW_INVALID: ivr: main.nodes[3].next: there is no node "bye"` */
export function problemLine({ code, plugin, path, message }: HotlineProblem): string {
  return [code, ...(plugin === undefined || path?.startsWith(`${plugin}.`) ? [] : [plugin]), ...(path === undefined ? [] : [path]), message].join(": ");
}

function describe(inspection: HotlineInspection): string {
  const { plugins, variables, unknownVariables } = inspection;
  const set = variables.filter(({ value }) => value !== undefined);
  const lines = [
    `${inspection.name}: ${plugins.length} plugins on @hotlinejs/core ${inspection.version}`,
    "",
    table([["host", inspection.host], ["time zone", inspection.timezone], ["data", inspection.dataDir], ["database", inspection.database], ...(inspection.publicUrl === undefined ? [] : [["public URL", inspection.publicUrl]])], "  "),
    "",
    "Plugins, in the order in which they start:",
    table(
      plugins.map((plugin, index) => [`${index + 1}.`, plugin.name, plugin.version, plugin.provides.length === 0 ? "" : `provides ${plugin.provides.join(", ")}`]),
      "  ",
    ),
    "",
    "Options (secrets hidden; --json has them whole):",
  ];
  for (const plugin of plugins) {
    if (plugin.options === undefined) lines.push(`  ${plugin.name}: not valid`);
    else {
      const entries = Object.entries(plugin.options as Record<string, unknown>).filter(([, value]) => value !== undefined);
      lines.push(entries.length === 0 ? `  ${plugin.name}: none` : `  ${plugin.name}`, ...entries.map(([name, value]) => `    ${name}: ${brief(value)}`));
    }
  }
  lines.push("", set.length === 0 ? `Environment: none of the ${variables.length} variables understood is set.` : `Environment: ${set.length} of the ${variables.length} variables understood are set:`);
  if (set.length > 0) lines.push(table(set.map(({ name, option, value = "" }) => [name, value, `sets ${option}`]), "  "));
  lines.push("", "Understood:", wrapped(variables.map(({ name }) => name), "  "));
  if (unknownVariables.length > 0) lines.push("", `These mean nothing to the plugins present; typing errors? ${unknownVariables.join(", ")}`);
  if (inspection.problems.length === 0) lines.push("", "No problem found.");
  return lines.join("\n");
}

/** Long lists and texts in one short line. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  if (text.length <= 100) return text;
  if (Array.isArray(value)) return value.length === 1 ? "1 entry" : `${value.length} entries`;
  return typeof value === "object" && value !== null ? `{ ${Object.keys(value).join(", ")} }` : `${text.slice(0, 97)}...`;
}

function wrapped(words: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line.length + word.length > 118 && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join("\n");
}
