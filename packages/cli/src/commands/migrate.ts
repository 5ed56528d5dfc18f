import type { Hotline } from "@hotlinejs/core";
import type { Output } from "../output.js";

/** `hotline migrate`: brings the database up to date, or lists what would be done. */
export async function migrate(hotline: Hotline, { dryRun, json, output }: { dryRun: boolean; json: boolean; output: Output }): Promise<number> {
  // Also before a run: what a newer database would refuse is told before anything is locked.
  const plan = await hotline.migrationPlan();
  if (dryRun) {
    if (json) output.out(JSON.stringify({ ...plan, done: [] }, null, 2));
    else output.out([plan.database, `${plan.applied.length} migrations are done, ${plan.pending.length} to do${plan.pending.length === 0 ? "." : ":"}`, ...plan.pending.map((name) => `  ${name}`)].join("\n"));
    return 0;
  }
  const done = await hotline.migrate();
  if (json) output.out(JSON.stringify({ database: plan.database, applied: [...plan.applied, ...done], pending: [], done }, null, 2));
  else output.out([plan.database, done.length === 0 ? "Nothing to do: the database is up to date." : `${done.length} migrations were run:`, ...done.map((name) => `  ${name}`)].join("\n"));
  return 0;
}
