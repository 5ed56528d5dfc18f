import { coreNotSupported } from "./not-supported.js";
import type { AudioSource, Call, CallEnd, CallEvent, CallState, Clock, Collected, CollectOptions, EndReason, HangupOptions, MediaLeg, OutboundCall, Party, Playback, PlayOptions, T38Port, T38Request } from "@hotlinejs/core";
import type { FakeMediaLeg } from "./fake-media-leg.js";

export interface FakeCallOptions {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly from: Party;
  readonly to: Party;
  readonly via?: Call["via"];
  readonly attributes?: Call["attributes"];
  readonly clock: Clock;
  readonly makeLeg: () => FakeMediaLeg;
}

/** A call whose far end is the test. */
export class FakeCall implements OutboundCall {
  readonly id: string;
  readonly adapter = "sip";
  readonly direction: "inbound" | "outbound";
  readonly from: Party;
  readonly to: Party;
  /** Trunk, account or line; an outgoing call gets it when a trunk takes it. */
  via: Call["via"];
  /** States in the order in which they were entered. */
  readonly states: { readonly state: CallState; readonly at: number }[] = [];
  readonly attributes: Call["attributes"];
  readonly ended: Promise<CallEnd>;
  readonly answered: Promise<boolean>;
  /** How the hotline ended or refused it. */
  lastHangup: HangupOptions | undefined;
  held = false;
  redirectedTo: string | undefined;
  leg: FakeMediaLeg | undefined;
  #state: CallState = "new";
  readonly #clock: Clock;
  readonly #makeLeg: () => FakeMediaLeg;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(event: CallEvent) => void>();
  #settleEnded: (end: CallEnd) => void = () => undefined;
  #settleAnswered: (answered: boolean) => void = () => undefined;

  constructor(options: FakeCallOptions) {
    this.id = options.id;
    this.direction = options.direction;
    this.from = options.from;
    this.to = options.to;
    this.attributes = options.attributes ?? {};
    this.via = options.via ?? { kind: "trunk", key: "test" };
    this.#clock = options.clock;
    this.#makeLeg = options.makeLeg;
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
    this.answered = new Promise((resolve) => (this.#settleAnswered = resolve));
  }

  get state(): CallState {
    return this.#state;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get media(): FakeMediaLeg | undefined {
    return this.leg;
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring(): Promise<void> {
    if (this.#state === "new") this.#enter("ringing");
    return Promise.resolve();
  }

  answer(): Promise<void> {
    if (this.#state === "ended") return Promise.reject(new Error("the call has ended"));
    if (this.#state !== "answered") {
      this.leg = this.#makeLeg();
      this.#enter("answered");
      this.#settleAnswered(true);
    }
    return Promise.resolve();
  }

  hangup(options: HangupOptions = {}): Promise<void> {
    if (this.#state !== "ended") {
      this.lastHangup = options;
      this.finish(options.reason ?? "hangup", "local", options.status);
    }
    return Promise.resolve();
  }

  /** Ends the call from outside: the far end hung up, was busy, did not answer. */
  finish(reason: EndReason, by: CallEnd["by"], status?: number): void {
    if (this.#state === "ended") return;
    this.#enter("ended");
    this.#settleAnswered(false);
    void this.leg?.close();
    this.#abort.abort(new Error(`the call has ended (${reason})`));
    this.#settleEnded({ reason, by, at: this.#clock.now(), ...(status === undefined ? {} : { status }) });
  }

  play(source: AudioSource | readonly AudioSource[], options?: PlayOptions): Playback {
    if (this.leg === undefined) throw new Error("the call has no sound yet");
    return this.leg.play(source, options);
  }

  collect(options?: CollectOptions): Promise<Collected> {
    return this.leg?.collect(options) ?? Promise.resolve({ digits: "", reason: "ended" });
  }

  async sendDtmf(digits: string): Promise<void> {
    await this.leg?.sendDtmf(digits);
  }

  hold(): Promise<void> {
    this.held = true;
    return Promise.resolve();
  }

  unhold(): Promise<void> {
    this.held = false;
    return Promise.resolve();
  }

  /** What the network makes of being asked to take the call elsewhere; it ends as `redirected` when this resolves. Default: it goes there. */
  onRedirect: (to: string) => Promise<void> = () => Promise.resolve();

  async redirect(to: string): Promise<void> {
    this.redirectedTo = to;
    await this.onRedirect(to);
    this.finish("redirected", "local", this.#state === "answered" ? undefined : 302);
  }

  /** Switches to T.38; set by tests of fax. Default: the adapter cannot. */
  onT38: (request: T38Request) => Promise<T38Port> = () => Promise.reject(coreNotSupported("t38"));

  mediaPort(kind: "audio"): Promise<MediaLeg>;
  mediaPort(kind: "t38", request: T38Request): Promise<T38Port>;
  mediaPort(kind: "audio" | "t38", request?: T38Request): Promise<MediaLeg | T38Port> {
    if (kind === "t38" && request !== undefined) return this.onT38(request);
    return this.leg === undefined ? Promise.reject(new Error("the call has no sound yet")) : Promise.resolve(this.leg);
  }

  /** Tells an event of the far end: a transfer asked for, a hold. */
  tell(event: CallEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #enter(state: CallState): void {
    this.#state = state;
    this.states.push({ state, at: this.#clock.now() });
    this.tell({ type: "state", state, at: this.#clock.now() });
  }
}
