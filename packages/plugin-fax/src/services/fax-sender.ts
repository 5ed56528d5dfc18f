import { buffer } from "node:stream/consumers";
import type { Call, CallEnd, CallPipeline, CallSession, Playback } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { FaxView } from "../contract.js";
import type { FaxResult } from "../domain/t30/machine.js";
import type { OutgoingPage } from "../domain/t30/sender.js";
import type { FaxRow } from "../entities/fax.entity.js";
import { SEND_JOB } from "./fax-store.js";
import type { FaxParts } from "./fax-receiver.js";
import { backToSound, runExchange, switchToT38 } from "./t38-exchange.js";

/** Name of the call handler. */
export const FAX_HANDLER = "fax";
/** T.30 section 4.1: CNG, half a second of 1100 Hz every three and a half. */
const CNG = [{ kind: "sine", hz: 1100, durationMs: 500 }, { kind: "silence", durationMs: 3_000 }] as const;
/** While the hotline drains, or all lines are busy, nothing is dialled. */
const POSTPONE_MS = 15_000;

export interface SendOrder {
  readonly faxId: string;
  /** 1 for the first call. */
  readonly attempt: number;
}

/** Dials and sends what is committed. A fax of which nobody knows whether it got out is never dialled again. */
export class FaxSender {
  /** What the handler of an answered call found out. */
  readonly #results = new Map<string, FaxResult | "no-t38">();
  readonly #calls = new Set<Promise<void>>();

  constructor(
    private readonly parts: FaxParts,
    private readonly pipeline: () => CallPipeline,
  ) {}

  /** What a process that died was about: it may have been sent, or not. */
  async adopt(): Promise<void> {
    for (const row of await this.parts.store.inState("sending")) await this.uncertain(row);
  }

