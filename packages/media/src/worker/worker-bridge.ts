import type { AudioSource, BridgeRole, DtmfDigit, PlayEndReason } from "@hotlinejs/core";
import { Mixer } from "../audio/mixer.js";
import type { MixerParty, MixerVoice } from "../audio/mixer.js";
import type { KeyWay } from "../dsp/key-twins.js";
import type { JitterBuffer } from "../rtp/jitter-buffer.js";
import type { BridgeSeat, InboundSound } from "./inbound-sound.js";
import type { LegHost } from "./leg-host.js";
import { Player } from "./player.js";
import { playoutOf, putSound } from "./playout.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import type { Tickable } from "./tick-driver.js";
import type { WorkerLeg } from "./worker-leg.js";

/** How long a key is passed on when its real length is not known or too short. */
const LEAST_KEY_MS = 80;

/** A leg's place at the table. */
class Seat implements BridgeSeat, MixerParty {
  readonly leg: WorkerLeg;
  readonly role: BridgeRole;
  readonly whisperTo: ReadonlySet<string>;
  readonly output = new Uint8Array(TICK_SAMPLES);
  input: Uint8Array | undefined;
  /** Set while two parties are relayed. */
  peer: Seat | undefined;
  readonly #bridge: WorkerBridge;
  readonly #frame = new Uint8Array(TICK_SAMPLES);
  /** A key is down in the party's sound. */
  #tone = false;
  #jitter: JitterBuffer | undefined;

  constructor(bridge: WorkerBridge, leg: WorkerLeg, role: BridgeRole, whisperTo: ReadonlySet<string>) {
    this.#bridge = bridge;
    this.leg = leg;
    this.role = role;
    this.whisperTo = whisperTo;
  }

  heardBy(other: MixerParty): boolean {
    if (this.role === "talk") return true;
    return this.role === "whisper" && other instanceof Seat && this.whisperTo.has(other.leg.id);
  }

  relaysChanged(): void {
    this.#bridge.arrange();
  }

  tone(down: boolean): void {
    this.#tone = down;
  }

  get carriesKeys(): boolean {
    return this.#bridge.carriesKeys(this);
  }

