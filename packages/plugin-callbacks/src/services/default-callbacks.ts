import { isHotlineError } from "@hotlinejs/core";
import type { BusinessCalendar, Clock, UnitOfWork } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import type { CallbackAttempt, CallbackResult, Callbacks, CallbackTask, NewCallback } from "../contract.js";
import { normaliseNumber } from "../domain/phone-number.js";
import { errors } from "../errors.js";
import type { CallbackCaller } from "./callback-caller.js";
import { attemptView, taskView } from "./callback-store.js";
import type { CallbackStore } from "./callback-store.js";

const LATEST_MS = 366 * 86_400_000;

export interface DefaultCallbacksDeps {
  readonly acd: Acd | undefined;
  readonly config: CallbacksConfig;
  readonly store: CallbackStore;
  readonly caller: CallbackCaller;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly hours: () => BusinessCalendar;
}

export class DefaultCallbacks implements Callbacks {
  constructor(private readonly deps: DefaultCallbacksDeps) {}

  async get(id: string): Promise<CallbackTask | undefined> {
    const row = await this.deps.store.find(id);
    return row === null ? undefined : taskView(row);
  }

  async create(callback: NewCallback): Promise<CallbackTask> {
    const { acd, clock, config, store, unitOfWork } = this.deps;
    const number = normaliseNumber(callback.number);
    if (number.length < config.minDigits || number.length > 15) throw errors.BAD_NUMBER();
    if (callback.at !== undefined && callback.at > clock.now() + LATEST_MS) throw errors.BAD_TIME();
    if (callback.queue !== undefined && acd !== undefined && acd.queue(callback.queue) === undefined) throw errors.UNKNOWN_QUEUE(callback.queue);
    return unitOfWork.run(async (uow) => {
      const task = await store.put(uow, {
        number,
        reason: "wish",
        queue: callback.queue ?? null,
        missedAt: clock.now(),
        interactionId: callback.interactionId ?? null,
        createdBy: callback.actor,
        wished: true,
        ...(callback.note === undefined ? {} : { note: callback.note }),
        ...(callback.ticketId === undefined ? {} : { ticketId: callback.ticketId }),
        ...(callback.at === undefined ? {} : { at: callback.at }),
      });
      uow.audit({ actor: callback.actor, action: "callbacks.create", subject: { type: "callback", id: task.id } });
      return taskView(task);
    });
  }

  async call(id: string, options: { agent: string; actor: string; onRequest?: boolean }): Promise<{ attemptId: string; interactionId: string }> {
    const { caller, clock, hours } = this.deps;
    if (options.onRequest !== true && !hours().isOpen(clock.now())) throw errors.QUIET_HOURS();
    return caller.begin(id, { agent: options.agent, actor: options.actor, free: false });
  }

  async close(id: string, { result, note, actor }: { result: CallbackResult; note?: string; actor: string }): Promise<CallbackTask> {
    const { store, unitOfWork } = this.deps;
    const found = await store.find(id);
    // The place first: once it is given up nobody is dialled, whatever happens here.
    if (found?.status === "kept" && typeof found.placeId === "string") await this.#giveUp(found.placeId, { result, actor });
    return unitOfWork.run(async (uow) => {
      const task = await store.present(uow, { id });
      if (task === null) throw errors.NOT_FOUND(id);
      // Given up above, and listed so meanwhile.
      if (task.status === "closed" && found?.status === "kept") return taskView(task);
      if (task.status !== "open" && task.status !== "kept" && task.status !== "uncertain") throw errors.NOT_OPEN(task.status);
      await store.close(uow, task, result, actor, note === undefined ? {} : { note });
      uow.audit({ actor, action: "callbacks.close", subject: { type: "callback", id }, details: { result } });
      return taskView(task);
    });
  }

  async #giveUp(placeId: string, options: { readonly result: CallbackResult; readonly actor: string }): Promise<void> {
    try {
      await this.deps.acd?.dropPlace(placeId, options);
    } catch (error) {
      // Their turn came in this moment.
      if (isHotlineError(error, "HTL_ACD_PLACE_CALLING")) throw errors.NOT_OPEN("calling");
      if (!isHotlineError(error, "HTL_ACD_UNKNOWN_PLACE")) throw error;
    }
  }

  async attempts(id: string): Promise<readonly CallbackAttempt[]> {
    return (await this.deps.store.attempts(id)).map(attemptView);
  }
}
