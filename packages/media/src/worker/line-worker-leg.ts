import type { LegStats, LinePart, LinePartRef, LinePort, OpenLinePart } from "@hotlinejs/core";
import { ALAW_SILENCE } from "../codec/g711.js";
import { CallProgressDetector } from "../dsp/call-progress-detector.js";
import type { JitterBuffer } from "../rtp/jitter-buffer.js";
import { RTP_HEADER_BYTES } from "../rtp/rtp-packet.js";
import type { CaptureTap } from "./capture-tap.js";
import type { InboundSound } from "./inbound-sound.js";
import type { KeyPackets } from "./key-queue.js";
import type { LegHost } from "./leg-host.js";
import { inTime, loadPart } from "./load-part.js";
import { playoutOf, putSound } from "./playout.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import type { Tickable } from "./tick-driver.js";
import { WorkerLeg } from "./worker-leg.js";

/** Packets handed to an RTP leg are sent from where they lie: a buffer is used again only this many frames later. */
const RING = 8;
const SILENCE = new Uint8Array(TICK_SAMPLES).fill(ALAW_SILENCE);

/**
 * A leg on a line of a board. Its part, a module of the adapter's package, hands over and takes a frame
 * at every tick; between two lines, or a line and RTP, frames are passed on as they are (A-law both ways).
 */
export class LineWorkerLeg extends WorkerLeg {
  readonly relays = true;
  readonly takesEvents = false;
  readonly takesNoise = true;
  #part: LinePart | undefined;
  readonly #progress: CallProgressDetector;
  readonly #inbound: InboundSound;
  /** Frames with room for an RTP header in front, so that an RTP leg sends them without a copy. */
  readonly #packets = Array.from({ length: RING }, () => new Uint8Array(RTP_HEADER_BYTES + TICK_SAMPLES));
  readonly #frames = this.#packets.map((packet) => packet.subarray(RTP_HEADER_BYTES));
  readonly #out = new Uint8Array(TICK_SAMPLES);
  readonly #pulled = new Uint8Array(TICK_SAMPLES);
  #relayed: JitterBuffer;
  /** Whose sound `#relayed` holds. */
  #relayedFrom: object | undefined;
  #mediaTime = 0;
  #relaying = false;
  #pending = false;
  #sent = 0;
  #received = 0;
  readonly #reader: Tickable = { tick: (tick) => this.#guard(() => this.#read(tick)) };
  readonly #writer: Tickable = { tick: (tick) => this.#guard(() => this.#write(tick)) };

  private constructor(id: string, host: LegHost) {
    super(id, host);
    this.#relayed = playoutOf(host, undefined);
    this.#inbound = { source: this, codec: "PCMA", event: false, noise: false, ssrc: host.random() >>> 0, sequence: 0, timestamp: 0, marker: false, packet: this.#packets[0] as Uint8Array, offset: RTP_HEADER_BYTES, length: TICK_SAMPLES };
    this.#progress = new CallProgressDetector({
      tone: (tone) => this.host.report({ ev: "leg", leg: id, event: { type: "progress-tone", tone } }),
      voice: () => this.host.report({ ev: "leg", leg: id, event: { type: "voice" } }),
    });
    this.setInbandDtmf(true);
  }

  /** Loads the part and puts the leg on the worker's clock. */
  static async open(id: string, host: LegHost, ref: LinePartRef): Promise<LineWorkerLeg> {
    const leg = new LineWorkerLeg(id, host);
    let failure: Error | undefined;
    const part = await inTime(openPart(ref, {
      post: (message) => host.report({ ev: "line-message", leg: id, message }),
      fail: (error) => {
        failure = error;
        host.legFault(leg, error); // no effect while it is being opened
      },
    }));
    leg.#part = part;
    if (failure !== undefined) {
      leg.release();
      throw failure;
    }
    host.ticks.add(leg.#reader, 0);
    host.ticks.add(leg.#writer, 3);
    return leg;
  }

  message(message: unknown): void {
    this.#guard(() => this.#part?.message(message));
  }

  stats(): LegStats {
    return { packetsSent: this.#sent, packetsReceived: this.#received, octetsSent: this.#sent * TICK_SAMPLES, octetsReceived: this.#received * TICK_SAMPLES, packetsLost: 0, packetsLate: this.#relayed.late, jitterMs: 0 };
  }

  override beginKey(): KeyPackets | undefined {
    return undefined; // A line knows keys as sound only.
  }

  protected override get connected(): boolean {
    return true;
  }

  protected override get listening(): boolean {
    return true;
  }

  protected override emit(_tick: number, alaw: Uint8Array): void {
    this.#out.set(alaw);
    this.#pending = true;
  }

  /** Packets come when the network brings them; the line takes them at its own beat. Keys come by `sendKeys`. */
  protected override emitRelayed(sound: InboundSound): void {
    if (sound.event) return;
    this.#relaying = true;
    if (sound.source !== this.#relayedFrom) {
      this.#relayedFrom = sound.source;
      this.#relayed = playoutOf(this.host, sound.source instanceof WorkerLeg ? sound.source.playout : undefined);
    }
    putSound(this.#relayed, sound, this.host.ticks.recent);
  }

  protected override release(): void {
    this.host.ticks.remove(this.#reader, 0);
    this.host.ticks.remove(this.#writer, 3);
    const part = this.#part;
    this.#part = undefined;
    // Whatever it says: the leg is over, and who waits for its end must be told.
    try {
      part?.close();
    } catch (error) {
      this.host.fault(`leg ${this.id}, closing its part`, error);
    }
  }

  /** A frame belongs to its tick, also when a busy worker is late with it. */
  protected override tapHeard(tap: CaptureTap, sound: InboundSound): void {
    tap.receivedFrame(this.#mediaTime, sound.packet, sound.offset, sound.length);
  }

  #read(tick: number): void {
    const inbound = this.#inbound;
    const next = (inbound.sequence + 1) % RING;
    const frame = this.#frames[next] as Uint8Array;
    inbound.sequence = (inbound.sequence + 1) & 0xffff;
    this.#mediaTime = tick * TICK_SAMPLES;
    inbound.timestamp = this.#mediaTime >>> 0;
    if (this.#part?.read(frame) !== true) {
      this.#progress.feed(SILENCE, 0);
      return;
    }
    this.#received++;
    this.#progress.feed(frame, 0);
    if (!this.mayReceive) return;
    inbound.packet = this.#packets[next] as Uint8Array;
    this.heard(inbound, true);
  }

  #write(tick: number): void {
    if (this.#pending) {
      // Something of higher rank has the floor: what was relayed meanwhile is of the past.
      if (this.#relaying) this.#relayed.reset();
      this.#relaying = false;
    } else if (this.#relaying && this.maySend && this.#relayed.pull(this.#pulled, tick * TICK_SAMPLES)) this.send(tick, this.#pulled);
    if (this.#pending) this.#sent++;
    this.#part?.write(this.#pending ? this.#out : SILENCE);
    this.#pending = false;
  }

  /** A part that fails must not take the worker, and with it all other legs, down. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.host.legFault(this, error);
    }
  }
}

async function openPart(ref: LinePartRef, port: LinePort): Promise<LinePart> {
  return (await loadPart<OpenLinePart>(ref, "openLine"))(ref.options, port);
}
