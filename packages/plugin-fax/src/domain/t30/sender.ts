import type { LineEvent } from "../t38/line-receiver.js";
import type { LineJob } from "../t38/line-sender.js";
import type { Modem } from "../t38/modems.js";
import { buildDcs, parseDis } from "./capabilities.js";
import type { Capabilities, SessionParameters } from "./capabilities.js";
import { buildFcd, buildFrame, buildIdentity, buildPps, buildRcp, parseFrame, parseIdentity, parsePpr } from "./frames.js";
import type { AfterBlock, FrameName, T30Frame } from "./frames.js";
import { T1, T30Machine, T4, T5, TRIES, TURN_MS } from "./machine.js";
import type { FaxPage } from "./machine.js";

/** A page to be sent. */
export interface OutgoingPage extends FaxPage {
  /** The same page coded MH, sent to a machine without T.6. */
  readonly mh?: Uint8Array;
}

export interface SenderOptions {
  /** What we call ourselves in TSI: up to 20 digits, spaces and `+`. */
  readonly localId: string;
  /** At least one, coded T.6 or MH. */
  readonly pages: readonly OutgoingPage[];
  /** Send CNG while waiting for the far end. Default true. */
  readonly cng?: boolean;
  /** Fastest rate to begin with, bit/s. Default 14400. */
  readonly maxBitsPerSecond?: number;
}

const TCF_MS = 1500;
/** T.30 section 4.1: half a second on, three off. */
const CNG_ON_MS = 500;
const CNG_OFF_MS = 3000;
const BLOCK_FRAMES = 256;
/** After so many PPR for one block a slower rate is tried (T.30 section A.4.2). */
const PPR_LIMIT = 4;
/** Between RNR and the next question. */
const NOT_READY_MS = 1000;
const RESPONSE_GUARD_MS = 400;

/**
 * The calling terminal: sends pages in ECM.
 *
 * ```
 * call --DIS--> train --CFR--> block --MCF--> block (next block or page) --EOP, MCF--> done
 *   ^              \--FTT, slower--> train   |--PPR--> block (missing frames)
 *   |___________EOM, MCF_____________________|--4 PPR--> CTC, CTR--> block ; EOR, ERR--> next
 * ```
 */
export class T30Sender extends T30Machine {
  readonly #options: SenderOptions;
  #pages: readonly FaxPage[];
  #state: "call" | "train" | "block" | "ctc" | "eor" = "call";
  #remote: Capabilities | undefined;
  #session: SessionParameters | undefined;
  #modems: readonly Modem[] = [];
  #response: T30Frame | undefined;
  #tries = 0;
  #waitingSince: number | undefined;
  #page = 0;
  #block = 0;
  /** Frames of this block that have to go (again). */
  #pending: readonly number[] = [];
  #requests = 0;
  /** What is sent once more when no response comes. */
  #command: (() => void) | undefined;

  constructor(options: SenderOptions) {
    super();
    if (options.pages.length === 0) throw new RangeError("a fax has at least one page");
    this.#options = options;
    this.#pages = options.pages;
  }

