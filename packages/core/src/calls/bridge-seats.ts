import type { Call } from "../contracts/call.js";
import type { AudioSource, BridgeRole, MediaBridge, MediaLeg, Playback } from "../contracts/media.js";
import { coreErrors } from "../errors/core-errors.js";
import type { InteractionJournal } from "./interaction-journal.js";

interface Seat {
  readonly call: Call;
  readonly leg: MediaLeg;
  readonly role: BridgeRole;
  readonly whisperTo: readonly Call[];
  /** The journal's row while it is in the bridge. */
  membership: string | undefined;
  music: Playback | undefined;
  readonly given: () => void;
}

export interface BridgeSeatsDeps {
  readonly interactionId: string;
  readonly journal: InteractionJournal;
  /** A leg takes a seat; what it returns runs when the seat is given up. */
  readonly taken: (call: Call) => () => void;
}

/**
 * Who sits in a conversation: in its bridge, or beside it on hold. Keeps the journal's rows of who was in the bridge and when.
 * Steps must be taken one after the other; whoever uses it sees to that.
 */
export class BridgeSeats {
  readonly #deps: BridgeSeatsDeps;
  readonly #seats = new Map<Call, Seat>();
  #bridge: MediaBridge | undefined;

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

  get members(): readonly { readonly call: Call; readonly role: BridgeRole; readonly held: boolean }[] {
    return [...this.#seats.values()].map(({ call, role, membership }) => ({ call, role, held: membership === undefined }));
  }

  has(call: Call): boolean {
    return this.#seats.has(call);
  }

  /** Into the bridge. @throws HTL_CORE_CALL_ENDED; then the leg is as it was */
  async enter(call: Call, role: BridgeRole, whisperTo: readonly Call[]): Promise<void> {
    const seat: Seat = { call, leg: soundOf(call), role, whisperTo, membership: undefined, music: undefined, given: this.#deps.taken(call) };
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
    if (seat.membership !== undefined) {
      this.#close(seat);
      if (!seat.leg.ended) await this.#bridge?.leave(seat.leg);
    }
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
    if (seat === undefined || seat.membership !== undefined) return false;
    seat.music?.stop();
    seat.music = undefined;
    await this.#open(seat);
    return true;
  }

  /** Out of the bridge, as on hold; what is heard beside it stays as it is. Whether it was in the bridge. */
  async part(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat?.membership === undefined) return false;
    await this.#bridge?.leave(seat.leg);
    this.#close(seat);
    return true;
  }

  /** Into the bridge again, whatever was heard outside. `false`: it is not here any more. */
  async reopen(call: Call): Promise<boolean> {
    const seat = this.#seats.get(call);
    if (seat === undefined || call.signal.aborted) return false;
    seat.music?.stop();
    seat.music = undefined;
    if (seat.membership === undefined) await this.#open(seat);
    return true;
  }

  /** Into the bridge, for all who are in it but `except`. @throws HTL_CORE_CALL_ENDED */
  play(source: AudioSource | readonly AudioSource[], except: readonly Call[]): Playback {
    if (this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    return this.#bridge.play(source, { except: except.flatMap((call) => this.#seats.get(call)?.leg ?? []) });
  }

  /** Nobody is in the bridge any more; it is closed. `clear` gives up the seats. */
  async close(): Promise<void> {
    for (const seat of this.#seats.values()) {
      this.#close(seat);
      seat.music?.stop();
    }
    await this.#bridge?.close();
  }

  clear(): void {
    for (const seat of [...this.#seats.values()]) this.#giveUp(seat);
  }

  #giveUp(seat: Seat): void {
    seat.given();
    this.#seats.delete(seat.call);
  }

  async #open(seat: Seat): Promise<void> {
    if (this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    const whisperTo = seat.whisperTo.map((call) => call.media).filter((leg) => leg !== undefined);
    await this.#bridge.join(seat.leg, { role: seat.role, ...(seat.role === "whisper" ? { whisperTo } : {}) });
    seat.membership = this.#deps.journal.joined(this.#deps.interactionId, this.#bridge.id, seat.call.id, seat.role);
  }

  #close(seat: Seat): void {
    if (seat.membership !== undefined) this.#deps.journal.left(seat.membership);
    seat.membership = undefined;
  }
}

/** @throws HTL_CORE_CALL_ENDED */
export function soundOf(call: Call): MediaLeg {
  if (call.signal.aborted) throw coreErrors.CALL_ENDED("it has hung up");
  if (call.media === undefined) throw coreErrors.CALL_ENDED("it has no sound yet");
  return call.media;
}
