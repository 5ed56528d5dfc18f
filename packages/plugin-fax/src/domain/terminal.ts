import { decodeIfp, encodeIfp } from "./t38/ifp.js";
import { LineReceiver } from "./t38/line-receiver.js";
import { LineSender } from "./t38/line-sender.js";
import { UdptlReceiver } from "./t38/udptl-receiver.js";
import type { UdptlArrival, UdptlCounts } from "./t38/udptl-receiver.js";
import { UdptlSender } from "./t38/udptl-sender.js";
import type { FaxEffect, FaxPage, FaxResult, T30Machine } from "./t30/machine.js";

export interface TerminalOptions {
  readonly machine: T30Machine;
  /** `T38FaxVersion` as agreed: 0 or more. */
  readonly version: number;
  /** Copies of earlier packets in each datagram; 0 where redundancy was not agreed. */
  readonly redundancy: number;
  readonly maxDatagram: number;
}

/** What the terminal gives to the world. */
export type TerminalOutput =
  | { readonly type: "datagram"; readonly octets: Uint8Array }
  | { readonly type: "page"; readonly page: FaxPage }
  | { readonly type: "trace"; readonly text: string }
  | { readonly type: "done"; readonly result: FaxResult };

/** With nothing more to send the last datagram is repeated so often, so that the end of a signal is not lost. */
const REPEATS = 3;
const REPEAT_MS = 100;

/** A fax terminal on a packet network: T.30 over the line, the line over IFP, IFP over UDPTL. Pure: datagrams and time come in, outputs come out. */
export class FaxTerminal {
  readonly #options: TerminalOptions;
  readonly #in = new UdptlReceiver();
  readonly #out: UdptlSender;
  readonly #ear = new LineReceiver();
  readonly #mouth = new LineSender();
  #outputs: TerminalOutput[] = [];
  #busy = false;
  #repeat: { at: number; left: number } | undefined;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#out = new UdptlSender({ redundancy: options.redundancy, maxDatagram: options.maxDatagram });
  }

  get counts(): UdptlCounts {
    return this.#in.counts;
  }

  get finished(): boolean {
    return this.#options.machine.finished;
  }

  /** When `tick` wants to be called. */
  get deadline(): number | undefined {
    const all = [this.#in.deadline, this.#mouth.deadline, this.#options.machine.deadline, this.#repeat?.at].filter((at) => at !== undefined);
    return all.length === 0 ? undefined : Math.min(...all);
  }

  start(now: number): TerminalOutput[] {
    return this.#collect(now, () => this.#apply(this.#options.machine.start(now), now));
  }

  datagram(octets: Uint8Array, now: number): TerminalOutput[] {
    return this.#collect(now, () => this.#arrived(this.#in.receive(octets, now), now));
  }

  tick(now: number): TerminalOutput[] {
    return this.#collect(now, () => {
      this.#arrived(this.#in.flush(now), now);
      this.#apply(this.#options.machine.tick(now), now);
    });
  }

  stop(now: number, cause: "gone" | "stopped"): TerminalOutput[] {
    return this.#collect(now, () => this.#apply(this.#options.machine.stop(now, cause), now));
  }

  #collect(now: number, step: () => void): TerminalOutput[] {
    this.#outputs = [];
    step();
    this.#speak(now);
    return this.#outputs;
  }

  #arrived(arrivals: readonly UdptlArrival[], now: number): void {
    for (const arrival of arrivals) {
      if (arrival.kind === "lost") {
        this.#ear.lost();
        continue;
      }
      const packet = decodeIfp(arrival.octets, this.#options.version);
      if (packet === undefined) continue;
      for (const event of this.#ear.packet(packet)) this.#apply(this.#options.machine.line(event, now), now);
    }
  }

  #apply(effects: readonly FaxEffect[], now: number): void {
    for (const effect of effects) {
      if (effect.type === "line") {
        this.#mouth.add(effect.job, now);
        this.#busy = true;
      } else if (effect.type === "clear") {
        this.#mouth.clear(now);
        this.#busy = false;
      } else this.#outputs.push(effect);
    }
  }

  #speak(now: number): void {
    for (;;) {
      for (let packet = this.#mouth.poll(now); packet !== undefined; packet = this.#mouth.poll(now)) {
        if (packet === null) continue;
        this.#outputs.push({ type: "datagram", octets: this.#out.send(encodeIfp(packet, this.#options.version)) });
        this.#repeat = { at: now + REPEAT_MS, left: REPEATS };
      }
      if (!this.#busy || !this.#mouth.idle) break;
      this.#busy = false;
      this.#apply(this.#options.machine.sent(now), now);
    }
    const last = this.#repeat;
    if (last === undefined || now < last.at) return;
    const octets = this.#out.repeat();
    if (octets !== undefined) this.#outputs.push({ type: "datagram", octets });
    this.#repeat = last.left > 1 ? { at: now + REPEAT_MS, left: last.left - 1 } : undefined;
  }
}
