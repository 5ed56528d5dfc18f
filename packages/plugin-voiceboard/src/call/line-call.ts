import type {
  AudioSource, Call, CallEnd, CallEvent, CallState, Clock, Collected, CollectOptions, EndReason, HangupOptions, Logger, MediaLeg, MediaLegEvent, Party, Playback, PlayOptions, ProgressTone, T38Port, T38Request,
} from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { ChannelEvent } from "../board/board-driver.js";
import type { Seizure } from "../board/seizure.js";
import { callEnded, notSupported, voiceboardErrors } from "../errors.js";

export interface LineCallIdentity {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly from: Party;
  readonly to: Party;
  /** Key of the line. */
  readonly line: string;
}

export interface LineCallEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A leg on a board line in the terms of the `Call` contract. Everything that ends a call passes through `finish`, which runs once. */
export abstract class LineCall implements Call {
  readonly adapter = "voiceboard";
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly from: Party;
  readonly to: Party;
  readonly via: Call["via"];
  readonly attributes: Readonly<Record<string, string>> = {};
  readonly ended: Promise<CallEnd>;
  protected readonly environment: LineCallEnvironment;
  protected seizure: Seizure | undefined;
  #state: CallState = "new";
  #end: CallEnd | undefined;
  #settle: (end: CallEnd) => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(event: CallEvent) => void>();
  #unwatch: () => void = () => undefined;

  constructor(environment: LineCallEnvironment, identity: LineCallIdentity) {
    this.environment = environment;
    this.id = identity.id;
    this.direction = identity.direction;
    this.from = identity.from;
    this.to = identity.to;
    this.via = { kind: "line", key: identity.line };
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  get state(): CallState {
    return this.#state;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What the exchange lets be heard before the answer is not for the hotline's ears. */
  get media(): MediaLeg | undefined {
    return this.#state === "answered" ? this.seizure?.leg : undefined;
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  abstract ring(): Promise<void>;
  abstract answer(): Promise<void>;
  /** What is done with the line when the call has ended. */
  protected abstract letGo(): void;
  /** A tone of the exchange was heard. */
  protected abstract heardTone(tone: ProgressTone): void;
  protected heardVoice(): void {
    // Of interest only while an outgoing call waits for its answer.
  }
  protected polarityReversed(_reversed: boolean): void {
    // As above.
  }

  async hangup(options: HangupOptions = {}): Promise<void> {
    this.finish({ reason: options.reason ?? "hangup", by: "local", ...(this.#state !== "answered" && options.status !== undefined ? { status: options.status } : {}) });
  }

  play(source: AudioSource | readonly AudioSource[], options?: PlayOptions): Playback {
    const leg = this.media;
    if (leg !== undefined) return leg.play(source, options);
    if (this.#end === undefined) throw voiceboardErrors.NO_MEDIA();
    return { id: `${this.id}/ended`, done: Promise.resolve({ reason: "leg-ended", playedMs: 0 }), stop: () => undefined };
  }

  async collect(options?: CollectOptions): Promise<Collected> {
    const leg = this.media;
    if (leg !== undefined) return leg.collect(options);
    if (this.#end === undefined) throw voiceboardErrors.NO_MEDIA();
    return { digits: "", reason: "ended" };
  }

  async sendDtmf(digits: string): Promise<void> {
    const leg = this.media;
    this.requireAlive();
    if (leg === undefined) throw voiceboardErrors.NO_MEDIA();
    await leg.sendDtmf(digits);
  }

  async hold(): Promise<void> {
    throw notSupported("hold by the far end; a bridge can part the legs");
  }

  async unhold(): Promise<void> {
    throw notSupported("hold by the far end; a bridge can part the legs");
  }

  async redirect(_to: string): Promise<void> {
    throw notSupported("sending a call elsewhere; a transfer by bridge can");
  }

  mediaPort(kind: "audio"): Promise<MediaLeg>;
  mediaPort(kind: "t38", request: T38Request): Promise<T38Port>;
  async mediaPort(kind: "audio" | "t38"): Promise<MediaLeg | T38Port> {
    this.requireAlive();
    if (kind === "t38") throw notSupported("T.38");
    if (this.media === undefined) throw voiceboardErrors.NO_MEDIA();
    return this.media;
  }

  /** Takes over the line. What ends the line from now on ends the call. */
  protected seize(seizure: Seizure): void {
    this.seizure = seizure;
    const stops = [seizure.leg.subscribe((event) => this.#legEvent(event)), seizure.channel.subscribe((event) => this.#channelEvent(event))];
    this.#unwatch = () => stops.forEach((stop) => stop());
    // It may have ended before anybody looked.
    if (seizure.leg.ended) this.finish({ reason: "failed", by: "system" });
  }

  /** Enters `ringing` or `answered`; never goes back. */
  protected enter(state: "ringing" | "answered"): void {
    if (this.#state === "ended" || this.#state === state || this.#state === "answered") return;
    this.#state = state;
    this.#tell({ type: "state", state, at: this.environment.clock.now() });
  }

  /** Ends the call for everybody who looks at it. Only the first call counts. */
  protected finish(end: Omit<CallEnd, "at">): void {
    if (this.#end !== undefined) return;
    const whole: CallEnd = { ...end, at: this.environment.clock.now() };
    this.#end = whole;
    this.#state = "ended";
    this.#unwatch();
    this.letGo();
    this.#abort.abort(callEnded(whole.reason));
    this.#settle(whole);
    this.#tell({ type: "state", state: "ended", at: whole.at });
    this.#listeners.clear();
  }

  /** Why it has ended, if it has. A method, since every await may change the answer. */
  protected over(): EndReason | undefined {
    return this.#end?.reason;
  }

  protected requireAlive(): void {
    const over = this.over();
    if (over !== undefined) throw callEnded(over);
  }

  #legEvent(event: MediaLegEvent): void {
    if (event.type === "progress-tone") this.heardTone(event.tone);
    else if (event.type === "voice") this.heardVoice();
    else if (event.type === "ended") {
      this.environment.log.error({ callId: this.id, line: this.via.key, reason: event.reason }, "the sound of a line has failed; its call is ended");
      this.finish({ reason: "failed", by: "system" });
    }
  }

  #channelEvent(event: ChannelEvent): void {
    if (event.type === "polarity") this.polarityReversed(event.reversed);
    else if (event.type === "cleared" && this.#state === "answered") this.finish({ reason: "remote-hangup", by: "remote" });
    else if (event.type === "state" && event.state === "out-of-service") this.finish({ reason: "failed", by: "system" });
  }

  #tell(event: CallEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.environment.log.error({ callId: this.id, event: event.type, error: errorText(error) }, "a listener of a call failed");
      }
    }
  }
}