  /**
   * The durable job: commits the intent and dials. What comes of it is written when the call is over; a process that dies
   * before leaves `sending`, which the next one finds.
   */
  async dial({ faxId, attempt }: SendOrder): Promise<void> {
    const { config, ids, store } = this.parts;
    const row = await store.row(faxId);
    if (row?.state !== "queued" || row.attempts !== attempt - 1) return;
    if (this.pipeline().admission() !== undefined || this.#calls.size >= config.lines) return this.postpone(row);
    const interactionId = ids.next();
    await store.run((uow) => store.update(uow, faxId, { state: "sending", attempts: attempt, nextAttemptAt: null, interactionId }));
    const call = this.call(row, attempt, interactionId).catch((error: unknown) => this.parts.log.error({ err: error, faxId }, "the result of a fax could not be written"));
    this.#calls.add(call);
    void call.finally(() => this.#calls.delete(call));
  }

  /** Resolves when the results of all calls are written. */
  async idle(): Promise<void> {
    await Promise.all([...this.#calls]);
  }

  private async call(row: FaxRow, attempt: number, interactionId: string): Promise<void> {
    const { clock, config } = this.parts;
    const { id: faxId } = row;
    let outcome: string;
    try {
      const launched = await this.pipeline().launch({
        to: addressOf(row.remoteNumber),
        ...(config.callerId === undefined ? {} : { from: { number: config.callerId } }),
        purpose: "fax",
        plan: { handler: FAX_HANDLER, target: "send", params: { faxId } },
        actor: row.actor,
        interactionId,
        timeoutMs: config.ringSeconds * 1000,
      });
      const answered = await launched.answered;
      outcome = this.outcomeOf(faxId, answered, await launched.finished);
    } catch (error) {
      // Refused before anything was dialled.
      if (isHotlineError(error, "HTL_CORE_DRAINING")) return this.postpone(row);
      outcome = isHotlineError(error, "HTL_CORE_OUTBOUND_REFUSED") ? "refused" : isHotlineError(error) ? error.code : errorText(error);
    }
    const result = this.#results.get(faxId);
    this.#results.delete(faxId);
    const confirmedPages = row.confirmedPages + (result === undefined || result === "no-t38" ? 0 : result.pages);
    const told = result === undefined || result === "no-t38" ? {} : { remoteId: result.remoteId, bitsPerSecond: result.bitsPerSecond, resentFrames: row.resentFrames + result.resentFrames };
    await this.conclude({ ...row, attempts: attempt, confirmedPages }, { outcome, confirmedPages, endedAt: clock.now(), ...told });
  }

  /** The handler of an answered call of ours. */
  async serve(session: CallSession, faxId: string): Promise<void> {
    const row = await this.parts.store.row(faxId);
    if (row === undefined) return;
    const result = await this.transmit(session.call, row, session.signal, "wait");
    this.#results.set(faxId, result ?? "no-t38");
    session.interaction.event("fax.sent", { faxId, outcome: result?.outcome ?? "no-t38", pages: result?.pages ?? 0 });
  }

  /** Sends in a call that is there already; whoever called sits at the machine, so it is not tried again. */
  async sendInCall({ call, interaction, signal }: CallSession, row: FaxRow, given: AbortSignal = signal): Promise<FaxView> {
    const { clock, store } = this.parts;
    const result = await this.transmit(call, row, given, "ask");
    interaction.event("fax.sent", { faxId: row.id, outcome: result?.outcome ?? "no-t38", pages: result?.pages ?? 0 });
    const done = { endedAt: clock.now(), confirmedPages: result?.pages ?? 0, remoteId: result?.remoteId ?? null, bitsPerSecond: result?.bitsPerSecond ?? 0, resentFrames: result?.resentFrames ?? 0 };
    await this.final(row, result?.outcome ?? (call.state === "ended" ? "disconnected" : "no-t38"), done);
    return store.known(row.id);
  }

  private async transmit(call: Call, row: FaxRow, signal: AbortSignal, first: "ask" | "wait"): Promise<FaxResult | undefined> {
    const { clock, config, log } = this.parts;
    const pages = await this.linePages(row);
    // A machine that answers knows a fax by its tone, and its gateway turns to T.38 then.
    const tone = first === "wait" ? callTone(call) : undefined;
    const t38 = await switchToT38(call, first, config.t38WaitSeconds * 1000, clock, log);
    tone?.stop();
    if (t38 === undefined) return undefined;
    const result = await runExchange(t38, { role: "send", localId: config.stationId, pages, maxBitsPerSecond: Math.min(config.maxBitsPerSecond, t38.maxBitRate) }, { signal, log, onPage: () => undefined });
    if (first === "ask") await backToSound(t38, call, clock);
    return result;
  }

  /** Pages that are not confirmed yet. */
  private async linePages(row: FaxRow): Promise<readonly OutgoingPage[]> {
    const { blobs, store } = this.parts;
    const read = async (id: string): Promise<Uint8Array> => new Uint8Array(await buffer(await blobs.open(id)));
    const pages: OutgoingPage[] = [];
    for (const page of (await store.pages(row.id)).slice(row.confirmedPages)) {
      const { coding, resolution, mhBlobId } = page;
      pages.push({ coding, resolution, data: await read(page.lineBlobId), ...(mhBlobId === null || mhBlobId === undefined ? {} : { mh: await read(mhBlobId) }) });
    }
    return pages;
  }

  private outcomeOf(faxId: string, answered: boolean, end: CallEnd): string {
    const result = this.#results.get(faxId);
    if (!answered) return end.reason;
    return result === undefined ? "disconnected" : result === "no-t38" ? "no-t38" : result.outcome;
  }

  private async conclude(row: FaxRow, done: Partial<FaxRow> & { outcome: string }): Promise<void> {
    const { clock, config, store } = this.parts;
    const { outcome } = done;
    const wait = config.retryMinutes[row.attempts - 1];
    if (outcome === "ok" || HOPELESS.has(outcome) || outcome.startsWith("HTL_") || wait === undefined) return this.final(row, outcome, done);
    const runAt = clock.now() + wait * 60_000;
    await store.run(async (uow) => {
      await store.update(uow, row.id, { ...done, state: "queued", nextAttemptAt: runAt, endedAt: null });
      uow.enqueue(orderOf(row.id, row.attempts + 1, runAt));
    });
  }

  private async final(row: FaxRow, outcome: string, done: Partial<FaxRow>): Promise<void> {
    const { store } = this.parts;
    const aggregate = { aggregate: `fax:${row.id}` };
    await store.run(async (uow) => {
      await store.update(uow, row.id, { ...done, outcome, state: outcome === "ok" ? "sent" : "failed", nextAttemptAt: null });
      if (outcome === "ok") uow.publish("fax.sent", { faxId: row.id, to: row.remoteNumber, pages: row.pages }, aggregate);
      else uow.publish("fax.failed", { faxId: row.id, to: row.remoteNumber, outcome, attempts: row.attempts }, aggregate);
      uow.audit({ actor: row.actor, action: outcome === "ok" ? "fax.sent" : "fax.failed", subject: { type: "fax", id: row.id }, details: { outcome, attempts: row.attempts } });
    });
  }

  private async uncertain(row: FaxRow): Promise<void> {
    const { clock, store } = this.parts;
    await store.run(async (uow) => {
      await store.update(uow, row.id, { state: "uncertain", outcome: "process_restart", endedAt: clock.now(), nextAttemptAt: null });
      uow.publish("fax.uncertain", { faxId: row.id, to: row.remoteNumber }, { aggregate: `fax:${row.id}` });
      uow.audit({ actor: "system", action: "fax.uncertain", subject: { type: "fax", id: row.id }, outcome: "failed" });
    });
  }

  private async postpone(row: FaxRow): Promise<void> {
    const { clock, store } = this.parts;
    const runAt = clock.now() + POSTPONE_MS;
    await store.run(async (uow) => {
      await store.update(uow, row.id, { state: "queued", attempts: row.attempts, nextAttemptAt: runAt });
      // A key of its own: the job that runs now has the usual one.
      uow.enqueue({ ...orderOf(row.id, row.attempts + 1, runAt), key: `${row.id}#${row.attempts + 1}@${runAt}` });
    });
  }
}

/** Another call would end the same way. */
const HOPELESS = new Set(["incompatible", "refused", "not-found"]);

/** The durable job of the call number `attempt`. */
export function orderOf(faxId: string, attempt: number, runAt?: number): { name: string; key: string; payload: SendOrder; runAt?: number } {
  return { name: SEND_JOB, key: `${faxId}#${attempt}`, payload: { faxId, attempt }, ...(runAt === undefined ? {} : { runAt }) };
}

function addressOf(number: string): string {
  return /^[a-z]+:/i.test(number) ? number : `tel:${number}`;
}

function callTone(call: Call): Playback | undefined {
  return call.media === undefined ? undefined : call.play(CNG, { loop: true });
}
