import type { TrunkConfig } from "../config.js";
import { Trunk } from "./trunk.js";

/** Longest that a call waits for the call rate of a trunk, ms. */
const MOST_WAIT_MS = 2_000;

/** How a number was placed. */
export type TrunkChoice =
  /** `waitMs`: the call rate of the trunk lets the call go after so long. */
  | { readonly kind: "trunk"; readonly trunk: Trunk; readonly waitMs: number; readonly release: () => void }
  /** No trunk takes such numbers, or all have been tried. */
  | { readonly kind: "none" }
  /** People have disabled all that take such numbers. */
  | { readonly kind: "off" }
  | { readonly kind: "full" }
  /** Those with a free channel are at their call rate, for longer than a call waits. */
  | { readonly kind: "limited" };

/** A trunk that was not asked. */
export interface PassedTrunk {
  readonly trunk: string;
  readonly why: "full" | "limited";
}

/** The trunks that fit one call, each tried at most once. */
export class TrunkRoute {
  readonly #left: Set<Trunk>;
  readonly #now: () => number;
  readonly #passed = new Map<string, PassedTrunk>();

  /** @param fits best first @param now monotonic ms */
  constructor(fits: readonly Trunk[], now: () => number) {
    this.#left = new Set(fits);
    this.#now = now;
  }

  /** Takes a channel and a call of the rate. One that rests (Retry-After) comes last; where all are at their rate, the one whose turn is soonest. */
  next(): TrunkChoice {
    const now = this.#now();
    const order = [...this.#left].filter((trunk) => trunk.enabled).sort((a, b) => Number(a.rests(now)) - Number(b.rests(now)));
    let soonest: { readonly trunk: Trunk; readonly waitMs: number } | undefined;
    let limited = false;
    for (const trunk of order) {
      const waitMs = trunk.full ? undefined : trunk.waitMs(now);
      if (waitMs === 0) return this.#take(trunk, 0);
      limited ||= waitMs !== undefined;
      this.#passed.set(trunk.key, { trunk: trunk.key, why: waitMs === undefined ? "full" : "limited" });
      if (waitMs !== undefined && waitMs <= MOST_WAIT_MS && (soonest === undefined || waitMs < soonest.waitMs)) soonest = { trunk, waitMs };
    }
    if (soonest !== undefined) return this.#take(soonest.trunk, soonest.waitMs);
    if (order.length === 0) return { kind: this.#left.size === 0 ? "none" : "off" };
    return { kind: limited ? "limited" : "full" };
  }

  /** Those passed over since the last time this was asked. */
  passed(): readonly PassedTrunk[] {
    const all = [...this.#passed.values()];
    this.#passed.clear();
    return all;
  }

  #take(trunk: Trunk, waitMs: number): TrunkChoice {
    const release = trunk.take();
    if (release === undefined) return { kind: "full" };
    trunk.drawCall(this.#now());
    this.#left.delete(trunk);
    this.#passed.delete(trunk.key);
    return { kind: "trunk", trunk, waitMs, release };
  }
}

/** All trunks: whose call is it, and which way does a number go. */
export class TrunkTable {
  readonly trunks: readonly Trunk[];

  constructor(configs: readonly TrunkConfig[]) {
    this.trunks = configs.map((config) => new Trunk(config));
  }

  byKey(key: string): Trunk | undefined {
    return this.trunks.find((trunk) => trunk.key === key);
  }

  /** The first trunk that this address belongs to. */
  bySource(address: string): Trunk | undefined {
    return this.trunks.find((trunk) => trunk.matches(address));
  }

  /** The trunks for a number: those that answer before those that are down, then the longest fitting prefix, then `priority`, then the order of trunks. */
  route(number: string, now: () => number): TrunkRoute {
    return new TrunkRoute(this.fitting(number), now);
  }

  /** The same order, with nothing taken of any. */
  fitting(number: string): readonly Trunk[] {
    const fits = this.trunks
      .map((trunk) => ({ trunk, length: Math.max(-1, ...(trunk.outbound?.prefixes ?? []).filter((p) => number.startsWith(p)).map((p) => p.length)) }))
      .filter((fit) => fit.length >= 0)
      .sort((a, b) => Number(a.trunk.up === false) - Number(b.trunk.up === false) || b.length - a.length || a.trunk.priority - b.trunk.priority);
    return fits.map((fit) => fit.trunk);
  }

  /** The trunks whose host this is: nothing else is ever called by its host (no open relay). */
  routeToHost(host: string, port: number | undefined, now: () => number): TrunkRoute {
    const fits = [...this.#ofHost(host, port)].sort((a, b) => Number(a.up === false) - Number(b.up === false) || a.priority - b.priority);
    return new TrunkRoute(fits, now);
  }

  /** Whether any trunk takes such numbers, busy or not; one that is disabled does not. */
  carries(number: string): boolean {
    return this.trunks.some(({ enabled, outbound }) => enabled && outbound?.prefixes.some((prefix) => number.startsWith(prefix)) === true);
  }

  knowsHost(host: string, port: number | undefined): boolean {
    return this.#ofHost(host, port).some(({ enabled }) => enabled);
  }

  #ofHost(host: string, port: number | undefined): Trunk[] {
    return this.trunks.filter(({ outbound }) => outbound !== undefined && outbound.host.toLowerCase() === host.toLowerCase() && (port === undefined || port === (outbound.port ?? (outbound.transport === "tls" ? 5061 : 5060))));
  }
}
