import { errorText } from "@hotlinejs/core";
import type { AudioSource, BridgeRole, Ids, Logger, MediaBridge, MediaLeg, Playback, PlayEndReason } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { linkBuffer } from "../worker/frame-ring.js";
import { EngineLeg } from "./engine-leg.js";
import type { WorkerSlot } from "./worker-slot.js";

interface Member {
  readonly leg: EngineLeg;
  readonly role: BridgeRole;
  /** Takes back what hangs on the leg's end. */
  unsubscribe(): void;
  /** The leg lives in another worker: undoes the link. */
  unlink: (() => Promise<void>) | undefined;
}

/** Which bridge of this engine a leg sits in; a leg sits in one at a time. */
export type Seating = WeakMap<EngineLeg, EngineBridge>;

/** Main-thread handle of a bridge. Its moves are carried out one after another. */
export class EngineBridge implements MediaBridge {
  readonly id: string;
  readonly slot: WorkerSlot;
  readonly #log: Logger | undefined;
  readonly #seating: Seating;
  readonly #owns: (leg: EngineLeg) => boolean;
  readonly #members = new Map<EngineLeg, Member>();
  readonly #unwatch: () => void;
  readonly #ids: Ids;
  /** Ends of what is played here. */
  readonly #playing = new Map<string, (reason: PlayEndReason, playedMs: number) => void>();
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(id: string, slot: WorkerSlot, seating: Seating, owns: (leg: EngineLeg) => boolean, ids: Ids, log: Logger | undefined) {
    this.id = id;
    this.slot = slot;
    this.#seating = seating;
    this.#owns = owns;
    this.#log = log;
    this.#ids = ids;
    slot.addBridge(id, { playEnd: ({ playback, reason, playedMs }) => this.#playing.get(playback)?.(reason, playedMs) });
    this.#unwatch = slot.onFailed(() => this.#dissolve());
  }

  get members(): readonly { leg: MediaLeg; role: BridgeRole }[] {
    return [...this.#members.values()].map(({ leg, role }) => ({ leg, role }));
  }

  async join(leg: MediaLeg, options: { role?: BridgeRole; whisperTo?: readonly MediaLeg[] } = {}): Promise<void> {
    const own = this.#own(leg);
    const targets = (options.whisperTo ?? []).map((target) => this.#localId(this.#own(target)));
    const before = this.#seating.get(own);
    if (before !== undefined && before !== this) await before.leave(own);
    await this.#inTurn(() => this.#join(own, options.role ?? "talk", targets));
  }

  leave(leg: MediaLeg): Promise<void> {
    return this.#inTurn(async () => {
      const member = leg instanceof EngineLeg ? this.#members.get(leg) : undefined;
      if (member !== undefined) await this.#remove(member);
    });
  }

  play(source: AudioSource | readonly AudioSource[], { except = [] }: { readonly except?: readonly MediaLeg[] } = {}): Playback {
    const id = this.#ids.next();
    const playback: Playback = {
      id,
      done: new Promise((resolve) => {
        this.#playing.set(id, (reason, playedMs) => {
          this.#playing.delete(id);
          resolve({ reason, playedMs });
        });
      }),
      stop: () => this.slot.send({ op: "stop-bridge-play", bridge: this.id, playback: id }),
    };
    if (this.#closed) this.#playing.get(id)?.("leg-ended", 0);
    else this.slot.send({ op: "bridge-play", bridge: this.id, playback: id, sources: Array.isArray(source) ? (source as readonly AudioSource[]) : [source as AudioSource], except: except.map((leg) => this.#localId(this.#own(leg))) });
    return playback;
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      const members = [...this.#members.values()];
      this.#dissolve();
      await Promise.all(members.map(async ({ unlink }) => unlink?.()));
      await this.#quietly(this.slot.request<"close-bridge">({ op: "close-bridge", bridge: this.id }));
      this.#unplay();
    });
  }

  /** The worker has told all that it had to tell. */
  #unplay(): void {
    this.slot.removeBridge(this.id);
    for (const end of [...this.#playing.values()]) end("leg-ended", 0);
  }

  async #join(leg: EngineLeg, role: BridgeRole, whisperTo: readonly string[]): Promise<void> {
    if (this.#closed) throw mediaErrors.BRIDGE_CLOSED(this.id);
    if (leg.ended) throw mediaErrors.LEG_ENDED(leg.id);
    const present = this.#members.get(leg);
    const unlink = present !== undefined ? present.unlink : leg.slot === this.slot ? undefined : await this.#link(leg);
    try {
      await this.slot.request<"join">({ op: "join", bridge: this.id, leg: this.#localId(leg), role, whisperTo });
    } catch (error) {
      await unlink?.();
      if (present !== undefined) this.#forget(present);
      throw error;
    }
    // It may have ended while the worker was asked.
    if (leg.ended || this.#closed) {
      await unlink?.();
      if (present !== undefined) this.#forget(present);
      throw leg.ended ? mediaErrors.LEG_ENDED(leg.id) : mediaErrors.BRIDGE_CLOSED(this.id);
    }
    present?.unsubscribe();
    const member: Member = {
      leg,
      role,
      unlink,
      unsubscribe: leg.subscribe((event) => {
        if (event.type !== "ended") return;
        this.#forget(member);
        if (unlink !== undefined) void this.#quietly(unlink());
      }),
    };
    this.#members.set(leg, member);
    this.#seating.set(leg, this);
  }

  async #remove(member: Member): Promise<void> {
    this.#forget(member);
    await this.#quietly(this.slot.request<"leave">({ op: "leave", bridge: this.id, leg: this.#localId(member.leg) }));
    await member.unlink?.();
  }

  #forget(member: Member): void {
    member.unsubscribe();
    if (this.#members.get(member.leg) === member) this.#members.delete(member.leg);
    if (this.#seating.get(member.leg) === this) this.#seating.delete(member.leg);
  }

  #dissolve(): void {
    this.#closed = true;
    this.#unwatch();
    if (!this.slot.up) this.#unplay();
    for (const member of [...this.#members.values()]) {
      this.#forget(member);
      // When the worker died, the far ends of its links are still there.
      if (!this.slot.up && member.unlink !== undefined) void this.#quietly(member.unlink());
    }
  }

  /** Joins the leg, in its own worker, with one end of a shared-memory link, whose other end sits in this bridge. */
  async #link(leg: EngineLeg): Promise<() => Promise<void>> {
    const id = this.#localId(leg);
    const buffer = linkBuffer();
    this.slot.send({ op: "create-link", leg: id, link: { buffer, side: 0 } });
    leg.slot.send({ op: "create-link", leg: id, link: { buffer, side: 1 } });
    const unlink = async (): Promise<void> => {
      await Promise.all([
        this.#quietly(this.slot.request<"close-leg">({ op: "close-leg", leg: id })),
        this.#quietly(leg.slot.request<"close-leg">({ op: "close-leg", leg: id })),
        this.#quietly(leg.slot.request<"close-bridge">({ op: "close-bridge", bridge: id })),
      ]);
    };
    try {
      await leg.slot.request<"create-bridge">({ op: "create-bridge", bridge: id });
      await leg.slot.request<"join">({ op: "join", bridge: id, leg: leg.id, role: "talk", whisperTo: [] });
      await leg.slot.request<"join">({ op: "join", bridge: id, leg: id, role: "talk", whisperTo: [] });
    } catch (error) {
      await unlink();
      throw error;
    }
    return unlink;
  }

  /** Name of the leg, or of the link that stands for it, in this bridge's worker. */
  #localId(leg: EngineLeg): string {
    return leg.slot === this.slot ? leg.id : `${this.id}/${leg.id}`;
  }

  #own(leg: MediaLeg): EngineLeg {
    if (!(leg instanceof EngineLeg) || !this.#owns(leg)) throw mediaErrors.FOREIGN_LEG(leg.id);
    return leg;
  }

  #inTurn<T>(move: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(move);
    this.#queue = result.catch(() => undefined); // the one who asked is told
    return result;
  }

  /** For taking apart: what is gone already need not be taken apart. */
  async #quietly(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#log?.debug({ bridgeId: this.id }, `bridge clean-up: ${errorText(error)}`);
    }
  }
}
