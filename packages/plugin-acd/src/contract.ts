import { token } from "@hotlinejs/core";
import type { CallSession, Connection, FlowVisitOutcome, OutboundCall, PromptRef } from "@hotlinejs/core";
import type { AgentFigures, AgentSums, QueueFigures } from "./domain/queue-figures.js";

export type { AgentFigures, AgentSums, QueueFigures } from "./domain/queue-figures.js";

/** What an agent is doing. See AgentStatus of @hotlinejs/queueing. */
export type AgentState = "offline" | "unreachable" | "not-ready" | "available" | "on-demand" | "held" | "occupied" | "reserved" | "busy" | "wrap-up";

/** What an agent can choose: 示闲, 待命 (only what is directed at the agent, or what nobody else is free for), 示忙 (with a reason), 签出. */
export type AgentChoice = "available" | "on-demand" | "not-ready" | "offline";

/** Why an agent is not ready, or signed out. */
export interface AgentReason {
  /** Stored and counted. */
  readonly code: string;
  /** What people see. */
  readonly name: string;
  readonly nameEn: string;
  /** For which choice. */
  readonly choice: "not-ready" | "offline";
  /** So long at most. */
  readonly maxMinutes: number | null;
  /** After that supervisors are told, or the agent is signed out besides. */
  readonly whenOver: "tell" | "sign-out";
  /** Given by the hotline itself, never by an agent. */
  readonly own: boolean;
}

/** A named set of queues, skills, capacity and telephone, assigned to agents. */
export interface AgentProfile {
  readonly key: string;
  readonly name: string;
  readonly queues: readonly (string | { readonly queue: string; readonly weight?: number | undefined; readonly tier?: number | undefined })[];
  /** Skill -> level; a list means level 1. */
  readonly skills: readonly string[] | Readonly<Record<string, number>>;
  readonly wrapUpSeconds?: number | undefined;
  readonly capacity?: AgentCapacity | undefined;
  /** Where its agents are rung; `{number}` is the 工号. */
  readonly address?: string | undefined;
}

/** How much an agent has at once. */
export interface AgentCapacity {
  /** Channel -> most at once; `*` for those not named. */
  readonly channels: Readonly<Record<string, number>>;
  readonly total?: number | undefined;
  /** While the agent has anything of `while`, nothing of `exclude` is offered. */
  readonly rules: readonly { readonly while: string; readonly exclude: readonly string[] }[];
}

/** How a caller left the queue. `diverted`: the wait would be too long; `closed`: out of hours; `exit`: pressed an exit key, or whoever asked for service took the request back. */
export type QueueOutcome = "answered" | "abandoned" | "exit" | "timeout" | "full" | "no-agents" | "diverted" | "closed";

export interface AgentSnapshot {
  /** 工号. */
  readonly number: string;
  readonly name: string;
  readonly address: string;
  readonly state: AgentState;
  /** Epoch ms. */
  readonly since: number;
  /** What the agent chose; `state` follows from it, the phone and the call. */
  readonly choice: AgentChoice;
  /** Code of the reason. */
  readonly reason: string | null;
  /** What people see of it. */
  readonly reasonName: string | null;
  /** The phone can be rung. */
  readonly reachable: boolean;
  readonly queues: readonly string[];
  readonly groups: readonly string[];
  readonly profile: string | null;
  /** The call being rung or talked on, else other work. */
  readonly interactionId: string | null;
  /** All that queues gave the agent, calls first. */
  readonly work: readonly { readonly interactionId: string; readonly channel: string }[];
  /** End of wrap-up, epoch ms. */
  readonly wrapUpUntil: number | null;
  /** Calls answered and milliseconds talked since the hotline started. */
  readonly callsTaken: number;
  readonly talkMs: number;
  /** Since midnight, the state that lasts included. */
  readonly today: AgentFigures;
}

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
  /** What a caller who came now would have to expect, ms; 0 when somebody is free. */
  readonly expectedWaitMs: number;
  readonly agents: number;
  /** Agents who are there: phone registered, not signed out. */
  readonly staffed: number;
  /** Agents free for a call. */
  readonly available: number;
  /** Agents who are being rung, talk or have after-call work. */
  readonly working: number;
  /** Occupancy of its agents since midnight, 0 to 1. An agent of several queues counts in each. */
  readonly occupancy: number | null;
  /** No new entries: the hotline is draining. */
  readonly frozen: boolean;
  readonly serviceLevelSeconds: number;
  /** Waiting time from which agents on demand (待命) serve, once nobody else is free, ms; `null`: never, but what is directed at them. */
  readonly onDemandAfterMs: number | null;
  /** Since midnight; whoever came yesterday counts for yesterday. */
  readonly today: QueueFigures;
}

