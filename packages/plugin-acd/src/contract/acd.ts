import { token } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import type { AgentChoice, AgentFiguresReport, AgentProfile, AgentReason, AgentSnapshot, Colleague, Occupation, WrapUpCode } from "./agents.js";
import type { CallbackOffer, KeptPlace, KeptPlaceResult } from "./kept-places.js";
import type { QueueRules, QueueRulesChange } from "./queue-rules.js";
import type { FiguresReport, QueueRequest, QueueResult, QueueSnapshot, QueueWork, WaitingCaller, WorkRequest } from "./queues.js";

/** Call distribution: queues and agents. What cannot be (a priority that is no number, a state there is not) is refused with `HTL_ACD_INPUT_INVALID`, which says where and what would do. */
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
  /**
   * The citizen need not be called any more; gives the place as it stands then. Idempotent: one that is closed already stays as it ended.
   * `HTL_ACD_UNKNOWN_PLACE`; `HTL_ACD_PLACE_CALLING` while the citizen is dialled or on the line: how that ends decides.
   */
  dropPlace(id: string, options: { readonly result: KeptPlaceResult; readonly actor: string }): Promise<KeptPlace>;
  /**
   * Whoever calls this lists the citizens of places that are closed as `expired`, and cares for them: from now on places are, once they are as old as
   * `keptPlaceHours` of their queue says. Until then they stay, however old.
   */
  handOverPlaces(): void;
  /**
   * Puts the caller into a queue with music and announcements until an agent has talked to them or they left.
   * Answers the call first. Resolves once, whatever happens; an agent's failure never ends it.
   * Rejects only with `HTL_ACD_INPUT_INVALID`, `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_SERVED_ALREADY`, and `HTL_ACD_STOPPED` after the stop.
   */
  serve(session: CallSession, request: QueueRequest): Promise<QueueResult>;
  /**
   * The same queues and agents for what is no call. Resolves once, as `serve` does; how much an agent has at once says the capacity.
   * Rejects only with `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_STOPPED` after the stop and, for an `onlyAgent` who could never be asked,
   * `HTL_ACD_UNKNOWN_AGENT` and `HTL_ACD_AGENT_NOT_IN_QUEUE`.
   */
  serveWork(work: QueueWork, request: WorkRequest): Promise<QueueResult>;
  agents(): readonly AgentSnapshot[];
  agent(number: string): AgentSnapshot | undefined;
  /** All but this agent, those first who could be offered something of the channel now. */
  colleagues(number: string, channel: string): readonly Colleague[];
  /**
   * Whether the queues need this agent now: somebody waits whom they would give to the agent, or is being rung at others and might need this one
   * next. Who takes agents for calls of another kind asks first. Who waits for what the agent cannot do does not count. `HTL_ACD_UNKNOWN_AGENT`.
   */
  wanted(number: string): boolean;
  queues(): readonly QueueSnapshot[];
  queue(key: string): QueueSnapshot | undefined;
  /** What can be changed of a queue while the hotline runs. `HTL_ACD_UNKNOWN_QUEUE`. */
  queueRules(key: string): QueueRules;
  /**
   * Changes rules of a queue, or sets them back to what is configured: checked as at the start, stored and in the audit before they count, then
   * at once, also for who waits. Kept over restarts. `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_RULE_FIXED`, `HTL_ACD_RULES_CHANGED` for a `version` that is
   * not the present one, `HTL_ACD_RULES_UNUSABLE`, `HTL_ACD_UNKNOWN_PROMPT`, `HTL_ACD_BAD_PROMPT_TEXT`.
   */
  changeQueueRules(key: string, change: QueueRulesChange, options: { readonly actor: string }): Promise<QueueRules>;
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
   * Stores the choice, then takes it into account; it survives a restart. A call in progress goes on, and so does after-call work unless the
   * agent is ready again: a break that is chosen meanwhile (之后小休) begins afterwards, with the time it may last.
   * `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_UNKNOWN_REASON`, `HTL_ACD_REASON_NEEDED`.
   *
   * @param reason code (or name) of a configured reason
   * @param keepWrapUp after-call work goes on though the agent will be ready: a break that was to follow it is taken back. Default: ready ends it
   * @param actor user id, `system` or `plugin:<name>`, for the audit
   */
  setAgentState(number: string, choice: AgentChoice, options: { readonly actor: string; readonly reason?: string; readonly keepWrapUp?: boolean }): Promise<AgentSnapshot>;
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
  /** Makes or changes a profile, at once for all its agents; audited. `HTL_ACD_INPUT_INVALID` for what a profile cannot be, `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_QUEUE_TWICE`. */
  setProfile(profile: AgentProfile, options: { readonly actor: string }): Promise<AgentProfile>;
  /** Who waits in the queue, in the order of service. Unknown: `HTL_ACD_UNKNOWN_QUEUE`. */
  waiting(queue: string): readonly WaitingCaller[];
  /**
   * Puts a waiting caller into another queue; the time waited so far counts for the place there. Whoever was rung is let go.
   * In the audit before it is done. `HTL_ACD_UNKNOWN_QUEUE`, `HTL_ACD_NOT_WAITING`, `HTL_ACD_ALREADY_THERE`; `HTL_ACD_QUEUE_FROZEN` while
   * the hotline is being stopped; `HTL_ACD_AGENT_NOT_IN_QUEUE` for work bound to one agent (`onlyAgent`) who does not serve that queue.
   */
  move(interactionId: string, queue: string, options: { readonly actor: string }): Promise<WaitingCaller>;
  /** Changes the priority of a waiting caller. In the audit before it is done. `HTL_ACD_NOT_WAITING`. */
  setPriority(interactionId: string, priority: number, options: { readonly actor: string }): Promise<WaitingCaller>;
  /** What agents may say of a conversation in the after-call work, as configured. */
  wrapUpCodes(): readonly WrapUpCode[];
  /**
   * Says of the conversation that the agent's after-call work belongs to what it was about: goes into its record, and may be changed until
   * the after-call work is over. `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_UNKNOWN_WRAP_UP_CODE` (not one of the queue's), `HTL_ACD_NOT_IN_WRAP_UP`.
   */
  setWrapUpCode(number: string, code: string): AgentSnapshot;
  /**
   * Ends the agent's wrap-up early, with `code` saying first what it was about (see `setWrapUpCode`). Idempotent: outside of after-call work,
   * which may have run out in that moment, nothing changes. `HTL_ACD_UNKNOWN_AGENT`; `HTL_ACD_WRAP_UP_CODE_NEEDED` where the queue requires a
   * code and none was chosen.
   */
  finishWrapUp(number: string, options?: { readonly code?: string }): AgentSnapshot;
  /** Gives the agent so many ms more for after-call work. `HTL_ACD_UNKNOWN_AGENT`, `HTL_ACD_NOT_IN_WRAP_UP`. */
  extendWrapUp(number: string, ms: number): AgentSnapshot;
  /**
   * Takes an agent for a call that no queue gives (a callback): shown as `occupied` with the interaction and offered nothing until
   * it is released. `undefined`: not possible now, since the agent is being rung, talks, is signed out (unless `signedOut`: whose phone
   * is rung all the same, and who may sign in meanwhile) or has no phone, or, with `free`, is neither available nor on demand.
   * With `beside` an agent who is on one call is taken for a second one as well, and is free when both are over. Unknown: `HTL_ACD_UNKNOWN_AGENT`.
   */
  occupy(number: string, options: { readonly interactionId: string; readonly free?: boolean; readonly signedOut?: boolean; readonly beside?: boolean }): Occupation | undefined;
}

export const ACD = token<Acd>("acd.acd");
