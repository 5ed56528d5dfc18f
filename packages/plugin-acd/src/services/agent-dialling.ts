import type { AudioSource, CallControl, CallPipeline, CallSession, Clock, Connection, Ids, LaunchedCall, Logger, OutboundCall } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AgentSnapshot, Occupation } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { AgentTalk } from "./agent-talk.js";
import type { CallTargets } from "./call-targets.js";
import { awaitColleague } from "./called-colleague.js";
import type { AgentTalkDeps } from "./talk-parts.js";

/** Ring of the agent's own phone before a number is dialled. */
const OWN_RING_MS = 20_000;
const BUSY_TONE_MS = 2_000;
/** Handler of calls that agents dial. */
export const DIAL_HANDLER = "agent-dial";

export interface AgentDiallingDeps {
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  readonly ids: Ids;
  readonly log: Logger;
  readonly targets: CallTargets;
  readonly agent: (number: string) => AgentSnapshot | undefined;
  /** Takes the agent for the call; `undefined`: busy. */
  readonly take: (agent: string, interactionId: string) => Occupation | undefined;
  /** Takes a colleague who is to be rung; `undefined`: there is none to take. @throws HTL_ACD_AGENT_BUSY */
  readonly takeColleague: (agent: string, interactionId: string) => Occupation | undefined;
  /** The agent has the call that is being dialled, on this leg. */
  readonly begin: (agent: string, session: CallSession, agentCall: OutboundCall) => AgentTalk;
  readonly listen: (session: CallSession, connection: Connection) => void;
  readonly clock: Pick<Clock, "now" | "setTimeout">;
  readonly music: () => Promise<readonly AudioSource[]>;
  /** Of a colleague, for calling back one that broke off. */
  readonly phones: (agent: string) => AgentTalkDeps["phones"];
}

interface Dialled {
  readonly agentCall: OutboundCall;
  readonly talk: AgentTalk;
  /** An agent who is called. */
  readonly colleague: Called | undefined;
}

interface Called {
  readonly number: string;
  readonly occupation: Occupation | undefined;
}

/** Calls that agents dial: the own phone rings first, then the other. */
export class AgentDialling {
  readonly #deps: AgentDiallingDeps;
  readonly #dialled = new Map<string, Dialled>();

  constructor(deps: AgentDiallingDeps) {
    this.#deps = deps;
  }

  /** Registers how the call goes on once the citizen has answered. */
  prepare(): void {
    this.#deps.pipeline.handler(DIAL_HANDLER, (session) => this.#answered(session));
  }

  async dial(agent: string, to: string, actor: string): Promise<AgentTalk> {
    const { control, pipeline, ids, targets } = this.#deps;
    const own = this.#deps.agent(agent);
    if (own === undefined) throw acdErrors.UNKNOWN_AGENT(agent);
    const target = targets.find(agent, to);
    await targets.note(agent, to, actor);
    if (own.state === "offline") throw acdErrors.SIGNED_OUT(agent);
    if (!own.reachable) throw acdErrors.AGENT_UNREACHABLE(agent);
    const interactionId = ids.next();
    const colleague = target.role === "agent" ? this.#deps.takeColleague(target.number, interactionId) : undefined;
    const occupation = this.#deps.take(agent, interactionId);
    if (occupation === undefined) {
      colleague?.release();
      throw acdErrors.AGENT_BUSY(agent);
    }
    let agentCall: OutboundCall | undefined;
    try {
      const launched = await pipeline.launch({
        to: target.address,
        from: { number: agent },
        purpose: "agent",
        plan: { handler: DIAL_HANDLER, target: agent },
        actor,
        interactionId,
        before: async (interaction) => {
          interaction.update({ agentId: agent });
          agentCall = await control.originate({ to: own.address, interactionId, purpose: "agent", role: "agent", actor, from: { number: target.number }, timeoutMs: OWN_RING_MS });
          if (!(await agentCall.answered)) throw acdErrors.AGENT_UNREACHABLE(agent);
          return agentCall.media;
        },
      });
      void launched.finished.then(() => colleague?.release());
      if (agentCall === undefined) throw acdErrors.NO_CALL(agent);
      return this.#follow(agent, launched, agentCall, { occupation, colleague: target.role === "agent" ? { number: target.number, occupation: colleague } : undefined });
    } catch (error) {
      colleague?.release();
      occupation.release();
      throw error;
    }
  }

  /** Ring-back for the agent while the citizen's phone rings; a busy tone when nobody answered. */
  #follow(agent: string, launched: LaunchedCall, agentCall: OutboundCall, { occupation, colleague }: { readonly occupation: Occupation; readonly colleague: Called | undefined }): AgentTalk {
    const { control, log } = this.#deps;
    const session = control.session(launched.interactionId);
    if (session === undefined) throw acdErrors.NO_CALL(agent);
    const talk = this.#deps.begin(agent, session, agentCall);
    this.#dialled.set(launched.interactionId, { agentCall, talk, colleague });
    const ringback = agentCall.play({ kind: "tone", tone: "ringback" }, { loop: true });
    void launched.answered.then(async (answered) => {
      ringback.stop();
      if (answered) return;
      colleague?.occupation?.release();
      talk.close();
      if (!agentCall.signal.aborted) await agentCall.play({ kind: "tone", tone: "busy", durationMs: BUSY_TONE_MS }).done;
      await agentCall.hangup();
    }).catch((error: unknown) => log.warn({ agent, error: errorText(error) }, "the busy tone could not be played"));
    // The agent gives up while it rings, or hangs up in the end.
    // Once they have talked, a phone that breaks off may come back.
    void agentCall.ended.then(() => (talk.view().answeredAt === null ? undefined : talk.left)).then(() => {
      const talked = talk.view().answeredAt !== null;
      talk.close();
      this.#dialled.delete(launched.interactionId);
      occupation.release({ wrapUp: talked });
      if (!talked) void launched.call.hangup();
    });
    return talk;
  }

  async #answered(session: CallSession): Promise<void> {
    const { id } = session.interaction;
    const dialled = this.#dialled.get(id);
    if (dialled === undefined || dialled.agentCall.signal.aborted) return;
    const connection = await this.#deps.control.connect(id, session.call, dialled.agentCall);
    this.#deps.listen(session, connection);
    dialled.talk.connected(connection, dialled.agentCall);
    const { colleague, talk } = dialled;
    if (colleague !== undefined) awaitColleague(session, connection, colleague.number, talk, { ...this.#deps, phones: this.#deps.phones(colleague.number) });
    await connection.ended;
    colleague?.occupation?.release();
    await (talk.parts?.agentCall ?? dialled.agentCall).hangup();
  }
}
