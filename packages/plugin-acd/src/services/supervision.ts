import type { Audit, CallControl, Clock, Connection, Logger, OutboundCall } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { FollowedCall, Occupation, Watching, WatchMode, WatchOptions } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { AgentTalk } from "./agent-talk.js";

export interface SupervisionDeps {
  readonly control: CallControl;
  readonly audit: Pick<Audit, "record">;
  readonly log: Logger;
  /** What an agent talks on; throws when there is nothing. */
  readonly talk: (agent: string) => AgentTalk;
  readonly agent: (number: string) => { readonly address: string; readonly reachable: boolean } | undefined;
  readonly occupy: (agent: string, interactionId: string) => Occupation | undefined;
  readonly follow: (agent: string, call: FollowedCall) => AgentTalk;
  readonly clock: Pick<Clock, "now">;
  /** Something about a supervisor in a call has changed; `undefined`: out of it. */
  readonly changed: (before: Watching, now: Watching | undefined) => void;
}

interface Watch {
  view: Watching;
  readonly talk: AgentTalk;
  readonly leg: OutboundCall;
  readonly connection: Connection;
  readonly agentCall: OutboundCall;
  readonly occupation: Occupation;
  /** Commands of one supervisor, one after the other. */
  moves: Promise<unknown>;
  takenOver: boolean;
  /** Its end has been told. */
  told: boolean;
}

const OWN_RING_MS = 20_000;
const ACTIONS: Readonly<Record<WatchMode, string>> = { listen: "acd.listened", whisper: "acd.whispered", barge: "acd.barged" };

/**
 * Supervisors in the calls of others:
 * ```
 * (phone of the supervisor rings) -> listen <-> whisper <-> barge -> take over
 *                                       \________\____________\-> over: either hangs up, or the agent's part ends
 * ```
 * Each step is in the audit before it is taken. The supervisor is `occupied` meanwhile.
 */
export class Supervision {
  readonly #deps: SupervisionDeps;
  /** By supervisor. */
  readonly #watches = new Map<string, Watch>();

  constructor(deps: SupervisionDeps) {
    this.#deps = deps;
  }

