import type { Blobs, BusinessCalendar, Clock, ReadPool, Uow, UnitOfWork } from "@hotlinejs/core";
import type { FaxState, FaxView } from "../contract.js";
import type { FaxPage } from "../domain/t30/machine.js";
import { FaxPageEntity } from "../entities/fax-page.entity.js";
import type { FaxPageRow } from "../entities/fax-page.entity.js";
import { FaxEntity } from "../entities/fax.entity.js";
import type { FaxRow } from "../entities/fax.entity.js";
import { errors } from "../errors.js";
import type { RenderedDocument } from "../worker/page-requests.js";

const FRESH = { disableIdentityMap: true } as const;

/** Names of the durable jobs. */
export const SEND_JOB = "fax.send";
export const DELIVER_JOB = "fax.deliver";

export interface FaxFilter {
  readonly direction?: "inbound" | "outbound";
  readonly state?: FaxState;
  readonly interactionId?: string;
  readonly limit: number;
  readonly cursor?: string;
}

type NewRow = Pick<FaxRow, "id" | "direction" | "state" | "remoteNumber" | "localNumber" | "actor"> & Partial<FaxRow>;

/** Rows of faxes and their pages. */
export class FaxStore {
  constructor(
    private readonly work: UnitOfWork,
    private readonly pool: ReadPool,
    private readonly blobs: Blobs,
    private readonly clock: Clock,
    private readonly calendar: () => BusinessCalendar,
  ) {}

  run<T>(fn: (uow: Uow) => Promise<T>): Promise<T> {
    return this.work.run(fn);
  }

  async insert(uow: Uow, row: NewRow): Promise<void> {
    const now = this.clock.now();
    const calendar = this.calendar();
    await uow.em.insert(FaxEntity, {
      key: null, remoteId: null, title: null, pages: 0, confirmedPages: 0, interactionId: null, orderedIn: null, ref: null, outcome: null, attempts: 0, nextAttemptAt: null,
      bitsPerSecond: 0, resentFrames: 0, pdfBlobId: null, endedAt: null, ...row, createdAt: now, businessDate: calendar.dateOf(now), businessHour: calendar.hourOf(now),
    });
  }

  async update(uow: Uow, id: string, changes: Partial<FaxRow>): Promise<void> {
    await uow.em.nativeUpdate(FaxEntity, { id }, changes);
  }

  /** A page that has just come: stored as it is, made a picture later. */
  async keepPage(faxId: string, number: number, page: FaxPage): Promise<void> {
    const { id: lineBlobId } = await this.blobs.put(page.data, { contentType: "application/octet-stream", owner: `fax:${faxId}` });
    await this.blobs.claim(lineBlobId);
    await this.work.run(async (uow) => {
      await uow.em.insert(FaxPageEntity, { faxId, number, coding: page.coding, resolution: page.resolution, lineBlobId, mhBlobId: null, pngBlobId: null, height: 0, badLines: 0, badFrames: page.badFrames ?? 0 });
      await this.update(uow, faxId, { pages: number });
    });
  }

  /** Pages of a document to be sent; the blobs come first, the rows with the caller's transaction. */
  async keepDocument(faxId: string, document: RenderedDocument): Promise<(uow: Uow) => Promise<void>> {
    const owner = `fax:${faxId}`;
    const put = async (content: Uint8Array, contentType: string): Promise<string> => {
      const { id } = await this.blobs.put(content, { contentType, owner });
      await this.blobs.claim(id);
      return id;
    };
    const rows: FaxPageRow[] = [];
    for (const [i, { t6, mh, height, png }] of document.pages.entries()) {
      const [lineBlobId, mhBlobId, pngBlobId] = [await put(t6, "application/octet-stream"), await put(mh, "application/octet-stream"), await put(png, "image/png")];
      rows.push({ faxId, number: i + 1, coding: "t6" as const, resolution: "fine" as const, lineBlobId, mhBlobId, pngBlobId, height, badLines: 0, badFrames: 0 });
    }
    const pdfBlobId = await put(document.pdf, "application/pdf");
    return async (uow) => {
      for (const row of rows) await uow.em.insert(FaxPageEntity, row);
      await this.update(uow, faxId, { pages: rows.length, pdfBlobId });
    };
  }

  async row(id: string): Promise<FaxRow | undefined> {
    return (await this.pool.read((em) => em.findOne(FaxEntity, { id }, FRESH))) ?? undefined;
  }

  async byKey(key: string): Promise<FaxRow | undefined> {
    return (await this.pool.read((em) => em.findOne(FaxEntity, { key }, FRESH))) ?? undefined;
  }

  async view(id: string): Promise<FaxView | undefined> {
    const row = await this.row(id);
    return row === undefined ? undefined : viewOf(row);
  }

  /** The view of a fax that is known to be there. */
  async known(id: string): Promise<FaxView> {
    const view = await this.view(id);
    if (view === undefined) throw errors.NOT_FOUND(id);
    return view;
  }

  pages(faxId: string): Promise<readonly FaxPageRow[]> {
    return this.pool.read((em) => em.find(FaxPageEntity, { faxId }, { ...FRESH, orderBy: { number: "asc" } }));
  }

  inState(...states: readonly FaxState[]): Promise<readonly FaxRow[]> {
    return this.pool.read((em) => em.find(FaxEntity, { state: { $in: [...states] } }, FRESH));
  }

  /** Faxes that went, or are to go, to a number on the business day of now. */
  sentToday(remoteNumber: string): Promise<number> {
    const businessDate = this.calendar().dateOf(this.clock.now());
    return this.pool.read((em) => em.count(FaxEntity, { direction: "outbound", remoteNumber, businessDate }));
  }

  /** Newest first. */
  async page(filter: FaxFilter): Promise<{ items: readonly FaxView[]; next: string | null }> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const conditions: object[] = [];
    for (const name of ["direction", "state", "interactionId"] as const) if (filter[name] !== undefined) conditions.push({ [name]: filter[name] });
    if (after !== undefined) conditions.push({ $or: [{ createdAt: { $lt: after.createdAt } }, { createdAt: after.createdAt, id: { $lt: after.id } }] });
    const rows = await this.pool.read((em) => em.find(FaxEntity, conditions.length === 0 ? {} : { $and: conditions }, { ...FRESH, limit: filter.limit + 1, orderBy: [{ createdAt: "desc" }, { id: "desc" }] }));
    const items = rows.slice(0, filter.limit);
    const last = items.at(-1);
    return { items: items.map(viewOf), next: rows.length > filter.limit && last !== undefined ? Buffer.from(`${last.createdAt}:${last.id}`).toString("base64url") : null };
  }
}

export function viewOf(row: FaxRow): FaxView {
  const { key: _key, actor: _actor, pdfBlobId, businessHour: _hour, ...rest } = row;
  return {
    ...rest,
    remoteId: row.remoteId ?? null,
    title: row.title ?? null,
    interactionId: row.interactionId ?? null,
    orderedIn: row.orderedIn ?? null,
    ref: row.ref ?? null,
    outcome: row.outcome ?? null,
    nextAttemptAt: row.nextAttemptAt ?? null,
    endedAt: row.endedAt ?? null,
    ready: pdfBlobId !== null && pdfBlobId !== undefined,
  };
}

function decodeCursor(cursor: string): { createdAt: number; id: string } {
  const [createdAt, id] = Buffer.from(cursor, "base64url").toString("utf8").split(":");
  if (createdAt === undefined || id === undefined || !/^\d+$/.test(createdAt)) throw errors.BAD_CURSOR();
  return { createdAt: Number(createdAt), id };
}
