import type { Clock, Secrets, Uow } from "@hotlinejs/core";
import type { Asker } from "./contract.js";
import { QueryLockEntity } from "./entities/query-lock.entity.js";

export interface QueryGuardLimits {
  readonly failures: number;
  readonly lockMs: number;
}

interface LockRow {
  readonly failures: number;
  readonly locked_until: number | string;
}

/**
 * Counts failures per asker and per serial on a channel, and shuts out for a while. Everything happens in the unit of
 * work of the attempt, with the counters' rows locked first: tries at once are counted one after the other.
 */
export class QueryGuard {
  constructor(
    private readonly secrets: Pick<Secrets, "blindIndex">,
    private readonly clock: Clock,
    private readonly limits: QueryGuardLimits,
  ) {}

  /** Epoch ms until which a try is refused. */
  async lockedUntil(uow: Uow, keys: readonly string[]): Promise<number | undefined> {
    const now = this.clock.now();
    let until: number | undefined;
    for (const key of keys) {
      // Writing the row takes its lock (PostgreSQL) before it is read.
      const rows = await uow.em.execute<LockRow[]>(
        "insert into tickets_query_lock (key, failures, last_at, locked_until) values (?, 0, ?, 0) on conflict (key) do update set failures = tickets_query_lock.failures returning failures, locked_until",
        [key, now],
      );
      const locked = Number(rows[0]?.locked_until ?? 0);
      if (locked > now && (until === undefined || locked > until)) until = locked;
    }
    return until;
  }

  /** One more failure of each; returns how many tries are left, or until when it is locked now. */
  async fail(uow: Uow, keys: readonly string[]): Promise<{ left: number } | { until: number }> {
    const now = this.clock.now();
    const { failures: most, lockMs } = this.limits;
    let left = most;
    let until = 0;
    await uow.em.nativeDelete(QueryLockEntity, { lastAt: { $lt: now - lockMs }, lockedUntil: { $lt: now } });
    for (const key of keys) {
      const [row] = await uow.em.execute<LockRow[]>(
        "insert into tickets_query_lock (key, failures, last_at, locked_until) values (?, 1, ?, 0) on conflict (key) do update set failures = tickets_query_lock.failures + 1, last_at = excluded.last_at returning failures, locked_until",
        [key, now],
      );
      const failures = Number(row?.failures ?? 1);
      if (failures >= most) {
        until = now + lockMs;
        await uow.em.nativeUpdate(QueryLockEntity, { key }, { failures: 0, lockedUntil: until });
      }
      left = Math.min(left, most - failures);
    }
    return until > 0 ? { until } : { left };
  }

  /** A right code clears the serial's count. The asker's own only ages: who has one right pair must not get free guesses at others. */
  async succeed(uow: Uow, keys: readonly string[]): Promise<void> {
    const [asker, serial] = keys;
    if (serial !== undefined) await uow.em.nativeDelete(QueryLockEntity, { key: serial });
    if (asker !== undefined) await uow.em.nativeDelete(QueryLockEntity, { key: asker, failures: 0 });
  }

  /** Always in this order, so that two attempts never wait for each other in a circle. */
  keys(asker: Asker, serial?: string): readonly string[] {
    const own = this.secrets.blindIndex(`asker:${asker.channel}:${asker.from}`);
    return serial === undefined ? [own] : [own, this.secrets.blindIndex(`serial:${asker.channel}:${serial}`)];
  }
}
