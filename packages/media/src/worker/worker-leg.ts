import type { AudioSource, DtmfDigit, LegStats, PlayEndReason } from "@hotlinejs/core";
import { ComfortNoise, comfortNoiseLevel } from "../codec/comfort-noise.js";
import { ALAW_SILENCE } from "../codec/g711.js";
import { KeyTwins } from "../dsp/key-twins.js";
import { DtmfDetector } from "../dsp/dtmf-detector.js";
import { FaxToneDetector } from "../dsp/fax-tone-detector.js";
import { PlayoutFigures } from "../rtp/playout-figures.js";
import type { CaptureTap } from "./capture-tap.js";
import type { BridgeSeat, InboundSound, SoundSource } from "./inbound-sound.js";
import { KeyQueue } from "./key-queue.js";
import type { KeyPackets, KeyPort } from "./key-queue.js";
import type { LegHost } from "./leg-host.js";
import { Player } from "./player.js";
import type { Direction } from "./protocol.js";
import { toAlaw } from "./spoken-law.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import type { Tickable } from "./tick-driver.js";

const SILENCE = new Uint8Array(TICK_SAMPLES).fill(ALAW_SILENCE);
/** Frames of silence at the start, so that NATs open and a symmetric peer can latch (200 ms). */
const PRIMER_FRAMES = 10;
/** Length of a key that signalling names without one. */
const INFO_KEY_MS = 100;

/**
 * One party's sound in a worker, whatever carries it. What goes out has one order of rank: keys,
 * then the play-out, then the bridge, then the first frames of silence. A leg with nothing to send takes no ticks.
 */
export abstract class WorkerLeg implements Tickable, KeyPort, SoundSource {
  readonly id: string;
  protected readonly host: LegHost;
  /** What became of the party's sound where it was not relayed. */
  readonly playout = new PlayoutFigures();
  /** Set by the bridge the leg sits in. */
  seat: BridgeSeat | undefined;
  protected readonly keys = new KeyQueue(this);
  readonly #taps: CaptureTap[] = [];
  readonly #frame = new Uint8Array(TICK_SAMPLES);
  #play: { id: string; player: Player } | undefined;
  #mayActSend = true;
  #mayActReceive = true;
  #primer = 0;
  #noise: ComfortNoise | undefined;
  /** The other party of a relay pauses: its noise is made here. */
  #rests = false;
  #inband: DtmfDetector | undefined;
  #fax: FaxToneDetector | undefined;
  #faxLeft: number;
  #faxRests = false;
  #closed = false;
  readonly #twins = new KeyTwins();
  #repeatedKey = false;

  protected constructor(id: string, host: LegHost) {
    this.id = id;
    this.host = host;
    this.#faxLeft = host.data.faxDetectionMs * 8;
  }

  /** Whether this kind of leg can pass packets on as they come; otherwise its bridges mix. */
  abstract readonly relays: boolean;
  /** Whether the peer takes keys as RFC 4733 packets. */
  abstract readonly takesEvents: boolean;
  /** Whether comfort noise can be passed on to the peer as it comes; otherwise it hears the noise itself. */
  abstract readonly takesNoise: boolean;

  /** Keys for the peer are sent by signalling. */
  get signalsKeys(): boolean {
    return false;
  }

  abstract stats(): LegStats;
  /** Sends one 20 ms frame of A-law. */
  protected abstract emit(tick: number, alaw: Uint8Array): void;
  /** Sends on a packet that came from another leg. Called only where `relays`. */
  protected abstract emitRelayed(sound: InboundSound): void;
  abstract beginKey(digit: DtmfDigit, toneMs: number, tick: number): KeyPackets | undefined;
  /** There is someone to send to, and the remote side wants to hear. */
  protected abstract get connected(): boolean;
  /** The remote side may speak. */
  protected abstract get listening(): boolean;
  /** Lets go of what carries the sound. */
  protected abstract release(): void;

  get closed(): boolean {
    return this.#closed;
  }

  get maySend(): boolean {
    return this.#mayActSend && this.connected && !this.#closed;
  }

  get mayReceive(): boolean {
    return this.#mayActReceive && this.listening && !this.#closed;
  }

