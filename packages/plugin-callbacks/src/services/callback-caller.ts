import type { BusinessCalendar, CallSession, UnitOfWork } from "@hotlinejs/core";
import type { AttemptResult, CallbackTask } from "../contract.js";
import { afterAttempt, SHORT_WAIT_MS } from "../domain/retry-rule.js";
import type { RetryRule } from "../domain/retry-rule.js";
import { CallbackAttemptEntity } from "../entities/callback-attempt.entity.js";
import type { CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import { PLAN_ACTOR } from "./callback-plan.js";
import { taskView } from "./callback-store.js";
import type { CallbackStore } from "./callback-store.js";
import type { DoNotCallList } from "./do-not-call-list.js";
import { NotNow } from "./not-now.js";
import type { OnTheLine } from "./on-the-line.js";
import { isPassing, OutboundCalls } from "./outbound-calls.js";
import type { Attempt, CallList, Dial, Intent, OutboundCallsDeps } from "./outbound-calls.js";

/** Name of the call handler that joins citizen and agent. */
export const CALLBACK_HANDLER = "callback";

export interface CallbackCallerDeps extends OutboundCallsDeps {
  readonly store: CallbackStore;
  readonly unitOfWork: UnitOfWork;
  readonly doNotCall: DoNotCallList;
  readonly line: OnTheLine;
  readonly hours: () => BusinessCalendar;
  /** An attempt has begun: the list has changed. */
  readonly began: () => void;
  /** An attempt is over: there may be room for the next. */
  readonly ended: (agent: string, result: AttemptResult) => void;
}

/** Callbacks, from the click (or the plan) to the committed result; see OutboundCalls. */
export class CallbackCaller implements CallList<CallbackTask> {
  readonly #calls: OutboundCalls<CallbackTask>;

  constructor(private readonly deps: CallbackCallerDeps) {
    this.#calls = new OutboundCalls(deps, this);
  }

  /** Callbacks under way. */
  get active(): readonly Attempt<CallbackTask>[] {
    return this.#calls.active;
  }

  begin(taskId: string, options: { readonly agent: string; readonly actor: string; readonly free: boolean }): Promise<{ attemptId: string; interactionId: string }> {
    return this.#calls.begin(taskId, options);
  }

  connect(session: CallSession, attemptId: string): Promise<void> {
    return this.#calls.connect(session, attemptId);
  }

  /** Attempts of a process that died. Those never dialled are taken back; of the others nobody knows. */
  async recover(): Promise<void> {
    const { clock, store, unitOfWork, log } = this.deps;
    await unitOfWork.run(async (uow) => {
      for (const attempt of await uow.em.find(CallbackAttemptEntity, { result: null })) {
        const result: AttemptResult = attempt.answeredAt !== null && attempt.answeredAt !== undefined ? "answered" : attempt.dialledAt === null || attempt.dialledAt === undefined ? "cancelled" : "uncertain";
        await uow.em.nativeUpdate(CallbackAttemptEntity, { id: attempt.id }, { result, endedAt: clock.now() });
        const task = await store.present(uow, { id: attempt.taskId });
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

  intend(taskId: string, intent: Intent): Promise<CallbackTask> {
    const { clock, store, unitOfWork } = this.deps;
    const { attemptId, interactionId, actor } = intent;
    const agent = intent.agent ?? "";
    return unitOfWork.run(async (uow) => {
      const task = await store.present(uow, { id: taskId });
      if (task === null) throw errors.NOT_FOUND(taskId);
      // What is uncertain is dialled again by a person only.
      if (task.status !== "open" && !(task.status === "uncertain" && !intent.free)) throw errors.NOT_OPEN(task.status);
      const now = clock.now();
      await store.change(uow, task, { status: "calling", lastAttemptAt: now, reachedAt: null });
      await uow.em.insert(CallbackAttemptEntity, { id: attemptId, taskId, interactionId, agent, actor, startedAt: now, dialledAt: null, answeredAt: null, endedAt: null, result: null });
      uow.audit({ actor, action: "callbacks.call", subject: { type: "callback", id: taskId }, details: { agent, interactionId } });
      return taskView(task as CallbackTaskRow);
    });
  }

  dial({ id: attemptId, entry: task }: Attempt<CallbackTask>): Dial {
    const { callerId, agentPrompt } = this.deps.config;
    const { number, missed } = task;
    return {
      number,
      callerId,
      purpose: "callback",
      plan: { handler: CALLBACK_HANDLER, target: attemptId },
      data: { callback: { v: 1, taskId: task.id, attemptId, reason: task.reason, missed, lastMissedAt: task.lastMissedAt, note: task.note } },
      queue: task.queue,
      agentWords: agentPrompt === false ? false : typeof agentPrompt === "string" ? { id: agentPrompt, values: { number, missed } } : { ...agentPrompt, values: { ...agentPrompt.values, number, missed } },
    };
  }

  /** Of those the plan chose: what has come up since then, while the agent was rung. An agent who clicked knows whom. */
  async dialling(attempt: Attempt<CallbackTask>): Promise<void> {
    const { clock, doNotCall, hours, line, unitOfWork } = this.deps;
    const { actor, entry, id, interactionId } = attempt;
    const planned = actor === PLAN_ACTOR;
    const unasked = planned && entry.reason !== "wish";
    if (planned && (await line.has(entry.number, interactionId))) throw new NotNow("on-the-line");
    if (unasked && !hours().isOpen(clock.now())) throw new NotNow("closed");
    await unitOfWork.run(async (uow) => {
      if (unasked && (await doNotCall.since(uow, entry.number)) !== undefined) throw new NotNow("listed");
      attempt.dialledAt = clock.now();
      await uow.em.nativeUpdate(CallbackAttemptEntity, { id }, { dialledAt: attempt.dialledAt });
    });
  }

  /** Nobody has rung: it is tried again in a while. Who is listed is never. */
  notDialled(attempt: Attempt<CallbackTask>, error: unknown): AttemptResult | undefined {
    if (!isPassing(error) && !(error instanceof NotNow)) return undefined;
    attempt.dialledAt = null;
    if (error instanceof NotNow && error.why === "listed") return "refused";
    this.deps.log.warn({ err: error, attemptId: attempt.id }, "a callback waits: nobody can be dialled now");
    return "cancelled";
  }

  /** Only once they talk: what was answered and no more is uncertain after a crash. */
  async noted({ id, answeredAt, completedAt }: Attempt<CallbackTask>): Promise<void> {
    if (completedAt === null) return;
    await this.deps.unitOfWork.run(async ({ em }) => void (await em.nativeUpdate(CallbackAttemptEntity, { id }, { answeredAt })));
  }

  settle({ id, entry, actor, agent, interactionId, dialledAt, answeredAt, completedAt }: Attempt<CallbackTask>, result: AttemptResult): Promise<void> {
    const { clock, store, unitOfWork } = this.deps;
    return unitOfWork.run(async (uow) => {
      const at = clock.now();
      await uow.em.nativeUpdate(CallbackAttemptEntity, { id }, { result, endedAt: at, dialledAt, answeredAt });
      const task = await store.present(uow, { id: entry.id });
      if (task === null || task.status !== "calling") return;
      // Answered, and nobody was there to talk with the citizen: that is ours to make good.
      const after = afterAttempt(result === "answered" && completedAt === null ? "failed" : result, task.attempts, at, this.#rule());
      if (after.status === "open" && task.reachedAt !== null && task.reachedAt !== undefined) await store.close(uow, task, "reached", actor, { attempts: after.attempts });
      else if (after.status === "closed") await store.close(uow, task, after.result, actor, { attempts: after.attempts });
      else if (after.status === "open") {
        await store.change(uow, task, { status: "open", attempts: after.attempts, nextAt: store.callableFrom(after.nextAt) });
        store.wakeAt(uow, task);
      } else await store.change(uow, task, { status: "uncertain", attempts: after.attempts });
      uow.publish("callback.attempted", { taskId: task.id, attemptId: id, interactionId, agent: agent ?? "", result, at }, { aggregate: task.id });
    });
  }

  began(): void {
    this.deps.began();
  }

  ended({ agent }: Attempt<CallbackTask>, result: AttemptResult): void {
    this.deps.ended(agent ?? "", result);
  }

  #rule(): RetryRule {
    const { maxAttempts, waitMinutes } = this.deps.config;
    return { maxAttempts, waitMinutes, shortWaitMs: SHORT_WAIT_MS };
  }
}
