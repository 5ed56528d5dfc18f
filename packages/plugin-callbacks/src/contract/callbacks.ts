import { token } from "@hotlinejs/core";

/** Why a citizen is to be called back. `wish`: asked for it. The others are how a call was missed. */
export type MissedReason = "abandoned" | "timeout" | "full" | "no-agents" | "refused" | "cut";
export type CallbackReason = MissedReason | "wish";

/**
 * ```
 * open --(one click, the plan)--> calling --answered--> closed (reached)
 *  ^  ^                            |  |  \--last try, declined, refused--> closed (with that result)
 *  |  \---no answer, busy ...------/  \--the process died in between--> uncertain --(by hand)--> calling | closed
 *  \--missed again (counted in the open one)
 * ```
 * `kept`: call distribution keeps the citizen's place in the queue and dials by itself when it is their turn; then `calling`. Nobody
 * else can call it. Closing it gives the place up. A later call of the citizen that an agent answered closes it as `reached` too.
 */
export type CallbackStatus = "open" | "kept" | "calling" | "uncertain" | "closed";

/** How one attempt ended. `no-agent` (the agent did not pick up) and `cancelled` (the agent hung up while it rang) count as no attempt. */
export type AttemptResult = "answered" | "no-answer" | "busy" | "declined" | "unreachable" | "refused" | "failed" | "uncertain" | "no-agent" | "cancelled";

/** How it was closed. `not-needed` and `given-up` only by hand. */
export type CallbackResult = "reached" | "no-answer" | "busy" | "declined" | "unreachable" | "refused" | "failed" | "not-needed" | "given-up";

export interface CallbackTask {
  readonly id: string;
  /** As it is dialled. */
  readonly number: string;
  readonly reason: CallbackReason;
  /** Queue whose agents call back; `null`: any. */
  readonly queue: string | null;
  readonly status: CallbackStatus;
  readonly result: CallbackResult | null;
  readonly firstMissedAt: number;
  readonly lastMissedAt: number;
  /** Missed calls that came together in it. */
  readonly missed: number;
  /** To be called back by then (24 h after the first missed call). */
  readonly dueAt: number;
  /** Not by the plan before then: quiet hours, the wait after an attempt. */
  readonly nextAt: number;
  /** Attempts that count. */
  readonly attempts: number;
  readonly lastAttemptAt: number | null;
  readonly note: string | null;
  readonly ticketId: string | null;
  /** The last call that was missed, or in which the wish was told. */
  readonly interactionId: string | null;
  /** The place that call distribution keeps. */
  readonly placeId: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly closedAt: number | null;
  readonly closedBy: string | null;
}

export interface CallbackAttempt {
  readonly id: string;
  readonly taskId: string;
  readonly interactionId: string;
  readonly agent: string;
  /** User id, or `plugin:callbacks` for the plan. */
  readonly actor: string;
  readonly startedAt: number;
  /** The citizen is dialled; `null`: never was. */
  readonly dialledAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** `null` while it goes on. */
  readonly result: AttemptResult | null;
}

export interface NewCallback {
  readonly number: string;
  readonly queue?: string;
  readonly note?: string;
  readonly interactionId?: string;
  readonly ticketId?: string;
  /** Wished time, epoch ms, within the next 366 days. */
  readonly at?: number;
  readonly actor: string;
}

/** Callbacks that are to be made, and making them. */
export interface Callbacks {
  get(id: string): Promise<CallbackTask | undefined>;
  /** An open one of the number is taken up instead of making a second. `HTL_CALLBACKS_BAD_NUMBER`. */
  create(callback: NewCallback): Promise<CallbackTask>;
  /**
   * Rings the agent, tells who is called, dials the citizen and joins both. Resolves when the intent is committed and the agent is
   * being rung. `HTL_CALLBACKS_NOT_FOUND`, `_NOT_OPEN`, `_AGENT_NOT_FREE`, `_QUIET_HOURS` (unless the citizen asked for this time), `_DRAINING`.
   */
  call(id: string, options: { readonly agent: string; readonly actor: string; readonly onRequest?: boolean }): Promise<{ readonly attemptId: string; readonly interactionId: string }>;
  /** Closes by hand. Not while it is being called: `HTL_CALLBACKS_NOT_OPEN`. */
  close(id: string, options: { readonly result: CallbackResult; readonly note?: string; readonly actor: string }): Promise<CallbackTask>;
  /** Oldest first. */
  attempts(id: string): Promise<readonly CallbackAttempt[]>;
}

export const CALLBACKS = token<Callbacks>("callbacks.callbacks");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** Durable. Somebody is to be called back. */
    "callback.created": { taskId: string; reason: string; queue: string | null; /** By when, epoch ms. */ dueAt: number; at: number };
    /** Durable. An attempt is over. */
    "callback.attempted": { taskId: string; /** Id of the attempt. */ attemptId: string; interactionId: string; agent: string; /** `answered`, `no-answer`, `busy`, `declined`, `unreachable`, `refused`, `failed`, `uncertain`, `no-agent` or `cancelled`. */ result: string; at: number };
    /** Durable. A callback is done with, one way or the other. */
    "callback.closed": { taskId: string; /** `reached`, `no-answer`, `not-needed`, `given-up` ... */ result: string; at: number };
  }
}
