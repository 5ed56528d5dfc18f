import type { CallControl, CallEnd, CallPipeline, CallSession, Clock, Ids, LaunchedCall, LiveInteraction, Logger, MediaLeg, OutboundCall, Playback, PromptRef, Prompts, RoutePlan } from "@hotlinejs/core";
import { isHotlineError, PASSING_REFUSALS } from "@hotlinejs/core";
import type { Acd, AgentCalls, Occupation } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import type { AttemptResult } from "../contract.js";
import { resultOf } from "../domain/retry-rule.js";
import { errors } from "../errors.js";

/** Waits between tries to commit how an attempt ended, while the database does not take it; the last holds for all that follow. */
const RETRY_MS = [1_000, 10_000, 60_000];
/** A citizen whose agent was lost between two lines goes before all who wait. */
const LOST_AGENT_PRIORITY = 100;

/** One attempt while it lives. */
export interface Attempt<Entry> {
  readonly id: string;
  readonly interactionId: string;
  /** `null`: nobody is rung first. */
  readonly agent: string | null;
  readonly actor: string;
  /** Whom it is to reach, as it stood when the intent was committed. */
  readonly entry: Entry;
  readonly startedAt: number;
  /** Committed before the citizen is dialled. */
  dialledAt: number | null;
  answeredAt: number | null;
  /** Since then it is a success whatever comes: an agent talks with the citizen, or they have heard what they were called for. */
  completedAt: number | null;
}

/** How an attempt is made. */
export interface Dial {
  readonly number: string;
  /** Shown to the citizen; `undefined`: the trunk's own. */
  readonly callerId: string | undefined;
  readonly purpose: "callback" | "campaign";
  /** What happens once the citizen has answered. */
  readonly plan: RoutePlan;
  /** Of the interaction. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Of the agents; `null`: the agent's first. */
  readonly queue: string | null;
  /** Said to the agent before the citizen is dialled; `false`: a beep. */
  readonly agentWords: PromptRef | false;
}

/** The intent of an attempt, before it is committed. */
export interface Intent {
  readonly attemptId: string;
  readonly interactionId: string;
  readonly agent: string | null;
  readonly actor: string;
  /** Nobody clicked: only who is free, and only what is open. */
  readonly free: boolean;
}

/** The list whose citizens are called. */
export interface CallList<Entry> {
  /** Commits the intent. Throws a coded error when the entry cannot be called now: nobody is rung then. */
  intend(entryId: string, intent: Intent): Promise<Entry>;
  dial(attempt: Attempt<Entry>): Dial;
  /** The last moment before the citizen is dialled: commits `attempt.dialledAt`, or throws and nobody is. */
  dialling(attempt: Attempt<Entry>): Promise<void>;
  /** Commits what the attempt has come to (answered, completed) while it goes on. */
  noted(attempt: Attempt<Entry>): Promise<void>;
  /** Commits how it ended. `end`: of the citizen's call, where there was one. */
  settle(attempt: Attempt<Entry>, result: AttemptResult, end: CallEnd | undefined): Promise<void>;
  /** The citizen is being rung. */
  dialled?(attempt: Attempt<Entry>): void;
  /** The citizen could not be dialled; what that means here. `undefined`: it is refused, or has failed. */
  notDialled?(attempt: Attempt<Entry>, error: unknown): AttemptResult | undefined;
  /** An attempt has begun: the list has changed. */
  began(attempt: Attempt<Entry>): void;
  /** An attempt is over: there may be room for the next. */
  ended(attempt: Attempt<Entry>, result: AttemptResult): void;
}

/** Nobody can be dialled at this moment, whoever it is: trunks that are full, off, or asked too fast, and limits of the house. No telephone has rung. */
export function isPassing(error: unknown): boolean {
  if (!isHotlineError(error)) return false;
  if (error.code === "HTL_CORE_OUTBOUND_REFUSED") return PASSING_REFUSALS.has(String(error.details?.["code"]));
  return error.code !== "HTL_CORE_DRAINING" && (error.status === 503 || error.code === "HTL_CORE_NO_ADAPTER");
}

export interface OutboundCallsDeps {
  readonly config: CallbacksConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  readonly acd: Acd | undefined;
  readonly agentCalls: () => AgentCalls | undefined;
  readonly prompts: Prompts | undefined;
}

interface Live<Entry> {
  readonly attempt: Attempt<Entry>;
  readonly occupation: Occupation | undefined;
  /** The agent has hung up: the citizen is rung no longer. */
  readonly giveUp: AbortController;
  agentCall: OutboundCall | undefined;
  ringback: Playback | undefined;
}

