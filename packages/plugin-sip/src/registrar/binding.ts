import type { Destination } from "../stack/index.js";

/** A phone where an account can be rung (RFC 3261 section 10). */
export interface Binding {
  /** UUIDv7; the key of its row. */
  readonly id: string;
  /** Account name, the user part of the address of record. */
  readonly account: string;
  /** Contact URI as registered: the Request-URI of calls to it. */
  readonly contact: string;
  /** Call-ID and CSeq of the last REGISTER that touched it: an older one must not undo a newer (section 10.3 step 7). */
  readonly callId: string;
  readonly cseq: number;
  /** Preference, 0 to 1. */
  readonly q: number;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** Where requests really go: behind NAT the address the REGISTER came from. */
  readonly destination: Destination;
  /** Route set towards it (RFC 3327). */
  readonly path: readonly string[];
  readonly userAgent?: string;
  /** `+sip.instance` with reg-id (RFC 5626): the same phone after a restart, whatever its port now is. */
  readonly instance?: string;
}

/** Why a binding went away. */
export type UnbindReason = "removed" | "expired" | "replaced" | "lost";

/** What the registrar tells. Called after its state has changed; must not throw. */
export interface RegistrarListener {
  /** @param refreshed the phone was registered already; @param moved and is now reached by another way: another connection, another address */
  bound(binding: Binding, refreshed: boolean, moved: boolean): void;
  unbound(binding: Binding, reason: UnbindReason): void;
  /** A phone that stays registered does not answer any more, or answers again. One that registers or goes is not told here. */
  silent?(binding: Binding, silent: boolean): void;
}
