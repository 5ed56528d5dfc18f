import type { Destination } from "../stack/index.js";
import type { Binding } from "./binding.js";

/** Phones remembered. */
const MAX_PHONES = 10_000;

/**
 * Notices a phone that comes back over another connection, and has its calls go there: the account has been
 * proved, and the Contact or the instance is the same. So a call outlives the reconnect of a WebSocket.
 * A connection that several accounts share (a proxy, a gateway) is never handed over: one of them would take the calls of all along.
 */
export class FlowHandover {
  readonly #flows = new Map<string, string>();
  /** By connection: the account that registered over it, `null` where there were several. */
  readonly #owners = new Map<string, string | null>();
  readonly #handOver: (flow: string, to: Destination) => void;

  constructor(handOver: (flow: string, to: Destination) => void) {
    this.#handOver = handOver;
  }

  bound(binding: Binding): void {
    const { flow } = binding.destination;
    if (flow === undefined) return;
    this.#note(flow, binding.account);
    for (const key of keysOf(binding)) {
      const before = this.#flows.get(key);
      if (before !== undefined && before !== flow && this.#owners.get(before) === binding.account) this.#handOver(before, binding.destination);
      this.#flows.delete(key);
      this.#flows.set(key, flow);
    }
    while (this.#flows.size > MAX_PHONES) {
      const oldest = this.#flows.keys().next();
      if (oldest.done === true) return;
      this.#flows.delete(oldest.value);
    }
  }

  #note(flow: string, account: string): void {
    const owner = this.#owners.get(flow);
    this.#owners.delete(flow);
    this.#owners.set(flow, owner === undefined || owner === account ? account : null);
    const oldest = this.#owners.size > MAX_PHONES ? this.#owners.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#owners.delete(oldest.value);
  }
}

function keysOf({ account, contact, instance }: Binding): string[] {
  return [`contact ${account} ${contact}`, ...(instance === undefined ? [] : [`instance ${account} ${instance}`])];
}