/** Figures of a span: the whole, and its quarters of an hour by queue and channel. */
export interface FiguresReport {
  readonly total: QueueFigures;
  readonly intervals: readonly ({ readonly queue: string; readonly channel: string; readonly startsAt: number } & QueueFigures)[];
}

/** How agents have spent a span: each, and all together. Time signed out is in none. */
export interface AgentFiguresReport {
  readonly total: AgentFigures & AgentSums;
  readonly agents: readonly (AgentFigures & AgentSums & { readonly agent: string; readonly name: string })[];
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
  /** The caller has hung up or was taken over: nothing more to say. */
  readonly callerGone: boolean;
}

/** A request to a queue for what is no call. */
export interface WorkRequest extends Omit<QueueRequest, "exitKeys" | "exitHint"> {
  /** Nobody else is asked, however long it waits; must be an agent of the queue. */
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

/** `calling`: dialled, asked, or on the line since. */
export type KeptPlaceState = "waiting" | "calling" | "closed";
/** `not-needed`: the citizen said so; `given-up`: hung up after accepting, before an agent was there. */
export type KeptPlaceResult = "reached" | "no-answer" | "busy" | "declined" | "unreachable" | "refused" | "failed" | "not-needed" | "given-up";

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
  /** As in the request to the queue. */
  readonly priority?: number;
  readonly skills?: Readonly<Record<string, number>>;
  /** Takes the question back. */
  readonly signal?: AbortSignal;
}

