import type { LinePart } from "@hotlinejs/core";
import { ALAW_SILENCE, DtmfDetector } from "@hotlinejs/media/dsp";
import type { DialOutcome, FromLine, ToLine, VirtualLineOptions } from "../virtual/line-messages.js";
import { Party } from "./outside-party.js";
import { SoundLoop } from "./sound-loop.js";

const FRAME_MS = 20;
/** When after the first ring the caller's number comes, where the pause is long enough. */
const CALLER_ID_MS = 800;

/**
 * What the exchange does with the line:
 * ```
 * ringing --off-hook--> talking --party hangs up--> released      (busy tone until on-hook)
 *    \--party gives up--> idle --off-hook--> dial-tone --digit--> collecting --pause--> routing
 *                          routing --outcome--> ringback --picks up--> talking
 *                                         \--> refused            (busy or congestion tone until on-hook)
 * ```
 */
type ExchangeState = "idle" | "ringing" | "talking" | "released" | "dial-tone" | "collecting" | "routing" | "ringback" | "refused";

/** A line of the virtual board with its exchange and the party at the other end, in frames of 20 ms. */
export class VirtualLine implements LinePart {
  readonly #options: VirtualLineOptions;
  readonly #post: (message: FromLine) => void;
  #state: ExchangeState = "idle";
  #party: Party | undefined;
  #tone: SoundLoop | undefined;
  readonly #ringback = new Uint8Array(160);
  /** Time in the present state, ms. */
  #ms = 0;
  #ringing = false;
  #digits = "";
  #sinceDigit = 0;
  readonly #detector: DtmfDetector;
  #outcome: DialOutcome | undefined;

  constructor(options: VirtualLineOptions, post: (message: FromLine) => void) {
    this.#options = options;
    this.#post = post;
    this.#detector = new DtmfDetector({ down: (digit) => this.#digit(digit), up: () => undefined });
    if (options.direction === "incoming") {
      this.#party = this.#newParty(options.script);
      this.#enter("ringing");
      this.#tone = SoundLoop.tone("ringback");
      this.#ringing = true; // the first ring is what made the leg
    }
  }

  read(frame: Uint8Array): boolean {
    this.#ms += FRAME_MS;
    this.#advance();
    switch (this.#state) {
      case "idle":
      case "ringing":
        return false;
      case "talking":
        this.#party?.speak(frame);
        return true;
      case "collecting":
      case "routing":
        frame.fill(ALAW_SILENCE);
        return true;
      default:
        this.#tone?.fill(frame);
        return true;
    }
  }

  write(frame: Uint8Array): void {
    if (this.#state === "talking") this.#party?.hear(frame);
    else if (this.#state === "dial-tone" || this.#state === "collecting") this.#detector.feed(frame, 0, frame.length);
    else if (this.#state === "ringing") {
      this.#tone?.fill(this.#ringback);
      this.#party?.hear(this.#ringback);
    }
  }

  message(message: ToLine): void {
    switch (message.type) {
      case "off-hook":
        this.#post({ type: "off-hook" });
        if (this.#state === "ringing") this.#connect();
        else if (this.#state === "idle") this.#enter("dial-tone", SoundLoop.tone("dial"));
        return;
      case "on-hook":
        this.#enter("idle");
        return;
      case "outcome":
        if (this.#state === "routing") this.#route(message.outcome);
        return;
      case "perform":
        this.#party?.perform(message.steps);
        return;
      case "hang-up":
        this.#hangUp();
        return;
      case "tell-heard":
        this.#post({ type: "heard", samples: this.#heard });
    }
  }

  close(): void {
    this.#post({ type: "closed", samples: this.#heard });
  }

  get #heard(): Uint8Array {
    return this.#party?.heard ?? new Uint8Array();
  }

  #enter(state: ExchangeState, tone?: SoundLoop): void {
    this.#state = state;
    this.#tone = tone;
    this.#ms = 0;
  }

  #advance(): void {
    const options = this.#options;
    if (this.#state === "ringing" && options.direction === "incoming") {
      const { onMs, offMs } = options.cadence;
      if (options.patienceMs !== undefined && this.#ms >= options.patienceMs) return this.#hangUp();
      const on = this.#ms % (onMs + offMs) < onMs;
      if (on !== this.#ringing) this.#post({ type: "ring", on });
      this.#ringing = on;
      const callerId = onMs + Math.min(CALLER_ID_MS, offMs / 2);
      if (this.#ms >= callerId && this.#ms < callerId + FRAME_MS) this.#post({ type: "caller-id", number: options.number });
    }
    if (this.#state === "collecting" && options.direction === "outgoing") {
      this.#sinceDigit += FRAME_MS;
      if (this.#sinceDigit < options.interDigitMs) return;
      this.#enter("routing");
      this.#post({ type: "dialled", number: this.#digits });
    }
    if (this.#state === "ringback" && this.#outcome?.kind === "answer" && this.#ms >= this.#outcome.afterMs) {
      this.#party = this.#newParty(this.#outcome.script);
      this.#connect();
    }
  }

  #digit(digit: string): void {
    this.#digits += digit;
    this.#sinceDigit = 0;
    if (this.#state === "dial-tone") this.#enter("collecting");
  }

  #route(outcome: DialOutcome): void {
    this.#outcome = outcome;
    if (outcome.kind === "answer" || outcome.kind === "no-answer") this.#enter("ringback", SoundLoop.tone("ringback"));
    else this.#enter("refused", SoundLoop.tone(outcome.kind));
  }

  #connect(): void {
    this.#enter("talking");
    if (this.#options.polarity && this.#options.direction === "outgoing") this.#post({ type: "polarity", reversed: true });
    this.#post({ type: "answered" });
  }

  #hangUp(): void {
    if (this.#state === "ringing") {
      if (this.#ringing) this.#post({ type: "ring", on: false });
      this.#enter("idle");
    } else if (this.#state === "talking") {
      if (this.#options.polarity && this.#options.direction === "outgoing") this.#post({ type: "polarity", reversed: false });
      this.#enter("released", SoundLoop.tone("busy"));
    } else return;
    this.#post({ type: "hung-up" });
  }

  #newParty(script: ConstructorParameters<typeof Party>[0]): Party {
    return new Party(script, { hangUp: () => this.#hangUp(), key: (digit) => this.#post({ type: "key", digit }), performed: () => this.#post({ type: "performed" }) });
  }
}
