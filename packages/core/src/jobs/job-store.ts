import type { SqlEntityManager } from "@mikro-orm/knex";
import type { Uow } from "../contracts/data.js";
import type { PendingJob } from "../db/unit.js";

export interface ClaimedJob {
  readonly id: string;
  readonly name: string;
  readonly payload: string;
  /** This try included. */
  readonly attempts: number;
  readonly keyed: boolean;
}

export interface JobOutcome {
  readonly job: ClaimedJob;
  readonly result: "done" | "retry" | "failed" | "putBack";
  /** For `retry` and `putBack`. */
  readonly runAt: number;
  readonly error: string | null;
}

/** Done jobs with a key keep it from being used again for so long. */
const KEEP_DONE_MS = 7 * 86_400_000;
const KEEP_FAILED_MS = 30 * 86_400_000;

/** The statements of the job table; all of them in the caller's transaction. */
export class JobStore {
  readonly #nodeId: string;
  readonly #databaseKind: () => "sqlite" | "postgres";
  readonly #now: () => number;

  constructor(options: { readonly nodeId: string; readonly databaseKind: () => "sqlite" | "postgres"; readonly clock: { now(): number } }) {
    this.#nodeId = options.nodeId;
    this.#databaseKind = options.databaseKind;
    this.#now = () => options.clock.now();
  }

  async insert(em: SqlEntityManager, jobs: readonly PendingJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const now = this.#now();
    const values = jobs.flatMap((job) => [job.id, job.name, job.key ?? null, job.payload, job.runAt, "waiting", 0, now]);
    await em.execute(
      `insert into core_job (id, name, key, payload, run_at, state, attempts, created_at) values ${jobs.map(() => "(?, ?, ?, ?, ?, ?, ?, ?)").join(", ")} on conflict do nothing`,
      values,
      "run",
    );
  }

  async cancel(em: SqlEntityManager, name: string, key: string): Promise<boolean> {
    const result = await em.execute<{ affectedRows: number }>("delete from core_job where name = ? and key = ? and state = 'waiting'", [name, key], "run");
    return result.affectedRows > 0;
  }

  async claim(em: SqlEntityManager, name: string, limit: number, now: number, leaseUntil: number): Promise<ClaimedJob[]> {
    const locked = this.#databaseKind() === "postgres" ? " for update skip locked" : "";
    const due = `select id from core_job where state = 'waiting' and name = ? and run_at <= ? order by run_at, id limit ?${locked}`;
    const rows = await em.execute<{ id: string; name: string; payload: string; attempts: number; key: string | null; run_at: number | string }[]>(
      `update core_job set state = 'running', attempts = attempts + 1, lease_until = ?, node_id = ? where id in (${due}) returning id, name, payload, attempts, key, run_at`,
      [leaseUntil, this.#nodeId, name, now, limit],
    );
    // RETURNING keeps no order.
    return rows
      .sort((a, b) => Number(a.run_at) - Number(b.run_at) || (a.id < b.id ? -1 : 1))
      .map((row) => ({ id: row.id, name: row.name, payload: row.payload, attempts: Number(row.attempts), keyed: row.key !== null }));
  }

  async nextDue(em: SqlEntityManager, name: string): Promise<number | undefined> {
    const rows = await em.execute<{ at: number | string | null }[]>("select min(run_at) as at from core_job where state = 'waiting' and name = ?", [name]);
    const at = rows[0]?.at;
    return at === null || at === undefined ? undefined : Number(at);
  }

  async finish(uow: Uow, { job, result, runAt, error }: JobOutcome, now: number): Promise<void> {
    if (result === "done" && !job.keyed) {
      await uow.em.execute("delete from core_job where id = ?", [job.id], "run");
    } else if (result === "done" || result === "failed") {
      await uow.em.execute("update core_job set state = ?, finished_at = ?, last_error = ?, lease_until = null where id = ?", [result, now, error, job.id], "run");
    } else {
      const attempts = result === "putBack" ? job.attempts - 1 : job.attempts;
      await uow.em.execute("update core_job set state = 'waiting', run_at = ?, attempts = ?, last_error = coalesce(?, last_error), lease_until = null where id = ?", [runAt, attempts, error, job.id], "run");
    }
    if (result === "failed") uow.publish("job.failed", { jobId: job.id, name: job.name, error: error ?? "" });
  }

  /**
   * What a dead process left running waits again, at once; what has used up its tries (perhaps it is
   * what kills the process) has failed.
   *
   * @param limits most tries by name.
   */
  async takeOver(uow: Uow, limits: ReadonlyMap<string, number>): Promise<number> {
    const now = this.#now();
    const rows = await uow.em.execute<{ id: string; name: string; payload: string; attempts: number; key: string | null }[]>("select id, name, payload, attempts, key from core_job where state = 'running'");
    for (const row of rows) {
      const job: ClaimedJob = { id: row.id, name: row.name, payload: row.payload, attempts: Number(row.attempts), keyed: row.key !== null };
      const limit = limits.get(row.name);
      const error = "the process ended while it ran";
      await this.finish(uow, limit !== undefined && job.attempts >= limit ? { job, result: "failed", runAt: 0, error } : { job, result: "retry", runAt: now, error }, now);
    }
    return rows.length;
  }

  async sweep(em: SqlEntityManager, now: number): Promise<void> {
    await em.execute("delete from core_job where state = 'done' and finished_at < ?", [now - KEEP_DONE_MS], "run");
    await em.execute("delete from core_job where state = 'failed' and finished_at < ?", [now - KEEP_FAILED_MS], "run");
  }

  async stats(em: SqlEntityManager): Promise<{ waiting: number; running: number; failed: number }> {
    const rows = await em.execute<{ state: string; count: number | string }[]>("select state, count(*) as count from core_job group by state");
    const count = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0);
    return { waiting: count("waiting"), running: count("running"), failed: count("failed") };
  }
}