/** Call distribution: queues and agents. */
export interface Acd {
  /**
   * Offers a caller who waited to be called instead: says what will happen, has the number confirmed by key (the own one, or another
   * that is keyed in) and keeps the place. When it is their turn an agent is reserved, the citizen is dialled, asked to accept by key
   * and goes before all who came later. Kept on disk before the caller is told so.
   * `declined`: does not want to (or the number cannot be called): the caller is still there. `HTL_ACD_UNKNOWN_QUEUE`.
   */
  offerCallback(session: CallSession, offer: CallbackOffer): Promise<"kept" | "declined" | "gone">;
  /** Whether this caller could be called back at all: there is a way to the own number or, where that is none, some number may be given. */
  canCallBack(session: CallSession): boolean;
  /** All that are not closed, the earliest place first. */
  keptPlaces(): Promise<readonly KeptPlace[]>;
  keptPlace(id: string): Promise<KeptPlace | undefined>;
  /** The citizen need not be called any more. No effect on a call that is under way, and on what is closed. */
  dropPlace(id: string, options: { readonly result: KeptPlaceResult; readonly actor: string }): Promise<void>;
  /**
   * Puts the caller into a queue with music and announcements until an agent has talked to them or they left.
   * Answers the call first. Resolves once, whatever happens; an agent's failure never ends it.
   * Rejects only with `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_SERVED_ALREADY`, and `HTL_ACD_STOPPED` after the stop.
   */
  serve(session: CallSession, request: QueueRequest): Promise<QueueResult>;
  /**
   * The same queues and agents for what is no call. Resolves once, as `serve` does; how much an agent has at once says the capacity.
   * Rejects only with `HTL_ACD_UNKNOWN_QUEUE`, and `HTL_ACD_STOPPED` after the stop.
   */
  serveWork(work: QueueWork, request: WorkRequest): Promise<QueueResult>;
  agents(): readonly AgentSnapshot[];
  agent(number: string): AgentSnapshot | undefined;
  queues(): readonly QueueSnapshot[];
  queue(key: string): QueueSnapshot | undefined;
  /**
   * Figures of one queue, or of all, over the quarters of an hour that begin in `[from, to)` (epoch ms). A caller counts in the
   * quarter in which they came. Written with the facts themselves: they add up, also after a crash.
   * Unknown: `HTL_ACD_UNKNOWN_QUEUE`.
   */
  figures(where: { readonly queue?: string; readonly from: number; readonly to: number }): Promise<FiguresReport>;
  /**
   * Occupancy and handling times of one agent, of the agents of a queue, or of all, over the quarters of an hour that begin in
   * `[from, to)` (epoch ms), up to now. Unknown: `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_UNKNOWN_QUEUE`.
   */
  agentFigures(where: { readonly agent?: string; readonly queue?: string; readonly from: number; readonly to: number }): Promise<AgentFiguresReport>;
  /**
   * Stores the choice, then takes it into account; it survives a restart. A call in progress goes on.
   * `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_UNKNOWN_REASON`, `HTL_ACD_REASON_NEEDED`.
   *
   * @param reason code (or name) of a configured reason
   * @param actor user id, `system` or `plugin:<name>`, for the audit
   */
  setAgentState(number: string, choice: AgentChoice, options: { readonly actor: string; readonly reason?: string }): Promise<AgentSnapshot>;
  /** Reasons agents may give, then those of the hotline's own. */
  reasons(): readonly AgentReason[];
  /**
   * A supervisor signs the agent out: what rings is taken back, a call in progress goes on unless `endCall`. With reason `forced`,
   * audited. `HTL_ACD_UNKNOWN_AGENT`.
   */
  signOut(number: string, options: { readonly actor: string; readonly endCall?: boolean }): Promise<AgentSnapshot>;
  groups(): readonly { readonly key: string; readonly name: string; readonly agents: readonly string[] }[];
  profiles(): readonly AgentProfile[];
  /**
   * Gives an agent another profile (`null`: none) or other groups, at once, also for who already waits; audited.
   * `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_UNKNOWN_PROFILE`, `HTL_ACD_UNKNOWN_GROUP`.
   */
  assign(number: string, change: { readonly profile?: string | null; readonly groups?: readonly string[] }, options: { readonly actor: string }): Promise<AgentSnapshot>;
  /** Makes or changes a profile, at once for all its agents; audited. `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_QUEUE_TWICE`. */
  setProfile(profile: AgentProfile, options: { readonly actor: string }): Promise<AgentProfile>;
  /** Who waits in the queue, in the order of service. Unknown: `HTL_ACD_UNKNOWN_QUEUE`. */
  waiting(queue: string): readonly WaitingCaller[];
  /**
   * Puts a waiting caller into another queue; the time waited so far counts for the place there. Whoever was rung is let go.
   * In the audit before it is done. `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_NOT_WAITING`, `HTL_ACD_ALREADY_THERE`; `HTL_ACD_QUEUE_FROZEN` while
   * the hotline is being stopped.
   */
  move(interactionId: string, queue: string, options: { readonly actor: string }): Promise<WaitingCaller>;
  /** Changes the priority of a waiting caller. In the audit before it is done. `HTL_ACD_NOT_WAITING`. */
  setPriority(interactionId: string, priority: number, options: { readonly actor: string }): Promise<WaitingCaller>;
  /** Ends the agent's wrap-up early. */
  finishWrapUp(number: string): AgentSnapshot;
  /** Gives the agent so many ms more for after-call work. `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_NOT_IN_WRAP_UP`. */
  extendWrapUp(number: string, ms: number): AgentSnapshot;
  /**
   * Takes an agent for a call that no queue gives (a callback): shown as `occupied` with the interaction and offered nothing until
   * it is released. `undefined`: not possible now, since the agent is being rung, talks, is signed out (unless `signedOut`: whose phone
   * is rung all the same, and who may sign in meanwhile) or has no phone, or, with `free`, is neither available nor on demand.
   * Unknown: `HTL_ACD_UNKNOWN_AGENT`.
   */
  occupy(number: string, options: { readonly interactionId: string; readonly free?: boolean; readonly signedOut?: boolean }): Occupation | undefined;
}

