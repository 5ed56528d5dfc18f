import type { Clock, Page, ReadPool, Refusal, UnitOfWork, Uow } from "@hotlinejs/core";
import type { DoNotCallEntry } from "../contract.js";
import { callableNumber, maskNumber, normaliseNumber, spellings } from "../domain/phone-number.js";
import { DoNotCallEntity } from "../entities/do-not-call.entity.js";
import type { DoNotCallRow } from "../entities/do-not-call.entity.js";
import { errors } from "../errors.js";
import type { CampaignStore } from "./campaign-store.js";
import { decodeCursor, encodeCursor } from "./cursor.js";

/** Code of the refusal, as `callOutbound` gives it. */
export const DO_NOT_CALL = "do-not-call";

export interface DoNotCallListDeps {
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly clock: Clock;
  readonly campaigns: CampaignStore;
  readonly minDigits: number;
}

export interface NewEntry {
  readonly source?: "person" | "staff";
  readonly note?: string;
  readonly actor: string;
}

/** Numbers that nobody calls unless the citizen asks for it. */
export class DoNotCallList {
  constructor(private readonly deps: DoNotCallListDeps) {}

  async has(number: string): Promise<boolean> {
    return (await this.deps.readPool.read((em) => em.findOne(DoNotCallEntity, written(number)))) !== null;
  }

  /** In this unit of work; since when it stands there, epoch ms. */
  async since(uow: Uow, number: string): Promise<number | undefined> {
    return (await uow.em.findOne(DoNotCallEntity, written(number)))?.createdAt;
  }

  /** Answer of `callOutbound`. A database that does not answer is a refusal as well: the hook fails closed. */
  async refusal(number: string): Promise<Refusal | undefined> {
    return (await this.has(number)) ? { refused: true, code: DO_NOT_CALL, message: "the number is on the do-not-call list" } : undefined;
  }

  /** @throws HTL_CALLBACKS_BAD_NUMBER */
  add(number: string, entry: NewEntry): Promise<DoNotCallEntry> {
    const { minDigits, unitOfWork } = this.deps;
    const called = callableNumber(number, minDigits);
    if (called === undefined) throw errors.BAD_NUMBER();
    return unitOfWork.run((uow) => this.addWithin(uow, called, entry));
  }

  /** The number as it is dialled. One that is listed stays as it is. People of campaigns who wait for a call are done with, but `but`. */
  async addWithin(uow: Uow, number: string, { source = "staff", note, actor }: NewEntry, but?: string): Promise<DoNotCallEntry> {
    const known = await uow.em.findOne(DoNotCallEntity, written(number));
    if (known !== null) return entryView(known);
    const row = { number, source, note: note ?? null, createdBy: actor, createdAt: this.deps.clock.now() } as DoNotCallRow;
    await uow.em.upsert(DoNotCallEntity, row, { onConflictFields: ["number"], onConflictAction: "ignore" });
    await this.deps.campaigns.forbid(uow, number, but);
    uow.audit({ actor, action: "callbacks.do-not-call", subject: { type: "do-not-call", id: maskNumber(number) }, details: { source } });
    return entryView(row);
  }

  /** @throws HTL_CALLBACKS_NOT_LISTED */
  remove(number: string, actor: string): Promise<void> {
    const listed = normaliseNumber(number.normalize("NFKC"));
    return this.deps.unitOfWork.run(async (uow) => {
      if ((await uow.em.nativeDelete(DoNotCallEntity, written(listed))) === 0) throw errors.NOT_LISTED();
      uow.audit({ actor, action: "callbacks.do-call-again", subject: { type: "do-not-call", id: maskNumber(listed) } });
    });
  }

  /** The last one first. */
  async page({ number, limit, cursor }: { readonly number?: string; readonly limit: number; readonly cursor?: string }): Promise<Page<DoNotCallEntry>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const where = {
      ...(number === undefined ? {} : written(normaliseNumber(number.normalize("NFKC")))),
      ...(after === undefined ? {} : { $or: [{ createdAt: { $lt: after.at } }, { createdAt: after.at, number: { $lt: after.id } }] }),
    };
    const rows = await this.deps.readPool.read((em) => em.find(DoNotCallEntity, where, { orderBy: { createdAt: "desc", number: "desc" }, limit: limit + 1 }));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items: items.map(entryView), next: rows.length > limit && last !== undefined ? encodeCursor({ at: last.createdAt, id: last.number }) : null };
  }
}

/** However it is spelled. */
function written(number: string): { readonly number: { readonly $in: string[] } } {
  return { number: { $in: [...spellings(number)] } };
}

function entryView({ number, source, note, createdBy, createdAt }: DoNotCallRow): DoNotCallEntry {
  return { number, source, note: note ?? null, createdBy, createdAt };
}
