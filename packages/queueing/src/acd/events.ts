import type { AgentConfig, QueueConfig } from "./config.js";

/** What an agent chose. `on-demand`: only what is directed at the agent, or what nobody else is free for. `offline` = signed out. */
export type AgentChoice = "available" | "on-demand" | "not-ready" | "offline";

/**
 * What an agent is doing:
 * ```
 * offline <-> not-ready <-> available -offer-> reserved -connected-> busy -> wrap-up -> available (or what was chosen meanwhile)
 *                               ^-- rescinded, missed (after a pause) --'
 * ```
 * `on-demand` stands where `available` does, for who serves only what nobody else is free for. An agent with room for more is
 * `busy` and offered work all the same. `unreachable`: would be available, but the phone is not registered. `held`: left alone for a
 * moment after a missed offer. `occupied`: on a call that no queue gave.
 */
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const AGENT_STATUSES = ["offline", "unreachable", "not-ready", "available", "on-demand", "held", "occupied", "reserved", "busy", "wrap-up"] as const;

export type RejectCause = "declined" | "busy" | "no-answer" | "failed";

/** Why an agent is no longer rung. Only `no-answer` counts as a miss. `answered-elsewhere`: another of those rung talks with the caller. `moved`: the caller was put into another queue. `picked-up`: a colleague is rung instead. `outranked`: the agent is needed for what cannot wait. */
export type RescindReason = "outranked" | "answered-elsewhere" | "moved" | "picked-up" | "no-answer" | "caller-gone" | "agent-unreachable" | "agent-not-ready" | "connect-timeout" | "removed";

/** How a caller left the queue. `moved`: into another one, of which `entered` is told next. `diverted`: see `divert` of the queue. */
export type LeftOutcome = "moved" | "diverted" | "answered" | "abandoned" | "exit" | "timeout" | "full" | "no-agents" | "closed" | "unknown-queue";

