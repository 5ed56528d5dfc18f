import type { LineLeg, LinePartRef } from "@hotlinejs/core";
import type { BoardChannel, ChannelCapabilities, ChannelEvent, ChannelState } from "../board/board-driver.js";
import { callEnded, voiceboardErrors } from "../errors.js";
import type { DialOutcome, FromLine, RingCadence, ToLine, VirtualLineOptions } from "./line-messages.js";
import { OutsideParty } from "./outside-party.js";
import { partModule } from "./part-module.js";
import { partyScriptSchema } from "./party-script.js";
import type { PartyScript } from "./party-script.js";

export interface VirtualCallOptions {
  /** The caller's number; empty when withheld. */
  readonly number: string;
  /** What the caller does once answered. Default: stays on the line. */
  readonly script?: PartyScript;
  /** Gives up ringing after this, ms. Default: never. */
  readonly patienceMs?: number;
}

/** What becomes of a number dialled on a virtual line. */
export type DialledOutcome = { readonly kind: "answer"; readonly afterMs?: number; readonly script?: PartyScript } | Exclude<DialOutcome, { kind: "answer" }>;

export interface VirtualChannelOptions {
  readonly key: string;
  readonly number: string;
  readonly cadence: RingCadence;
  readonly polarity: boolean;
  readonly interDigitMs: number;
  dialled(number: string, line: string): DialledOutcome | Promise<DialledOutcome>;
  /** Somebody has picked up a call that was dialled. */
  pickedUp(party: OutsideParty): void;
}

/** One line of the virtual board: its signalling here, exchange, far end and sound in the media worker. */
export class VirtualChannel implements BoardChannel {
  readonly key: string;
  readonly number: string;
  readonly capabilities: ChannelCapabilities;
  readonly #options: VirtualChannelOptions;
  readonly #listeners = new Set<(event: ChannelEvent) => void>();
  #state: ChannelState = "out-of-service";
  #leg: LineLeg | undefined;
  #party: OutsideParty | undefined;
  #lastParty: OutsideParty | undefined;
  #incoming: VirtualCallOptions | undefined;
  #hook: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(options: VirtualChannelOptions) {
    this.#options = options;
    this.key = options.key;
    this.number = options.number;
    this.capabilities = { outgoing: true, callerId: true, polarity: options.polarity };
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** Who is, or was last, at the far end. */
  get party(): OutsideParty | undefined {
    return this.#party ?? this.#lastParty;
  }

  open(): void {
    this.#enter("idle");
  }

  close(): void {
    this.onHook();
    this.#enter("out-of-service");
  }

  /** Somebody outside calls the hotline on this line. */
  call(options: VirtualCallOptions): OutsideParty {
    if (this.#state !== "idle") throw voiceboardErrors.LINE_BUSY(this.key);
    partyScriptSchema.parse(options.script ?? []);
    const party = new OutsideParty(this.key, options.number);
    this.#party = party;
    this.#incoming = options;
    this.#enter("ringing");
    this.#tell({ type: "ring", on: true });
    return party;
  }

  part(): LinePartRef {
    const { cadence, polarity, interDigitMs } = this.#options;
    const incoming = this.#incoming;
    const options: VirtualLineOptions =
      incoming === undefined
        ? { direction: "outgoing", cadence, polarity, interDigitMs }
        : { direction: "incoming", cadence, polarity, number: incoming.number, script: partyScriptSchema.parse(incoming.script ?? []), ...(incoming.patienceMs === undefined ? {} : { patienceMs: incoming.patienceMs }) };
    return { module: partModule(), options };
  }

  attach(leg: LineLeg): void {
    this.#leg = leg;
    // The party of this leg: when the line is used again, another one sits at its far end.
    let party = this.#party;
    leg.listen((message) => {
      const told = message as FromLine;
      if (leg === this.#leg) {
        if (told.type === "answered" && party === undefined) party = this.#pickedUp(leg);
        this.#take(told, leg);
      }
      party?.take(told);
    });
    leg.subscribe((event) => {
      if (event.type !== "ended") return;
      party?.lost();
      if (leg === this.#leg) this.#hook?.reject(callEnded("the line has failed"));
    });
    party?.bind(leg);
  }

  offHook(): Promise<void> {
    const leg = this.#leg;
    if (leg === undefined || leg.ended) return Promise.reject(voiceboardErrors.LINE_BUSY(this.key));
    this.#enter("off-hook");
    return new Promise((resolve, reject) => {
      this.#hook = { resolve, reject };
      this.#send({ type: "off-hook" });
    });
  }

  onHook(): void {
    if (this.#state === "idle" || this.#state === "out-of-service") return;
    this.#send({ type: "on-hook" });
    this.#party?.finish("hotline");
    this.#lastParty = this.#party;
    this.#hook?.reject(callEnded("hangup"));
    this.#hook = this.#leg = this.#party = this.#incoming = undefined;
    this.#enter("idle");
  }

  subscribe(listener: (event: ChannelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #take(message: FromLine, leg: LineLeg): void {
    switch (message.type) {
      case "ring":
      case "caller-id":
      case "polarity":
        this.#tell(message);
        return;
      case "off-hook":
        this.#hook?.resolve();
        this.#hook = undefined;
        return;
      case "dialled":
        void this.#route(message.number, leg);
    }
  }

  async #route(number: string, leg: LineLeg): Promise<void> {
    const outcome = await this.#options.dialled(number, this.key);
    this.#incoming = { number };
    const whole: DialOutcome = outcome.kind === "answer" ? { kind: "answer", afterMs: outcome.afterMs ?? 2_000, script: partyScriptSchema.parse(outcome.script ?? []) } : outcome;
    leg.post({ type: "outcome", outcome: whole } satisfies ToLine);
  }

  #pickedUp(leg: LineLeg): OutsideParty {
    const party = new OutsideParty(this.key, this.#incoming?.number ?? "");
    this.#party = party;
    party.bind(leg);
    this.#options.pickedUp(party);
    return party;
  }

  #send(message: ToLine): void {
    this.#leg?.post(message);
  }

  #enter(state: ChannelState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell({ type: "state", state });
  }

  #tell(event: ChannelEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
