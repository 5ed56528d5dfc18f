import type { PromptRef } from "@hotlinejs/core";
import type { QueueFigures } from "../domain/queue-figures.js";

/** How a caller left the queue. `diverted`: the wait would be too long; `closed`: out of hours; `exit`: pressed an exit key, or whoever asked for service took the request back. */
export type QueueOutcome = "answered" | "abandoned" | "exit" | "timeout" | "full" | "no-agents" | "diverted" | "closed";

export interface QueueSnapshot {
  readonly key: string;
  readonly name: string;
  readonly strategy: string;
  /** Callers who hear music and whose agent is not yet being rung. */
  readonly waiting: number;
  /** Callers whose agent is being rung. */
  readonly ringing: number;
  /** Wait of the first in line in ms, 0 when nobody waits. */
  readonly oldestWaitMs: number;
  /** Since when the first in line waits, epoch ms. */
  readonly oldestAt: number | null;
  /** What a caller who came now would have to expect, ms; 0 when more are free than wait for the same. */
  readonly expectedWaitMs: number;
  readonly agents: number;
  /** Agents who are there: phone registered, not signed out. */
  readonly staffed: number;
  /** Agents free for a call: who talks is not, though there be room for a chat. In a queue whose agents take no calls: with room for anything. */
  readonly available: number;
  /** Agents who are being rung, talk or have after-call work. */
  readonly working: number;
  /** Occupancy of its agents since midnight, 0 to 1. An agent of several queues counts in each. */
  readonly occupancy: number | null;
  /** No new entries: the hotline is draining. */
  readonly frozen: boolean;
  /** Seconds within which a call counts as answered in time. */
  readonly serviceLevelSeconds: number;
  /** The same by channel; `*`: those not named. */
  readonly serviceLevels: Readonly<Record<string, number>>;
  /** When the first in line has waited as long as its channel allows, epoch ms. */
  readonly oldestLateAt: number | null;
  /** What the figures are held against. */
  readonly targets: FigureTargets;
  /** Waiting time from which agents on demand (待命) serve, once nobody else is free, ms; `null`: never, but what is directed at them. */
  readonly onDemandAfterMs: number | null;
  /** Since midnight; whoever came yesterday counts for yesterday. */
  readonly today: QueueFigures;
}

/** What figures are held against, shares of 0 to 1; `null`: nothing. */
export interface FigureTargets {
  /** 接通率 at least (GB/T 33358: 0.95 over 24 hours in a row). */
  readonly connectRate: number | null;
  /** SL at least. */
  readonly serviceLevel: number | null;
}

/** Figures of a span: the whole, by channel, and its quarters of an hour by queue and channel. */
export interface FiguresReport {
  readonly total: QueueFigures;
  /** Of the queue, or those of the hotline for all queues. */
  readonly targets: FigureTargets;
  /** Each channel by its own threshold. */
  readonly channels: readonly ({ readonly channel: string } & QueueFigures)[];
  readonly intervals: readonly ({ readonly queue: string; readonly channel: string; readonly startsAt: number } & QueueFigures)[];
}

/** A caller who waits, or for whom agents are being rung. */
export interface WaitingCaller {
  readonly interactionId: string;
  readonly queue: string;
  readonly channel: string;
  /** Empty when withheld, or for what is no call. In full: whoever shows it masks it. */
  readonly callerNumber: string;
  readonly priority: number;
  /** Into this queue, epoch ms. */
  readonly enteredAt: number;
  /** What counts for the place: earlier when it was regained or kept. */
  readonly placeAt: number;
  /** Callers before this one. */
  readonly ahead: number;
  /** 工号 of the agent being rung. */
  readonly ringing: string | null;
}

export interface QueueRequest {
  readonly queue: string;
  /** Higher first, added to the queue's. Default 0. */
  readonly priority?: number;
  /** Skill -> lowest level. */
  readonly skills?: Readonly<Record<string, number>>;
  /** 工号 of the agent to ring first when free. */
  readonly preferredAgent?: string;
  /** So long the caller is kept for that agent while the agent is at work; then anybody serves. Default: the queue's `preferredSeconds`. */
  readonly preferredSeconds?: number;
  /** A place kept from an earlier stay (epoch ms): counts instead of now, and limits of the queue do not. */
  readonly placeAt?: number;
  /** With `placeAt`, from the same result: the order among places of the same millisecond. Default: behind those that are there. */
  readonly placeSeq?: number;
  /** With `placeAt`, from the same result: what a supervisor's change of priority had added. Default 0. */
  readonly raisedBy?: number;
  /** Keys that leave the queue, for example `"0*"`. Default none. */
  readonly exitKeys?: string;
  /** Tells of the keys: said after the welcome and with every announcement. Default nothing. */
  readonly exitHint?: PromptRef;
  /** Takes the request back while the caller waits (outcome `exit`). No effect once an agent talks. */
  readonly signal?: AbortSignal;
}

export interface QueueResult {
  readonly outcome: QueueOutcome;
  /** The exit key. */
  readonly key?: string;
  /** 工号 of who answered. */
  readonly agent?: string;
  readonly waitMs: number;
  readonly talkMs: number;
  /** With the outcome `closed`, for who had waited until closing time: how the queue wants them cared for. */
  readonly closing?: "callback" | "voicemail";
  /** The place of who left without a talk, epoch ms: give it to `serve` or `serveWork` as `placeAt` and the caller goes on where they stood. */
  readonly placeAt?: number;
  /** The order among places of the same millisecond: give it along with `placeAt`. */
  readonly placeSeq?: number;
  /** What a change of priority while they waited had added: give it along with `placeAt`. */
  readonly raisedBy?: number;
  /** The caller has hung up or was taken over: nothing more to say. */
  readonly callerGone: boolean;
}

/** A request to a queue for what is no call. */
export interface WorkRequest extends Omit<QueueRequest, "exitKeys" | "exitHint"> {
  /** Nobody else is asked, however long it waits. Must be an agent of the queue, or of one it overflows into; where that changes while it waits, it leaves as `no-agents`. */
  readonly onlyAgent?: string;
  /** 工号 of who gives it away, and is not asked. */
  readonly exceptAgent?: string;
  /** Nobody stands and waits (a letter, a fax): neither opening hours nor the queue's limits of waiting count. Default false. */
  readonly patient?: boolean;
  /** Can be done later: an agent who is only being asked to take it is asked for a call or chat instead when nobody else is free. Default false. */
  readonly yields?: boolean;
}

/** An agent's answer to being asked. `no-answer` counts as a miss. */
export type OfferAnswer = "accepted" | "declined" | "no-answer" | "failed";

/** What waits for an agent without being a call: a chat, a mail. */
export interface QueueWork {
  readonly interactionId: string;
  /** As of its interaction, for example `chat`: figures of the telephone leave it out. */
  readonly channel: string;
  /** Who it is (a number, a session), for regaining the place. */
  readonly callerKey?: string;
  /** Asks an agent. The signal takes the question back (too long, signed off, the citizen has gone); the answer is then of no account. */
  offer(agent: string, options: { readonly ringMs: number; readonly attempt: number; readonly signal: AbortSignal }): Promise<OfferAnswer>;
  /** The agent has it from here on. A throw gives it to the next one. */
  connected(agent: string, waitMs: number): void | Promise<void>;
  /** Told as the wait goes on, like announcements. */
  waiting?(place: { readonly ahead: number; readonly expectedWaitMs: number }): void;
  /** Resolves when nothing is left to do: while waiting it leaves the queue as abandoned, after that the agent is free (with wrap-up). */
  readonly ended: Promise<void>;
}
