import type { AgentCall, CallMember, ConferenceChange } from "./contract/agent-call.js";
import type { AnnouncedTo, AnnouncementResult } from "./contract/announcements.js";
import type { WatchMode } from "./contract/watching.js";

export type { AgentFigures, AgentSums, QueueFigures } from "./domain/queue-figures.js";
export * from "./contract/acd.js";
export * from "./contract/agent-call.js";
export * from "./contract/agent-calls.js";
export * from "./contract/agents.js";
export * from "./contract/announcements.js";
export * from "./contract/kept-places.js";
export * from "./contract/queue-rules.js";
export * from "./contract/queues.js";
export * from "./contract/watching.js";

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A citizen waits for an agent. */
    "acd.queued": { interactionId: string; queue: string; /** Callers before this one. */ ahead: number; at: number };
    /** An agent is rung for a waiting citizen. */
    "acd.offered": { interactionId: string; queue: string; agent: string; /** 1 for the first agent that is rung. */ attempt: number; at: number };
    /** An agent declined, missed or lost the offer; the caller waits in the old place. */
    "acd.requeued": { interactionId: string; queue: string; agent: string; /** `declined`, `busy`, `no-answer`, `failed`, `agent-unreachable`, `agent-not-ready`, `connect-timeout` or `outranked` (needed for what cannot wait). */ cause: string; /** Agents still being rung for this citizen; 0: the wait goes on. */ ringing: number; at: number };
    /** An agent has taken a call that rang at a colleague, and is rung for it (`acd.offered` besides). */
    "acd.picked-up": { interactionId: string; queue: string; /** Who is rung now. */ agent: string; /** At whom it rang. */ from: string; at: number };
    /** An agent who is rung is let go without having missed anything. */
    "acd.withdrawn": { interactionId: string; queue: string; agent: string; /** `answered-elsewhere`, `picked-up`, `caller-gone` or `moved`. */ reason: string; at: number };
    /** An agent has answered, and is being joined with the citizen. */
    "acd.connecting": { interactionId: string; queue: string; agent: string; waitMs: number; at: number };
    /** Agents of further queues may serve the citizen, who has waited so long. */
    "acd.overflowed": { interactionId: string; /** Where the citizen stands, as before. */ queue: string; /** Those that have come. */ queues: readonly string[]; at: number };
    /** A supervisor has changed the priority of a waiting citizen. */
    "acd.priority-changed": { interactionId: string; queue: string; /** From now on; higher goes first. */ priority: number; at: number };
    /** A supervisor has changed rules of a queue, which count already, also for who waits. */
    "acd.queue-rules-changed": { queue: string; /** Names of the settings that have another value now. */ rules: readonly string[]; /** Names of those that are as configured again. */ reset: readonly string[]; /** Of the changes: `Acd.queueRules`. */ version: number; /** User id. */ by: string; at: number };
    /** Durable. An agent and the citizen talk. */
    "acd.answered": { interactionId: string; queue: string; agent: string; waitMs: number; at: number };
    /** Durable. The caller hung up while waiting or ringing. */
    "acd.abandoned": { interactionId: string; queue: string; waitMs: number; at: number };
    /** Durable. A citizen left the queue without an agent and without hanging up. */
    "acd.left": { interactionId: string; queue: string; /** `exit`, `timeout`, `full`, `no-agents`, `diverted`, `closed`, `moved` (into another queue), `cut` (the hotline ended the call) or `process_restart` (the process died). */ outcome: string; waitMs: number; at: number };
    /** Durable. The talk is over. */
    "acd.ended": { interactionId: string; queue: string; agent: string; /** Milliseconds they talked; `null`: not known, since the process died meanwhile. */ talkMs: number | null; at: number };
    /** Durable. The after-call work is over, and with it the interaction for the agent. */
    "acd.wrapped-up": { interactionId: string; queue: string; agent: string; /** Milliseconds of after-call work. */ wrapUpMs: number; at: number };
    /** Durable. The place of a citizen who is to be called is kept, tried, or done with. */
    "acd.place-kept": { /** Of the place: `Acd.keptPlace`. */ placeId: string; /** The call in which it was asked for. */ interactionId: string; queue: string; /** `waiting`, `calling` or `closed`. */ state: string; /** Once closed: `reached`, `no-answer`, `not-needed`, `expired` (given over to the list of callbacks) ... */ result: string | null; at: number };
    /** What an agent has on the phone has changed; `call` is `null` when it is over. */
    "acd.agent-call": { agent: string; /** The call as the desk shows it. */ call: AgentCall | null; at: number };
    /** An agent's announcement has begun in a call (`result` null), or is over. */
    "acd.announcement": { interactionId: string; agent: string; /** Key of the announcement. */ announcement: string; /** Of the announcement, as agents see it. */ title: string; /** Who hears it: `citizen` or `both`. */ to: AnnouncedTo; /** `completed`, `stopped`, `cut` or `failed`; `null`: it has begun. */ result: AnnouncementResult | null; /** Milliseconds heard, once it is over. */ playedMs: number | null; at: number };
    /** Somebody has come into an agent's conference, has left it, is not heard in it, or it is over for all. */
    "acd.conference": { interactionId: string; /** Whose conference it is. */ agent: string; /** `joined`, `left`, `removed`, `muted`, `unmuted` or `ended`. */ change: ConferenceChange; /** Whom it is about; `null`: all. */ member: Pick<CallMember, "id" | "kind" | "number" | "name"> | null; /** Who is in it afterwards, citizen and agent included. */ members: number; at: number };
    /** A supervisor comes into an agent's call, changes the mode, or is out of it (`null`; also after a take-over). */
    "acd.watched": { /** The supervisor's agent number. */ by: string; agent: string; interactionId: string; /** How: `listen`, `whisper` or `barge`; `null` once out. */ mode: WatchMode | null; at: number };
    /** An agent is in another state. */
    "acd.agent-state": { agent: string; /** State before. */ from: string; /** State now: `offline`, `unreachable`, `not-ready`, `available`, `on-demand`, `held`, `occupied`, `reserved`, `busy` or `wrap-up`. */ to: string; /** Code of why not ready (`rest`, `meal`). */ reason: string | null; at: number };
    /** An agent has signed out, or was signed out. Calls and chats go on; what nobody waits at goes back to its queue. */
    "acd.agent-signed-out": { agent: string; /** Code of the reason: the agent's own, `forced` (by a supervisor) or `overdue`. */ reason: string | null; at: number };
    /** An agent is not ready for longer than the reason allows. */
    "acd.agent-overdue": { agent: string; /** Code of the reason. */ reason: string; /** Not ready since then, epoch ms. */ since: number; at: number };
  }
}
