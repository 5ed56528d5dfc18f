import type { Destination } from "../stack/index.js";
import type { Binding } from "./binding.js";

/** Phones remembered. */
const MAX_PHONES = 10_000;

/**
 * Notices a phone that comes back over another connection, and has its calls go there: the account has been
 * proved, and the Contact or the instance is the same. So a call outlives the reconnect of a WebSocket.
 */
export class FlowHandover {
  readonly #flows = new Map<string, string>();
  readonly #handOver: (flow: string, to: Destination) => void;

  constructor(handOver: (flow: string, to: Destination) => void) {
    this.#handOver = handOver;
  }

  bound(binding: Binding): void {
    const { flow } = binding.destination;
    if (flow === undefined) return;
    for (const key of keysOf(binding)) {
      const before = this.#flows.get(key);
      if (before !== undefined && before !== flow) this.#handOver(before, binding.destination);
      this.#flows.delete(key);
      this.#flows.set(key, flow);
    }
    while (this.#flows.size > MAX_PHONES) {
      const oldest = this.#flows.keys().next();
      if (oldest.done === true) return;
      this.#flows.delete(oldest.value);
    }
  }
}

function keysOf({ account, contact, instance }: Binding): string[] {
  return [`contact ${account} ${contact}`, ...(instance === undefined ? [] : [`instance ${account} ${instance}`])];
}
