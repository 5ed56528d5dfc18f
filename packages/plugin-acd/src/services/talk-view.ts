import { citizenParty } from "@hotlinejs/core";
import type { AgentCall, AgentCallCommand, AgentCallState, CallMember } from "../contract.js";
import { commandsIn } from "../domain/agent-call-commands.js";
import type { TalkAnnouncements } from "./talk-announcements.js";
import type { Conference } from "./conference.js";
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
  /** Whom the agent has brought in. */
  readonly conference: Conference;
  /** Of another agent's conference: who else is in it. */
  readonly company: readonly CallMember[];
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
  const { facts, state, visit, guest, announcements } = moment;
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
    consult: consultOf(moment),
    members: guest ? hosted(moment) : moment.conference.members(),
    flow: visit === undefined ? null : { id: visit.id, title: visit.title, outcome: visit.outcome, result: visit.result },
    commands: moment.over ? [] : guest ? [state === "ringing" ? "reject" : "hangup"] : announcements.commands(possible(moment)),
    announcement: announcements.view(),
  };
}

function consultOf({ facts: { given }, state, guest, answeredAt, asked, conference }: TalkMoment): AgentCall["consult"] {
  if (guest) return given === undefined || answeredAt === null || state === "conference" ? null : { number: given.by, name: given.name, answeredAt, talking: asked, until: null };
  const consult = conference.asked;
  return consult === undefined ? null : { number: consult.number, name: consult.name, answeredAt: consult.answeredAt, talking: consult.talking, until: consult.until };
}

/** Another agent's conference, as one of its members sees it: that agent comes after the citizen. */
function hosted({ facts: { given }, state, answeredAt, company: [citizen, ...others] }: TalkMoment): readonly CallMember[] {
  if (state !== "conference" || given === undefined || citizen === undefined) return [];
  return [citizen, { id: "agent", kind: "agent", number: given.by, name: given.name, since: answeredAt ?? citizen.since, muted: false, until: null }, ...others];
}

/** Who was asked has a phone that broke off: the caller cannot be given away, nor keys be sent there. */
function possible({ state, conference }: TalkMoment): readonly AgentCallCommand[] {
  const { asked } = conference;
  const awaited = asked !== undefined && asked.until !== null;
  return commandsIn(state).filter((command) => {
    if (command === "complete") return conference.canBeLeft;
    if (command === "dtmf") return !awaited || !asked.talking;
    return command !== "consult" || !conference.full;
  });
}
