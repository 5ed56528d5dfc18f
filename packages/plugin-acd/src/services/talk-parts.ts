import type { AudioSource, CallControl, CallSession, Clock, FlowVisitOutcome, FlowVisitResult, Logger } from "@hotlinejs/core";
import type { AgentCall, AgentCallState, LiveAnnouncementView } from "../contract.js";
import type { AgentTalk } from "./agent-talk.js";
import type { Announcements } from "./announcements.js";
import type { ConferenceNews } from "./conference.js";
import type { ReattachmentDeps } from "./reattachment.js";

/* What an AgentTalk is made of: what it is given, and what it keeps of a flow. */

export interface AgentTalkDeps {
  readonly control: CallControl;
  readonly clock: Clock;
  readonly log: Logger;
  /** The agent's phones, for calling back one that broke off. */
  readonly phones: Pick<ReattachmentDeps, "address" | "reachable" | "arrival">;
  /** Nobody took the caller whom the agent handed over: the next agent is to. */
  readonly abandoned: (session: CallSession) => void;
  /** Something about it has changed. */
  readonly changed: (talk: AgentTalk) => void;
  readonly announcements: Pick<Announcements, "any">;
  /** An announcement has begun, or is over. */
  readonly announced: (talk: AgentTalk, view: LiveAnnouncementView) => void;
  /** The agent's. */
  readonly name: string;
  /** Most who may be in a conference, citizen and agent included. */
  readonly conferenceMost: number;
  /** Somebody has come into a conference of the agent's, has left it, or is (not) heard in it. */
  readonly conferred: (talk: AgentTalk, news: ConferenceNews) => void;
}

export interface TalkFacts {
  readonly agent: string;
  readonly session: CallSession;
  readonly direction: "inbound" | "outbound";
  readonly queue: { readonly key: string; readonly name: string } | null;
  readonly waitMs: number | null;
  readonly ringUntil: number | null;
  readonly state: AgentCallState;
  readonly music: Promise<readonly AudioSource[]>;
  /** Who gives the caller on. */
  readonly given?: NonNullable<AgentCall["given"]>;
}

/** A caller's stay in a flow. */
export interface Visit {
  readonly id: string;
  readonly title: string;
  readonly over: AbortController;
  outcome: FlowVisitOutcome | null;
  result: string | null;
  /** Settles when the flow has let go of the caller. */
  done: Promise<FlowVisitResult>;
}

/** Where a consultation or transfer goes. */
export interface Target {
  readonly address: string;
  readonly number: string;
  readonly name: string | null;
  readonly role: "agent" | "department";
}
