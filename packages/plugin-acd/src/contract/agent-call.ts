import type { CallSession, Connection, FlowVisitOutcome, OutboundCall } from "@hotlinejs/core";
import type { LiveAnnouncementView } from "./announcements.js";

/**
 * What an agent has on the telephone:
 * ```
 * ringing ------answered------> talking <--hold/retrieve--> held
 *                                  |  ^                       |
 *                               consult  cancel            consult
 *                                  v  |                       |
 * dialling --answered--> talking  consult-ringing --answered--> consulting <--swap--> (talks with the caller)
 *                                                             |-- complete --> over for this agent
 *                                                             \-- conference --> conference --consult--> consult-ringing (back by cancel)
 * conference --remove, or they hang up: nobody is left but the caller--> talking;  --complete--> over for this agent;  --end--> over for all
 * consult-ringing, consulting, conference --the agent's phone hangs up--> over for this agent; the caller is theirs who were asked, or,
 *                                                             where nobody answers, first in the queue again
 * talking, held --the phone's own transfer--> transferring --answered--> over for this agent; --not--> talking
 * talking, held --to a flow--> in-flow --the flow is over, or cancel--> talking
 * talking, held, in-flow, consult-ringing, consulting, conference --the agent's phone breaks off--> reconnecting
 * reconnecting --it (or another device) comes back--> as before; a consultation that only rang is over
 *              \-- nobody in time --> over; the caller is first in the queue again, or talks with who was asked
 * ```
 * While somebody is asked from a conference, the caller and the other members stay together and hear each other, not the agent nor who is
 * asked; `swap` puts the agent among them. An agent who leaves a conference gives it to a colleague in it: who joined first.
 *
 * The phone of a colleague who was asked is waited for as well (`consult.until`; at the colleague's desk the state is `reconnecting`):
 * whoever is alone hears music, in a conference the others talk on; when it does not come back the consultation is over.
 */
export type AgentCallState = "ringing" | "dialling" | "talking" | "held" | "consult-ringing" | "consulting" | "conference" | "in-flow" | "transferring" | "reconnecting";

/** Something an agent can do with the call. Which ones make sense now stands in `commands`. */
export type AgentCallCommand = "reject" | "hold" | "retrieve" | "transfer" | "consult" | "swap" | "complete" | "conference" | "remove" | "mute" | "end" | "cancel" | "to-flow" | "announce" | "stop-announcement" | "dtmf" | "hangup";

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
  /** The agent has answered, and is joined with the caller as soon as the words for both are spoken: `state` is still `ringing`. */
  readonly joining: boolean;
  readonly answeredAt: number | null;
  /** A supervisor who is heard: by the agent only, or by both. Who only listens is not shown. */
  readonly supervisor: "whisper" | "barge" | null;
  /** 工号 of who gives the caller on, or asks about them: the agent was rung by a colleague. */
  readonly given: { readonly by: string; readonly name: string; /** Asked only: the caller is still the colleague's. */ readonly asked: boolean } | null;
  /** Who is asked about the caller, apart from the others; `null` again once all talk. */
  readonly consult: { readonly number: string; readonly name: string | null; readonly answeredAt: number | null; /** Whom the agent talks with. */ readonly talking: boolean; /** Epoch ms until which a colleague whose phone broke off is waited for. */ readonly until: number | null } | null;
  /** Who is in the conference besides this agent, the citizen first, then as they joined; empty where there is none. While another one is asked they talk without the agent. */
  readonly members: readonly CallMember[];
  /** The flow the caller was sent to, the last one: `outcome` is null while the caller is in it. */
  readonly flow: { readonly id: string; readonly title: string; readonly outcome: FlowVisitOutcome | null; /** What the flow says of it (`verified`). */ readonly result: string | null } | null;
  /** What the agent plays to the caller, or played last; `null`: nothing yet. */
  readonly announcement: LiveAnnouncementView | null;
  readonly commands: readonly AgentCallCommand[];
}

/** Somebody in a conference. */
export interface CallMember {
  /** Of the member as long as the conference, whatever leg the member has; for `remove` and `mute`. */
  readonly id: string;
  /** The citizen can be muted, not removed. */
  readonly kind: "citizen" | "agent" | "other";
  /** Telephone number or 工号; empty where the citizen's is withheld. In full: whoever shows it masks it. */
  readonly number: string;
  readonly name: string | null;
  /** In it since then, epoch ms. */
  readonly since: number;
  /** Hears the others and is not heard by them. */
  readonly muted: boolean;
  /** Epoch ms until which a colleague whose phone broke off is waited for. */
  readonly until: number | null;
}

/** What has become of a conference: `joined` and `left` by the member's own doing or the network's, `removed`, `muted` and `unmuted` by the agent whose it is; `ended` for all. */
export type ConferenceChange = "joined" | "left" | "removed" | "muted" | "unmuted" | "ended";

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
