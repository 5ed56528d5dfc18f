import type { LineLeg } from "@hotlinejs/core";
import type { FromLine, PartyEnding, ToLine } from "./line-messages.js";
import { partyScriptSchema } from "./party-script.js";
import type { PartyScript } from "./party-script.js";

export interface PartyEnd {
  /** Who ended it; `line`: the sound of the line failed. */
  readonly by: PartyEnding;
  readonly answered: boolean;
}

/** Main-thread handle of somebody at the far end of a virtual line. */
export class OutsideParty {
  /** Key of the line. */
  readonly line: string;
  /** The party's own number. */
  readonly number: string;
  /** `false` when it ended before. */
  readonly answered: Promise<boolean>;
  readonly ended: Promise<PartyEnd>;
  /** Keys the hotline sent as sound. */
  keys = "";
  #state: "ringing" | "talking" | "ended" = "ringing";
  #leg: LineLeg | undefined;
  #last: Uint8Array = new Uint8Array();
  #closed = false;
  #hungUp = false;
  #answer: (answered: boolean) => void = () => undefined;
  #end: (end: PartyEnd) => void = () => undefined;
  #wasAnswered = false;
  #hearers: ((samples: Uint8Array) => void)[] = [];
  #performers: (() => void)[] = [];

  constructor(line: string, number: string) {
    this.line = line;
    this.number = number;
    this.answered = new Promise((resolve) => (this.#answer = resolve));
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  get state(): "ringing" | "talking" | "ended" {
    return this.#state;
  }

  /** More to do after what is being done. Resolves when all is done, or the call is over. */
  perform(script: PartyScript): Promise<void> {
    const steps = partyScriptSchema.parse(script);
    if (this.#state === "ended") return Promise.resolve();
    this.#send({ type: "perform", steps });
    return new Promise((resolve) => this.#performers.push(resolve));
  }

  press(keys: string): Promise<void> {
    return this.perform([{ do: "keys", keys }]);
  }

  say(hz: number, ms: number, level?: number): Promise<void> {
    return this.perform([{ do: "tone", hz, ms, ...(level === undefined ? {} : { level }) }]);
  }

  /** At once, whatever is being done; also while it rings. */
  hangUp(): void {
    if (this.#leg === undefined) this.#hungUp = true;
    else this.#send({ type: "hang-up" });
  }

  /** What was heard so far, A-law, 8 octets per millisecond: ring-back, then the hotline. */
  heard(): Promise<Uint8Array> {
    if (this.#closed || this.#leg === undefined) return Promise.resolve(this.#last);
    this.#send({ type: "tell-heard" });
    return new Promise((resolve) => this.#hearers.push(resolve));
  }

  /** The channel has a leg for it. */
  bind(leg: LineLeg): void {
    this.#leg = leg;
    if (this.#hungUp) this.#send({ type: "hang-up" });
  }

  /** A message of the part. */
  take(message: FromLine): void {
    switch (message.type) {
      case "answered":
        this.#state = "talking";
        this.#wasAnswered = true;
        this.#answer(true);
        return;
      case "key":
        this.keys += message.digit;
        return;
      case "performed":
        for (const done of this.#performers.splice(0)) done();
        return;
      case "hung-up":
        this.finish("party");
        return;
      case "heard":
        this.#hearers.shift()?.(message.samples);
        return;
      case "closed":
        this.#shut(message.samples);
    }
  }

  /** The call is over for it. Only the first counts. */
  finish(by: PartyEnding): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#answer(false);
    this.#end({ by, answered: this.#wasAnswered });
    for (const done of this.#performers.splice(0)) done();
  }

  /** The leg is gone without a last word. */
  lost(): void {
    if (this.#closed) return;
    this.#shut(this.#last);
    this.finish("line");
  }

  #shut(samples: Uint8Array): void {
    this.#closed = true;
    this.#last = samples;
    for (const hearer of this.#hearers.splice(0)) hearer(samples);
  }

  #send(message: ToLine): void {
    this.#leg?.post(message);
  }
}
