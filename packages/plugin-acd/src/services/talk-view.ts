import { citizenParty } from "@hotlinejs/core";
import type { AgentCall, AgentCallCommand, AgentCallState } from "../contract.js";
import { commandsIn } from "../domain/agent-call-commands.js";
import type { TalkAnnouncements } from "./talk-announcements.js";
import type { Consultation } from "./consultation.js";
import type { TalkFacts, Visit } from "./talk-parts.js";

/** How a talk stands at this moment. */
export interface TalkMoment {
  readonly facts: TalkFacts;
  readonly state: AgentCallState;
  readonly since: number;
  /** The agent is rung until then. */
  readonly ringUntil: number | null;
  /** The agent's phone is waited for until then. */
  readonly until: number | null;
  readonly answeredAt: number | null;
  /** Answered, and not yet joined with the caller. */
  readonly joining: boolean;
  readonly supervisor: AgentCall["supervisor"];
  readonly consult: Consultation | undefined;
  readonly visit: Visit | undefined;
  /** The caller is another agent's. */
  readonly guest: boolean;
  /** The other agent talks with this one, not with the caller. */
  readonly asked: boolean;
  readonly over: boolean;
  readonly announcements: TalkAnnouncements;
}

/** What the desk shows of it. */
export function talkView(moment: TalkMoment): AgentCall {
  const { facts, state, consult, visit, guest, announcements } = moment;
  const { agent, session, direction, queue, waitMs, given = null } = facts;
  return {
    agent,
    interactionId: session.interaction.id,
    direction,
    state,
    since: moment.since,
    citizenNumber: citizenParty(session.call).number,
    queue: queue?.key ?? null,
    queueName: queue?.name ?? null,
    waitMs,
    ringUntil: state === "ringing" ? (moment.joining ? null : moment.ringUntil) : state === "reconnecting" ? moment.until : null,
    joining: moment.joining && state === "ringing",
    answeredAt: moment.answeredAt,
    supervisor: moment.supervisor,
    given,
    consult: given !== null && guest && moment.answeredAt !== null ? { number: given.by, name: given.name, answeredAt: moment.answeredAt, talking: moment.asked, until: null } : consult === undefined ? null : { number: consult.number, name: consult.name, answeredAt: consult.answeredAt, talking: consult.talking, until: consult.until },
    flow: visit === undefined ? null : { id: visit.id, title: visit.title, outcome: visit.outcome, result: visit.result },
    commands: moment.over ? [] : guest ? [state === "ringing" ? "reject" : "hangup"] : announcements.commands(possible(moment)),
    announcement: announcements.view(),
  };
}

/** Who was asked has a phone that broke off: the caller cannot be given away, nor keys be sent there. */
function possible({ state, consult }: TalkMoment): readonly AgentCallCommand[] {
  const commands = commandsIn(state);
  if (consult === undefined || consult.until === null) return commands;
  return commands.filter((command) => command !== "complete" && (command !== "dtmf" || state === "conference" || !consult.talking));
}
