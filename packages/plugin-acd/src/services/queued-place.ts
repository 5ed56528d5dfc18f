import type { AcdEffect } from "@hotlinejs/queueing";
import { placeOf, type Effect, type Place, type QueueMember } from "./queue-member.js";

export interface QueuedPlaceDeps {
  /** It is the citizen's turn: an agent is reserved. Told again with each agent. */
  readonly turn: () => void;
  /** Stands in the line. */
  readonly placed: (place: Place) => void;
  /** Given another priority by a supervisor: the own one, without the queue's. */
  readonly prioritized: (priority: number) => void;
  /** Put into another queue by a supervisor. */
  readonly moved: (queue: string) => void;
  /** Out of the queue, by whatever it was. */
  readonly left: (outcome: Extract<AcdEffect, { type: "left" }>["outcome"]) => void;
}

/** A place in a queue whose citizen is not on the line. Nobody is ever joined with it: the call that comes of it is an entry of its own. */
export class QueuedPlace implements QueueMember {
  readonly cut = false;
  readonly brokenOff = false;
  readonly over = false;
  readonly #deps: QueuedPlaceDeps;
  /** Agents reserved, by reservation. */
  readonly #reserved = new Map<string, string>();
  #queue: string | undefined;

  constructor(deps: QueuedPlaceDeps) {
    this.#deps = deps;
  }

  /** 工号 of the agent who is kept for the citizen. */
  get agent(): string | undefined {
    return [...this.#reserved.values()][0];
  }

  prioritized(priority: number): void {
    this.#deps.prioritized(priority);
  }

  entered(effect: Effect<"entered">): void {
    const { queue } = effect;
    this.#deps.placed(placeOf(effect));
    if (this.#queue !== undefined && this.#queue !== queue) this.#deps.moved(queue);
    this.#queue = queue;
  }

  offered({ reservationId, agentId }: Effect<"offer">): void {
    this.#reserved.set(reservationId, agentId);
    this.#deps.turn();
  }

  rescinded({ reservationId }: Effect<"rescind">): void {
    this.#reserved.delete(reservationId);
  }

  requeued(): void {
    // Who is still reserved is known by reservation.
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  announce(): void {
    // Nobody listens.
  }

  overflowed(): void {
    // Other agents may be reserved too.
  }

  left({ outcome }: Effect<"left">): void {
    if (outcome !== "moved") this.#deps.left(outcome);
  }

  ended(): void {
    // Nobody was joined.
  }

  stop(): void {
    // The row stays: the next process goes on with it.
  }
}