export type AcdEvent =
  | { readonly type: "queue.configured"; readonly queue: QueueConfig }
  /** No new entries (drain); those inside are served. */
  | { readonly type: "queue.frozen"; readonly queue: string; readonly frozen: boolean }
  /** Closing time: who waits leaves (`closed`), unless `patient`; for whom an agent is being rung only when that comes to nothing. Later callers are let in again. */
  | { readonly type: "queue.closing"; readonly queue: string }
  | { readonly type: "queue.removed"; readonly queue: string }
  /** New agents start `offline` and unreachable. */
  | { readonly type: "agent.configured"; readonly agent: AgentConfig }
  | { readonly type: "agent.removed"; readonly agentId: string }
  /** A call in progress goes on; an offer being rung is taken back unless the choice is `available` or `on-demand`, which end wrap-up but for `keepWrapUp`. */
  | { readonly type: "agent.state"; readonly agentId: string; readonly state: AgentChoice; readonly reason?: string; readonly keepWrapUp?: boolean }
  | { readonly type: "agent.reachable"; readonly agentId: string; readonly reachable: boolean }
  /** On a call that no queue gave, or no longer; then after-call work of `wrapUpMs`. Ends a wrap-up. No effect while an offer or a queue's call has the agent. */
  | { readonly type: "agent.occupied"; readonly agentId: string; readonly occupied: boolean; readonly wrapUpMs?: number }
  | { readonly type: "agent.wrap-up-done"; readonly agentId: string }
  | { readonly type: "agent.wrap-up-extended"; readonly agentId: string; readonly ms: number }
  /** After-call work that was under way when an earlier process ended goes on for `ms`; `spentMs` of it are over already, which counts for the longest allowed. No effect on who is at something else. */
  | { readonly type: "agent.wrap-up-restored"; readonly agentId: string; readonly ms: number; readonly spentMs: number }
  | {
      readonly type: "interaction.enqueued";
      readonly interactionId: string;
      readonly queue: string;
      /** Higher first. Default 0. */
      readonly priority?: number;
      /** Skill -> lowest level, besides those of the queue. */
      readonly skills?: Readonly<Record<string, number>>;
      /** Who it is, for regaining the place (a number, or a hash of it). */
      readonly callerKey?: string;
      /** Limits how much an agent has of it, see `capacity` of agents. Default `voice`. */
      readonly channel?: string;
      /** Rung first when free: the agent the caller spoke to last, or asked for. See `preferredMs` of the queue. */
      readonly preferredAgent?: string;
      /** Instead of `preferredMs` of the queue. */
      readonly preferredMs?: number;
      /** Nobody else may serve it, however long it waits. Leaves as `no-agents` where that agent serves neither the queue nor one it overflows into, at once or when that changes. */
      readonly onlyAgent?: string;
      /** Whoever gives it away is not asked to take it. */
      readonly exceptAgent?: string;
      /** A place kept from an earlier stay (who asked for a callback instead of waiting): counts instead of the moment of entering, and is taken in whatever the limits of the queue say. */
      readonly placeAt?: number;
      /** With `placeAt`, as `entered` and `left` told it: the order among places of the same millisecond. Default: after those that are there. */
      readonly placeSeq?: number;
      /** With `placeAt`: what a change of priority had added there, as `entered` told it. Default 0. */
      readonly raisedBy?: number;
      /** How long an agent is reserved, ms. Default: the queue's `ringMs`. Longer for who is not on the line yet and is dialled first. */
      readonly ringMs?: number;
      /** Stays whatever the queue's limits of waiting say (longest wait, diversion, nobody there, closing time): who is not on the line loses nothing by it. */
      readonly patient?: boolean;
      /** Can be done later (a letter): an agent who is only being asked to take it is asked for something else instead when nobody else is free. Default false. */
      readonly yields?: boolean;
    }
  /** Into another queue, with the place kept; who rings back has it in the queue they came to first too. Whoever rings is let go. No effect once an agent talks, when that queue takes nobody in, or when `onlyAgent` does not serve it; its limits do not count. */
  | { readonly type: "interaction.moved"; readonly interactionId: string; readonly queue: string; /** There. Default: as before. */ readonly priority?: number }
  /** Who rings back into the place is as much before, or after, as this makes of the priority they bring. */
  | { readonly type: "interaction.priority"; readonly interactionId: string; readonly priority: number }
  /** The caller is gone: abandoned when not yet connected, else the end of the talk. `broken`: cut off, so that who comes back within `regainMs` has the old place even after a talk, and the same agent first when free. */
  | { readonly type: "interaction.ended"; readonly interactionId: string; readonly broken?: boolean }
  /** The caller chose to leave (exit key). No effect once connected. */
  | { readonly type: "interaction.exited"; readonly interactionId: string }
  /** The agent answered. */
  | { readonly type: "offer.accepted"; readonly reservationId: string }
  /** The attempt ended without a talk: also after `accepted`, when the agent's leg was lost before both talked. */
  | { readonly type: "offer.rejected"; readonly reservationId: string; readonly cause: RejectCause }
  /** Both talk. */
  | { readonly type: "offer.connected"; readonly reservationId: string }
  /** Another agent takes the offer that rings: is rung instead, whatever queues that one serves and though not ready. No effect once it was answered, or while that agent is signed out, has no phone or no room. */
  | { readonly type: "offer.picked-up"; readonly reservationId: string; readonly agentId: string }
  /** Orders of an earlier process up to this one are given (of places that come into a line only later): no new one is like them. */
  | { readonly type: "sequence.restored"; readonly placeSeq: number }
  /**
   * What an agent did before (an earlier process today), for the strategies that go by it; what is left out stays as it is. `idleSince`
   * (epoch ms) counts for who becomes available within a minute.
   */
  | { readonly type: "agent.history"; readonly agentId: string; readonly callsTaken?: number; readonly talkMs?: number; readonly lastCallEndedAt?: number; readonly idleSince?: number }
  /** The same of a queue: who was rung last, for strategies that go round, and how long its calls took an agent, for the expected wait. */
  | { readonly type: "queue.history"; readonly queue: string; readonly lastAgentId?: string; readonly handled?: { readonly count: number; readonly averageMs: number } }
  /** A place left behind by an earlier process. */
  | { readonly type: "place.restored"; readonly callerKey: string; readonly queue: string; /** Where the caller came in, if moved to `queue` later: the place counts in either, once. Default: `queue`. */ readonly cameTo?: string; readonly placeAt: number; /** As `entered` told it: the order among places of the same millisecond. Default: after those that were restored before. */ readonly placeSeq?: number; readonly leftAt: number; /** Who was talking with the caller: preferred on coming back. */ readonly agentId?: string; /** As `entered` told it, or `interaction.priority` made of it. Default 0. */ readonly raisedBy?: number }
  /** The clock was set (NTP, by hand) by so many ms, negative: back. All that is measured from here on is as if it had not been; timers stay due as they are. */
  | { readonly type: "clock.stepped"; readonly ms: number }
  | { readonly type: "timer"; readonly id: string };

