import type { Clock, Logger, ReadPool, Timer, UnitOfWork } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { SipBan } from "../contract.js";
import { BanEntity } from "./ban.entity.js";
import type { BanRow } from "./ban.entity.js";

const SWEEP_MS = 60_000;
/** More would come only from forged sources; the oldest then go. */
const MAX_BANS = 50_000;

export interface BanListDeps {
  readonly unitOfWork: UnitOfWork;
  readonly reads: ReadPool;
  readonly clock: Clock;
  readonly log: Logger;
  /** A ban has begun, or ended before its time or in it. */
  changed(ban: SipBan, banned: boolean): void;
}

/** Banned addresses: in memory for each packet, on disk for the next start, in the audit for people. */
export class BanList {
  readonly #deps: BanListDeps;
  readonly #bans = new Map<string, SipBan>();
  #timer: Timer | undefined;

  constructor(deps: BanListDeps) {
    this.#deps = deps;
  }

  /** Reads what the last process left. */
  async load(): Promise<void> {
    const { reads, clock } = this.#deps;
    const rows = await reads.read((em) => em.find(BanEntity, { until: { $gt: clock.now() } }, { disableIdentityMap: true }));
    for (const { address, reason, actor, since, until } of rows) this.#bans.set(address, { address, reason, actor, since, until, proven: true });
    this.#timer = clock.setInterval(() => void this.#sweep(), SWEEP_MS);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Live bans, the newest first. */
  all(): readonly SipBan[] {
    const now = this.#deps.clock.now();
    return [...this.#bans.values()].filter((ban) => ban.until > now).sort((a, b) => b.since - a.since);
  }

  get size(): number {
    return this.#bans.size;
  }

  has(address: string): boolean {
    if (this.#bans.size === 0) return false;
    const ban = this.#bans.get(address);
    return ban !== undefined && ban.until > this.#deps.clock.now();
  }

  /** Bans at once; a ban that would end sooner than one there is changes nothing. Resolves when it is stored. */
  async ban(address: string, reason: string, seconds: number, actor: string): Promise<SipBan> {
    const { clock, unitOfWork, changed } = this.#deps;
    const now = clock.now();
    const known = this.#bans.get(address);
    const ban: SipBan = { address, reason, actor, since: now, until: now + seconds * 1000, proven: true };
    if (known !== undefined && known.until >= ban.until) return known;
    this.#bans.set(address, ban);
    const oldest = this.#bans.size > MAX_BANS ? this.#bans.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#bans.delete(oldest.value);
    changed(ban, true);
    await unitOfWork.run(async (uow) => {
      await uow.em.upsertMany(BanEntity, [{ address, reason, actor, since: ban.since, until: ban.until } as BanRow]);
      uow.audit({ actor, action: "sip.banned", subject: { type: "address", id: address }, details: { reason, until: ban.until } });
    });
    return ban;
  }

  /** Lifts a ban. @returns whether there was one */
  async lift(address: string, actor: string): Promise<boolean> {
    const ban = this.#bans.get(address);
    if (ban === undefined || ban.until <= this.#deps.clock.now()) return false;
    this.#bans.delete(address);
    this.#deps.changed(ban, false);
    await this.#deps.unitOfWork.run(async (uow) => {
      await uow.em.nativeDelete(BanEntity, { address });
      uow.audit({ actor, action: "sip.unbanned", subject: { type: "address", id: address }, details: { reason: ban.reason } });
    });
    return true;
  }

  async #sweep(): Promise<void> {
    const { clock, unitOfWork, log, changed } = this.#deps;
    const now = clock.now();
    const over = [...this.#bans.values()].filter((ban) => ban.until <= now);
    if (over.length === 0) return;
    for (const ban of over) {
      this.#bans.delete(ban.address);
      changed(ban, false);
    }
    await unitOfWork.run(({ em }) => em.nativeDelete(BanEntity, { until: { $lte: now } }).then(() => undefined)).catch((error: unknown) => log.warn({ error: errorText(error) }, "bans that are over could not be deleted"));
  }
}
