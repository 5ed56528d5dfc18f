import type { Clock } from "@hotlinejs/core";
import type { SipBan } from "../contract.js";

/** More would come only from forged sources; the oldest then go. */
const MAX_SUSPECTS = 5_000;

/**
 * Addresses that did over UDP what scanners do, without a proof that it was they: anybody can write another's address as his own.
 * They are slowed down and not shut out, and nothing of them is stored.
 */
export class Suspects {
  readonly #clock: Clock;
  readonly #all = new Map<string, SipBan>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether it is news */
  add(address: string, reason: string, seconds: number): boolean {
    const now = this.#clock.now();
    const known = this.#live(address);
    this.#all.delete(address);
    this.#all.set(address, { address, reason, actor: "plugin:sip", since: known?.since ?? now, until: now + seconds * 1000, proven: false });
    const oldest = this.#all.size > MAX_SUSPECTS ? this.#all.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#all.delete(oldest.value);
    return known === undefined;
  }

  has(address: string): boolean {
    return this.#all.size > 0 && this.#live(address) !== undefined;
  }

  /** @returns whether it was one */
  lift(address: string): boolean {
    const was = this.#live(address) !== undefined;
    this.#all.delete(address);
    return was;
  }

  all(): readonly SipBan[] {
    return [...this.#all.keys()].map((address) => this.#live(address)).filter((each) => each !== undefined);
  }

  #live(address: string): SipBan | undefined {
    const found = this.#all.get(address);
    if (found === undefined || found.until > this.#clock.now()) return found;
    this.#all.delete(address);
    return undefined;
  }
}
