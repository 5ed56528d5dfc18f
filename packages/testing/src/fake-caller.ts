import type { CallEnd, DtmfDigit } from "@hotlinejs/core";
import type { FakeCall } from "./fake-call.js";

/** A citizen on the telephone, in virtual time. */
export class FakeCaller {
  readonly call: FakeCall;
  readonly #advance: (ms: number) => Promise<void>;
  #end: CallEnd | undefined;

  constructor(call: FakeCall, advance: (ms: number) => Promise<void>) {
    this.call = call;
    this.#advance = advance;
    void call.ended.then((end) => (this.#end = end));
  }

  /** What the caller has heard so far, oldest first. */
  get heard(): readonly string[] {
    return this.call.leg?.texts ?? [];
  }

  /** What the caller is hearing or heard last. */
  get hearing(): string | undefined {
    return this.heard.at(-1);
  }

  /** How the call ended, once it has. */
  get end(): CallEnd | undefined {
    return this.#end;
  }

  get answered(): boolean {
    return this.call.state === "answered";
  }

  /** Presses keys, a tenth of a second each. */
  async press(digits: string): Promise<void> {
    for (const digit of digits) {
      this.call.leg?.injectDtmf(digit as DtmfDigit);
      await this.#advance(100);
    }
  }

  /** What the next recording of this caller will hold. */
  speaks(voicedMs: number, peakLevel = -12): void {
    if (this.call.leg !== undefined) this.call.leg.speech = { voicedMs, peakLevel };
  }

  /** Stays on the line until something like this is heard; fails the test after `withinMs` of virtual time. */
  async hears(what: string | RegExp, withinMs = 120_000): Promise<string> {
    const from = Math.max(0, this.heard.length - 1);
    for (let waited = 0; ; waited += 250) {
      const found = this.heard.slice(from).find((text) => (typeof what === "string" ? text.includes(what) : what.test(text)));
      if (found !== undefined) return found;
      if (waited >= withinMs || this.#end !== undefined) throw new Error(`the caller did not hear ${String(what)} but: ${this.heard.slice(from).join(" | ") || "nothing"}${this.#end === undefined ? "" : ` and the call ended (${this.#end.reason})`}`);
      await this.#advance(250);
    }
  }

  async hangup(): Promise<void> {
    this.call.finish(this.call.state === "answered" ? "remote-hangup" : "cancelled", "remote");
    await this.#advance(50);
  }
}
