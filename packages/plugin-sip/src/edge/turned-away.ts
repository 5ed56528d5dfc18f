import type { AuditEntry, Clock, Logger, Timer } from "@hotlinejs/core";
import { TokenBuckets } from "./token-buckets.js";

/**
 * Why something was not served: an access rule; the rate of a source or of an account; the connections of a source; more calls than can be set
 * up, or all the calls or ports there are; too many requests that wait for their answer (`shed`); requests that could not be read in time
 * (`unread`); a WebSocket that said nothing (`silent`).
 */
export type TurnedAwayReason = "access" | "rate" | "account-rate" | "connections" | "overload" | "shed" | "unread" | "silent";

/** Without a further refusal for so long it is over. */
const QUIET_MS = 5 * 60_000;
/** One that goes on is told again so often. */
const AGAIN_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** Of all reasons and sources together. */
const MAX_OPEN = 1_000;
/** Entries that begin one, for each reason by itself: forged sources that fill the one leave room for the other. */
const BEGIN_RATE = { perSecond: 1 / 60, burst: 20 };

interface Count {
  /** Epoch ms of the first refusal that is not told yet. */
  since: number;
  count: number;
}

interface Episode extends Count {
  /** The first account that was slowed down, where it was one. */
  readonly account: string | undefined;
  /** Epoch ms of the last refusal; the same in monotonic ms. */
  last: number;
  lastAt: number;
  /** When it was told last, monotonic ms. */
  toldAt: number;
}

export interface TurnedAwayDeps {
  readonly clock: Clock;
  readonly log: Logger;
  write(entries: readonly AuditEntry[]): Promise<void>;
}

/**
 * Writes into the audit whom the edge turned away and why: one entry when it begins, one with the count when it has been over for five minutes, and
 * one an hour while it goes on. A flood fills no disk by it: a minute begins one entry for each reason, twenty at once; what has none is
 * counted for all sources together, told every five minutes.
 */
export class TurnedAway {
  readonly #deps: TurnedAwayDeps;
  readonly #episodes = new Map<TurnedAwayReason, Map<string, Episode>>();
  readonly #others = new Map<TurnedAwayReason, Count & { toldAt: number }>();
  readonly #begin: TokenBuckets;
  #open = 0;
  #timer: Timer | undefined;

  constructor(deps: TurnedAwayDeps) {
    this.#deps = deps;
    this.#begin = new TokenBuckets(BEGIN_RATE, () => deps.clock.monotonic());
  }

  /** Asked for each refusal, in floods too: counts, and hardly ever writes. */
  note(reason: TurnedAwayReason, address: string, account?: string): void {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const known = this.#episodes.get(reason)?.get(address);
    if (known !== undefined) {
      known.count++;
      known.last = clock.now();
      known.lastAt = now;
      return;
    }
    this.#timer ??= clock.setInterval(() => this.#sweep(), SWEEP_MS);
    if (this.#open >= MAX_OPEN || !this.#begin.take(reason)) {
      const others = this.#others.get(reason);
      if (others === undefined) this.#others.set(reason, { since: clock.now(), count: 1, toldAt: now });
      else others.count++;
      return;
    }
    const at = clock.now();
    let ofReason = this.#episodes.get(reason);
    if (ofReason === undefined) this.#episodes.set(reason, (ofReason = new Map()));
    ofReason.set(address, { account, since: at, count: 0, last: at, lastAt: now, toldAt: now });
    this.#open++;
    void this.#write([{ ...entryOf("sip.turned-away", reason, account), subject: { type: "address", id: address } }]);
  }

  /** Writes what is counted and not told. Never rejects. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const entries = [...this.#sources(() => "again"), ...this.#rest(() => true)];
    await this.#write(entries);
  }

  #sweep(): void {
    const now = this.#deps.clock.monotonic();
    const entries = [
      ...this.#sources(({ lastAt, toldAt }) => (now - lastAt >= QUIET_MS ? "over" : now - toldAt >= AGAIN_MS ? "again" : undefined)),
      ...this.#rest(({ toldAt }) => now - toldAt >= QUIET_MS),
    ];
    if (this.#open === 0 && this.#others.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    void this.#write(entries);
  }

  #sources(stateOf: (episode: Episode) => "over" | "again" | undefined): AuditEntry[] {
    const entries: AuditEntry[] = [];
    for (const [reason, episodes] of this.#episodes) {
      for (const [address, episode] of episodes) {
        const state = stateOf(episode);
        if (state === undefined) continue;
        const { account, count, since, last } = episode;
        // Nothing came after the first one, which has an entry.
        if (count > 0) entries.push({ ...entryOf("sip.turned-away-count", reason, account, { count, since, last, over: state === "over" }), subject: { type: "address", id: address } });
        if (state === "over") {
          episodes.delete(address);
          this.#open--;
        } else {
          episode.since = this.#deps.clock.now();
          episode.count = 0;
          episode.toldAt = this.#deps.clock.monotonic();
        }
      }
    }
    return entries;
  }

  /** Of sources that have no entry of their own. */
  #rest(due: (others: { readonly toldAt: number }) => boolean): AuditEntry[] {
    const entries: AuditEntry[] = [];
    for (const [reason, others] of this.#others) {
      if (!due(others)) continue;
      this.#others.delete(reason);
      entries.push(entryOf("sip.turned-away-count", reason, undefined, { count: others.count, since: others.since, last: this.#deps.clock.now(), sources: "others" }));
    }
    return entries;
  }

  async #write(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#deps.write(entries).catch((error: unknown) => this.#deps.log.error({ err: error }, "what the edge turned away could not be written into the audit"));
  }
}

function entryOf(action: string, reason: TurnedAwayReason, account: string | undefined, more: Readonly<Record<string, unknown>> = {}): AuditEntry {
  return { actor: "plugin:sip", action, details: { reason, ...(account === undefined ? {} : { account }), ...more }, outcome: "refused" };
}