/** An agent taken out of the queues for a call of another kind. */
export interface Occupation {
  /** The call is over; idempotent. With `wrapUp` the agent has after-call work as after a call of the agent's first queue. */
  release(options?: { readonly wrapUp?: boolean }): void;
}

/**
 * What an agent has on the telephone:
 * ```
 * ringing ------answered------> talking <--hold/retrieve--> held
 *                                  |  ^                       |
 *                               consult  cancel            consult
 *                                  v  |                       |
 * dialling --answered--> talking  consult-ringing --answered--> consulting <--swap--> (talks with the caller)
 *                                                             |-- complete --> over for this agent
 *                                                             \-- conference --> conference
 * talking, held --the phone's own transfer--> transferring --answered--> over for this agent; --not--> talking
 * talking, held --to a flow--> in-flow --the flow is over, or cancel--> talking
 * talking, held, in-flow, consult-ringing, consulting, conference --the agent's phone breaks off--> reconnecting
 * reconnecting --it (or another device) comes back--> as before; a consultation that only rang is over
 *              \-- nobody in time --> over; the caller is first in the queue again, or talks with who was asked
 * ```
 */
export type AgentCallState = "ringing" | "dialling" | "talking" | "held" | "consult-ringing" | "consulting" | "conference" | "in-flow" | "transferring" | "reconnecting";

/** Something an agent can do with the call. Which ones make sense now stands in `commands`. */
export type AgentCallCommand = "reject" | "hold" | "retrieve" | "transfer" | "consult" | "swap" | "complete" | "conference" | "cancel" | "to-flow" | "announce" | "stop-announcement" | "dtmf" | "hangup";

export interface AgentCall {
  /** 工号. */
  readonly agent: string;
  readonly interactionId: string;
  readonly direction: "inbound" | "outbound";
  readonly state: AgentCallState;
  /** Epoch ms at which the state was entered. */
  readonly since: number;
  /** The citizen's number; empty when withheld. In full: whoever shows it masks it. */
  readonly citizenNumber: string;
  readonly queue: string | null;
  readonly queueName: string | null;
  /** How long the caller waited, ms. */
  readonly waitMs: number | null;
  /** Epoch ms at which ringing, or waiting for the agent's phone to come back, gives up. */
  readonly ringUntil: number | null;
  readonly answeredAt: number | null;
  /** A supervisor who is heard: by the agent only, or by both. Who only listens is not shown. */
  readonly supervisor: "whisper" | "barge" | null;
  /** 工号 of who gives the caller on, or asks about them: the agent was rung by a colleague. */
  readonly given: { readonly by: string; readonly name: string; /** Asked only: the caller is still the colleague's. */ readonly asked: boolean } | null;
  /** The other half of a consultation or conference. */
  readonly consult: { readonly number: string; readonly name: string | null; readonly answeredAt: number | null; /** Whom the agent talks with. */ readonly talking: boolean } | null;
  /** The flow the caller was sent to, the last one: `outcome` is null while the caller is in it. */
  readonly flow: { readonly id: string; readonly title: string; readonly outcome: FlowVisitOutcome | null; /** What the flow says of it (`verified`). */ readonly result: string | null } | null;
  /** What the agent plays to the caller, or played last; `null`: nothing yet. */
  readonly announcement: LiveAnnouncementView | null;
  readonly commands: readonly AgentCallCommand[];
}

/** Who hears an announcement: the citizen alone, or the agent too. */
export type AnnouncedTo = "citizen" | "both";

