import type { AgentSums, QueueDelta } from "./queue-figures.js";

export type AgentDelta = Readonly<Partial<AgentSums>>;

/** Whose stay in a queue it is. */
export interface EntryKey {
  readonly entryId: string;
  readonly interactionId: string;
  readonly queue: string;
  readonly channel: string;
}

type Columns = Readonly<Record<string, string | number | boolean | null>>;

/** What an agent did in quarter hours. Times are epoch ms. */
export interface AgentSpan {
  readonly agent: string;
  readonly startsAt: number;
  readonly delta: AgentDelta;
}

/**
 * What happened in the queues, as data: it is written into the database, or kept on disk until that is possible. To write one again
 * changes nothing, so that one of which it is not known whether it was committed is written again. Times are epoch ms.
 */
export type QueueFact =
  /** A stay began. `left`: and ended at once, the caller was not let in. */
  | { readonly kind: "entered"; readonly of: EntryKey; readonly at: number; readonly row: Columns; readonly counts: QueueDelta; readonly left?: { readonly outcome: string; readonly waitMs: number } }
  /** An agent was rung for the caller. */
  | { readonly kind: "offered"; readonly entryId: string; readonly attempt: number; readonly at: number }
  | { readonly kind: "left"; readonly of: EntryKey; readonly enteredAt: number; readonly at: number; readonly outcome: string; readonly waitMs: number; readonly agent: string | null; readonly inTime: boolean | null; readonly counts: QueueDelta }
  /** The talk is over. `broken`: the caller's line broke off. */
  | { readonly kind: "ended"; readonly of: EntryKey; readonly enteredAt: number; readonly at: number; readonly agent: string; readonly talkMs: number; readonly broken: boolean }
  /** The process stopped with the caller inside, waiting or talking. `talkMs`: how long they had talked. */
  | { readonly kind: "cut"; readonly of: EntryKey; readonly enteredAt: number; readonly at: number; readonly waitMs: number; readonly talkMs?: number; readonly counts: QueueDelta }
  /** An agent is in another state. `wrapUp`: the after-call work of a talk is over. */
  | { readonly kind: "agent-status"; readonly id: string; readonly row: Columns; readonly spans: readonly AgentSpan[]; readonly wrapUp?: { readonly of: EntryKey; readonly enteredAt: number; readonly counts: QueueDelta } }
  /** After-call work has begun, or is another: what a restart goes on with. `null`: it is over. */
  | { readonly kind: "wrap-up"; readonly agent: string; readonly row: Columns | null }
  /** The caller's priority was changed while they waited, by so much in all. */
  | { readonly kind: "raised"; readonly entryId: string; readonly raisedBy: number }
  /** States that last. */
  | { readonly kind: "agent-spans"; readonly id: string; readonly at: number; readonly spans: readonly AgentSpan[] };
