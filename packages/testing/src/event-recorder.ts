import type { EventEnvelope, EventMap, EventName } from "@hotlinejs/core";
import { milliseconds, type Duration } from "./duration.js";
import { testingErrors } from "./errors.js";

/** A name, or a name and what must be true of its payload. */
export type ExpectedEvent = EventName | { [N in EventName]: { readonly name: N; readonly where: (payload: EventMap[N]) => boolean } }[EventName];

const STEP_MS = 250;

/** Every event the hotline of a test has told, in order, from its start on. */
export class EventRecorder {
  readonly #events: EventEnvelope[] = [];
  /** Up to where `next` has looked, by name. */
  readonly #seen = new Map<string, number>();
  readonly #advance: (ms: number) => Promise<void>;

  constructor(advance: (ms: number) => Promise<void>) {
    this.#advance = advance;
  }

  /** Takes down an event. */
  record(envelope: EventEnvelope): void {
    this.#events.push(envelope);
  }

  /** All, oldest first, with id, name, version and time. */
  get all(): readonly EventEnvelope[] {
    return this.#events;
  }

  /** Names in the order in which they came. */
  get names(): readonly EventName[] {
    return this.#events.map((each) => each.name);
  }

  /** Payloads of one kind, oldest first. */
  of<N extends EventName>(name: N): readonly EventMap[N][] {
    return this.#events.filter((each) => each.name === name).map((each) => each.payload as EventMap[N]);
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#events.length = 0;
    this.#seen.clear();
  }

  /**
   * The next event of a kind: the first that fits behind the one this returned last. Time moves on until it comes.
   *
   * @throws HTL_TESTING_EVENT_MISSING after `within` (default 2 minutes) of virtual time
   */
  async next<N extends EventName>(name: N, options: { readonly where?: (payload: EventMap[N]) => boolean; readonly within?: Duration } = {}): Promise<EventMap[N]> {
    const within = milliseconds(options.within ?? "2m");
    for (let waited = 0; ; waited += STEP_MS) {
      const from = this.#seen.get(name) ?? 0;
      const found = this.#events.findIndex((each, index) => index >= from && each.name === name && (options.where?.(each.payload as EventMap[N]) ?? true));
      if (found >= 0) {
        this.#seen.set(name, found + 1);
        return this.#events[found]?.payload as EventMap[N];
      }
      if (waited >= within) throw testingErrors.EVENT_MISSING(name, options.where === undefined ? "" : " that fits", within, this.names.join(", ") || "nothing");
      await this.#advance(Math.min(STEP_MS, within - waited));
    }
  }

  /**
   * That these came in this order; others may have come between them.
   *
   * @throws HTL_TESTING_EVENT_ORDER naming the first that is missing
   */
  inOrder(...expected: readonly ExpectedEvent[]): void {
    let from = 0;
    let before = "the start";
    for (const each of expected) {
      const { name, where } = typeof each === "string" ? { name: each, where: undefined } : (each as { name: EventName; where: (payload: unknown) => boolean });
      const found = this.#events.findIndex((event, index) => index >= from && event.name === name && (where?.(event.payload) ?? true));
      if (found < 0) throw testingErrors.EVENT_ORDER(where === undefined ? name : `a fitting ${name}`, before, this.names.join(", ") || "nothing");
      from = found + 1;
      before = name;
    }
  }
}
