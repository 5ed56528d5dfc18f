import { token } from "../di/token.js";

/** A file that goes along. */
export interface NotificationAttachment {
  readonly blobId: string;
  readonly fileName: string;
  readonly contentType: string;
}

/** Something to be told to a person through one channel. What it says was written by its sender, so that the row holds what was said. */
export interface Notification {
  readonly id: string;
  /** `email`, `sms`, `screen`, `voice`, `fax`, `letter` ... */
  readonly channel: string;
  /** Number, address or user, as the channel needs: `user:<id>`, `agent:<number>`, `department:<code>`, `permission:<name>` for `screen`. */
  readonly to: string;
  /** Which kind of message it is, for statistics and rules: `ticket.replied`. */
  readonly template: string;
  /** Subject line or heading. */
  readonly title: string | null;
  /** Plain text. */
  readonly text: string;
  readonly html: string | null;
  readonly attachments: readonly NotificationAttachment[];
  /** What a channel understands besides, for example `in-reply-to` and `references` of e-mail (RFC 5322 section 3.6.4). Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What it is about, for example a ticket. */
  readonly subject: { readonly type: string; readonly id: string } | null;
  readonly createdAt: number;
  /** 1 on the first try. A channel that cannot tell whether an earlier try got out (mail) uses `id` to make both the same message. */
  readonly attempt: number;
}

/** What became of a notification. */
export type Delivery = Delivered | Undeliverable;

/** No later try can succeed (no such mailbox, no such number): the notification has failed at once. Throw instead when a later try may. */
export interface Undeliverable {
  readonly delivered: false;
  readonly error: string;
}

export interface Delivered {
  readonly delivered: true;
  /** The channel's own id of the message. */
  readonly ref?: string;
  /** `sent`: handed to the next station; `delivered`: known to have arrived; `uncertain`: may have got out, is not tried again. */
  readonly state: "sent" | "delivered" | "uncertain";
}

export interface NewNotification {
  readonly channel: string;
  readonly to: string;
  readonly template: string;
  readonly title?: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly NotificationAttachment[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly subject?: { readonly type: string; readonly id: string };
  /** The same key twice is the same notification. */
  readonly key?: string;
  /** Epoch ms; not delivered before (quiet hours, timed urging). */
  readonly notBefore?: number;
  /** What it says (a code, a password) is thrown away as soon as it is told, has failed or is cancelled; the row stays with an empty text. Default false. */
  readonly forget?: boolean;
}

/**
 * ```
 * pending --a channel delivered--> sent | delivered | uncertain
 *    |  \--cancel--> cancelled
 *    \--undeliverable, or no channel took it until the last try--> failed
 * ```
 */
export type NotificationState = "pending" | "sent" | "delivered" | "uncertain" | "failed" | "cancelled";

export interface NotificationRecord extends Omit<Notification, "attempt"> {
  readonly state: NotificationState;
  readonly ref: string | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly notBefore: number | null;
  /** When it reached its last state. */
  readonly settledAt: number | null;
}

/** Tells people, at least once and never silently not: the row is written first, a durable job asks the channels (`notify.for(channel)`). */
export interface Notifications {
  /** Joins the open unit of work, so that the notification exists exactly when what it tells of was committed. Resolves with its id. */
  send(notification: NewNotification): Promise<{ readonly id: string }>;
  /** Takes back what is not yet delivered. */
  cancel(id: string): Promise<boolean>;
  get(id: string): Promise<NotificationRecord | undefined>;
  /** Newest first. */
  about(subject: { readonly type: string; readonly id: string }): Promise<readonly NotificationRecord[]>;
  /** The channel learns later what became of it (a delivery report, a bounce). */
  report(id: string, state: "delivered" | "failed", details?: { readonly ref?: string; readonly error?: string }): Promise<void>;
}

export const NOTIFICATIONS = token<Notifications>("core.notifications");
