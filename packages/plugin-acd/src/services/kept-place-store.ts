import type { Clock, Ids, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { KeptPlace, KeptPlaceResult } from "../contract.js";
import type { AfterCall } from "../domain/kept-place-rule.js";
import { KeptPlaceEntity, type KeptPlaceRow } from "../entities/kept-place.entity.js";
import { QueueEntryEntity } from "../entities/queue-entry.entity.js";

export interface NewPlace {
  readonly queue: string;
  readonly number: string;
  readonly interactionId: string;
  readonly language: string;
  readonly priority: number;
  readonly skills: Readonly<Record<string, number>>;
  readonly placeAt: number;
  readonly placeSeq: number;
}

export interface KeptPlaceStoreDeps {
  readonly unitOfWork: UnitOfWork;
  readonly reads: ReadPool;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Rows of kept places; every change is told by a durable event of the same transaction. */
export class KeptPlaceStore {
  constructor(private readonly deps: KeptPlaceStoreDeps) {}

  /** A second wish of a number keeps the earlier place of its queue, or goes over to the other queue. */
  put(place: NewPlace): Promise<KeptPlaceRow> {
    const { clock, ids, unitOfWork } = this.deps;
    return unitOfWork.run(async (uow) => {
      const found = await uow.em.findOne(KeptPlaceEntity, { openKey: place.number });
      if (found !== null) {
        if (found.state === "calling") return copy(found);
        return this.#change(uow, copy(found), { ...place, skills: { ...place.skills }, ...(found.queue === place.queue && isEarlier(found, place) ? { placeAt: found.placeAt, placeSeq: found.placeSeq } : {}), nextAt: clock.now() });
      }
      const row = { id: ids.next(), ...place, skills: { ...place.skills }, openKey: place.number, state: "waiting", result: null, attempts: 0, nextAt: clock.now(), lastAttemptAt: null, callId: null, createdAt: clock.now(), closedAt: null, closedBy: null } as KeptPlaceRow;
      await uow.em.insert(KeptPlaceEntity, row);
      this.#tell(uow, row);
      return row;
    });
  }

  /** Intent before act: what is found like this after a crash may have been dialled. */
  began(row: KeptPlaceRow, callId: string): Promise<KeptPlaceRow> {
    return this.#update(row, { state: "calling", callId, attempts: row.attempts + 1, lastAttemptAt: this.deps.clock.now() });
  }

  async settled(row: KeptPlaceRow, after: AfterCall, by: string): Promise<KeptPlaceRow> {
    if (after.state === "closed") return this.closed(row, after.result, by);
    return this.#update(row, { state: "waiting", nextAt: after.nextAt, attempts: row.attempts - (after.uncounted === true ? 1 : 0) });
  }

  closed(row: KeptPlaceRow, result: KeptPlaceResult, by: string): Promise<KeptPlaceRow> {
    return this.#update(row, { state: "closed", result, openKey: null, closedAt: this.deps.clock.now(), closedBy: by });
  }

  moved(row: KeptPlaceRow, queue: string): Promise<KeptPlaceRow> {
    return this.#update(row, { queue });
  }

  /** The place as it counts by the clock of now, its priority, and when it is dialled; nobody needs to be told. */
  async placed(id: string, { placeAt, placeSeq, nextAt, priority }: Pick<KeptPlaceRow, "placeAt" | "placeSeq" | "nextAt" | "priority">): Promise<void> {
    await this.deps.unitOfWork.run(({ em }) => em.nativeUpdate(KeptPlaceEntity, { id, state: { $ne: "closed" } }, { placeAt, placeSeq, nextAt, priority }));
  }

  /** All that are not closed, the earliest place first. */
  open(): Promise<KeptPlaceRow[]> {
    return this.deps.reads.read(async (em) => (await em.find(KeptPlaceEntity, { state: { $ne: "closed" } }, { orderBy: { placeAt: "asc", placeSeq: "asc", id: "asc" } })).map(copy));
  }

  /** The one of this number that is not closed. */
  openOf(number: string): Promise<KeptPlaceRow | undefined> {
    return this.deps.reads.read(async (em) => {
      const row = await em.findOne(KeptPlaceEntity, { openKey: number });
      return row === null ? undefined : copy(row);
    });
  }

  find(id: string): Promise<KeptPlaceRow | undefined> {
    return this.deps.reads.read(async (em) => {
      const row = await em.findOne(KeptPlaceEntity, { id });
      return row === null ? undefined : copy(row);
    });
  }

  /** How far a call of an earlier process had come: `talked` with an agent, `came` into the queue, or neither. */
  reachedBy(callId: string): Promise<"talked" | "came" | undefined> {
    return this.deps.reads.read(async (em) => {
      const entries = await em.find(QueueEntryEntity, { interactionId: callId });
      return entries.some(({ outcome }) => outcome === "answered") ? "talked" : entries.length > 0 ? "came" : undefined;
    });
  }

  #update(row: KeptPlaceRow, patch: Partial<KeptPlaceRow>): Promise<KeptPlaceRow> {
    return this.deps.unitOfWork.run((uow) => this.#change(uow, row, patch));
  }

  async #change(uow: Uow, row: KeptPlaceRow, patch: Partial<KeptPlaceRow>): Promise<KeptPlaceRow> {
    // Closed is closed, whoever was faster.
    const changed = await uow.em.nativeUpdate(KeptPlaceEntity, { id: row.id, state: { $ne: "closed" } }, patch);
    if (changed === 0) return { ...row, state: "closed" };
    const now = { ...row, ...patch };
    this.#tell(uow, now);
    return now;
  }

  #tell(uow: Uow, { id, queue, state, result, interactionId }: KeptPlaceRow): void {
    uow.publish("acd.place-kept", { placeId: id, interactionId, queue, state, result: result ?? null, at: this.deps.clock.now() }, { aggregate: id });
  }
}

function isEarlier(one: Pick<NewPlace, "placeAt" | "placeSeq">, other: Pick<NewPlace, "placeAt" | "placeSeq">): boolean {
  return one.placeAt < other.placeAt || (one.placeAt === other.placeAt && one.placeSeq > 0 && one.placeSeq < other.placeSeq);
}

export function placeView({ id, queue, number, interactionId, placeAt, state, result, attempts, nextAt, lastAttemptAt, callId, createdAt, closedAt, closedBy }: KeptPlaceRow): KeptPlace {
  return { id, queue, number, interactionId, placeAt, state, result: result ?? null, attempts, nextAt, lastAttemptAt: lastAttemptAt ?? null, callId: callId ?? null, createdAt, closedAt: closedAt ?? null, closedBy: closedBy ?? null };
}

/** Apart from the unit of work that read it. */
function copy(row: KeptPlaceRow): KeptPlaceRow {
  const { id, queue, number, openKey, interactionId, language, priority, skills, placeAt, placeSeq, state, result, attempts, nextAt, lastAttemptAt, callId, createdAt, closedAt, closedBy } = row;
  return { id, queue, number, openKey, interactionId, language, priority, skills, placeAt, placeSeq, state, result, attempts, nextAt, lastAttemptAt, callId, createdAt, closedAt, closedBy } as KeptPlaceRow;
}