/**
 * Calls the citizens of a list, each from the intent to the committed result. Where an agent talks with them the agent comes first, so
 * that a citizen who answers never waits:
 * ```
 * intent committed -> (agent rung ->) dial committed -> citizen rung -> they talk -> result committed
 * ```
 * What a crash leaves before «dial committed» was never dialled; after it nobody can know: it is `uncertain`.
 */
export class OutboundCalls<Entry> {
  readonly #live = new Map<string, Live<Entry>>();

  constructor(
    private readonly deps: OutboundCallsDeps,
    private readonly list: CallList<Entry>,
  ) {}

  /** Attempts under way. */
  get active(): readonly Attempt<Entry>[] {
    return [...this.#live.values()].map(({ attempt }) => attempt);
  }

  attempt(id: string): Attempt<Entry> | undefined {
    return this.#live.get(id)?.attempt;
  }

  /** Resolves when the intent is committed. `agent: null`: nobody is rung first. */
  async begin(entryId: string, options: { readonly agent: string | null; readonly actor: string; readonly free: boolean }): Promise<{ attemptId: string; interactionId: string }> {
    const { acd, clock, ids, pipeline } = this.deps;
    const { agent, actor, free } = options;
    if (agent !== null && acd === undefined) throw errors.NO_AGENTS();
    if (pipeline.admission() !== undefined) throw errors.DRAINING();
    const attemptId = ids.next();
    const interactionId = ids.next();
    const occupation = agent === null ? undefined : acd?.occupy(agent, { interactionId, free });
    if (agent !== null && occupation === undefined) throw errors.AGENT_NOT_FREE(agent);
    try {
      const entry = await this.list.intend(entryId, { attemptId, interactionId, ...options });
      const attempt: Attempt<Entry> = { id: attemptId, interactionId, agent, actor, entry, startedAt: clock.now(), dialledAt: null, answeredAt: null, completedAt: null };
      const live: Live<Entry> = { attempt, occupation, giveUp: new AbortController(), agentCall: undefined, ringback: undefined };
      this.#live.set(attemptId, live);
      this.list.began(attempt);
      void this.#run(live);
    } catch (error) {
      occupation?.release();
      throw error;
    }
    return { attemptId, interactionId };
  }

  /** Carries out the plan of a call whose agent is on the line: the citizen has answered. */
  async connect(session: CallSession, attemptId: string): Promise<void> {
    const { control } = this.deps;
    const live = this.#live.get(attemptId);
    if (live === undefined) return;
    live.ringback?.stop();
    const { agentCall, attempt } = live;
    if (attempt.agent === null || agentCall === undefined || agentCall.signal.aborted) return this.#another(session, live);
    const { queue, purpose } = this.list.dial(attempt);
    session.interaction.update({ agentId: attempt.agent, ...(queue === null ? {} : { queue }) });
    session.interaction.event(`${purpose}.answered`, { agent: attempt.agent });
    const connection = await control.connect(session.interaction.id, session.call, agentCall);
    this.completed(attempt);
    const talk = this.deps.agentCalls()?.follow(attempt.agent, { session, connection, call: agentCall });
    // Given on to somebody else, the citizen keeps nobody from the next call.
    void talk?.left.then(() => live.occupation?.release({ wrapUp: true }));
    const { by } = await connection.ended;
    if (by === "b" && talk?.lost === true) await this.#another(session, live);
  }

  /** From now on it is a success. Told by who talks with the citizen; the first time counts. */
  completed(attempt: Attempt<Entry>): void {
    if (attempt.completedAt !== null) return;
    attempt.completedAt = this.deps.clock.now();
    this.#note(attempt);
  }

  /** The agent is lost, the citizen is on the line: the queue goes on, with them first. */
  async #another(session: CallSession, { attempt }: Live<Entry>): Promise<void> {
    const { acd } = this.deps;
    const queue = this.list.dial(attempt).queue ?? (attempt.agent === null ? undefined : acd?.agent(attempt.agent)?.queues[0]);
    if (acd === undefined || queue === undefined || session.signal.aborted) return;
    const { outcome } = await acd.serve(session, { queue, priority: LOST_AGENT_PRIORITY, signal: session.signal });
    if (outcome === "answered") this.completed(attempt);
  }