  /** Something of higher rank than the bridge has the floor. */
  get busy(): boolean {
    return this.keys.active || (this.#play !== undefined && !this.#play.player.done);
  }

  /** Starts a play-out; the one that ran ends as `stopped`. */
  play(id: string, sources: readonly AudioSource[], loop: boolean, startAtMs: number): void {
    this.stopPlay(this.#play?.id, "stopped");
    this.#play = { id, player: new Player(sources, loop, startAtMs) };
    this.wake();
  }

  /** Ends the play-out if it is this one. */
  stopPlay(id: string | undefined, reason: PlayEndReason): void {
    const play = this.#play;
    if (play === undefined || play.id !== id) return;
    this.#play = undefined;
    this.host.report({ ev: "play-end", leg: this.id, playback: play.id, reason, playedMs: Math.round(play.player.played / 8) });
  }

  /** @returns false: so many keys wait already that these are not taken */
  sendKeys(digits: string, toneMs: number, gapMs: number, done: () => void): boolean {
    const taken = this.keys.add(digits, toneMs, gapMs, done);
    this.wake();
    return taken;
  }

  sendKeySound(tick: number, alaw: Uint8Array): void {
    this.send(tick, alaw);
  }

  setDirection(direction: Direction): void {
    this.#mayActSend = direction === "sendrecv" || direction === "sendonly";
    this.#mayActReceive = direction === "sendrecv" || direction === "recvonly";
    if (!this.#mayActReceive) this.#inband?.flush();
    this.wake();
  }

  addTap(tap: CaptureTap): void {
    this.#taps.push(tap);
  }

  removeTap(tap: CaptureTap): void {
    const at = this.#taps.indexOf(tap);
    if (at >= 0) this.#taps.splice(at, 1);
  }

  /** What the bridge has for the party in this tick. */
  bridgeFrame(tick: number, alaw: Uint8Array): void {
    if (this.busy || !this.maySend) return;
    this.#primer = 0;
    this.send(tick, alaw);
  }

  /** A packet of the other party of a relayed bridge. */
  relay(sound: InboundSound): void {
    if (this.busy || !this.maySend) return;
    this.#primer = 0;
    this.#rests = sound.noise && !this.takesNoise;
    if (!this.#rests) {
      this.emitRelayed(sound);
      return;
    }
    this.#noise ??= new ComfortNoise();
    this.#noise.level = comfortNoiseLevel(sound.packet, sound.offset);
    this.wake();
  }

  /** The pause of the other party is of the past. */
  hush(): void {
    this.#rests = false;
  }

  tick(tick: number): void {
    const stay = this.attend();
    if (!this.maySend) {
      if (!stay) this.host.ticks.remove(this, 2);
    } else if (this.keys.active) this.keys.tick(tick);
    else if (this.#play !== undefined) this.#playTick(tick, this.#play);
    else if (this.#rests && this.#noise !== undefined) {
      this.#noise.fill(this.#frame, 0, TICK_SAMPLES);
      this.send(tick, this.#frame);
    } else if (this.#primer > 0) {
      this.#primer--;
      this.send(tick, SILENCE);
    } else if (!stay) this.host.ticks.remove(this, 2);
  }

  /** Ends everything on the leg. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stopPlay(this.#play?.id, "leg-ended");
    this.keys.close();
    for (const tap of [...this.#taps]) tap.stop("leg-ended");
    this.#inband?.flush();
    this.host.ticks.remove(this, 2);
    this.release();
  }

  /** For subclasses that must look at something: called every tick while the leg takes ticks; true asks for more. */
  protected attend(): boolean {
    return false;
  }

  /** Asks for ticks; the leg gives them back when it has nothing to do. */
  protected wake(): void {
    if (!this.#closed) this.host.ticks.add(this, 2);
  }

  /** Begins with a little silence when nothing else is there to be sent. */
  protected prime(): void {
    if (!this.host.data.keepAliveSilence) return;
    this.#primer = PRIMER_FRAMES;
    this.wake();
  }

  /** One frame of silence, for keeping NAT bindings and patient peers. */
  protected sendSilence(tick: number): void {
    this.send(tick, SILENCE);
  }

  protected setInbandDtmf(on: boolean): void {
    if (!on) {
      this.#inband?.flush();
      this.#inband = undefined;
    } else {
      this.#inband ??= new DtmfDetector({
        down: (digit) => this.keyDown(digit, "inband"),
        up: (digit, durationMs) => this.keyUp(digit, durationMs, "inband"),
      });
    }
  }

  protected keyDown(digit: DtmfDigit, way: "rfc4733" | "inband"): void {
    this.#repeatedKey = this.#twins.repeated(digit, way, this.#now);
    this.host.report({ ev: "key-down", leg: this.id, digit, way });
    if (way === "inband" && !this.#closed) this.seat?.tone(true);
  }

  protected keyUp(digit: DtmfDigit, durationMs: number, via: "rfc4733" | "inband"): void {
    this.host.report({ ev: "leg", leg: this.id, event: { type: "dtmf", digit, durationMs, via } });
    const repeated = this.#repeatedKey;
    this.#repeatedKey = false;
    if (this.#closed) return;
    if (via === "inband") this.seat?.tone(false);
    if (!repeated) this.seat?.key(digit, durationMs, via);
  }

  /** A key of the party came by signalling. */
  infoKey(digit: DtmfDigit): void {
    if (!this.#closed && !this.#twins.repeated(digit, "info", this.#now)) this.seat?.key(digit, INFO_KEY_MS, "info");
  }

  /** Passes a key on to the party; one too many is left out. */
  passKey(digit: DtmfDigit, toneMs: number, gapMs: number): void {
    if (this.signalsKeys) this.host.report({ ev: "leg", leg: this.id, event: { type: "send-key", digit } });
    else this.sendKeys(digit, toneMs, gapMs, () => undefined);
  }

  /** The key that is down in the sound has come by signalling already, and was passed on. */
  protected get keyRepeated(): boolean {
    return this.#repeatedKey;
  }

  get #now(): number {
    return this.host.ticks.mediaTime / 8;
  }

  /** A packet of the party was thrown away where it was to be played. */
  discarded(_sound: InboundSound): void {
    // Kinds of legs that report on what they receive count it.
  }

  narrowed(sound: InboundSound): InboundSound | undefined {
    return sound;
  }

  /** Sound came from the party. `fresh` is false for packets out of order: detectors cannot use those. */
  protected heard(sound: InboundSound, fresh: boolean): void {
    if (this.tapped || (fresh && (this.#inband !== undefined || this.#faxLeft > 0))) {
      const narrow = this.narrowed(sound);
      if (narrow !== undefined) this.#listen(narrow, fresh);
    }
    this.seat?.sound(sound);
  }

  #listen(sound: InboundSound, fresh: boolean): void {
    const table = toAlaw(sound.codec);
    for (const tap of this.#taps) this.tapHeard(tap, sound, table);
    if (!fresh) return;
    this.#inband?.feed(sound.packet, sound.offset, sound.length, table);
    if (this.#faxLeft > 0) this.#listenForFax(sound, table);
  }

  /** Gives received sound to a capture, placed by its timestamp. */
  protected tapHeard(tap: CaptureTap, sound: InboundSound, table: Uint8Array | undefined): void {
    tap.received(sound.ssrc, sound.timestamp, sound.packet, sound.offset, sound.length, table);
  }

  /** Told to the taps when a relayed packet was sent: its own timestamp on this leg's stream. */
  protected tapRelayed(source: object, timestamp: number, octets: Uint8Array, offset: number, length: number, table: Uint8Array | undefined): void {
    for (const tap of this.#taps) tap.sentPacket(source, timestamp, octets, offset, length, table);
  }

  protected get tapped(): boolean {
    return this.#taps.length > 0;
  }

  protected send(tick: number, alaw: Uint8Array): void {
    this.emit(tick, alaw);
    for (const tap of this.#taps) tap.sentFrame(tick * TICK_SAMPLES, alaw);
  }

  #playTick(tick: number, play: { id: string; player: Player }): void {
    if (play.player.done) {
      this.stopPlay(play.id, "completed");
      return;
    }
    this.#primer = 0;
    play.player.fill(this.#frame, TICK_SAMPLES);
    this.send(tick, this.#frame);
  }

  #listenForFax(sound: InboundSound, table: Uint8Array | undefined): void {
    this.#faxLeft -= sound.length;
    // Every second packet is enough to notice a tone: of the shortest calling tone (425 ms, ITU-T T.30 section 4.1) the 400 ms asked for are left.
    this.#faxRests = !this.#faxRests && this.#fax?.calm === true && sound.length <= TICK_SAMPLES;
    if (this.#faxRests) return;
    this.#fax ??= new FaxToneDetector((tone) => this.host.report({ ev: "leg", leg: this.id, event: { type: "fax-tone", tone } }));
    this.#fax.feed(sound.packet, sound.offset, sound.length, table);
    if (this.#faxLeft <= 0) this.#fax = undefined;
  }
}