/** `stopped` by the agent; `cut` by hold, a transfer, a hang-up or another announcement; `failed`: it could not be spoken. */
export type AnnouncementResult = "completed" | "stopped" | "cut" | "failed";

/** An approved prompt or article that agents may play into a call. */
export interface Announcement {
  readonly key: string;
  readonly kind: "prompt" | "article";
  readonly title: string;
  readonly topic: string | null;
  /** The beginning of its words; empty for a recording without text. */
  readonly excerpt: string;
  /** How long it takes by its words, ms; `null`: not known before it is played. */
  readonly aboutMs: number | null;
}

export interface LiveAnnouncementView {
  readonly key: string;
  readonly kind: "prompt" | "article";
  readonly title: string;
  readonly to: AnnouncedTo;
  /** Epoch ms; `null` while it is being prepared: nothing is heard yet. */
  readonly startedAt: number | null;
  /** Of the whole, ms; `null`: not known. */
  readonly durationMs: number | null;
  /** `null` while it is prepared or heard. */
  readonly result: AnnouncementResult | null;
  /** How much of it was heard, ms; `null` until it is over. */
  readonly playedMs: number | null;
}

/**
 * The agents' telephones. State changes only by what the telephones tell; a command resolves when it was
 * carried out, and is refused with `HTL_ACD_NO_CALL` or `HTL_ACD_CALL_STATE` when the call is no longer
 * as the agent saw it. Targets are agents (工号), extensions or telephone numbers; each dial asks `callOutbound`.
 */
