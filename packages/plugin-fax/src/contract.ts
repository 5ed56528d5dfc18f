import { token } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";

/**
 * In: `receiving --all pages--> received | --some--> partial | --none--> failed`.
 * Out: `queued --dialled--> sending --> sent | failed | queued again (busy, no answer) | uncertain (the process died meanwhile)`.
 * An uncertain fax may have arrived: it is never dialled again by itself.
 */
export type FaxState = "receiving" | "received" | "partial" | "queued" | "sending" | "sent" | "failed" | "uncertain";

export interface FaxView {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly state: FaxState;
  /** The number that called, or was called. Plain for the service; routes mask it. */
  readonly remoteNumber: string;
  /** What the far machine calls itself (TSI, CSI), mostly its number. Plain for the service; routes mask it. */
  readonly remoteId: string | null;
  readonly localNumber: string;
  readonly title: string | null;
  /** Inbound: received; outbound: to be sent. */
  readonly pages: number;
  /** Outbound: pages the far machine has confirmed. */
  readonly confirmedPages: number;
  /** The call that carried it, the last one. */
  readonly interactionId: string | null;
  /** The call in which it was asked for. */
  readonly orderedIn: string | null;
  /** What became of it: `ticket:<id>`. */
  readonly ref: string | null;
  /** Why it ended as it did: `ok busy no-answer no-t38 training-failed disconnected ...`. */
  readonly outcome: string | null;
  /** Calls made for it. */
  readonly attempts: number;
  /** Epoch ms of the next call, when one is to come. */
  readonly nextAttemptAt: number | null;
  readonly bitsPerSecond: number;
  /** Frames that had to go a second time. */
  readonly resentFrames: number;
  /** Whether pages can be looked at: a received fax is made ready a moment after its call. */
  readonly ready: boolean;
  readonly createdAt: number;
  readonly endedAt: number | null;
  /** `YYYY-MM-DD` in the hotline's time zone. */
  readonly businessDate: string;
}

/** Something that can be faxed. */
export type FaxDocument =
  | { readonly kind: "text"; readonly title: string; readonly text: string }
  /** By the number people key in. */
  | { readonly kind: "article"; readonly code: string }
  | { readonly kind: "pdf"; readonly title: string; readonly data: Uint8Array }
  /** PNG, JPEG or TIFF. */
  | { readonly kind: "image"; readonly title: string; readonly data: Uint8Array };

export interface NewFax {
  /** Digits, or an address such as `tel:057188886666`. */
  readonly to: string;
  readonly document: FaxDocument;
  /** User id, `citizen`, `system`. */
  readonly actor: string;
  /** The call in which it was asked for. */
  readonly interactionId?: string;
  /** The same key twice is the same fax. */
  readonly key?: string;
}

/** An article that callers have faxed by its number (资料编号). */
export interface FaxArticle {
  /** Four digits. */
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

/** Sends and receives faxes. */
export interface Faxes {
  /** Switches the call to T.38 and receives. Resolves when the exchange is over, however; the pages become a message (and so a ticket) by a durable job. */
  receive(session: CallSession, options?: { readonly signal?: AbortSignal }): Promise<FaxView>;
  /** Sends in the call as it is: the caller sits at a fax machine and has pressed start. */
  sendInCall(session: CallSession, document: FaxDocument, options?: { readonly signal?: AbortSignal }): Promise<FaxView>;
  /**
   * Makes the pages, commits the fax and dials by a durable job; busy and no answer are tried again by rule. Rejects with
   * `HTL_FAX_UNREADABLE`, `HTL_FAX_TOO_LONG`, `HTL_FAX_NO_ARTICLE`, `HTL_FAX_BAD_NUMBER`, `HTL_FAX_TOO_MANY`.
   */
  send(fax: NewFax): Promise<FaxView>;
  get(id: string): Promise<FaxView | undefined>;
  article(code: string): FaxArticle | undefined;
}

export const FAX = token<Faxes>("fax.fax");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** Pages are stored and can be looked at. */
    "fax.received": { faxId: string; interactionId: string | null; /** What the far machine calls itself, else its number. */ from: string; pages: number; /** No page is missing. */ whole: boolean };
    /** All pages have arrived at the far machine. */
    "fax.sent": { faxId: string; /** Number it was sent to. */ to: string; pages: number };
    /** Outbound, for good. */
    "fax.failed": { faxId: string; /** Number it was to be sent to. */ to: string; /** Why, as the last call ended. */ outcome: string; /** Calls made. */ attempts: number };
    /** The hotline died while it was sent: it may have arrived and is not sent again. */
    "fax.uncertain": { faxId: string; /** Number it was sent to. */ to: string };
  }
}
