import { errorText } from "@hotlinejs/core";
import type { CallPipeline, Clock, Ids, LineLeg, Logger, MediaEngine, MediaLeg, OriginateOptions, OutboundCall, TelephonyAdapter } from "@hotlinejs/core";
import type { BoardChannel, BoardDriver, ChannelEvent } from "./board/board-driver.js";
import { RingWatch } from "./board/ring-watch.js";
import { Seizure } from "./board/seizure.js";
import { InboundLineCall } from "./call/inbound-line-call.js";
import type { LineCall } from "./call/line-call.js";
import { OutboundLineCall } from "./call/outbound-line-call.js";
import type { VoiceboardConfig } from "./config.js";
import type { LineView } from "./contract.js";
import { voiceboardErrors } from "./errors.js";

export interface VoiceboardAdapterDeps {
  readonly config: Pick<VoiceboardConfig, "ringGapMs" | "callerIdWaitMs" | "dialToneWaitMs" | "ringTimeoutMs">;
  readonly drivers: readonly BoardDriver[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly pipeline: CallPipeline;
  media(): MediaEngine;
}

interface Line {
  readonly board: string;
  readonly channel: BoardChannel;
  /** From the first ring to the end of the ringing or the answer. */
  watch: RingWatch | undefined;
  /** In use, or about to be. */
  busy: boolean;
  seizure: Seizure | undefined;
}

/** Boards with analogue lines as a way into and out of the telephone network. */
export class VoiceboardAdapter implements TelephonyAdapter {
  readonly name = "voiceboard";
  readonly schemes = ["line"] as const;
  readonly capabilities = { hold: false, redirect: false, t38: false, earlyMedia: false } as const;
  readonly #deps: VoiceboardAdapterDeps;
  readonly #lines = new Map<string, Line>();
  readonly #calls = new Set<LineCall>();
  readonly #opened: BoardDriver[] = [];
  #unsubscribe: (() => void)[] = [];
  #draining = false;
  #stopped = false;

