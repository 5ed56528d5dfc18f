import type { IceCredentials } from "@hotlinejs/core";
import type { DatagramSource } from "../media-socket.js";
import { readStunRequest, stunRoleConflict, stunSuccess } from "./stun-message.js";

/** A path that was not checked for so long gives way to any other the peer nominates (RFC 7675: checks come every five seconds). */
const STALE_MS = 7_500;
/** Paths of one peer that are remembered. */
const MAX_PATHS = 16;

interface Path {
  readonly address: string;
  readonly port: number;
  readonly priority: number;
  checkedAt: number;
}

/**
 * The lite side of ICE (RFC 8445 section 2.5): it answers the peer's checks and lets the peer choose the path. It never
 * sends anything of its own accord, asks no STUN or TURN server and resolves no names, so nothing leaves for anyone who did not come first.
 */
export class IceLite {
  #local: IceCredentials;
  /** Of before the last restart: checks under way may still carry it. */
  #former: IceCredentials | undefined;
  readonly #paths = new Map<string, Path>();
  #chosen: Path | undefined;
  #refused = 0;

  constructor(local: IceCredentials) {
    this.#local = local;
  }

  /** Where to send; `undefined` until the peer has chosen. */
  get path(): { readonly address: string; readonly port: number } | undefined {
    return this.#chosen;
  }

  /** Checks that were not the peer's. */
  get refused(): number {
    return this.#refused;
  }

  /** New credentials after a restart (RFC 8445 section 9). The chosen path serves until another is nominated. */
  restart(local: IceCredentials): void {
    if (local.ufrag === this.#local.ufrag) return;
    this.#former = this.#local;
    this.#local = local;
    if (this.#chosen !== undefined) this.#chosen = { ...this.#chosen, priority: 0 };
  }

  /** Whether this source has passed a check: only then is anything of it looked at. */
  knows(from: DatagramSource): boolean {
    return this.#paths.has(keyOf(from));
  }

  /**
   * Answers a check.
   *
   * @param now media time in ms.
   * @returns whether it was genuine.
   */
  check(datagram: Buffer, from: DatagramSource, now: number, send: (answer: Buffer, to: DatagramSource) => void): boolean {
    const request = readStunRequest(datagram);
    const ufrag = request?.username.split(":")[0];
    const local = ufrag === this.#local.ufrag ? this.#local : ufrag === this.#former?.ufrag ? this.#former : undefined;
    if (request === undefined || local === undefined || !request.genuine(local.pwd)) {
      this.#refused++;
      return false;
    }
    if (request.peerIsControlled) {
      send(stunRoleConflict(request.transaction, local.pwd), from);
      return true;
    }
    send(stunSuccess(request.transaction, from.address, from.port, local.pwd), from);
    const key = keyOf(from);
    const known = this.#paths.get(key);
    const path: Path = known ?? { address: from.address, port: from.port, priority: request.priority, checkedAt: now };
    path.checkedAt = now;
    if (known === undefined) this.#remember(key, path);
    if (request.nominates && this.#better({ ...path, priority: request.priority }, now)) this.#chosen = path;
    return true;
  }

  /** A peer may nominate several paths; the one of highest priority counts (RFC 8445 section 8.1.1), as long as it lives. */
  #better(path: Path, now: number): boolean {
    const chosen = this.#chosen;
    if (chosen === undefined || (chosen.address === path.address && chosen.port === path.port)) return true;
    return path.priority >= chosen.priority || now - chosen.checkedAt > STALE_MS;
  }

  #remember(key: string, path: Path): void {
    if (this.#paths.size >= MAX_PATHS) {
      const oldest = [...this.#paths].filter(([, each]) => each !== this.#chosen).sort(([, a], [, b]) => a.checkedAt - b.checkedAt)[0];
      if (oldest !== undefined) this.#paths.delete(oldest[0]);
    }
    this.#paths.set(key, path);
  }
}

function keyOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address} ${port}`;
}