  async watch(agent: string, mode: WatchMode, options: WatchOptions): Promise<void> {
    const watch = await this.#enter(agent, mode, options, ACTIONS[mode]);
    await this.#move(watch, async () => {
      const { connection, leg, agentCall, talk } = watch;
      await connection.leave(leg);
      await connection.join(leg, mode === "barge" ? { role: "talk" } : mode === "whisper" ? { role: "whisper", whisperTo: [agentCall] } : { role: "listen" });
      this.#tell(watch, { mode, inside: true });
      talk.supervised(mode === "listen" ? null : mode);
      talk.session.interaction.event("supervisor.joined", { agent, by: options.by, mode });
    });
  }

  async takeOver(agent: string, options: WatchOptions): Promise<void> {
    const watch = await this.#enter(agent, "barge", options, "acd.taken-over");
    await this.#move(watch, async () => {
      const { connection, leg, agentCall, talk } = watch;
      await connection.leave(leg);
      watch.takenOver = true;
      // Whoever talks along in a conference stays in it.
      let heir: (talk: AgentTalk | undefined) => void = () => undefined;
      talk.expectHeir(new Promise((resolve) => (heir = resolve)));
      try {
        await connection.replace(agentCall, leg);
      } catch (error) {
        watch.takenOver = false;
        heir(undefined);
        await leg.hangup();
        throw error;
      }
      const { interaction } = talk.session;
      interaction.update({ agentId: options.by });
      interaction.event("supervisor.took-over", { agent, by: options.by });
      this.#over(watch);
      const own = this.#deps.follow(options.by, { session: talk.session, connection, call: leg });
      heir(own);
      void own.left.then(() => watch.occupation.release({ wrapUp: true }));
    });
  }

  /** Out of the call; no effect when in none, or when it was taken over. */
  async unwatch(by: string): Promise<void> {
    const watch = this.#watches.get(by);
    if (watch !== undefined && !watch.takenOver) await watch.leg.hangup();
  }

  /** What the supervisor is in, or rung for. */
  watching(by: string): Watching | undefined {
    return this.#watches.get(by)?.view;
  }

  #tell(watch: Watch, change: Pick<Watching, "mode" | "inside">): void {
    const before = watch.view;
    watch.view = { ...before, ...change, since: this.#deps.clock.now() };
    this.#deps.changed(before, watch.view);
  }

  /** Out of it, by whatever way; once. */
  #over(watch: Watch): void {
    if (watch.told) return;
    watch.told = true;
    if (this.#watches.get(watch.view.by) === watch) this.#watches.delete(watch.view.by);
    watch.talk.supervised(null);
    this.#deps.changed(watch.view, undefined);
  }

  /** The supervisor's phone in the call, answered. */
  async #enter(agent: string, mode: WatchMode, { by, actor }: WatchOptions, action: string): Promise<Watch> {
    const { control, audit } = this.#deps;
    const talk = this.#deps.talk(agent);
    if (talk.parts === undefined) throw acdErrors.CALL_STATE(agent, talk.state);
    if (by === agent) throw acdErrors.TARGET_SELF();
    const own = this.#deps.agent(by);
    if (own === undefined) throw acdErrors.UNKNOWN_AGENT(by);
    const { interaction, call: citizen } = talk.session;
    const present = this.#watches.get(by);
    if (present !== undefined && present.talk !== talk) throw acdErrors.AGENT_BUSY(by);
    if (present === undefined && !own.reachable) throw acdErrors.AGENT_UNREACHABLE(by);
    await audit.record({ actor, action, subject: { type: "interaction", id: interaction.id }, details: { agent, by } });
    if (present !== undefined) return this.#answered(present, by);
    // Over, or another leg's, meanwhile.
    const { parts } = talk;
    if (parts === undefined) throw acdErrors.CALL_STATE(agent, "over");
    const occupation = this.#deps.occupy(by, interaction.id);
    if (occupation === undefined) throw acdErrors.AGENT_BUSY(by);
    const { connection, agentCall } = parts;
    let leg: OutboundCall;
    try {
      leg = await control.originate({ to: own.address, interactionId: interaction.id, purpose: "agent", role: "supervisor", actor, from: { number: agent }, near: citizen.media, timeoutMs: OWN_RING_MS, signal: agentCall.signal });
    } catch (error) {
      occupation.release();
      throw error;
    }
    const view: Watching = { by, agent, interactionId: interaction.id, mode, inside: false, since: this.#deps.clock.now() };
    const watch: Watch = { view, talk, leg, connection, agentCall, occupation, takenOver: false, told: false, moves: Promise.resolve() };
    this.#watches.set(by, watch);
    this.#deps.changed(view, view);
    void leg.ended.then(() => {
      this.#over(watch);
      if (!watch.takenOver) occupation.release();
    });
    // Whoever comes after the agent was not what the supervisor asked to hear.
    const over = (): void => void leg.hangup();
    void agentCall.ended.then(() => watch.takenOver || over());
    void connection.ended.then(over);
    return this.#answered(watch, by);
  }

  /** Also for who wants more before the own phone was picked up. */
  async #answered(watch: Watch, by: string): Promise<Watch> {
    if (!(await watch.leg.answered)) throw acdErrors.AGENT_UNREACHABLE(by);
    return watch;
  }

  #move(watch: Watch, run: () => Promise<void>): Promise<void> {
    const step = async (): Promise<void> => {
      if (watch.takenOver || watch.leg.signal.aborted) throw acdErrors.CALL_STATE(watch.talk.agent, "over");
      await run();
    };
    const done = watch.moves.then(step, step);
    watch.moves = done.catch((error: unknown) => this.#deps.log.debug({ error: errorText(error), agent: watch.talk.agent }, "a step of a supervisor was not taken"));
    return done;
  }
}