  protected override begin(): void {
    this.timer(T1, () => this.#disconnect("no-answer"));
    if (this.#options.cng !== false) this.#callTone();
  }

  protected override stopped(cause: "gone" | "stopped"): void {
    this.clearLine();
    if (cause === "gone") return this.done("disconnected");
    this.#disconnect("stopped");
  }

  protected override heard(event: LineEvent): void {
    if (event.type === "carrier" && event.on && this.#state === "call") this.clearLine();
    if (event.type === "carrier" && event.modulation === "v21") {
      if (event.on) this.#patience();
      else this.#act();
      return;
    }
    if (event.type !== "frame" || event.modulation !== "v21" || !event.ok) return;
    const frame = parseFrame(event.octets);
    if (frame === undefined) return;
    if (frame.name === "CSI") this.remoteId = parseIdentity(frame.fif);
    if (!frame.final) return;
    this.#response = frame;
    this.timer(RESPONSE_GUARD_MS, () => this.#act());
  }

  #callTone(): void {
    this.send([{ type: "tone", tone: "cng", ms: CNG_ON_MS }, { type: "pause", ms: CNG_OFF_MS }], () => this.#callTone());
  }

  /** A response has begun: it is heard to its end. */
  #patience(): void {
    if (this.#state !== "call") this.timer(T4, () => this.#repeat());
  }

  #act(): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    this.trace(`got ${response.name}`);
    if (response.name === "DCN") return this.done(this.#state === "call" ? "incompatible" : this.#state === "train" ? "training-failed" : "disconnected");
    if (response.name === "CRP") return this.#repeat();
    if (response.name === "DIS") return this.#dis(response);
    switch (this.#state) {
      case "train":
        if (response.name === "CFR") return this.#nextBlock();
        if (response.name === "FTT") return this.#slower();
        break;
      case "block":
        return this.#blockAnswered(response);
      case "ctc":
        if (response.name === "CTR") return this.#sendBlock();
        break;
      case "eor":
        if (response.name === "ERR") return this.#blockDone();
        if (response.name === "RNR") return this.#notReady();
        break;
      case "call":
        return this.timer(T1, () => this.#disconnect("no-answer"));
    }
    // A response that does not fit: as if none had come.
    this.timer(T4, () => this.#repeat());
  }

  #dis({ fif }: T30Frame): void {
    // Within a page it is an echo of the beginning, or the far end has lost the thread; the repetition of the command sorts it out.
    if (this.#state !== "call" && this.#state !== "train") return this.timer(T4, () => this.#repeat());
    if (this.#state === "call") {
      const remote = parseDis(fif);
      this.#pages = this.#options.pages.map(({ mh, ...page }) => (page.coding === "t6" && !remote.t6 && mh !== undefined ? { ...page, coding: "mh" as const, data: mh } : page));
      const page = this.#pages[this.#page] as FaxPage;
      const fits = remote.canReceive && remote.ecm && (page.coding !== "t6" || remote.t6) && (page.resolution !== "fine" || remote.fine);
      const limit = this.#options.maxBitsPerSecond ?? Infinity;
      this.#modems = remote.modems.filter(({ bitsPerSecond }) => bitsPerSecond <= limit);
      this.#remote = remote;
      if (!fits || this.#modems.length === 0) return this.#disconnect("incompatible");
      this.#tries = 0;
    } else if (++this.#tries >= TRIES) return this.#disconnect("no-response");
    this.#train();
  }

  #train(): void {
    const page = this.#pages[this.#page] as FaxPage;
    const [modem] = this.#modems;
    const remote = this.#remote;
    if (modem === undefined || remote === undefined) return this.#disconnect("training-failed");
    this.#state = "train";
    this.#session = { modem, resolution: page.resolution, coding: page.coding, ecm: true, frameSize: remote.smallFrames ? 64 : 256, width: 1728, unlimitedLength: remote.unlimitedLength };
    this.bitsPerSecond = modem.bitsPerSecond;
    this.#command = () => this.#train();
    this.trace(`DCS ${modem.modulation}`);
    const identity = this.#options.localId === "" ? [] : [buildIdentity("TSI", this.#options.localId, "got-dis")];
    const dcs = buildFrame("DCS", { fif: buildDcs(this.#session), station: "got-dis" });
    this.#say([{ type: "v21", frames: [...identity, dcs] }, { type: "pause", ms: TURN_MS }, { type: "tcf", modem, ms: TCF_MS }]);
  }

  #slower(): void {
    this.#modems = this.#modems.slice(1);
    this.#tries = 0;
    if (this.#modems.length === 0) return this.#disconnect("training-failed");
    this.#train();
  }

  get #frameSize(): number {
    return this.#session?.frameSize ?? 256;
  }

  /** Octets of the page from here to the end of the block. */
  #blockData(): Uint8Array {
    const { data } = this.#pages[this.#page] as FaxPage;
    const size = this.#frameSize * BLOCK_FRAMES;
    return data.subarray(this.#block * size, (this.#block + 1) * size);
  }

  #nextBlock(): void {
    this.#state = "block";
    this.#requests = 0;
    this.#pending = Array.from({ length: Math.max(1, Math.ceil(this.#blockData().length / this.#frameSize)) }, (_, frame) => frame);
    this.#tries = 0;
    this.#sendBlock();
  }

  #after(): AfterBlock {
    const pages = this.#pages;
    const page = pages[this.#page] as FaxPage;
    if ((this.#block + 1) * BLOCK_FRAMES * this.#frameSize < page.data.length) return "null";
    const next = pages[this.#page + 1];
    if (next === undefined) return "eop";
    return next.resolution === page.resolution && next.coding === page.coding ? "mps" : "eom";
  }

  #sendBlock(): void {
    this.#state = "block";
    const data = this.#blockData();
    const size = this.#frameSize;
    const frames = this.#pending.map((number) => {
      const octets = new Uint8Array(size);
      octets.set(data.subarray(number * size, (number + 1) * size));
      return buildFcd(number, octets);
    });
    const modem = this.#session?.modem as Modem;
    this.trace(`page ${this.#page} block ${this.#block}: ${frames.length} frames`);
    const pps = (): void => this.#say([{ type: "v21", frames: [buildPps({ after: this.#after(), page: this.#page, block: this.#block, frames: this.#pending.length })] }]);
    this.#command = pps;
    this.noTimer();
    this.send([{ type: "pause", ms: TURN_MS }, { type: "page", modem, frames: [...frames, buildRcp(), buildRcp(), buildRcp()] }, { type: "pause", ms: TURN_MS }], pps);
  }

  #blockAnswered(response: T30Frame): void {
    switch (response.name) {
      case "MCF":
      case "PIP":
        this.#tries = 0;
        this.#waitingSince = undefined;
        return this.#blockDone();
      case "PPR":
        this.#tries = 0;
        this.#waitingSince = undefined;
        return this.#resend(parsePpr(response.fif));
      case "RNR":
        return this.#notReady();
      default:
        return this.timer(T4, () => this.#repeat());
    }
  }

  #resend(wanted: (frame: number) => boolean): void {
    const count = Math.max(1, Math.ceil(this.#blockData().length / this.#frameSize));
    const frames = Array.from({ length: count }, (_, frame) => frame).filter(wanted);
    if (frames.length > 0) this.#pending = frames;
    this.resentFrames += frames.length;
    if (++this.#requests % PPR_LIMIT !== 0) return this.#sendBlock();
    const [, slower] = this.#modems;
    if (slower === undefined) return this.#giveUpBlock();
    this.#modems = this.#modems.slice(1);
    this.#session = { ...(this.#session as SessionParameters), modem: slower };
    this.bitsPerSecond = slower.bitsPerSecond;
    this.#state = "ctc";
    this.#tries = 0;
    this.#command = () => this.#tell("CTC", buildDcs(this.#session as SessionParameters).subarray(0, 2));
    this.#command();
  }

  /** At the lowest rate and still not whole: the far end is asked to take it as it is. */
  #giveUpBlock(): void {
    this.#state = "eor";
    this.#tries = 0;
    const after = this.#after();
    const code = buildPps({ after, page: 0, block: 0, frames: 1 })[3] as number;
    this.#command = () => this.#tell("EOR", Uint8Array.of(code));
    this.#command();
  }

  #blockDone(): void {
    const after = this.#after();
    this.#block++;
    if (after === "null") return this.#nextBlock();
    this.pages++;
    this.#page++;
    this.#block = 0;
    if (after === "eop") return this.#disconnect("ok");
    if (after === "mps") return this.#nextBlock();
    this.#state = "call";
    this.timer(T1, () => this.#disconnect("no-answer"));
  }

  #notReady(): void {
    this.#waitingSince ??= this.now;
    if (this.now - this.#waitingSince > T5) return this.#disconnect("no-response");
    this.#tries = 0;
    this.timer(NOT_READY_MS, () => this.#tell("RR"));
  }

  #tell(name: FrameName, fif?: Uint8Array): void {
    this.trace(name);
    this.#say([{ type: "v21", frames: [buildFrame(name, { station: "got-dis", ...(fif === undefined ? {} : { fif }) })] }]);
  }

  /** Sends a command and waits for its response. */
  #say(jobs: readonly LineJob[]): void {
    this.noTimer();
    this.send([{ type: "pause", ms: TURN_MS }, ...jobs], () => this.timer(T4, () => this.#repeat()));
  }

  #repeat(): void {
    if (++this.#tries >= TRIES || this.#command === undefined) return this.#disconnect("no-response");
    this.#command();
  }

  #disconnect(outcome: Parameters<T30Machine["done"]>[0]): void {
    this.noTimer();
    this.clearLine();
    this.trace("DCN");
    this.send([{ type: "pause", ms: TURN_MS }, { type: "v21", frames: [buildFrame("DCN", { station: "got-dis" })] }], () => this.done(outcome));
  }
}
