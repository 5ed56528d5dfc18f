import type { Hotline } from "@hotlinejs/core";
import { table, type Output } from "../output.js";
import { problemLine } from "./check.js";

/** `hotline plugins`: what is wired, and what each plugin brings. 0, or 1 when one has a problem. */
export async function plugins(hotline: Hotline, { json, output }: { json: boolean; output: Output }): Promise<number> {
  const { version, plugins: all, problems } = await hotline.check();
  const rows = all.map((plugin) => {
    const own = problems.filter((problem) => problem.plugin === plugin.name);
    return { state: own.length > 0 ? ("problem" as const) : ("wired" as const), ...plugin, options: undefined, problems: own };
  });
  const general = problems.filter((problem) => problem.plugin === undefined);
  if (json) output.out(JSON.stringify({ core: version, plugins: rows, problems: general }, null, 2));
  else {
    output.out(`@hotlinejs/core ${version}\n`);
    output.out(table([["plugin", "version", "state", "core", "critical", "requires", "provides"], ...rows.map((row) => [row.name, row.version, row.state, row.core, row.critical ? "yes" : "no", row.requires.join(", ") || "-", row.provides.join(", ") || "-"])]));
    for (const row of rows) {
      const brings = [
        ["works with", row.after],
        ["permissions", row.permissions.map((each) => `${each.name} (${[...(each.roles ?? []), "admin"].join(", ")})`)],
        ["call flow nodes", row.ivrNodes],
        ["tables", row.tables],
        ["console pages", row.consolePages],
      ].filter(([, list]) => (list as readonly string[]).length > 0) as [string, readonly string[]][];
      if (brings.length > 0) output.out(`\n${row.name}\n${table(brings.flatMap(([title, list]) => list.map((item, index) => [index === 0 ? title : "", item])), "  ")}`);
    }
    for (const problem of problems) output.error(problemLine(problem));
  }
  return problems.length === 0 ? 0 : 1;
}
