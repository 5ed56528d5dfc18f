import { buffer } from "node:stream/consumers";
import type { Blobs, CallSession, Clock, Ids, Logger, MessageIntake } from "@hotlinejs/core";
import type { FaxConfig } from "../config.js";
import type { FaxState, FaxView } from "../contract.js";
import type { FaxPage, FaxResult } from "../domain/t30/machine.js";
import { shownStation } from "../domain/shown-station.js";
import { FaxPageEntity } from "../entities/fax-page.entity.js";
import type { FaxRow } from "../entities/fax.entity.js";
import type { PageEngine } from "./page-engine.js";
import type { FaxStore } from "./fax-store.js";
import { DELIVER_JOB } from "./fax-store.js";
import { backToSound, runExchange, switchToT38 } from "./t38-exchange.js";

export interface FaxParts {
  readonly config: FaxConfig;
  readonly store: FaxStore;
  readonly blobs: Blobs;
  readonly engine: PageEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly intake: MessageIntake;
  readonly log: Logger;
}

/** Our CED after the caller has pressed start; the far end of a switched call waits for DIS already. */
const CED_MS = 500;

/** Receives pages, stores them as they come, and makes them a message afterwards. */
export class FaxReceiver {
  constructor(private readonly parts: FaxParts) {}

  /** Resolves when the exchange is over. Never rejects for what goes wrong on the line. */
  async receive({ call, interaction, signal: session }: CallSession, signal: AbortSignal = session): Promise<FaxView> {
    const { clock, config, ids, log, store } = this.parts;
    const id = ids.next();
    await store.run((uow) => store.insert(uow, { id, direction: "inbound", state: "receiving", remoteNumber: call.from.number, localNumber: call.to.number, interactionId: interaction.id, actor: "citizen" }));
    interaction.event("fax.receiving", { faxId: id });
    const t38 = await switchToT38(call, "ask", config.t38WaitSeconds * 1000, clock, log);
    if (t38 === undefined) return this.settle(id, undefined, call.state === "ended" ? "disconnected" : "no-t38");
    const storing = new PageQueue((number, page) => store.keepPage(id, number, page));
    const result = await runExchange(t38, { role: "receive", localId: config.stationId, cedMs: CED_MS }, { signal, log, onPage: (page) => storing.add(page) });
    await storing.done;
    const view = await this.settle(id, result, storing.failed ? "storage" : result.outcome);
    interaction.event("fax.received", { faxId: id, pages: view.pages, state: view.state });
    await backToSound(t38, call, clock);
    return view;
  }

  /** What a process that died left over: its pages are there, its sender was cut off. */
  async adopt(): Promise<void> {
    for (const row of await this.parts.store.inState("receiving")) await this.settle(row.id, undefined, "process_restart");
  }

  /** The durable job: pictures, PDF, and a message of it. Safe to run twice. */
  async deliver(faxId: string): Promise<void> {
    const { store } = this.parts;
    const row = await store.row(faxId);
    if (row === undefined || (row.ref !== null && row.ref !== undefined)) return;
    if (row.pdfBlobId === null || row.pdfBlobId === undefined) await this.makeReadable(row);
    const ready = await store.row(faxId);
    if (ready !== undefined) await this.handIn(ready);
  }

  private async settle(id: string, result: FaxResult | undefined, outcome: string): Promise<FaxView> {
    const { clock, store } = this.parts;
    const pages = (await store.pages(id)).length;
    const state: FaxState = pages === 0 ? "failed" : outcome === "ok" ? "received" : "partial";
    await store.run(async (uow) => {
      await store.update(uow, id, { state, outcome, endedAt: clock.now(), remoteId: result?.remoteId ?? null, bitsPerSecond: result?.bitsPerSecond ?? 0, resentFrames: result?.resentFrames ?? 0 });
      if (pages > 0) uow.enqueue({ name: DELIVER_JOB, key: id, payload: { faxId: id } });
    });
    return store.known(id);
  }

  private async makeReadable(row: FaxRow): Promise<void> {
    const { blobs, engine, store } = this.parts;
    const rows = await store.pages(row.id);
    const lines = [];
    for (const { coding, resolution, lineBlobId } of rows) lines.push({ coding, resolution, data: new Uint8Array(await buffer(await blobs.open(lineBlobId))) });
    const { pages, pdf } = await engine.read(lines, `传真 ${row.remoteNumber}`);
    const owner = `fax:${row.id}`;
    const put = async (content: Uint8Array, contentType: string): Promise<string> => {
      const { id } = await blobs.put(content, { contentType, owner });
      await blobs.claim(id);
      return id;
    };
    const pngs: string[] = [];
    for (const { png } of pages) pngs.push(await put(png, "image/png"));
    const pdfBlobId = await put(pdf, "application/pdf");
    await store.run(async (uow) => {
      for (const [i, page] of pages.entries()) await uow.em.nativeUpdate(FaxPageEntity, { faxId: row.id, number: i + 1 }, { pngBlobId: pngs[i], height: page.height, badLines: page.badLines });
      await store.update(uow, row.id, { pdfBlobId });
      uow.publish("fax.received", { faxId: row.id, interactionId: row.interactionId ?? null, from: row.remoteNumber, pages: pages.length, whole: row.state === "received" }, { aggregate: `fax:${row.id}` });
    });
  }

  private async handIn(row: FaxRow): Promise<void> {
    const { blobs, intake, store } = this.parts;
    const pages = await store.pages(row.id);
    const attachments = [];
    for (const [blobId, fileName] of [[row.pdfBlobId, "传真.pdf"] as const, ...pages.map(({ number, pngBlobId }) => [pngBlobId, `传真第${number}页.png`] as const)]) {
      const info = blobId === null || blobId === undefined ? undefined : await blobs.info(blobId);
      if (info !== undefined) attachments.push({ blobId: info.id, fileName, contentType: info.contentType, size: info.size });
    }
    const station = row.remoteId === null || row.remoteId === undefined || row.remoteId === "" ? "" : `，对方传真标识${shownStation(row.remoteId)}`;
    const whole = row.state === "received" ? "" : "（传输中断，页面可能不全）";
    const { ref } = await intake.arrive({
      channel: "fax",
      externalId: row.id,
      from: row.remoteNumber,
      to: row.localNumber,
      subject: `收到传真${pages.length}页`,
      text: `收到传真${pages.length}页${whole}${station}。内容见附件。`,
      attachments,
      receivedAt: row.endedAt ?? row.createdAt,
      ...(row.interactionId === null || row.interactionId === undefined ? {} : { interactionId: row.interactionId }),
    });
    await store.run((uow) => store.update(uow, row.id, { ref }));
  }
}

/** Stores pages one after the other while the line goes on. */
class PageQueue {
  done: Promise<void> = Promise.resolve();
  failed = false;
  #count = 0;

  constructor(private readonly keep: (number: number, page: FaxPage) => Promise<void>) {}

  add(page: FaxPage): void {
    const number = ++this.#count;
    this.done = this.done.then(() => (this.failed ? undefined : this.keep(number, page))).catch(() => {
      this.failed = true;
    });
  }
}
