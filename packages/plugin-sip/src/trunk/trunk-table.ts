import type { TrunkConfig } from "../config.js";
import { Trunk } from "./trunk.js";

/** How a number was placed. */
export type TrunkChoice =
  | { readonly kind: "trunk"; readonly trunk: Trunk; readonly release: () => void }
  /** No trunk takes such numbers. */
  | { readonly kind: "none" }
  | { readonly kind: "full" };

/** All trunks: whose call is it, and which way does a number go. */
export class TrunkTable {
  readonly trunks: readonly Trunk[];

  constructor(configs: readonly TrunkConfig[]) {
    this.trunks = configs.map((config) => new Trunk(config));
  }

  /** The first trunk that this address belongs to. */
  bySource(address: string): Trunk | undefined {
    return this.trunks.find((trunk) => trunk.matches(address));
  }

  /** Takes a channel towards a number: those that answer before those that are down, then the longest fitting prefix, then the order of trunks; a full one is passed over. */
  choose(number: string): TrunkChoice {
    const fits = this.trunks
      .map((trunk) => ({ trunk, length: Math.max(-1, ...(trunk.outbound?.prefixes ?? []).filter((p) => number.startsWith(p)).map((p) => p.length)) }))
      .filter((fit) => fit.length >= 0)
      .sort((a, b) => Number(a.trunk.up === false) - Number(b.trunk.up === false) || b.length - a.length);
    return take(fits.map((fit) => fit.trunk));
  }

  /** Takes a channel towards a host that is a trunk's: nothing else is ever called by its host (no open relay). */
  chooseHost(host: string, port: number | undefined): TrunkChoice {
    return take(this.#ofHost(host, port));
  }

  /** Whether any trunk takes such numbers, busy or not. */
  carries(number: string): boolean {
    return this.trunks.some(({ outbound }) => outbound?.prefixes.some((prefix) => number.startsWith(prefix)) === true);
  }

  knowsHost(host: string, port: number | undefined): boolean {
    return this.#ofHost(host, port).length > 0;
  }

  #ofHost(host: string, port: number | undefined): Trunk[] {
    return this.trunks.filter(({ outbound }) => outbound !== undefined && outbound.host.toLowerCase() === host.toLowerCase() && (port === undefined || port === (outbound.port ?? (outbound.transport === "tls" ? 5061 : 5060))));
  }
}

function take(candidates: readonly Trunk[]): TrunkChoice {
  for (const trunk of candidates) {
    const release = trunk.take();
    if (release !== undefined) return { kind: "trunk", trunk, release };
  }
  return { kind: candidates.length === 0 ? "none" : "full" };
}
