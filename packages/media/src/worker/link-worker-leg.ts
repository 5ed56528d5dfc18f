import type { LegStats } from "@hotlinejs/core";
import { FrameRing } from "./frame-ring.js";
import type { InboundSound } from "./inbound-sound.js";
import type { KeyPackets } from "./key-queue.js";
import type { LegHost } from "./leg-host.js";
import type { WireLink } from "./protocol.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import type { Tickable } from "./tick-driver.js";
import { WorkerLeg } from "./worker-leg.js";

/**
 * Stands for a leg of another worker: frames cross by shared memory. It is one member of a bridge
 * here, its twin in the other worker a member of a bridge with the real leg.
 */
export class LinkWorkerLeg extends WorkerLeg {
  readonly relays = false;
  readonly takesEvents = false;
  readonly takesNoise = false;
  readonly #out: FrameRing;
  readonly #in: FrameRing;
  readonly #inbound: InboundSound;
  readonly #reader: Tickable;
  #sent = 0;
  #received = 0;

  constructor(id: string, host: LegHost, link: WireLink) {
    super(id, host);
    this.#out = new FrameRing(link.buffer, link.side);
    this.#in = new FrameRing(link.buffer, link.side === 0 ? 1 : 0);
    this.#inbound = { source: this, codec: "PCMA", event: false, noise: false, ssrc: 1, sequence: 0, timestamp: 0, marker: false, packet: new Uint8Array(TICK_SAMPLES), offset: 0, length: TICK_SAMPLES };
    this.#reader = { tick: () => this.#read() };
    host.ticks.add(this.#reader, 0);
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
    while (this.#in.read(inbound.packet)) {
      this.#received++;
      inbound.sequence = (inbound.sequence + 1) & 0xffff;
      inbound.timestamp = (inbound.timestamp + TICK_SAMPLES) >>> 0;
      this.heard(inbound, true);
    }
  }
}
