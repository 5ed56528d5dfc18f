import type { FieldType, IfpField, IfpPacket } from "./ifp.js";
import type { Modem } from "./modems.js";
import { V21 } from "./modems.js";

/** Something a fax terminal would send on its line. */
export type LineJob =
  | { readonly type: "pause"; readonly ms: number }
  | { readonly type: "tone"; readonly tone: "cng" | "ced"; readonly ms: number }
  /** Frames of binary coded signalling, without FCS. */
  | { readonly type: "v21"; readonly frames: readonly Uint8Array[] }
  /** Zeros at the page's speed (training check, T.30 section 5.3.1.1). */
  | { readonly type: "tcf"; readonly modem: Modem; readonly ms: number }
  /** Frames of a partial page. */
  | { readonly type: "page"; readonly modem: Modem; readonly frames: readonly Uint8Array[] };

interface Step {
  readonly afterMs: number;
  readonly packet?: IfpPacket;
}

/** Line time in one IFP packet of page data, ms. */
const CHUNK_MS = 30;
/** FCS, a flag, and one stuffed bit in fifty or so: what a frame needs on the line besides its octets. */
const FRAME_OVERHEAD = 3.5;

/** Sends jobs one after the other as IFP packets, at the pace of the line they stand for. */
export class LineSender {
  readonly #jobs: LineJob[] = [];
  #steps: Generator<Step> | undefined;
  #next: { at: number; step: Step } | undefined;
  /** A signal was begun and not ended. */
  #open = false;

  get idle(): boolean {
    return this.#next === undefined && this.#jobs.length === 0;
  }

  get deadline(): number | undefined {
    return this.#next?.at;
  }

  add(job: LineJob, now: number): void {
    this.#jobs.push(job);
    if (this.#next === undefined) this.#advance(now);
  }

  /** Drops what is not sent yet; a signal in the middle ends. */
  clear(now: number): void {
    this.#jobs.length = 0;
    this.#steps = undefined;
    this.#next = this.#open ? { at: now, step: { afterMs: 0, packet: { kind: "indicator", indicator: "no-signal" } } } : undefined;
  }

  /** The next packet due at `now`, `null` at the end of a wait, `undefined` when nothing is due. */
  poll(now: number): IfpPacket | null | undefined {
    if (this.#next === undefined || this.#next.at > now) return undefined;
    const { at, step } = this.#next;
    // From the time it was due, not from now: a late timer does not slow the line down.
    this.#advance(Math.max(at, now - 200));
    if (step.packet?.kind === "indicator") this.#open = step.packet.indicator !== "no-signal";
    return step.packet ?? null;
  }

  #advance(from: number): void {
    this.#next = undefined;
    for (;;) {
      this.#steps ??= this.#begin();
      if (this.#steps === undefined) return;
      const { value, done } = this.#steps.next();
      if (done !== true) {
        this.#next = { at: from + value.afterMs, step: value };
        return;
      }
      this.#steps = undefined;
    }
  }

  #begin(): Generator<Step> | undefined {
    const job = this.#jobs.shift();
    return job === undefined ? undefined : stepsOf(job);
  }
}

function* stepsOf(job: LineJob): Generator<Step> {
  switch (job.type) {
    case "pause":
      yield { afterMs: job.ms };
      return;
    case "tone":
      yield { afterMs: 0, packet: { kind: "indicator", indicator: job.tone } };
      yield { afterMs: job.ms, packet: { kind: "indicator", indicator: "no-signal" } };
      return;
    case "v21":
      yield* hdlc(V21, V21.trainingMs, job.frames);
      return;
    case "tcf":
      yield* zeros(job.modem, job.ms);
      return;
    case "page":
      yield* hdlc({ ...job.modem, training: job.modem.resync }, job.modem.resyncMs, job.frames);
  }
}

function* zeros(modem: Modem, ms: number): Generator<Step> {
  const { modulation } = modem;
  yield { afterMs: 0, packet: { kind: "indicator", indicator: modem.training } };
  let wait = modem.trainingMs;
  const octets = Math.ceil((modem.bitsPerSecond * CHUNK_MS) / 8000);
  for (let sent = 0; sent < ms; sent += CHUNK_MS) {
    yield { afterMs: wait, packet: { kind: "data", modulation, fields: [{ type: "t4-non-ecm-data", data: new Uint8Array(octets) }] } };
    wait = CHUNK_MS;
  }
  yield { afterMs: wait, packet: { kind: "data", modulation, fields: [{ type: "t4-non-ecm-sig-end" }] } };
  yield { afterMs: 0, packet: { kind: "indicator", indicator: "no-signal" } };
}

function* hdlc(modem: Modem, trainingMs: number, frames: readonly Uint8Array[]): Generator<Step> {
  const { modulation, bitsPerSecond } = modem;
  yield { afterMs: 0, packet: { kind: "indicator", indicator: modem.training } };
  let wait = trainingMs;
  const size = Math.max(1, Math.floor((bitsPerSecond * CHUNK_MS) / 8000));
  const time = (octets: number): number => (octets * 8000) / bitsPerSecond;
  for (const [number, frame] of frames.entries()) {
    const end: FieldType = number === frames.length - 1 ? "hdlc-fcs-ok-sig-end" : "hdlc-fcs-ok";
    for (let at = 0; at < frame.length; at += size) {
      const data = frame.subarray(at, at + size);
      const last = at + size >= frame.length;
      const fields: IfpField[] = last ? [{ type: "hdlc-data", data }, { type: end }] : [{ type: "hdlc-data", data }];
      yield { afterMs: wait, packet: { kind: "data", modulation, fields } };
      wait = time(data.length + (last ? FRAME_OVERHEAD : 0));
    }
  }
  yield { afterMs: wait, packet: { kind: "indicator", indicator: "no-signal" } };
}
