import { errorText } from "@hotlinejs/core";
import type { CallSession, Clock, EventMap, Ids, LiveInteraction, Logger, Timer } from "@hotlinejs/core";
import type { AgentCall, AgentCallState } from "@hotlinejs/plugin-acd/contract";
import type { PauseEnd, PauseReason, RecordingPause } from "./contract.js";
import { errors } from "./errors.js";
import { pauseView } from "./pause-store.js";
import type { NewPause, PauseStore } from "./pause-store.js";
import type { Recorder } from "./recorder.js";

/** In these the agent has the citizen: elsewhere a pause is over, or cannot begin. */
const TALKS: ReadonlySet<AgentCallState> = new Set<AgentCallState>(["talking", "held", "consult-ringing", "consulting", "conference", "reconnecting"]);
/** Wait between tries to commit an end that the database did not take. */
const RETRY_MS = 10_000;
const NOBODY = "system";

export interface AgentPausesDeps {
  readonly recorder: Pick<Recorder, "pause" | "resume" | "records" | "mayRecord">;
  readonly store: Pick<PauseStore, "begin" | "end">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** What the agent has on the phone; `undefined` also where plugin-acd is absent. */
  readonly call: (agent: string) => AgentCall | undefined;
  readonly session: (interactionId: string) => CallSession | undefined;
  readonly publish: <N extends "recording.pause-began" | "recording.pause-ended">(name: N, payload: EventMap[N]) => void;
  /** Longest pause, milliseconds. */
  readonly longestMs: number;
}

/** An agent's call as its recording goes. */
export interface CallRecordingState {
  /** `null`: the agent has no call. */
  readonly interactionId: string | null;
  /** A recording of the call is running, paused or not. */
  readonly recorded: boolean;
  /** The pause going on. */
  readonly pause: RecordingPause | null;
}

interface OpenPause {
  readonly facts: NewPause;
  readonly interaction: LiveInteraction;
  /** Its row is there. */
  readonly written: Promise<void>;
  readonly limit: Timer;
}

/**
 * Pauses of agents, at most one a call:
 *
 * ```
 * recorded --begin--> paused --(end, limit, the agent leaves the talk, hang-up, stop)--> recorded
 * ```
 *
 * Each counts as one `pause` of the recorder, beside those of the IVR: a secret keyed in meanwhile stays out whichever ends first.
 */
export class AgentPauses {
  /** By interaction. */
  private readonly open = new Map<string, OpenPause>();
  private readonly closing = new AbortController();

  constructor(private readonly deps: AgentPausesDeps) {}

  /** Pauses going on, by interaction. */
  list(): readonly (RecordingPause & { readonly interactionId: string })[] {
    return [...this.open].map(([interactionId, { facts }]) => ({ ...pauseView(facts), interactionId }));
  }

  state(agent: string): CallRecordingState {
    const interactionId = this.deps.call(agent)?.interactionId ?? null;
    const pause = interactionId === null ? undefined : this.open.get(interactionId);
    return { interactionId, recorded: interactionId !== null && this.deps.recorder.records(interactionId), pause: pause === undefined ? null : pauseView(pause.facts) };
  }