export interface AgentCalls {
  /** Whom agents may reach in an emergency: the target `emergency:<key>` of `transfer`, `consult` and `dial`, each use in the audit. */
  emergencyContacts(): readonly EmergencyContact[];
  current(agent: string): AgentCall | undefined;
  /** Gives the ringing call back: the next agent is tried. */
  reject(agent: string): Promise<void>;
  /**
   * Call pickup (代接): a call that rings at a colleague rings at this agent's phone instead, which is asked to answer by itself
   * (RFC 5373). Without `from` the one that rings longest. The colleague has missed nothing; not being ready is no hindrance.
   * In the audit before it is done. `HTL_ACD_NOTHING_TO_PICK_UP`, `HTL_ACD_PICKUP_NOT_ALLOWED`, `HTL_ACD_AGENT_BUSY`,
   * `HTL_ACD_AGENT_UNREACHABLE`, `HTL_ACD_SIGNED_OUT`, `HTL_ACD_UNKNOWN_AGENT`.
   */
  pickUp(agent: string, options: PickupOptions): Promise<AgentCall>;
  /** The caller hears music. */
  hold(agent: string): Promise<void>;
  retrieve(agent: string): Promise<void>;
  /** Blind: the agent is free at once; when nobody answers the agent's phone is rung again. */
  transfer(agent: string, to: string, actor: string): Promise<void>;
  /**
   * Gives the caller to a queue: the agent is free (with wrap-up), the caller waits there with what is known of the call. When
   * that queue takes nobody in, the flow goes on with its outcome. Only for callers a queue gave. `HTL_ACD_UNKNOWN_QUEUE`;
   * `HTL_ACD_QUEUE_FROZEN` while the hotline is being stopped: the agent keeps the caller.
   */
  toQueue(agent: string, queue: string, actor: string): Promise<void>;
  /** The caller is held while the agent rings somebody else. Resolves when that phone is being rung. */
  consult(agent: string, to: string, actor: string): Promise<void>;
  /** Talks with the other of the two; the one left hears music. */
  swap(agent: string): Promise<void>;
  /** Caller and consulted talk, the agent is free. */
  complete(agent: string): Promise<void>;
  /** All three talk. */
  conference(agent: string): Promise<void>;
  /** Ends the consultation; the caller is taken off hold. Takes a caller back who is in a flow. */
  cancel(agent: string): Promise<void>;
  /** Flows an agent may send callers to (`desk: true`). */
  flows(): readonly { readonly id: string; readonly title: string }[];
  /**
   * Sends the caller to a flow, to key in a PIN unheard or be identified. The agent stays on the line, hears nothing of it and has
   * the caller back when the flow is over, however it ends. Resolves when the caller is in it. `HTL_ACD_UNKNOWN_FLOW`.
   */
  toFlow(agent: string, flow: string, actor: string): Promise<void>;
  /** What may be played into calls today: approved, valid, with all words of the search in title, topic, keywords or text. */
  announcements(search?: string): readonly Announcement[];
  /**
   * Plays an approved prompt or article to the caller while the agent talks with them; one that runs is cut. It is mixed into the
   * conversation: caller and agent go on to hear each other, the agent hears the announcement too (`both`) or not (`citizen`), a
   * supervisor who listens always does.
   * Resolves when it is being prepared; how it goes on is told by `acd.agent-call`. Hold, consultation, transfer and hang-up cut it.
   * In the journal of the interaction with what was heard, and in the audit. `HTL_ACD_UNKNOWN_ANNOUNCEMENT`, `HTL_ACD_CALL_STATE`.
   */
  announce(agent: string, announcement: string, options: { readonly to: AnnouncedTo; readonly actor: string }): Promise<void>;
  /** Ends what is being played; resolves when it is over. No effect when nothing is. */
  stopAnnouncement(agent: string): Promise<void>;
  /** Keys to whom the agent talks with. */
  dtmf(agent: string, digits: string): Promise<void>;
  /** The agent leaves: in a consultation only that ends, in a conference the others talk on; a caller in a flow is taken back. */
  hangup(agent: string): Promise<void>;
  /** Rings the agent's own phone, then the number. `HTL_ACD_AGENT_BUSY`, `HTL_ACD_AGENT_UNREACHABLE`. */
  dial(agent: string, to: string, actor: string): Promise<AgentCall>;
  /**
   * A supervisor in an agent's call: `listen` unheard, `whisper` heard by the agent only, `barge` heard by both. Rings the
   * supervisor's own phone first; called again it changes the mode. Ends when the agent's part of the call does. Each step is in
   * the audit. `HTL_ACD_NO_CALL`, `HTL_ACD_CALL_STATE`, `HTL_ACD_AGENT_BUSY` and `HTL_ACD_AGENT_UNREACHABLE` (the supervisor).
   */
  watch(agent: string, mode: WatchMode, options: WatchOptions): Promise<void>;
  /** The supervisor takes the agent's place; the agent is free, with wrap-up. Errors as of `watch`. */
  takeOver(agent: string, options: WatchOptions): Promise<void>;
  /** The supervisor leaves; no effect when in no call, or when it was taken over. */
  unwatch(by: string): Promise<void>;
  /** The call a supervisor is in, or is being rung for. */
  watching(by: string): Watching | undefined;
  /**
   * Gives what the agent's screen shows of a call, for whoever has the caller next; replaces what was given before. Kept until the call is
   * over. `HTL_ACD_SCREEN_NOT_YOURS` unless the agent has or had the caller; `HTL_ACD_SCREEN_PASSED` when another agent has gone on with it.
   */
  giveScreen(agent: string, interactionId: string, screen: AgentScreen): void;
  /** What was given last; `undefined`: nothing yet. `HTL_ACD_SCREEN_NOT_YOURS` unless the agent has or had the caller. */
  screen(agent: string, interactionId: string): ScreenHandover | undefined;
  /** A call of another kind (a callback) is shown and controlled here from now on. A phone of the agent that breaks off is called back, as in calls that queues give. */
  follow(agent: string, call: FollowedCall): FollowedTalk;
}

/** What an agent's screen shows of a call: it goes with the caller to the next agent. */
export interface AgentScreen {
  /** Forms that were begun. The key names object and form; `at` is the time of the last change, epoch ms. */
  readonly drafts: readonly { readonly key: string; readonly at: number; readonly values: Readonly<Record<string, unknown>> }[];
  /** Key of the panel that was open beside the work, `<plugin>/<panel>`. */
  readonly panel: string | null;
}

