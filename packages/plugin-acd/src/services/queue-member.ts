import type { AcdEffect } from "@hotlinejs/queueing";

export type Effect<T extends AcdEffect["type"]> = Extract<AcdEffect, { type: T }>;

/** Where somebody stands: by the time, then by the order among those of the same millisecond. */
export interface Place {
  readonly placeAt: number;
  readonly placeSeq: number;
  /** What a change of priority had added there. */
  readonly raisedBy: number;
}

/** `undefined`: was not let in. */
export function placeOf(effect: Place): Place;
export function placeOf(effect: Partial<Place>): Place | undefined;
export function placeOf({ placeAt, placeSeq, raisedBy = 0 }: Partial<Place>): Place | undefined {
  return placeAt === undefined || placeSeq === undefined ? undefined : { placeAt, placeSeq, raisedBy };
}

/** Whoever stays in a queue carries out what the reducer decides about it. */
export interface QueueMember {
  /** The hotline itself ended it: not the citizen's giving up. */
  readonly cut: boolean;
  /** The citizen's line broke off in the talk: who comes back soon has the place again. */
  readonly brokenOff: boolean;
  /** Everything it hangs on has ended: nothing can happen to it any more. */
  readonly over: boolean;
  entered(effect: Effect<"entered">): void;
  offered(effect: Effect<"offer">): void;
  rescinded(effect: Effect<"rescind">): void;
  requeued(effect: Effect<"requeued">): void;
  /** A rejection means that joining failed: the next agent is tried. */
  connect(effect: Effect<"connect">): Promise<void>;
  announce(effect: Effect<"announce">): void;
  overflowed(effect: Effect<"overflowed">): void;
  left(effect: Effect<"left">): void;
  ended(effect: Effect<"ended">): void;
  /** Of a kept place: its priority, without that of the queue, is another now. */
  prioritized?(priority: number): void;
  /** The process stops: what is open settles. */
  stop(): void;
}
