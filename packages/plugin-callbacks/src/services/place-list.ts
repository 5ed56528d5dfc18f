import type { Logger, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { Acd, KeptPlace } from "@hotlinejs/plugin-acd/contract";
import { CallbackTaskEntity, type CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import type { CallbackStore } from "./callback-store.js";

export interface PlaceListDeps {
  readonly acd: Acd | undefined;
  readonly store: CallbackStore;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly log: Logger;
}

/** A row that somebody else changes at the same time is read anew so often. */
const TRIES = 3;
const ACTOR = "plugin:acd";

/** Keeps the list in step with the places that call distribution keeps and dials by itself; here nobody dials them. */
export class PlaceList {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly deps: PlaceListDeps) {}

  /** What happened while nobody looked: all that are kept, and all that were. */
  async start(): Promise<void> {
    const { acd, readPool } = this.deps;
    if (acd === undefined) return;
    acd.handOverPlaces();
    const listed = await readPool.read((em) => em.find(CallbackTaskEntity, { placeId: { $ne: null }, status: { $in: ["kept", "calling"] } }, { fields: ["placeId"] }));
    const ids = new Set([...(await acd.keptPlaces()).map(({ id }) => id), ...listed.flatMap(({ placeId }) => placeId ?? [])]);
    await Promise.all([...ids].map((id) => this.changed(id)));
  }

  /** One after another, so that a late look never undoes a newer one. Never rejects. */
  changed(placeId: string): Promise<void> {
    this.#last = this.#last.then(async () => {
      try {
        await this.#sync(placeId);
      } catch (error) {
        this.deps.log.error({ err: error, placeId }, "a kept place could not be listed; the next change or start lists it");
      }
    });
    return this.#last;
  }

  async #sync(placeId: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      const place = await this.deps.acd?.keptPlace(placeId);
      if (place === undefined) return;
      try {
        return await this.deps.unitOfWork.run((uow) => this.#write(uow, place));
      } catch (error) {
        if (tries >= TRIES || !isHotlineError(error, errors.CONFLICT.code)) throw error;
      }
    }
  }

  /** Kept long enough: from here on a callback like any other. Apart from the place, so that what is told of that again changes nothing. */
  async #takeOver(uow: Uow, task: CallbackTaskRow, { attempts, lastAttemptAt, queue, closedAt }: KeptPlace): Promise<void> {
    const { store } = this.deps;
    await store.change(uow, task, { placeId: null, status: "open", queue, attempts, lastAttemptAt, nextAt: store.callableFrom(closedAt ?? task.nextAt) });
    store.wakeAt(uow, task);
  }

  async #write(uow: Uow, place: KeptPlace): Promise<void> {
    const { store } = this.deps;
    const listed = await uow.em.findOne(CallbackTaskEntity, { placeId: place.id });
    if (listed?.status === "closed") return;
    const { attempts, lastAttemptAt, queue, interactionId, nextAt } = place;
    if (place.state === "closed") {
      if (listed === null) return;
      return place.result === "expired" ? this.#takeOver(uow, listed, place) : store.close(uow, listed, place.result ?? "failed", place.closedBy ?? ACTOR, { attempts, lastAttemptAt });
    }
    const task = listed ?? (await store.put(uow, { number: place.number, reason: "wish", queue, missedAt: place.createdAt, interactionId, createdBy: ACTOR, wished: true }));
    // An agent has the citizen on the line just now: the wish is settled with that, or comes back at the next change.
    if (listed === null && task.status === "calling") return;
    const status = place.state === "calling" ? "calling" : "kept";
    if (task.placeId === place.id && task.status === status && task.attempts === attempts && task.nextAt === nextAt && task.queue === queue) return;
    await store.change(uow, task, { placeId: place.id, reason: "wish", status, queue, attempts, nextAt, lastAttemptAt });
  }
}
