import type { DtmfDigit, LegStats } from "@hotlinejs/core";
import { FrameRing, linkKeys } from "./frame-ring.js";
import type { InboundSound } from "./inbound-sound.js";
import type { KeyPackets } from "./key-queue.js";
import type { KeyRing } from "./key-ring.js";
import type { LegHost } from "./leg-host.js";
import type { WireLink } from "./protocol.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import type { Tickable } from "./tick-driver.js";
import { WorkerLeg } from "./worker-leg.js";

/**
 * Stands for a leg of another worker: frames cross by shared memory, and keys beside them. It is one member of a
 * bridge here, its twin in the other worker a member of a bridge with the real leg. A key is passed on by the bridge it comes
 * to, in the form that the party there takes, or to nobody where more than two talk.
 */
export class LinkWorkerLeg extends WorkerLeg {
  readonly relays = false;
  readonly takesNoise = false;
  readonly #out: FrameRing;
  readonly #in: FrameRing;
  readonly #keysOut: KeyRing;
  readonly #keysIn: KeyRing;
  readonly #inbound: InboundSound;
  readonly #reader: Tickable;
  #sent = 0;
  #received = 0;

  constructor(id: string, host: LegHost, link: WireLink) {
    super(id, host);
    this.#out = new FrameRing(link.buffer, link.side);
    this.#in = new FrameRing(link.buffer, link.side === 0 ? 1 : 0);
    this.#keysOut = linkKeys(link.buffer, link.side);
    this.#keysIn = linkKeys(link.buffer, link.side === 0 ? 1 : 0);
    this.#inbound = { source: this, codec: "PCMA", event: false, noise: false, ssrc: 1, sequence: 0, timestamp: 0, marker: false, packet: new Uint8Array(TICK_SAMPLES), offset: 0, length: TICK_SAMPLES };
    this.#reader = { tick: () => this.#read() };
    host.ticks.add(this.#reader, 0);
  }

  /** Where the other side has somebody who does: tones are then cut out of the sound here, and go as keys. */
  get takesEvents(): boolean {
    return this.#keysIn.carries;
  }

  override passKey(digit: DtmfDigit, toneMs: number): void {
    this.#keysOut.write(digit, toneMs);
  }

  stats(): LegStats {
    return { packetsSent: this.#sent, packetsReceived: this.#received, octetsSent: this.#sent * TICK_SAMPLES, octetsReceived: this.#received * TICK_SAMPLES, packetsLost: 0, packetsLate: 0, jitterMs: 0 };
  }

  override beginKey(): KeyPackets | undefined {
    return undefined;
  }

  protected override get connected(): boolean {
    return true;
  }

  protected override get listening(): boolean {
    return true;
  }

  protected override emit(_tick: number, alaw: Uint8Array): void {
    this.#sent++;
    this.#out.write(alaw);
  }

  protected override emitRelayed(): void {
    // Never called: `relays` is false.
  }

  protected override release(): void {
    this.host.ticks.remove(this.#reader, 0);
  }

  #read(): void {
    const inbound = this.#inbound;
    this.#keysOut.carries = this.seat?.carriesKeys === true;
    for (let key = this.#keysIn.read(); key !== undefined; key = this.#keysIn.read()) this.seat?.key(key.digit, key.durationMs, "rfc4733");
    while (this.#in.read(inbound.packet)) {
      this.#received++;
      inbound.sequence = (inbound.sequence + 1) & 0xffff;
      inbound.timestamp = (inbound.timestamp + TICK_SAMPLES) >>> 0;
      this.heard(inbound, true);
    }
  }
}
