import { token } from "../di/token.js";

/** Who wants to know. Wrong proofs are counted by `from`, and by whom they were about. */
export interface LookupAsker {
  readonly channel: "phone" | "desk" | "web";
  /** The caller's number, the user id at a desk, the address of a web visitor. Never empty: a withheld number is replaced by the interaction's id. */
  readonly from: string;
  /** For the audit: a user id, or `citizen`. */
  readonly actor: string;
  readonly interactionId?: string;
}

export interface LookupRequest {
  /** Key of a kind of record, for example `pension-account`. */
  readonly kind: string;
  /** What identifies the record, by the names of the kind: `{ idNumber }`. */
  readonly keys: Readonly<Record<string, string>>;
  /** PIN or password the citizen gave. Only a desk may leave it out, and only for kinds that allow it. Never stored or logged. */
  readonly proof?: string;
  readonly asker: LookupAsker;
  readonly signal?: AbortSignal;
}

export type LookupResult =
  /** `shown`: the keys as they may be shown and kept, `990***********43`. */
  | { readonly outcome: "found"; readonly record: Readonly<Record<string, unknown>>; readonly shown: Readonly<Record<string, string>> }
  /** No such record, or the proof does not fit: never told apart. `left`: tries until it is locked. */
  | { readonly outcome: "not-found"; readonly left: number }
  /** Too many failures; `until` is epoch ms. The system was not asked. */
  | { readonly outcome: "locked"; readonly until: number }
  /** The system does not answer, or not as agreed. Counts as no failure of the citizen. */
  | { readonly outcome: "unavailable"; readonly cause: LookupFailure };

export type LookupFailure = "timeout" | "unreachable" | "refused" | "bad-answer" | "circuit-open" | "cancelled";

export type LookupFieldType = "text" | "digits" | "number" | "money" | "date";

/** What can be looked up, as pages and flows need to know it. */
export interface LookupKindView {
  readonly key: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly keys: readonly { readonly name: string; readonly label: string; readonly labelEn?: string; readonly length: number }[];
  /** The proof a citizen has to give; absent where none is asked. */
  readonly proof?: { readonly label: string; readonly labelEn?: string; readonly length: number; /** A desk may look without it. */ readonly deskMayOmit: boolean };
  readonly fields: readonly { readonly name: string; readonly label: string; readonly labelEn?: string; readonly type: LookupFieldType; /** Values that are words -> the same in English. */ readonly wordsEn?: Readonly<Record<string, string>> }[];
}

/** Records of the department's own systems (A10), for example a person's insurance account. */
export interface BusinessSystem {
  kinds(): readonly LookupKindView[];
  /**
   * Every look-up is audited with masked keys, before its result is told. Expected outcomes are return values; rejects with
   * `HTL_BUSINESS_UNKNOWN_KIND`, `HTL_BUSINESS_BAD_KEY` (a key that cannot be one) and `HTL_BUSINESS_PROOF_NEEDED`.
   */
  lookup(request: LookupRequest): Promise<LookupResult>;
  /** Until when this asker is shut out (epoch ms), so that nobody keys in eighteen digits for nothing. */
  lockedUntil(asker: LookupAsker): Promise<number | undefined>;
}

export const BUSINESS_SYSTEM = token<BusinessSystem>("core.business-system");