/** A screen that was given. */
export interface ScreenHandover extends AgentScreen {
  /** 工号 of the giver. */
  readonly from: string;
  readonly fromName: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A number for emergencies. */
export interface EmergencyContact {
  readonly key: string;
  readonly name: string;
  readonly kind: "department" | "leader" | "authority";
  readonly number: string;
}

export interface PickupOptions {
  /** 工号 of the colleague at whom it rings. Default: whoever it rings at longest. */
  readonly from?: string;
  /** Not only of colleagues: those of a group in common or, where there are no groups, of a queue in common. Default false. */
  readonly anybody?: boolean;
  /** User id, for the audit. */
  readonly actor: string;
}

/** How a supervisor is in a call. */
export type WatchMode = "listen" | "whisper" | "barge";

/** A supervisor in an agent's call. */
export interface Watching {
  /** 工号 of the supervisor. */
  readonly by: string;
  /** 工号 of the agent. */
  readonly agent: string;
  readonly interactionId: string;
  readonly mode: WatchMode;
  /** The supervisor's own phone has answered. */
  readonly inside: boolean;
  /** Epoch ms of the last change. */
  readonly since: number;
}

export interface WatchOptions {
  /** 工号 of the supervisor, whose phone is rung. */
  readonly by: string;
  /** User id, for the audit. */
  readonly actor: string;
}

/** A call somebody else made for an agent, once both talk. */
export interface FollowedCall {
  readonly session: CallSession;
  readonly connection: Connection;
  /** The agent's leg. */
  readonly call: OutboundCall;
}

/** The agent's part of a call somebody else made. */
export interface FollowedTalk {
  /** Resolves when it is over for good: hung up, given away, or broken off and not come back. */
  readonly left: Promise<void>;
  /** Broken off and not come back: the citizen has nobody. */
  readonly lost: boolean;
}

export const AGENT_CALLS = token<AgentCalls>("acd.agent-calls");

export const ACD = token<Acd>("acd.acd");

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
    /** Durable. An agent and the citizen talk. */
    "acd.answered": { interactionId: string; queue: string; agent: string; waitMs: number; at: number };
    /** Durable. The caller hung up while waiting or ringing. */
    "acd.abandoned": { interactionId: string; queue: string; waitMs: number; at: number };
    /** Durable. A citizen left the queue without an agent and without hanging up. */
    "acd.left": { interactionId: string; queue: string; /** `exit`, `timeout`, `full`, `no-agents`, `diverted`, `closed`, `moved` (into another queue) or `cut` (the hotline ended the call). */ outcome: string; waitMs: number; at: number };
    /** Durable. The talk is over. */
    "acd.ended": { interactionId: string; queue: string; agent: string; /** Milliseconds they talked. */ talkMs: number; at: number };
    /** Durable. The place of a citizen who is to be called is kept, tried, or done with. */
    "acd.place-kept": { /** Of the place: `Acd.keptPlace`. */ placeId: string; /** The call in which it was asked for. */ interactionId: string; queue: string; /** `waiting`, `calling` or `closed`. */ state: string; /** Once closed: `reached`, `no-answer`, `not-needed` ... */ result: string | null; at: number };
    /** What an agent has on the phone has changed; `call` is `null` when it is over. */
    "acd.agent-call": { agent: string; /** The call as the desk shows it. */ call: AgentCall | null; at: number };
    /** An agent's announcement has begun in a call (`result` null), or is over. */
    "acd.announcement": { interactionId: string; agent: string; /** Key of the announcement. */ announcement: string; /** Of the announcement, as agents see it. */ title: string; /** Who hears it: `citizen` or `both`. */ to: AnnouncedTo; /** `completed`, `stopped`, `cut` or `failed`; `null`: it has begun. */ result: AnnouncementResult | null; /** Milliseconds heard, once it is over. */ playedMs: number | null; at: number };
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
