import type { LineEvent } from "../t38/line-receiver.js";
import type { Modem } from "../t38/modems.js";
import { buildDis, modemOfCtc, parseDcs } from "./capabilities.js";
import type { SessionParameters } from "./capabilities.js";
import { afterOf, buildFrame, buildIdentity, buildPpr, parseFrame, parseIdentity, parsePps, reverseBits } from "./frames.js";
import type { AfterBlock, FrameName, PartialPageSignal, T30Frame } from "./frames.js";
import { T1, T2, T30Machine, T4, TURN_MS } from "./machine.js";

export interface ReceiverOptions {
  /** What we call ourselves in CSI: up to 20 digits, spaces and `+`. */
  readonly localId: string;
  /** CED before the first DIS, ms. Default 2600 (T.30 section 4.2: 2.6 to 4 s); 0: none, the far end is a fax that waits. */
  readonly cedMs?: number;
}

/** T.30 section 5.3.1.1: a training check lasts 1.5 s; taken when so much of it was all zeros. */
const GOOD_TCF_MS = 1000;
/** A command acts when its carrier has gone, or after this, should the end of the carrier have been lost. */
const COMMAND_GUARD_MS = 400;
/** Three seconds of frames, by T.30 section 5.3.2.1, and what comes before. */
const LONGEST_COMMAND_MS = 10_000;
/** Nothing heard for so long in the middle of an exchange: the far end is gone. Longer than its three tries. */
const SILENCE_MS = 30_000;
/** A sender that has been told that all is well says DCN and goes; the DCN may be lost. */
const LAST_WORD_MS = T2;

/**
 * The called terminal: receives pages in ECM.
 *
 * ```
 * identify --DCS--> train --good TCF, CFR--> page --PPS-MPS, MCF--> page
 *     ^  \__T1__> done  \__bad TCF, FTT__> train   |--PPS-EOM, MCF--> identify
 *     |_____________________________________________|  |--PPS-EOP, MCF--> last --DCN, silence--> done
 * ```
 */
export class T30Receiver extends T30Machine {
  readonly #options: ReceiverOptions;
  #state: "identify" | "train" | "page" | "last" = "identify";
  #since = 0;
  #session: SessionParameters | undefined;
  #modem: Modem | undefined;
  /** A final frame that waits for the end of its carrier. */
  #command: T30Frame | undefined;
  #trained = false;
  /** Blocks of this page that are complete. */
  #blocks: Uint8Array[] = [];
  #badFrames = 0;
  #frames = new Map<number, Uint8Array>();
  /** Frames of the block in progress, as its first PPS told. */
  #expected: number | undefined;
  #answered: { page: number; block: number; reply: FrameName } | undefined;

  constructor(options: ReceiverOptions) {
    super();
    this.#options = options;
  }