export type AcdEffect =
  /** Ring the agent. Answer with `offer.accepted` or `offer.rejected`. */
  | { readonly type: "offer"; readonly reservationId: string; readonly agentId: string; readonly interactionId: string; readonly queue: string; readonly ringMs: number; /** 1 for the caller's first offer. */ readonly attempt: number; /** The agent took it from a colleague and waits for it. */ readonly pickedUp?: true }
  /** Stop ringing or drop the agent's leg; the reservation is over. */
  | { readonly type: "rescind"; readonly reservationId: string; readonly agentId: string; readonly interactionId: string; readonly reason: RescindReason }
  /** The agent answered and the caller is there: join them, then `offer.connected` or `offer.rejected`. */
  | { readonly type: "connect"; readonly reservationId: string; readonly agentId: string; readonly interactionId: string; readonly queue: string; readonly waitMs: number }
  /** The offer failed. With nobody else `ringing` the caller waits again in the old place. */
  | { readonly type: "requeued"; readonly interactionId: string; readonly agentId: string; readonly cause: RejectCause | RescindReason; /** Agents still being rung or just answering. */ readonly ringing: number }
  | { readonly type: "entered"; readonly interactionId: string; readonly queue: string; readonly placeAt: number; /** Order among places of the same `placeAt`: kept with it, a caller who comes back after a restart stands where they stood. */ readonly placeSeq: number; readonly regained: boolean; readonly priority: number; /** What of the priority is due to a change of it, in this stay or the one whose place was regained. */ readonly raisedBy: number; /** Callers before this one. */ readonly ahead: number; /** 0 when an agent is free. */ readonly expectedWaitMs: number }
  /** The place and the wait to be expected never go up from one announcement to the next. */
  | { readonly type: "announce"; readonly interactionId: string; readonly queue: string; readonly ahead: number; readonly expectedWaitMs: number; /** 1 for the first. */ readonly nth: number }
  /** Agents of these queues may serve the caller too from now on. */
  | { readonly type: "overflowed"; readonly interactionId: string; readonly queues: readonly string[] }
  /** The caller is no longer in the queue. For `answered` the talk begins. */
  | { readonly type: "left"; readonly interactionId: string; readonly queue: string; readonly outcome: LeftOutcome; readonly waitMs: number; /** As told on entering; missing for who was not let in. */ readonly expectedWaitMs?: number; /** The place as it counts now, whatever the clock was set to since; missing for who was not let in. */ readonly placeAt?: number; readonly placeSeq?: number; /** See `entered`. */ readonly raisedBy?: number; readonly agentId?: string }
  /** The talk is over. */
  | { readonly type: "ended"; readonly interactionId: string; readonly queue: string; readonly agentId: string; readonly talkMs: number; /** The place from which it was served, as it counts now. */ readonly placeAt: number; readonly placeSeq: number; readonly raisedBy: number }
  | { readonly type: "agent-status"; readonly agentId: string; readonly from: AgentStatus; readonly to: AgentStatus; readonly reason?: string }
  /** The agent was put into not-ready: for missing calls in a row, or for after-call work longer than `wrapUpMaxMs`. */
  | { readonly type: "auto-paused"; readonly agentId: string; readonly cause: "no-answer" | "wrap-up"; readonly misses: number }
  /** Number of callers waiting or being offered. */
  | { readonly type: "queue-length"; readonly queue: string; readonly length: number }
  | { readonly type: "timer"; readonly id: string; readonly at: number }
  | { readonly type: "timer-cancel"; readonly id: string };
