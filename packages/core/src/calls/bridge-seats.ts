import type { Call, Connection } from "../contracts/call.js";
import type { AudioSource, BridgeRole, MediaBridge, MediaLeg, Playback } from "../contracts/media.js";
import { coreErrors } from "../errors/core-errors.js";
import type { InteractionJournal } from "./interaction-journal.js";

interface Seat {
  readonly call: Call;
  readonly leg: MediaLeg;
  readonly role: BridgeRole;
  readonly whisperTo: readonly Call[];
  /** Hears the others, and is not heard. */
  muted: boolean;
  /** The bridge it is in. */
  room: MediaBridge | undefined;
  /** The journal's row while it is in a bridge. */
  membership: string | undefined;
  music: Playback | undefined;
  readonly given: () => void;
}

export interface BridgeSeatsDeps {
  readonly interactionId: string;
  readonly journal: InteractionJournal;
  /** A leg takes a seat; what it returns runs when the seat is given up. */
  readonly taken: (call: Call) => () => void;
  /** A second bridge, for those who talk apart from the others. */
  readonly room: (near: MediaLeg) => Promise<MediaBridge>;
}

/**
 * Who sits in a conversation: in its bridge, or beside it: on hold, or together with others who were asked aside. Keeps the journal's rows of who was in the bridge and when.
 * Steps must be taken one after the other; whoever uses it sees to that.
 */
export class BridgeSeats {
  readonly #deps: BridgeSeatsDeps;
  readonly #seats = new Map<Call, Seat>();
  #bridge: MediaBridge | undefined;
  #aside: MediaBridge | undefined;

  constructor(deps: BridgeSeatsDeps) {
    this.#deps = deps;
  }

  /** From now on legs can sit down. */
  build(bridge: MediaBridge): void {
    this.#bridge = bridge;
  }

  get built(): boolean {
    return this.#bridge !== undefined;
  }

  get bridgeId(): string {
    return this.#bridge?.id ?? "";
  }

  get members(): Connection["members"] {
    return [...this.#seats.values()].map(({ call, role, room, muted }) => ({ call, role, held: room === undefined, aside: room !== undefined && room === this.#aside, muted }));
  }

  has(call: Call): boolean {
    return this.#seats.has(call);
  }

  /** Into the bridge. @throws HTL_CORE_CALL_ENDED; then the leg is as it was */
  async enter(call: Call, role: BridgeRole, whisperTo: readonly Call[]): Promise<void> {
    const seat: Seat = { call, leg: soundOf(call), role, whisperTo, muted: false, room: undefined, membership: undefined, music: undefined, given: this.#deps.taken(call) };
    this.#seats.set(call, seat);
    try {
      await this.#open(seat);
    } catch (error) {
      this.#giveUp(seat);
      throw error;
    }
  }

  /** Out of the conversation. */
  async exit(call: Call): Promise<void> {
    const seat = this.#seats.get(call);
    if (seat === undefined) return;
    this.#giveUp(seat);
    seat.music?.stop();
    const { room } = seat;
    this.#close(seat);
    if (!seat.leg.ended) await room?.leave(seat.leg);
  }

  /** Beside the bridge, hearing music or nothing. Whether it was in the bridge before. */
  async hold(call: Call, music?: AudioSource | readonly AudioSource[]): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined) return false;
    const parted = await this.part(call);
    seat.music?.stop();
    seat.music = music !== undefined && !call.signal.aborted ? call.play(music, { loop: true }) : undefined;
    return parted;
  }

  /** Into the bridge again. Whether it was beside it before. */
  async retrieve(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined || (seat.room !== undefined && seat.room === this.#bridge)) return false;
    await this.#back(seat);
    return true;
  }

  /** Out of the bridge, into the one of those who are aside. Whether it was not there before. */
  async aside(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined || (seat.room !== undefined && seat.room === this.#aside)) return false;
    if (this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    const room = (this.#aside ??= await this.#deps.room(seat.leg));
    await this.part(call);
    this.#quiet(seat);
    await this.#open(seat, room);
    return true;
  }

  /** Is not heard by the others from now on, or heard again, wherever it sits. Only who talks is muted. Whether that is new. */
  async mute(call: Call, muted: boolean): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined || seat.role !== "talk" || seat.muted === muted) return false;
    seat.muted = muted;
    const { room } = seat;
    if (room === undefined) return true;
    // In its place: the others, and itself, hear on without a gap.
    this.#close(seat);
    await this.#open(seat, room);
    return true;
  }

  /** Out of the bridge it is in, as on hold; what is heard beside it stays as it is. Whether it was in one. */
  async part(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    const room = seat?.room;
    if (seat === undefined || room === undefined) return false;
    await room.leave(seat.leg);
    this.#close(seat);
    return true;
  }

  /** Into the bridge again, whatever was heard outside. `false`: it is not here any more. */
  async reopen(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined || call.signal.aborted) return false;
    await this.#back(seat);
    return true;
  }

  /** Into the bridge, for all who are in it but `except`. @throws HTL_CORE_CALL_ENDED */
  play(source: AudioSource | readonly AudioSource[], except: readonly Call[]): Playback {
    if (this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    return this.#bridge.play(source, { except: except.flatMap((call) => this.#seats.get(call)?.leg ?? []) });
  }

  /** Nobody is in a bridge any more; they are closed. `clear` gives up the seats. */
  async close(): Promise<void> {
    for (const seat of this.#seats.values()) {
      this.#close(seat);
      seat.music?.stop();
    }
    await this.#aside?.close();
    await this.#bridge?.close();
  }

  clear(): void {
    for (const seat of [...this.#seats.values()]) this.#giveUp(seat);
  }

  #giveUp(seat: Seat): void {
    seat.given();
    this.#seats.delete(seat.call);
  }

  /** Into the conversation's bridge, from wherever it is. */
  async #back(seat: Seat): Promise<void> {
    this.#quiet(seat);
    if (seat.room !== undefined && seat.room === this.#bridge) return;
    await this.part(seat.call);
    await this.#open(seat);
  }

  #quiet(seat: Seat): void {
    seat.music?.stop();
    seat.music = undefined;
  }

  async #open(seat: Seat, room = this.#bridge): Promise<void> {
    if (room === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    const whisperTo = seat.whisperTo.map((call) => call.media).filter((leg) => leg !== undefined);
    const role = seat.muted ? "listen" : seat.role;
    await room.join(seat.leg, { role, ...(role === "whisper" ? { whisperTo } : {}) });
    seat.room = room;
    seat.membership = this.#deps.journal.joined(this.#deps.interactionId, room.id, seat.call.id, role);
  }

  #close(seat: Seat): void {
    if (seat.membership !== undefined) this.#deps.journal.left(seat.membership);
    seat.membership = undefined;
    seat.room = undefined;
  }
}

/** @throws HTL_CORE_CALL_ENDED */
export function soundOf(call: Call): MediaLeg {
  if (call.signal.aborted) throw coreErrors.CALL_ENDED("it has hung up");
  if (call.media === undefined) throw coreErrors.CALL_ENDED("it has no sound yet");
  return call.media;
}
