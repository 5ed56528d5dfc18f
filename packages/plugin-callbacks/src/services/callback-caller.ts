import type { CallControl, CallPipeline, CallSession, Clock, Ids, LaunchedCall, LiveInteraction, Logger, MediaLeg, OutboundCall, Playback, Prompts, UnitOfWork } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { Acd, AgentCalls, Occupation } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import type { AttemptResult } from "../contract.js";
import { afterAttempt, resultOf } from "../domain/retry-rule.js";
import { CallbackAttemptEntity } from "../entities/callback-attempt.entity.js";
import { CallbackTaskEntity } from "../entities/callback-task.entity.js";
import type { CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import { taskView } from "./callback-store.js";
import type { CallbackStore } from "./callback-store.js";

/** Name of the call handler that joins citizen and agent. */
export const CALLBACK_HANDLER = "callback";
/** An attempt that did not count is made again after this at the soonest. */
const SHORT_WAIT_MS = 60_000;
/** Waits between tries to commit how an attempt ended, while the database does not take it. */
const RETRY_MS = [1_000, 10_000, 60_000];
/** A citizen whose agent was lost between two lines goes before all who wait. */
const LOST_AGENT_PRIORITY = 100;

export interface CallbackCallerDeps {
  readonly config: CallbacksConfig;
  readonly store: CallbackStore;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  readonly acd: Acd | undefined;
  readonly agentCalls: () => AgentCalls | undefined;
  readonly prompts: Prompts | undefined;
  /** An attempt has begun: the list has changed. */
  readonly began: () => void;
  /** An attempt is over: there may be room for the next. */
  readonly ended: (agent: string, result: AttemptResult) => void;
}

interface Live {
  readonly attemptId: string;
  readonly interactionId: string;
  readonly agent: string;
  readonly actor: string;
  readonly task: CallbackTaskRow;
  readonly occupation: Occupation;
  /** The agent has hung up: the citizen is rung no longer. */
  readonly giveUp: AbortController;
  agentCall: OutboundCall | undefined;
  ringback: Playback | undefined;
  answeredAt: number | undefined;
}

/**
 * One callback from the click to its committed result. The agent comes first, so that a citizen who answers never waits:
 * ```
 * intent committed -> agent rung -> dial committed -> citizen rung -> both talk -> result committed
 * ```
 * What a crash leaves before «dial committed» was never dialled; after it nobody can know: it is `uncertain`.
 */
export class CallbackCaller {
  readonly #live = new Map<string, Live>();

  constructor(private readonly deps: CallbackCallerDeps) {}

  /** Callbacks under way. */
  get active(): number {
    return this.#live.size;
  }

  async begin(taskId: string, options: { readonly agent: string; readonly actor: string; readonly free: boolean }): Promise<{ attemptId: string; interactionId: string }> {
    const { acd, ids, pipeline } = this.deps;
    if (acd === undefined) throw errors.NO_AGENTS();
    if (pipeline.admission() !== undefined) throw errors.DRAINING();
    const attemptId = ids.next();
    const interactionId = ids.next();
    const occupation = acd.occupy(options.agent, { interactionId, free: options.free });
    if (occupation === undefined) throw errors.AGENT_NOT_FREE(options.agent);
    try {
      const task = await this.#intend(taskId, { attemptId, interactionId, ...options });
      const live: Live = { attemptId, interactionId, agent: options.agent, actor: options.actor, task, occupation, giveUp: new AbortController(), agentCall: undefined, ringback: undefined, answeredAt: undefined };
      this.#live.set(attemptId, live);
      this.deps.began();
      void this.#run(live);
    } catch (error) {
      occupation.release();
      throw error;
    }
    return { attemptId, interactionId };
  }

  /** Carries out the plan of a launched call: the citizen has answered. */
  async connect(session: CallSession, attemptId: string): Promise<void> {
    const { clock, control } = this.deps;
    const live = this.#live.get(attemptId);
    if (live === undefined) return;
    live.answeredAt = clock.now();
    live.ringback?.stop();
    const { agentCall } = live;
    if (agentCall === undefined || agentCall.signal.aborted) return this.#another(session, live);
    session.interaction.update({ agentId: live.agent, ...(live.task.queue === null || live.task.queue === undefined ? {} : { queue: live.task.queue }) });
    session.interaction.event("callback.answered", { agent: live.agent });
    // Not awaited: the citizen is on the line. A crash from here on knows that the callback was answered.
    this.deps.unitOfWork
      .run(async ({ em }) => void (await em.nativeUpdate(CallbackAttemptEntity, { id: attemptId }, { answeredAt: live.answeredAt ?? null })))
      .catch((error: unknown) => this.deps.log.warn({ err: error, attemptId }, "that a callback was answered is stored only at its end"));
    const connection = await control.connect(session.interaction.id, session.call, agentCall);
    const talk = this.deps.agentCalls()?.follow(live.agent, { session, connection, call: agentCall });
    // Given on to somebody else, the citizen keeps nobody from the next call.
    void talk?.left.then(() => live.occupation.release({ wrapUp: true }));
    const { by } = await connection.ended;
    if (by === "b" && talk?.lost === true) await this.#another(session, live);
  }

  /** The agent is lost, the citizen is on the line: the queue goes on, with them first. */
  async #another(session: CallSession, { task, agent }: Live): Promise<void> {
    const { acd } = this.deps;
    const queue = task.queue ?? acd?.agent(agent)?.queues[0];
    if (acd !== undefined && queue !== undefined && !session.signal.aborted) await acd.serve(session, { queue, priority: LOST_AGENT_PRIORITY, signal: session.signal });
  }

  /** Attempts of a process that died. Those never dialled are taken back; of the others nobody knows. */
  async recover(): Promise<void> {
    const { clock, store, unitOfWork, log } = this.deps;
    await unitOfWork.run(async (uow) => {
      for (const attempt of await uow.em.find(CallbackAttemptEntity, { result: null })) {
        const result: AttemptResult = attempt.answeredAt !== null && attempt.answeredAt !== undefined ? "answered" : attempt.dialledAt === null || attempt.dialledAt === undefined ? "cancelled" : "uncertain";
        await uow.em.nativeUpdate(CallbackAttemptEntity, { id: attempt.id }, { result, endedAt: clock.now() });
        const task = await uow.em.findOne(CallbackTaskEntity, { id: attempt.taskId });
        if (task === null || task.status !== "calling") continue;
        const after = afterAttempt(result, task.attempts, clock.now(), this.#rule());
        if (after.status === "closed") await store.close(uow, task, after.result, attempt.actor, { attempts: after.attempts });
        else if (after.status === "uncertain") await store.change(uow, task, { status: "uncertain", attempts: after.attempts });
        else {
          await store.change(uow, task, { status: "open", nextAt: store.callableFrom(after.nextAt) });
          store.wakeAt(uow, task);
        }
        uow.publish("callback.attempted", { taskId: task.id, attemptId: attempt.id, interactionId: attempt.interactionId, agent: attempt.agent, result, at: clock.now() }, { aggregate: task.id });
        log.warn({ taskId: task.id, attemptId: attempt.id, result }, "a callback of the last process was cut off");
      }
    });
  }

  #intend(taskId: string, attempt: { attemptId: string; interactionId: string; agent: string; actor: string; free: boolean }): Promise<CallbackTaskRow> {
    const { clock, store, unitOfWork } = this.deps;
    return unitOfWork.run(async (uow) => {
      const task = await uow.em.findOne(CallbackTaskEntity, { id: taskId });
      if (task === null) throw errors.NOT_FOUND(taskId);
      // What is uncertain is dialled again by a person only.
      if (task.status !== "open" && !(task.status === "uncertain" && !attempt.free)) throw errors.NOT_OPEN(task.status);
      const now = clock.now();
      const row = { ...taskView(task), openKey: task.openKey ?? null, reachedAt: null, inTime: null, businessDate: task.businessDate, businessHour: task.businessHour, version: task.version } as CallbackTaskRow;
      await store.change(uow, row, { status: "calling", lastAttemptAt: now, reachedAt: null });
      await uow.em.insert(CallbackAttemptEntity, { id: attempt.attemptId, taskId, interactionId: attempt.interactionId, agent: attempt.agent, actor: attempt.actor, startedAt: now, dialledAt: null, answeredAt: null, endedAt: null, result: null });
      uow.audit({ actor: attempt.actor, action: "callbacks.call", subject: { type: "callback", id: taskId }, details: { agent: attempt.agent, interactionId: attempt.interactionId } });
      return row;
    });
  }

  /** Never rejects. */
  async #run(live: Live): Promise<void> {
    const { log, ended } = this.deps;
    let result: AttemptResult;
    try {
      result = await this.#attempt(live);
    } catch (error) {
      log.error({ err: error, taskId: live.task.id, interactionId: live.interactionId }, "a callback failed");
      result = "failed";
    }
    live.ringback?.stop();
    await live.agentCall?.hangup();
    await this.#settle(live, result);
    this.#live.delete(live.attemptId);
    live.occupation.release({ wrapUp: result === "answered" });
    ended(live.agent, result);
  }

  async #attempt(live: Live): Promise<AttemptResult> {
    const { config, log, pipeline } = this.deps;
    const { task } = live;
    let launched: LaunchedCall;
    try {
      launched = await pipeline.launch({
        to: config.address.replace("{number}", task.number),
        ...(config.callerId === undefined ? {} : { from: { number: config.callerId } }),
        purpose: "callback",
        plan: { handler: CALLBACK_HANDLER, target: live.attemptId },
        actor: live.actor,
        data: { callback: { v: 1, taskId: task.id, attemptId: live.attemptId, reason: task.reason, missed: task.missed, lastMissedAt: task.lastMissedAt, note: task.note ?? null } },
        timeoutMs: config.ringSeconds * 1000,
        signal: live.giveUp.signal,
        interactionId: live.interactionId,
        before: (interaction) => this.#agentFirst(live, interaction),
      });
    } catch (error) {
      if (isHotlineError(error, errors.AGENT_MISSED.code)) return "no-agent";
      if (isHotlineError(error, "HTL_CORE_DRAINING")) return "cancelled";
      // The agent's own leg may be refused too; that says nothing about the citizen.
      if (isHotlineError(error, "HTL_CORE_OUTBOUND_REFUSED") && live.agentCall === undefined) return "refused";
      log.warn({ err: error, taskId: task.id }, "a citizen could not be called back");
      return "failed";
    }
    const answered = await launched.answered;
    const end = await launched.finished;
    return answered ? "answered" : resultOf(end.reason);
  }

  /** Rings the agent, tells who is called, commits that the citizen is dialled now. */
  async #agentFirst(live: Live, interaction: LiveInteraction): Promise<MediaLeg | undefined> {
    const { acd, clock, config, control, unitOfWork } = this.deps;
    const agent = acd?.agent(live.agent);
    if (agent === undefined) throw errors.AGENT_MISSED(live.agent);
    let call: OutboundCall;
    try {
      call = await control.originate({ to: agent.address, interactionId: interaction.id, purpose: "agent", role: "agent", actor: live.actor, from: { number: live.task.number }, timeoutMs: config.agentRingSeconds * 1000 });
    } catch (cause) {
      throw errors.AGENT_MISSED(live.agent, { cause });
    }
    if (!(await call.answered)) throw errors.AGENT_MISSED(live.agent);
    live.agentCall = call;
    void call.ended.then(() => live.giveUp.abort(new Error("the agent has hung up")));
    interaction.update({ agentId: live.agent });
    interaction.event("callback.agent-answered", { agent: live.agent });
    await this.#announce(live, call);
    if (call.signal.aborted) throw errors.AGENT_MISSED(live.agent);
    await unitOfWork.run(async ({ em }) => void (await em.nativeUpdate(CallbackAttemptEntity, { id: live.attemptId }, { dialledAt: clock.now() })));
    if (!call.signal.aborted) live.ringback = call.play({ kind: "tone", tone: "ringback" });
    return call.media;
  }

  async #announce(live: Live, call: OutboundCall): Promise<void> {
    const { config, prompts, log } = this.deps;
    const { number, missed } = live.task;
    try {
      const ref = config.agentPrompt;
      const words = ref === false ? [] : ((await prompts?.resolve(typeof ref === "string" ? { id: ref, values: { number, missed } } : { ...ref, values: { ...ref.values, number, missed } }, { signal: call.signal })) ?? []);
      if (!call.signal.aborted) await call.play(words.length > 0 ? words : [{ kind: "tone", tone: "beep" }]).done;
    } catch (error) {
      log.warn({ err: error, taskId: live.task.id }, "the agent could not be told who is called back");
    }
  }

  /** Commits how it ended; keeps trying while the process lives. What stays open is found by `recover`. */
  async #settle(live: Live, result: AttemptResult): Promise<void> {
    const { clock, log } = this.deps;
    for (let tries = 0; ; tries++) {
      try {
        return await this.#write(live, result);
      } catch (error) {
        log.error({ err: error, taskId: live.task.id, attemptId: live.attemptId }, "how a callback ended could not be stored");
        const wait = RETRY_MS[tries];
        if (wait === undefined) return;
        await clock.sleep(wait);
      }
    }
  }

  #write(live: Live, result: AttemptResult): Promise<void> {
    const { clock, store, unitOfWork } = this.deps;
    return unitOfWork.run(async (uow) => {
      const at = clock.now();
      await uow.em.nativeUpdate(CallbackAttemptEntity, { id: live.attemptId }, { result, endedAt: at, answeredAt: live.answeredAt ?? null });
      const task = await uow.em.findOne(CallbackTaskEntity, { id: live.task.id });
      if (task === null || task.status !== "calling") return;
      const after = afterAttempt(result, task.attempts, at, this.#rule());
      if (after.status === "open" && task.reachedAt !== null && task.reachedAt !== undefined) await store.close(uow, task, "reached", live.actor, { attempts: after.attempts });
      else if (after.status === "closed") await store.close(uow, task, after.result, live.actor, { attempts: after.attempts });
      else if (after.status === "open") {
        await store.change(uow, task, { status: "open", attempts: after.attempts, nextAt: store.callableFrom(after.nextAt) });
        store.wakeAt(uow, task);
      } else await store.change(uow, task, { status: "uncertain", attempts: after.attempts });
      uow.publish("callback.attempted", { taskId: task.id, attemptId: live.attemptId, interactionId: live.interactionId, agent: live.agent, result, at }, { aggregate: task.id });
    });
  }

  #rule(): { maxAttempts: number; waitMinutes: readonly number[]; shortWaitMs: number } {
    const { maxAttempts, waitMinutes } = this.deps.config;
    return { maxAttempts, waitMinutes, shortWaitMs: SHORT_WAIT_MS };
  }
}