  sound(sound: InboundSound): void {
    // The key goes on as a key: as a tone it would count twice (RFC 4733 section 2.6.1.1).
    if (this.#tone && !sound.event && this.carriesKeys) return;
    this.peer?.leg.relay(sound);
    // A packet that the other side cannot take as it is ends the relaying, and is the first that is mixed.
    if (this.peer === undefined && !sound.event && this.role !== "listen" && this.#bridge.mixing) {
      this.#jitter ??= this.#bridge.playoutOf(this.leg);
      putSound(this.#jitter, sound, this.#bridge.now);
    }
  }

  key(digit: DtmfDigit, durationMs: number, way: KeyWay): void {
    this.#bridge.key(this, digit, durationMs, way);
  }

  /** Takes this tick's frame from the party. */
  pull(tick: number): void {
    this.input = this.#jitter?.pull(this.#frame, tick * TICK_SAMPLES) === true ? this.#frame : undefined;
  }

  /** Relaying begins: what is buffered is of the past. */
  forget(): void {
    this.#jitter = undefined;
  }
}

/** What is played into the bridge. */
class Announcement implements MixerVoice {
  readonly id: string;
  readonly player: Player;
  readonly input = new Uint8Array(TICK_SAMPLES);
  readonly #except: ReadonlySet<string>;

  constructor(id: string, sources: readonly AudioSource[], except: readonly string[]) {
    this.id = id;
    this.player = new Player(sources, false, 0);
    this.#except = new Set(except);
  }

  heardBy(party: MixerParty): boolean {
    return !(party instanceof Seat && this.#except.has(party.leg.id));
  }
}

/**
 * Joins legs. Two talking members are relayed packet by packet; any other company is mixed on the
 * worker's tick, and then every member gets a frame at each tick, silence where nobody speaks. Something that is played into the
 * bridge is mixed too.
 *
 * ```
 * idle (0-1 members) <--join/leave--> relay (2, both talk, both can) <--join/leave, play/end--> mix (anything else)
 * ```
 */
export class WorkerBridge implements Tickable {
  readonly id: string;
  readonly #host: LegHost;
  readonly #seats = new Map<string, Seat>();
  readonly #mixer = new Mixer(TICK_SAMPLES);
  #order: readonly Seat[] = [];
  #mixing = false;
  #announcement: Announcement | undefined;

  constructor(id: string, host: LegHost) {
    this.id = id;
    this.#host = host;
  }

  get mixing(): boolean {
    return this.#mixing;
  }

  /** Media time of the packet being handled. */
  get now(): number {
    return this.#host.ticks.recent;
  }

  playoutOf(leg: WorkerLeg): JitterBuffer {
    return playoutOf(this.#host, leg.playout);
  }

  /** Joining again changes the role. */
  join(leg: WorkerLeg, role: BridgeRole, whisperTo: readonly string[]): void {
    const seat = new Seat(this, leg, role, new Set(whisperTo));
    this.#seats.set(leg.id, seat);
    leg.seat = seat;
    this.arrange();
  }

  leave(leg: WorkerLeg): void {
    const seat = this.#seats.get(leg.id);
    if (seat === undefined) return;
    this.#seats.delete(leg.id);
    if (leg.seat === seat) leg.seat = undefined;
    seat.peer = undefined;
    leg.hush();
    this.arrange();
  }

  has(leg: WorkerLeg): boolean {
    return this.#seats.has(leg.id);
  }

  /** Plays to all but these legs; what ran before ends as `stopped`. */
  play(id: string, sources: readonly AudioSource[], except: readonly string[]): void {
    this.stopPlay(this.#announcement?.id, "stopped");
    this.#announcement = new Announcement(id, sources, except);
    this.arrange();
  }

  /** Ends what is played, if it is this one. */
  stopPlay(id: string | undefined, reason: PlayEndReason): void {
    const announcement = this.#announcement;
    if (announcement === undefined || announcement.id !== id) return;
    this.#announcement = undefined;
    this.#host.report({ ev: "bridge-play-end", bridge: this.id, playback: announcement.id, reason, playedMs: Math.round(announcement.player.played / 8) });
    this.arrange();
  }

  close(): void {
    this.stopPlay(this.#announcement?.id, "leg-ended");
    for (const seat of this.#seats.values()) {
      if (seat.leg.seat === seat) seat.leg.seat = undefined;
      seat.peer = undefined;
    }
    this.#seats.clear();
    this.arrange();
  }

  tick(tick: number): void {
    if (this.#announcement?.player.done === true) {
      this.stopPlay(this.#announcement.id, "completed");
      // Packets go on as they come, from now on.
      if (!this.#mixing) return;
    }
    const seats = this.#order;
    const announcement = this.#announcement;
    for (const seat of seats) seat.pull(tick);
    announcement?.player.fill(announcement.input, TICK_SAMPLES);
    this.#mixer.mix(seats, announcement);
    for (const seat of seats) seat.leg.bridgeFrame(tick, seat.output);
  }

  /**
   * Passes a key on between the two who talk, in the form the other side takes, where their packets do not carry it so. With more
   * than two talkers a key is for the hotline only.
   */
  key(from: Seat, digit: DtmfDigit, durationMs: number, way: KeyWay): void {
    const to = this.#partner(from);
    if (to === undefined) return;
    if (way === "rfc4733" && from.peer !== undefined && to.takesEvents) return; // its packets were relayed
    if (way === "inband" && !this.carriesKeys(from)) return; // its tone was
    to.passKey(digit, Math.max(LEAST_KEY_MS, durationMs), LEAST_KEY_MS);
  }

  /** Whether the other who talks takes keys otherwise than as tones. */
  carriesKeys(from: Seat): boolean {
    const to = this.#partner(from);
    return to !== undefined && (to.takesEvents || to.signalsKeys);
  }

  /** The other of two who talk. */
  #partner(from: Seat): WorkerLeg | undefined {
    if (from.role !== "talk") return undefined;
    if (from.peer !== undefined) return from.peer.leg;
    const others = this.#order.filter((seat) => seat !== from && seat.role === "talk");
    return others.length === 1 ? others[0]?.leg : undefined;
  }

  /** Relays or mixes, as fits who is there. */
  arrange(): void {
    this.#order = [...this.#seats.values()];
    const [a, b] = this.#order;
    const relay = this.#announcement === undefined && this.#order.length === 2 && a !== undefined && b !== undefined && a.role === "talk" && b.role === "talk" && a.leg.relays && b.leg.relays;
    for (const seat of this.#order) {
      seat.peer = relay ? (seat === a ? b : a) : undefined;
      if (relay) seat.forget();
      seat.leg.hush();
    }
    this.#mixing = !relay && (this.#order.length >= 2 || (this.#announcement !== undefined && this.#order.length > 0));
    if (this.#mixing) this.#host.ticks.add(this, 1);
    else this.#host.ticks.remove(this, 1);
  }
}