  /** Not awaited: the citizen is on the line. A crash from here on knows of it; else it is stored with the end. */
  #note(attempt: Attempt<Entry>): void {
    this.list.noted(attempt).catch((error: unknown) => this.deps.log.warn({ err: error, attemptId: attempt.id }, "what a call has come to is stored only at its end"));
  }

  /** Never rejects. */
  async #run(live: Live<Entry>): Promise<void> {
    const { attempt } = live;
    let result: AttemptResult;
    let end: CallEnd | undefined;
    try {
      ({ result, end } = await this.#call(live));
    } catch (error) {
      this.deps.log.error({ err: error, attemptId: attempt.id, interactionId: attempt.interactionId }, "a call of the list failed");
      result = "failed";
    }
    live.ringback?.stop();
    await live.agentCall?.hangup();
    await this.#settle(attempt, result, end);
    this.#live.delete(attempt.id);
    live.occupation?.release({ wrapUp: result === "answered" });
    this.list.ended(attempt, result);
  }

  async #call(live: Live<Entry>): Promise<{ result: AttemptResult; end?: CallEnd }> {
    const { clock, config, log, pipeline } = this.deps;
    const { attempt } = live;
    const { number, callerId, purpose, plan, data } = this.list.dial(attempt);
    let launched: LaunchedCall;
    try {
      launched = await pipeline.launch({
        to: config.address.replace("{number}", number),
        ...(callerId === undefined ? {} : { from: { number: callerId } }),
        purpose,
        plan,
        actor: attempt.actor,
        data,
        timeoutMs: config.ringSeconds * 1000,
        signal: live.giveUp.signal,
        interactionId: attempt.interactionId,
        before: (interaction) => this.#before(live, interaction),
      });
    } catch (error) {
      if (isHotlineError(error, errors.AGENT_MISSED.code)) return { result: "no-agent" };
      const result = this.list.notDialled?.(attempt, error);
      if (result !== undefined) return { result };
      if (isHotlineError(error, "HTL_CORE_DRAINING")) return { result: "cancelled" };
      // The agent's own leg may be refused too; that says nothing about the citizen.
      if (isHotlineError(error, "HTL_CORE_OUTBOUND_REFUSED") && live.agentCall === undefined) return { result: "refused" };
      log.warn({ err: error, attemptId: attempt.id }, "a citizen could not be called");
      return { result: "failed" };
    }
    this.list.dialled?.(attempt);
    const answered = await launched.answered;
    if (answered) {
      attempt.answeredAt = clock.now();
      this.#note(attempt);
    }
    const end = await launched.finished;
    return { result: answered ? "answered" : resultOf(end.reason), end };
  }

  /** Whoever has to be on the line first is; then it is committed that the citizen is dialled now. */
  async #before(live: Live<Entry>, interaction: LiveInteraction): Promise<MediaLeg | undefined> {
    const { attempt } = live;
    const call = attempt.agent === null ? undefined : await this.#agentFirst(live, attempt.agent, interaction);
    await this.list.dialling(attempt);
    if (call !== undefined && !call.signal.aborted) live.ringback = call.play({ kind: "tone", tone: "ringback" });
    return call?.media;
  }

  /** Rings the agent and tells who is called. */
  async #agentFirst(live: Live<Entry>, number: string, interaction: LiveInteraction): Promise<OutboundCall> {
    const { acd, config, control } = this.deps;
    const { attempt } = live;
    const dial = this.list.dial(attempt);
    const agent = acd?.agent(number);
    if (agent === undefined) throw errors.AGENT_MISSED(number);
    let call: OutboundCall;
    try {
      call = await control.originate({ to: agent.address, interactionId: interaction.id, purpose: "agent", role: "agent", actor: attempt.actor, from: { number: dial.number }, timeoutMs: config.agentRingSeconds * 1000 });
    } catch (cause) {
      throw errors.AGENT_MISSED(number, { cause });
    }
    if (!(await call.answered)) throw errors.AGENT_MISSED(number);
    live.agentCall = call;
    void call.ended.then(() => live.giveUp.abort(new Error("the agent has hung up")));
    interaction.update({ agentId: number });
    interaction.event(`${dial.purpose}.agent-answered`, { agent: number });
    await this.#announce(attempt, dial.agentWords, call);
    if (call.signal.aborted) throw errors.AGENT_MISSED(number);
    return call;
  }

  async #announce(attempt: Attempt<Entry>, words: PromptRef | false, call: OutboundCall): Promise<void> {
    const { prompts, log } = this.deps;
    try {
      const sound = words === false ? [] : ((await prompts?.resolve(words, { signal: call.signal })) ?? []);
      if (!call.signal.aborted) await call.play(sound.length > 0 ? sound : [{ kind: "tone", tone: "beep" }]).done;
    } catch (error) {
      log.warn({ err: error, attemptId: attempt.id }, "the agent could not be told who is called");
    }
  }

  /** Keeps trying while the process lives. What stays open is found when the next one begins. */
  async #settle(attempt: Attempt<Entry>, result: AttemptResult, end: CallEnd | undefined): Promise<void> {
    const { clock, log, pipeline } = this.deps;
    for (let tries = 0; ; tries++) {
      try {
        return await this.list.settle(attempt, result, end);
      } catch (error) {
        log.error({ err: error, attemptId: attempt.id }, "how a call ended could not be stored");
        // The next process finds it.
        if (tries >= RETRY_MS.length && pipeline.admission() !== undefined) return;
        await clock.sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] as number);
      }
    }
  }
}
