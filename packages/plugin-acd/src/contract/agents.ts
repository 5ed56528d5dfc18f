import type { AgentFigures, AgentSums } from "../domain/queue-figures.js";

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

/** What can be said of a conversation in the after-call work (小结). */
export interface WrapUpCode {
  /** Stored and counted. */
  readonly code: string;
  /** What people see. */
  readonly name: string;
  readonly nameEn: string;
}

/** The conversation an agent's after-call work belongs to, and what is said of it. */
export interface AgentWrapUp {
  readonly interactionId: string;
  /** Key of the queue that gave it; `null`: none did. */
  readonly queue: string | null;
  /** What was chosen; stands in the record of the interaction. */
  readonly code: string | null;
  /** What can be chosen, in the order of the hotline's list. */
  readonly codes: readonly string[];
  /** The after-call work cannot be ended without; it ends by itself all the same. */
  readonly required: boolean;
}

/** How much an agent has at once. */
export interface AgentCapacity {
  /** Channel -> most at once; `*` for those not named. */
  readonly channels: Readonly<Record<string, number>>;
  readonly total?: number | undefined;
  /** While the agent has anything of `while`, nothing of `exclude` is offered. */
  readonly rules: readonly { readonly while: string; readonly exclude: readonly string[] }[];
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
  /** The same in English. */
  readonly reasonNameEn: string | null;
  /** The phone can be rung. */
  readonly reachable: boolean;
  readonly queues: readonly string[];
  readonly groups: readonly string[];
  readonly profile: string | null;
  /** The call being rung or talked on, else other work. */
  readonly interactionId: string | null;
  /** All that queues gave the agent, calls first. */
  readonly work: readonly { readonly interactionId: string; readonly channel: string }[];
  /** Channel of what the agent is being asked to take and has not answered yet; `voice`: a call of a queue rings. */
  readonly offered: string | null;
  /** A queue could offer the agent a telephone call now: who writes with citizens and has room for one is among them. */
  readonly roomForCall: boolean;
  /** End of wrap-up, epoch ms. */
  readonly wrapUpUntil: number | null;
  /** In after-call work, where the hotline has codes for it: what they are said of. */
  readonly wrapUp: AgentWrapUp | null;
  /** Answered on this business day from queues, also before a restart; strategies that go by the fewest calls or the least talk count the same. */
  readonly callsTaken: number;
  /** Milliseconds talked on this business day, of talks that are over. */
  readonly talkMs: number;
  /** Since midnight, the state that lasts included. */
  readonly today: AgentFigures;
}

/** A colleague to whom work could be given, as people choose one. */
export interface Colleague {
  /** 工号. */
  readonly number: string;
  readonly name: string;
  readonly state: AgentState;
  /** Channels of what the agent has. */
  readonly channels: readonly string[];
  readonly reasonName: string | null;
  readonly reasonNameEn: string | null;
  /** A queue could offer the agent one more thing of the channel now: there, ready, and with room for it. */
  readonly free: boolean;
}

/** How agents have spent a span: each, and all together. Time signed out is in none. */
export interface AgentFiguresReport {
  readonly total: AgentFigures & AgentSums;
  readonly agents: readonly (AgentFigures & AgentSums & { readonly agent: string; readonly name: string })[];
}

/** An agent taken out of the queues for a call of another kind. */
export interface Occupation {
  /** The call is over; idempotent. With `wrapUp` the agent has after-call work as after a call of the agent's first queue. */
  release(options?: { readonly wrapUp?: boolean }): void;
}