  protected override begin(): void {
    this.#since = this.now;
    const { cedMs = 2600 } = this.#options;
    if (cedMs === 0) this.#identify();
    else this.send([{ type: "tone", tone: "ced", ms: cedMs }, { type: "pause", ms: TURN_MS }], () => this.#identify());
  }

  protected override stopped(cause: "gone" | "stopped"): void {
    this.clearLine();
    if (this.#state === "last") return this.done("ok");
    if (cause === "gone") return this.done("disconnected");
    this.#disconnect("stopped");
  }

  protected override heard(event: LineEvent): void {
    if (event.type === "frame" && event.modulation === "v21") this.#v21(event.octets, event.ok);
    else if (event.type === "frame") this.#pageFrame(event);
    else if (event.type === "carrier") this.#carrier(event);
    else if (event.type === "non-ecm" && this.#state === "train") this.#check(event.octets, event.zeros);
  }

  #identify(): void {
    this.#state = "identify";
    if (this.now - this.#since >= T1) return this.#disconnect("no-answer");
    this.trace("DIS");
    const identity = this.#options.localId === "" ? [] : [buildIdentity("CSI", this.#options.localId, "sent-dis")];
    this.send([{ type: "v21", frames: [...identity, buildFrame("DIS", { fif: buildDis() })] }], () => this.timer(T4, () => this.#identify()));
  }

  #carrier({ on, modulation }: Extract<LineEvent, { type: "carrier" }>): void {
    if (on) {
      this.#trained = false;
      // Somebody speaks: heard to the end, if there is one.
      if (this.#state === "identify") this.timer(LONGEST_COMMAND_MS, () => this.#identify());
      else if (this.#state !== "last") this.#wait();
      return;
    }
    if (modulation === "v21") {
      if (this.#command === undefined && this.#state === "identify") this.#wait();
      this.#act();
    } else if (this.#state === "train" && !this.#trained) this.#check(0, 0);
  }

  #v21(octets: Uint8Array, ok: boolean): void {
    const frame = ok ? parseFrame(octets) : undefined;
    if (frame === undefined) return;
    if (frame.name === "TSI") this.remoteId = parseIdentity(frame.fif);
    if (!frame.final) return;
    this.#command = frame;
    this.timer(COMMAND_GUARD_MS, () => this.#act());
  }

  /** Carries out the command heard. */
  #act(): void {
    const command = this.#command;
    if (command === undefined) return;
    this.#command = undefined;
    this.trace(`got ${command.name}`);
    this.clearLine();
    this.#wait();
    switch (command.name) {
      case "DCS":
        return this.#dcs(command);
      case "PPS":
        return this.#pps(command);
      case "EOR":
        return this.#eor(command);
      case "CTC":
        this.#modem = modemOfCtc(command.fif) ?? this.#modem;
        this.bitsPerSecond = this.#modem?.bitsPerSecond ?? 0;
        return this.#reply("CTR");
      case "RR":
        return this.#reply(this.#answered?.reply ?? "MCF");
      case "DCN":
        return this.done(this.#state === "last" ? "ok" : this.#state === "identify" && this.pages === 0 ? "incompatible" : "disconnected");
      case "EOP":
      case "MPS":
      case "EOM":
        // Pages without ECM are refused at DCS; what is left is the repetition of a command whose answer was lost.
        return this.#state === "last" ? this.#reply("MCF") : undefined;
      default:
    }
  }

  #dcs({ fif }: T30Frame): void {
    const session = parseDcs(fif);
    if (session === undefined || !session.ecm || session.width !== 1728) return this.#disconnect("incompatible");
    this.#session = session;
    this.#modem = session.modem;
    this.bitsPerSecond = session.modem.bitsPerSecond;
    this.#state = "train";
    this.#trained = false;
    this.#newPage();
    this.#answered = undefined;
  }

  #check(octets: number, zeros: number): void {
    const modem = this.#modem;
    if (modem === undefined || this.#trained) return;
    this.#trained = true;
    const needed = (modem.bitsPerSecond * GOOD_TCF_MS) / 8000;
    const good = zeros >= needed;
    this.trace(`TCF ${octets} octets, ${zeros} zeros`);
    if (good) this.#state = "page";
    this.#reply(good ? "CFR" : "FTT");
  }

  #pageFrame({ octets, ok }: Extract<LineEvent, { type: "frame" }>): void {
    if (this.#state !== "page") return;
    this.#wait();
    if (!ok) return;
    const frame = parseFrame(octets);
    if (frame?.name !== "FCD" || frame.fif.length < 2) return;
    this.#frames.set(reverseBits(frame.fif[0] as number), frame.fif.slice(1));
  }

  #pps({ fif }: T30Frame): void {
    const pps = parsePps(fif);
    const session = this.#session;
    if (pps === undefined || session === undefined || this.#state === "train" || this.#state === "identify") return;
    // Our answer was lost; nothing new has come since.
    if (this.#answered !== undefined && this.#answered.page === pps.page && this.#answered.block === pps.block && this.#frames.size === 0) return this.#reply(this.#answered.reply);
    // After a PPR the count is that of the frames resent: the first one tells how many there are.
    this.#expected = Math.max(this.#expected ?? 0, pps.frames);
    const missing = this.#missing();
    if (missing.length > 0) {
      this.resentFrames += missing.length;
      this.trace(`PPR ${missing.length} of ${this.#expected}`);
      return this.#sendReply(buildPpr((frame) => frame >= (this.#expected ?? 0) || !this.#frames.has(frame)));
    }
    this.#confirm(pps, "MCF");
  }

  /** The sender gives up on frames that do not come: the page is taken as it is. */
  #eor({ fif }: T30Frame): void {
    const after = afterOf(fif);
    if (after === undefined || this.#session === undefined || this.#state === "train") return;
    const answered = this.#answered;
    if (answered?.reply === "ERR" && this.#frames.size === 0 && this.#expected === undefined) return this.#reply("ERR");
    this.#badFrames += this.#missing().length;
    this.#confirm({ after, page: this.pages & 0xff, block: this.#blocks.length & 0xff, frames: 0 }, "ERR");
  }

  #missing(): number[] {
    return Array.from({ length: this.#expected ?? 0 }, (_, frame) => frame).filter((frame) => !this.#frames.has(frame));
  }

  #confirm(pps: PartialPageSignal, reply: "MCF" | "ERR"): void {
    const order = [...this.#frames.keys()].filter((frame) => frame < (this.#expected ?? 256)).sort((a, b) => a - b);
    this.#blocks.push(...order.map((frame) => this.#frames.get(frame) as Uint8Array));
    this.#frames = new Map();
    this.#expected = undefined;
    this.#answered = { page: pps.page, block: pps.block, reply };
    if (pps.after !== "null") this.#pageEnds(pps.after);
    this.#reply(reply);
  }

  #pageEnds(after: AfterBlock): void {
    const { resolution, coding } = this.#session as SessionParameters;
    this.pages++;
    this.page({ resolution, coding, data: new Uint8Array(Buffer.concat(this.#blocks)), badFrames: this.#badFrames });
    this.#newPage();
    if (after === "eop") this.#state = "last";
    else if (after === "eom") this.#state = "identify";
  }

  #newPage(): void {
    this.#blocks = [];
    this.#badFrames = 0;
    this.#frames = new Map();
    this.#expected = undefined;
  }

  #reply(name: FrameName): void {
    this.trace(name);
    this.#sendReply(buildFrame(name));
  }

  #sendReply(frame: Uint8Array): void {
    this.send([{ type: "pause", ms: TURN_MS }, { type: "v21", frames: [frame] }], () => this.#wait());
  }

  /** How long silence is borne now. */
  #wait(): void {
    switch (this.#state) {
      case "identify":
        // After EOM the sender may begin anew by itself; else we ask once more.
        if (this.pages > 0) this.#since = this.now;
        return this.timer(this.pages > 0 ? T2 : T4, () => this.#identify());
      case "last":
        return this.timer(LAST_WORD_MS, () => this.done("ok"));
      default:
        return this.timer(SILENCE_MS, () => this.#disconnect("disconnected"));
    }
  }

  #disconnect(outcome: Parameters<T30Machine["done"]>[0]): void {
    this.noTimer();
    this.trace("DCN");
    this.send([{ type: "pause", ms: TURN_MS }, { type: "v21", frames: [buildFrame("DCN")] }], () => this.done(outcome));
  }
}