  /** @throws HTL_VOICEBOARD_DUPLICATE_LINE */
  constructor(deps: VoiceboardAdapterDeps) {
    this.#deps = deps;
    for (const driver of deps.drivers) {
      for (const channel of driver.channels) {
        if (this.#lines.has(channel.key)) throw voiceboardErrors.DUPLICATE_LINE(channel.key);
        this.#lines.set(channel.key, { board: driver.name, channel, watch: undefined, busy: false, seizure: undefined });
      }
    }
  }

  /** Live calls, answered or not. */
  get calls(): number {
    return this.#calls.size;
  }

  lines(): readonly LineView[] {
    return [...this.#lines.values()].map(({ board, channel: { key, number, state } }) => ({ key, board, number, state }));
  }

  /** @throws HTL_VOICEBOARD_BOARD_FAILED */
  async start(): Promise<void> {
    for (const line of this.#lines.values()) this.#unsubscribe.push(line.channel.subscribe((event) => this.#channelEvent(line, event)));
    for (const driver of this.#deps.drivers) {
      try {
        await driver.open();
      } catch (error) {
        await this.stop();
        throw voiceboardErrors.BOARD_FAILED(driver.name, errorText(error), { cause: error });
      }
      this.#opened.push(driver);
    }
    if (this.#lines.size > 0) this.#deps.log.info({ lines: this.#lines.size }, "board lines are open");
  }

  /** Lines that ring are not answered from now on; calls in progress go on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends what is left and lets go of the boards. Never rejects. */
  async stop(): Promise<void> {
    this.#draining = this.#stopped = true;
    await Promise.all([...this.#calls].map((call) => call.hangup()));
    for (const line of this.#lines.values()) line.watch?.end();
    await Promise.all([...this.#lines.values()].map((line) => line.seizure?.release()));
    for (const stop of this.#unsubscribe.splice(0)) stop();
    for (const driver of this.#opened.splice(0)) {
      try {
        await driver.close();
      } catch (error) {
        this.#deps.log.warn({ board: driver.name, error: errorText(error) }, "a board could not be closed in order");
      }
    }
  }

  /** Trunk lines lead to anybody: whether a number could be rung is not known. */
  reachable(_address: string): undefined {
    return undefined;
  }

  async originate(to: string, options: OriginateOptions = {}): Promise<OutboundCall> {
    const { clock, log, ids, config } = this.#deps;
    const [, key = "", digits = ""] = /^line:([\w-]+|\*)\/\+?([0-9*#A-D]{1,32})$/.exec(to) ?? [];
    if (digits === "") throw voiceboardErrors.BAD_ADDRESS(to.slice(0, 100));
    const line = this.#freeLine(key);
    line.busy = true;
    const { channel } = line;
    const number = options.from?.number ?? channel.number;
    const call = new OutboundLineCall(
      { clock, log },
      { id: options.id ?? ids.next(), direction: "outbound", from: { number, uri: `line:${channel.key}`, ...options.from }, to: { number: digits, uri: to }, line: channel.key },
      { digits, dialToneWaitMs: config.dialToneWaitMs, timeoutMs: options.timeoutMs ?? config.ringTimeoutMs, signal: options.signal, seize: () => this.#seize(line, options.near) },
    );
    this.#watch(call);
    void call.start();
    // Cancelled before it began: the line was not even asked for.
    if (call.state === "ended") line.busy = false;
    return call;
  }

  #freeLine(key: string): Line {
    if (key !== "*" && !this.#lines.has(key)) throw voiceboardErrors.UNKNOWN_LINE(key);
    // From the other end: calls that come in take the first line.
    const line = [...this.#lines.values()].reverse().find((each) => (key === "*" || each.channel.key === key) && !each.busy && each.channel.state === "idle" && each.channel.capabilities.outgoing);
    if (line === undefined || this.#stopped) throw voiceboardErrors.LINE_BUSY(key);
    return line;
  }

  #channelEvent(line: Line, event: ChannelEvent): void {
    if (event.type === "caller-id") line.watch?.callerId(event.number);
    if (event.type !== "ring") return;
    if (line.watch !== undefined) line.watch.ring(event.on);
    else if (event.on && !line.busy) void this.#arrive(line);
  }

  /** The sound path is opened at the first ring: what comes between the rings is sound too. */
  async #arrive(line: Line): Promise<void> {
    const { clock, log, config, ids, pipeline } = this.#deps;
    line.busy = true;
    let callerGone: () => void = () => undefined;
    const watch = new RingWatch(clock, config.ringGapMs, () => {
      callerGone();
      void line.seizure?.release();
    });
    line.watch = watch;
    let seizure: Seizure;
    try {
      seizure = await this.#seize(line, undefined);
    } catch (error) {
      log.error({ line: line.channel.key, error: errorText(error) }, "a call that came in on a line got no media; it is not answered");
      watch.end();
      line.watch = undefined;
      line.channel.onHook();
      return;
    }
    watch.listen();
    // The sound may fail before there is a call whose end would set the line free.
    seizure.leg.subscribe((event) => {
      if (event.type === "ended") void seizure.release();
    });
    const number = line.channel.capabilities.callerId ? await watch.caller(config.callerIdWaitMs) : "";
    if (watch.over || seizure.leg.ended) return void seizure.release();
    // Nobody can be refused on a line: it rings until the caller gives up.
    if (this.#draining || pipeline.admission() !== undefined) {
      log.info({ line: line.channel.key }, "a call on a line is not answered: the hotline takes none");
      return;
    }
    const key = line.channel.key;
    const identity = { id: ids.next(), direction: "inbound" as const, from: { number, uri: number === "" ? `line:${key}` : `tel:${number}` }, to: { number: line.channel.number, uri: `line:${key}` }, line: key };
    const call = new InboundLineCall({ clock, log }, identity, seizure, watch);
    callerGone = () => call.callerGone();
    this.#watch(call);
    pipeline.arrive(call);
  }

  async #seize(line: Line, near: MediaLeg | undefined): Promise<Seizure> {
    let leg: LineLeg;
    try {
      leg = await this.#deps.media().createLineLeg({ part: line.channel.part(), ...(near === undefined || near.ended ? {} : { near }) });
    } catch (error) {
      line.busy = false;
      throw error;
    }
    const seizure = new Seizure(line.channel, leg, this.#deps.log, () => {
      line.watch?.end();
      line.watch = undefined;
      line.seizure = undefined;
      line.busy = false;
    });
    line.seizure = seizure;
    return seizure;
  }

  #watch(call: LineCall): void {
    this.#calls.add(call);
    void call.ended.then(() => this.#calls.delete(call));
  }
}
