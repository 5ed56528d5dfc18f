import type { AudioSource, Call, CallControl, CallEnd, CallPipeline, CallSession, Clock, Connection, Logger, OutboundCall } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AgentTalk } from "./agent-talk.js";
import { awaitPhone, brokeOff, reattach } from "./reattachment.js";
import type { AgentTalkDeps } from "./talk-parts.js";

export interface CalledColleagueDeps {
  readonly control: CallControl;
  readonly pipeline: Pick<CallPipeline, "whenLegEnds">;
  readonly clock: Pick<Clock, "now" | "setTimeout">;
  readonly log: Logger;
  readonly music: () => Promise<readonly AudioSource[]>;
  /** The colleague's. */
  readonly phones: AgentTalkDeps["phones"];
}

/**
 * A colleague whom an agent dials is the one the call is about: should the colleague's phone break off, the conversation goes on with the
 * one that comes in its place. The agent hears music until then, and ends the waiting by hanging up.
 */
export function awaitColleague(session: CallSession, connection: Connection, colleague: string, talk: AgentTalk, deps: CalledColleagueDeps): void {
  // Conversation and session ask for the same end.
  const asked = new WeakMap<CallEnd, Promise<Call | undefined>>();
  const successor = (end: CallEnd): Promise<Call | undefined> | undefined => {
    const agentCall = talk.parts?.agentCall;
    if (!brokeOff(end) || agentCall === undefined || agentCall.signal.aborted) return undefined;
    const coming = asked.get(end) ?? comesBack(session, connection, colleague, agentCall, talk.agent, deps);
    asked.set(end, coming);
    return coming;
  };
  connection.whenFirstEnds(successor);
  deps.pipeline.whenLegEnds(session, successor);
}

async function comesBack(session: CallSession, connection: Connection, colleague: string, agentCall: OutboundCall, asking: string, { control, clock, log, music, phones }: CalledColleagueDeps): Promise<OutboundCall | undefined> {
  const { interaction } = session;
  const wait = awaitPhone(clock, agentCall.signal);
  interaction.event("leg.lost", { agent: colleague });
  try {
    await connection.hold(agentCall, await music());
    const leg = await reattach(colleague, session, wait.controller.signal, { control, log, ...phones, asking });
    if (leg === undefined) return undefined;
    await connection.retrieve(agentCall);
    interaction.event("leg.reattached", { agent: colleague, legId: leg.id });
    return leg;
  } catch (error) {
    log.warn({ agent: colleague, interactionId: interaction.id, error: errorText(error) }, "the phone of a colleague who was called could not be called back in order");
    return undefined;
  } finally {
    wait.done();
  }
}
