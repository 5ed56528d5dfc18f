import type { CallEvent, Clock, Logger } from "@hotlinejs/core";

/** Nobody taking a wish of the far end (transfer, T.38) within this time means no (see CallEvent). */
const REQUEST_WAIT_MS = 1_000;

/** Who is told what happens to one call. A listener that throws is logged. */
export class CallListeners {
  readonly #listeners = new Set<(event: CallEvent) => void>();

  constructor(
    private readonly callId: string,
    private readonly deps: { readonly clock: Clock; readonly log: Logger },
  ) {}

  add(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(event: CallEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.deps.log.error({ err: error, callId: this.callId, event: event.type }, "a listener of a call failed");
      }
    }
  }

  /** Tells a wish of the far end. The first answer counts; none in time is a refusal. */
  ask(refuse: () => void, event: (once: (fn: () => void) => void) => CallEvent): void {
    let settled = false;
    const once = (fn: () => void): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      fn();
    };
    const timer = this.deps.clock.setTimeout(() => once(refuse), REQUEST_WAIT_MS);
    if (this.#listeners.size === 0) return once(refuse);
    this.tell(event(once));
  }

  clear(): void {
    this.#listeners.clear();
  }
}
