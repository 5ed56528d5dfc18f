/** `calling`: dialled, asked, or on the line since. */
export type KeptPlaceState = "waiting" | "calling" | "closed";

/** `not-needed`: the citizen said so; `given-up`: hung up after accepting, before an agent was there; `expired`: kept as long as the queue's `keptPlaceHours` says, and given over to the list of callbacks. */
export type KeptPlaceResult = "reached" | "no-answer" | "busy" | "declined" | "unreachable" | "refused" | "failed" | "not-needed" | "given-up" | "expired";

/** The place of a citizen who has hung up and is called when it is their turn. */
export interface KeptPlace {
  readonly id: string;
  readonly queue: string;
  /** In full: whoever shows it masks it. */
  readonly number: string;
  /** The call in which it was asked for. */
  readonly interactionId: string;
  /** What counts for the place, epoch ms. */
  readonly placeAt: number;
  readonly state: KeptPlaceState;
  readonly result: KeptPlaceResult | null;
  /** Calls made. */
  readonly attempts: number;
  /** Not dialled before then, epoch ms. */
  readonly nextAt: number;
  readonly lastAttemptAt: number | null;
  /** Interaction of the last call. */
  readonly callId: string | null;
  readonly createdAt: number;
  readonly closedAt: number | null;
  readonly closedBy: string | null;
}

export interface CallbackOffer {
  readonly queue: string;
  /** The place to keep, as `QueueResult.placeAt` gives it. Default: now. */
  readonly placeAt?: number;
  /** The order among places of the same millisecond, as `QueueResult.placeSeq` gives it. */
  readonly placeSeq?: number;
  /** As in the request to the queue. */
  readonly priority?: number;
  readonly skills?: Readonly<Record<string, number>>;
  /** Takes the question back. */
  readonly signal?: AbortSignal;
}
