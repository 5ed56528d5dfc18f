import type { FakeCall } from "./fake-call.js";
import type { FakeTelephony } from "./fake-telephony.js";

/** An agent's phone. */
export class FakeAgent {
  readonly number: string;
  /** The call that rings or is talked on. */
  call: FakeCall | undefined;
  /** Every call that has rung here. */
  readonly calls: FakeCall[] = [];
  readonly #telephony: FakeTelephony;
  readonly #advance: (ms: number) => Promise<void>;
  #unplug: (() => void) | undefined;

  constructor(number: string, telephony: FakeTelephony, advance: (ms: number) => Promise<void>) {
    this.number = number;
    this.#telephony = telephony;
    this.#advance = advance;
  }

  get ringing(): boolean {
    return this.call?.state === "ringing";
  }

  get talking(): boolean {
    return this.call?.state === "answered";
  }

  /** Registers the phone. */
  async plugIn(): Promise<void> {
    this.#unplug = this.#telephony.plug(`sip:${this.number}`, (call) => {
      this.calls.push(call);
      this.call = call;
      void call.ended.then(() => {
        if (this.call === call) this.call = undefined;
      });
    });
    await this.#advance(50);
  }

  /** Unregisters it; a call that rings or is up is lost with the phone. */
  async unplug(): Promise<void> {
    this.#unplug?.();
    this.call?.finish("unreachable", "remote", 480);
    await this.#advance(50);
  }

  /** Dials from the phone, beside what it has otherwise. */
  async dial(number: string): Promise<FakeCall> {
    const call = this.#telephony.arrive(this.number, number, { kind: "account", key: this.number });
    await this.#advance(50);
    return call;
  }

  async answer(): Promise<void> {
    if (this.call === undefined) throw new Error(`the phone of ${this.number} does not ring`);
    await this.call.answer();
    await this.#advance(50);
  }

  async decline(status = 603): Promise<void> {
    this.call?.finish(status === 486 ? "busy" : "declined", "remote", status);
    await this.#advance(50);
  }

  async hangup(): Promise<void> {
    this.call?.finish("remote-hangup", "remote");
    await this.#advance(50);
  }
}