  /**
   * The call is left out of its recording from now on; resolves when that is in the audit. While a pause goes on it stays as it is.
   *
   * @throws HTL_RECORDING_NO_CALL the agent talks with no citizen; HTL_RECORDING_NOT_RECORDED
   */
  async begin(agent: string, actor: string, reason: PauseReason | null): Promise<void> {
    const { recorder, store, clock, ids, call, longestMs } = this.deps;
    const now = call(agent);
    const session = now === undefined || !talks(now) ? undefined : this.deps.session(now.interactionId);
    if (session === undefined || session.call.signal.aborted) throw errors.NO_CALL(agent);
    const { interaction } = session;
    if (!recorder.mayRecord(interaction.id)) throw errors.NOT_RECORDED(agent);
    const before = this.open.get(interaction.id);
    if (before !== undefined) return before.written;
    const startedAt = clock.now();
    const facts: NewPause = { id: ids.next(), interactionId: interaction.id, agent, actor, reason, startedAt, limitAt: startedAt + longestMs };
    // The sound first: the citizen may speak at once, the row may wait for the database.
    recorder.pause(interaction.id);
    const pause: OpenPause = { facts, interaction, written: store.begin(facts), limit: clock.setTimeout(() => void this.finish(pause, "limit", NOBODY), longestMs) };
    this.open.set(interaction.id, pause);
    interaction.event("recording.pause-began", { pauseId: facts.id, agent, reason });
    try {
      await pause.written;
    } catch (error) {
      // What nobody can be held to does not happen.
      if (this.lift(pause)) interaction.event("recording.pause-ended", { pauseId: facts.id, agent, ended: "failed" });
      throw error;
    }
    this.deps.publish("recording.pause-began", { pauseId: facts.id, interactionId: interaction.id, agent, reason, until: facts.limitAt, at: startedAt });
  }

  /**
   * The call is recorded again; resolves when that is in the audit. Without a pause nothing happens.
   *
   * @throws HTL_RECORDING_NO_CALL the agent has no call
   */
  async end(agent: string, actor: string): Promise<void> {
    const { interactionId } = this.state(agent);
    if (interactionId === null) throw errors.NO_CALL(agent);
    const pause = this.open.get(interactionId);
    if (pause !== undefined) await this.finish(pause, "resumed", actor);
  }

  /** What an agent has on the phone has changed: who comes next with the citizen is recorded. */
  followed(agent: string, call: AgentCall | null): void {
    for (const pause of [...this.open.values()]) {
      const { facts } = pause;
      if (facts.agent !== agent || (call?.interactionId === facts.interactionId && talks(call))) continue;
      const session = this.deps.session(facts.interactionId);
      void this.finish(pause, session === undefined || session.call.signal.aborted ? "hangup" : "left", NOBODY);
    }
  }

  /** The call is over. */
  async callOver(interactionId: string): Promise<void> {
    const pause = this.open.get(interactionId);
    if (pause !== undefined) await this.finish(pause, "hangup", NOBODY);
  }

  /** Ends all. */
  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map((pause) => this.finish(pause, "stopped", NOBODY)));
    this.closing.abort();
  }

  private async finish(pause: OpenPause, ended: PauseEnd, actor: string): Promise<void> {
    if (!this.lift(pause)) return;
    const { facts, interaction } = pause;
    const at = this.deps.clock.now();
    interaction.event("recording.pause-ended", { pauseId: facts.id, agent: facts.agent, ended, durationMs: at - facts.startedAt });
    try {
      await pause.written;
    } catch {
      // It never came about, and who wanted it has been told so.
      return;
    }
    this.deps.publish("recording.pause-ended", { pauseId: facts.id, interactionId: facts.interactionId, agent: facts.agent, ended, at });
    const write = (): Promise<void> => this.deps.store.end(facts, { ended, actor, at });
    try {
      await write();
    } catch (error) {
      this.deps.log.warn({ error: errorText(error), pauseId: facts.id }, "the end of a recording's pause is not committed yet");
      void this.writeLater(write);
    }
  }

  /** The recorder goes on; `false`: it did already. */
  private lift(pause: OpenPause): boolean {
    const { interactionId } = pause.facts;
    if (this.open.get(interactionId) !== pause) return false;
    this.open.delete(interactionId);
    pause.limit.cancel();
    this.deps.recorder.resume(interactionId);
    return true;
  }

  /** What is never committed is ended as `lost` at the next start. */
  private async writeLater(write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await this.deps.clock.sleep(RETRY_MS, this.closing.signal);
        return await write();
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.deps.log.warn({ error: errorText(error) }, "the end of a recording's pause is still not committed");
      }
    }
  }
}

/** Who is only asked about a citizen does not talk with them. */
function talks({ state, given }: AgentCall): boolean {
  return TALKS.has(state) && !(state === "consulting" && given?.asked === true);
}
