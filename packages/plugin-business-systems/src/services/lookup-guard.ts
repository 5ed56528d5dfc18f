import type { Clock, LookupAsker, Secrets, Uow } from "@hotlinejs/core";
import { LookupLockEntity } from "../entities/lookup-lock.entity.js";

interface LockRow {
  readonly key: string;
  readonly failures: number;
  readonly locked_until: number | string;
}

/**
 * Counts failed proofs per asker and per person asked about, and shuts out for a while. A try is counted before the system
 * is asked and given back when it was right or could not be asked: many tries at once get no more guesses than one after
 * the other, and a crash in between costs a try, not a lock.
 */
export class LookupGuard {
  constructor(
    private readonly secrets: Pick<Secrets, "blindIndex">,
    private readonly clock: Clock,
    private readonly limits: { readonly failures: number; readonly lockMs: number },
  ) {}

  /** The asker first, always: two tries never wait for each other in a circle. */
  keys(asker: LookupAsker, person?: string): readonly string[] {
    const own = this.secrets.blindIndex(`asker:${asker.channel}:${asker.from}`);
    return person === undefined ? [own] : [own, this.secrets.blindIndex(`person:${person}`)];
  }

  /** Counts a try; or tells until when it is refused. */
  async begin(uow: Uow, keys: readonly string[]): Promise<{ until: number } | undefined> {
    const now = this.clock.now();
    await uow.em.nativeDelete(LookupLockEntity, { lastAt: { $lt: now - this.limits.lockMs }, lockedUntil: { $lte: now } });
    let until = 0;
    const rows: LockRow[] = [];
    for (const key of keys) {
      // Writing the row takes its lock (PostgreSQL) before it is read.
      const [row] = await uow.em.execute<LockRow[]>(
        "insert into business_lookup_lock (key, failures, last_at, locked_until) values (?, 1, ?, 0) on conflict (key) do update set failures = business_lookup_lock.failures + 1, last_at = excluded.last_at returning key, failures, locked_until",
        [key, now],
      );
      if (row === undefined) continue;
      rows.push(row);
      const locked = Number(row.locked_until);
      if (locked > now) until = Math.max(until, locked);
      // As many tries are out as there may be failures: the next waits for them as if they had failed.
      else if (row.failures > this.limits.failures) until = Math.max(until, now + this.limits.lockMs);
    }
    if (until === 0) return undefined;
    await this.#giveBack(uow, keys);
    return { until };
  }

  /** The try failed. How many are left; with 0 it is locked now. */
  async failed(uow: Uow, keys: readonly string[]): Promise<number> {
    const until = this.clock.now() + this.limits.lockMs;
    let left = this.limits.failures;
    for (const key of keys) {
      const [row] = await uow.em.execute<LockRow[]>("select key, failures, locked_until from business_lookup_lock where key = ?", [key]);
      const failures = row?.failures ?? 0;
      if (failures >= this.limits.failures) await uow.em.nativeUpdate(LookupLockEntity, { key }, { failures: 0, lockedUntil: until });
      left = Math.min(left, this.limits.failures - failures);
    }
    return Math.max(0, left);
  }

  /** It was right: the person's count is cleared. The asker's own only loses this try: who has one right pair gets no free guesses at others. */
  async succeeded(uow: Uow, keys: readonly string[]): Promise<void> {
    const [asker, person] = keys;
    if (asker !== undefined) await this.#giveBack(uow, [asker]);
    if (person !== undefined) await uow.em.nativeDelete(LookupLockEntity, { key: person });
  }

  /** It could not be asked: nobody has failed. */
  async undone(uow: Uow, keys: readonly string[]): Promise<void> {
    await this.#giveBack(uow, keys);
  }

  async lockedUntil(read: (key: string) => Promise<{ lockedUntil: number } | null>, asker: LookupAsker): Promise<number | undefined> {
    const row = await read(this.keys(asker)[0] ?? "");
    return row !== null && row.lockedUntil > this.clock.now() ? row.lockedUntil : undefined;
  }

  async #giveBack(uow: Uow, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await uow.em.execute("update business_lookup_lock set failures = failures - 1 where key = ? and failures > 0", [key]);
      await uow.em.nativeDelete(LookupLockEntity, { key, failures: 0, lockedUntil: 0 });
    }
  }
}
