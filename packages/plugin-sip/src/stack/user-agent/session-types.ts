import type { Dialog } from "../dialog/types.js";
import type { SipError } from "../errors.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { MessageSource } from "../transport/types.js";

/** Extra headers: a name to one value or several. Names the stack sets itself (Via, CSeq, ...) are refused. */
export type ExtraHeaders = Readonly<Record<string, string | readonly string[]>>;

/** A body with its type. */
export interface BodyOptions {
  readonly body?: Buffer | string;
  /** Content-Type. Default `application/sdp` when there is a body. */
  readonly contentType?: string;
  readonly headers?: ExtraHeaders;
}

/** A response as the application gives it. */
export interface ResponseOptions extends BodyOptions {
  /** 101-699. */
  readonly status: number;
  /** Default: the standard phrase. */
  readonly reason?: string;
  /** Seconds, as Retry-After (RFC 3261 section 20.33). */
  readonly retryAfter?: number;
}

/** How a request of ours ended. `status` is always usable: 408 for a time-out, 503 when it could not be sent (RFC 3261 section 8.1.3.1). */
export interface RequestOutcome {
  readonly status: number;
  readonly cause: "response" | "timeout" | "transport" | "ended" | "stopped";
  /** The final response, when `cause` is `response`. */
  readonly response?: SipResponse;
  /** Where the response came from. */
  readonly source?: MessageSource;
  readonly error?: SipError;
}

/** An incoming request to be answered once. Unanswered ones are answered 500 after 64*T1 less a bit, so nothing hangs. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly source: MessageSource;
  /** Whether a final response was given. */
  readonly answered: boolean;
  /** Sends a response; further calls after a final one do nothing. Throws `SipError` for bad headers only. */
  respond(response: ResponseOptions): void;
}

/** A re-INVITE or an UPDATE with a body, to be answered once: 2xx with the answer, 488 to refuse. */
export interface IncomingReoffer extends IncomingRequest {
  readonly method: "INVITE" | "UPDATE";
  /** 200 with our description. For a re-INVITE resolves with the ACK (whose body is the answer to a late offer), `undefined` when the session ended first; for UPDATE at once. Never rejects. */
  accept(options?: BodyOptions): Promise<SipRequest | undefined>;
}

/** Hears of the PRACK with a body that acknowledges a provisional response of ours: answers it with 200 (with the answer, where its body is an offer) or 488. */
export type PrackHandler = (prack: IncomingRequest) => void;

/** An incoming REFER in a session (RFC 3515). */
export interface IncomingRefer extends IncomingRequest {
  /** The Refer-To URI, parameters and headers included. */
  readonly target: string;
  /** The Referred-By value, if given (RFC 3892). */
  readonly referredBy?: string;
  /** 202, and a NOTIFY "100 Trying" unless the sender asked for none (`Refer-Sub: false`, RFC 4488). */
  accept(): void;
  /** Reports progress as sipfrag, for example 180. No effect after `finish`. */
  notify(status: number, reason?: string): void;
  /** Reports the end of it and closes the subscription. Resolves when that NOTIFY is answered or given up. Never rejects. */
  finish(status: number, reason?: string): Promise<void>;
}

/** A REFER of ours under way. */
export interface Referral {
  /** How the REFER itself was answered. Never rejects. */
  readonly accepted: Promise<RequestOutcome>;
  /** Last status reported by NOTIFY. Settles when the subscription ends (status of the last NOTIFY; undefined: none came, or the session ended first). Never rejects. */
  readonly finished: Promise<{ readonly status: number | undefined }>;
}

/** Why a session ended. */
export interface SessionEnd {
  readonly by: "local" | "remote" | "system";
  readonly cause:
    | "bye"
    /** The answer was never acknowledged (64*T1). */
    | "no-ack"
    /** A request in the dialog got 481 or 408 or none at all. */
    | "dialog-lost"
    /** The other side did not refresh the session in time, or could not be reached for ours (RFC 4028). */
    | "session-expired"
    | "transport"
    | "stopped";
  /** The BYE, when the other side sent one (its Reason header tells more, RFC 3326). */
  readonly request?: SipRequest;
}

/** What the application wants to hear of a session. Missing handlers get a sensible answer: see each. Called synchronously; must not throw (a throw is answered 500 and logged). */
export interface SessionHandlers {
  /** Re-INVITE, or UPDATE with a body. Missing: 488. */
  reoffer?(offer: IncomingReoffer): void;
  /** REFER. Missing: 405. */
  refer?(refer: IncomingRefer): void;
  /** INFO, MESSAGE, NOTIFY outside of a referral, OPTIONS. Missing: 200 to INFO and OPTIONS, 405 to MESSAGE, 481 to NOTIFY. */
  request?(request: IncomingRequest): void;
  /**
   * The session is to be refreshed by a re-INVITE with the present description, since the peer takes no UPDATE: call `reinvite`. False
   * leaves it to the stack, which sends the last description again and passes over the answer. Missing: the same.
   */
  refresh?(): boolean;
  /** Once, when the session has ended; same moment as `ended`. */
  ended?(end: SessionEnd): void;
}

/** An answered call. Its requests never reject for what happens on the way; a `SipError` (`SIP_INVALID_HEADER`) tells of headers that may not be given. */
export interface Session {
  readonly dialog: Dialog;
  readonly direction: "inbound" | "outbound";
  /** `pending`: our 2xx is not acknowledged yet. */
  readonly state: "pending" | "confirmed" | "ended";
  /** Resolves at the moment the call is over for the application, whoever ended it. Never rejects. */
  readonly ended: Promise<SessionEnd>;
  /** Sets handlers (merged over the present ones). */
  handle(handlers: SessionHandlers): void;
  /** Re-INVITE. Waits for one already under way; retries after 491 (RFC 3261 section 14.1). `ack` makes the body of the ACK when the 2xx carries the offer. Never rejects. */
  reinvite(options?: ReinviteOptions): Promise<RequestOutcome>;
  /** UPDATE (RFC 3311). Never rejects. */
  update(options?: BodyOptions): Promise<RequestOutcome>;
  /** Any other in-dialog request: INFO, MESSAGE, OPTIONS. Never rejects. */
  request(method: string, options?: BodyOptions): Promise<RequestOutcome>;
  /**
   * REFER with implicit subscription. `target` is a URI. `replaces`: whoever is there has this call with us, and the other side shall
   * take our place in it (RFC 3891): an attended transfer. `notified` hears each sipfrag status.
   */
  refer(target: string, options?: BodyOptions & { readonly replaces?: Session; readonly notified?: (status: number) => void }): Referral;
  /** Ends the call. `ended` settles at once; the promise when the BYE was answered or given up. Before the ACK of an inbound call the BYE waits for it (RFC 3261 section 15). Idempotent, never rejects. */
  bye(options?: BodyOptions): Promise<RequestOutcome>;
}

/** How to offer anew in a call. */
export interface ReinviteOptions extends BodyOptions {
  readonly ack?: AckBuilder;
  /**
   * Both sides have offered at once (491), and this offer is to be sent again after a wait. In the meantime the other side's may come and be answered, after
   * which a description that was written before is out of date: what this gives back writes the next one when it is sent. Missing: the same body again.
   */
  collided?(): () => Buffer | string;
}

/** Makes the body of the ACK from a 2xx that carries the offer. `undefined`: no body. */
export type AckBuilder = (response: SipResponse) => { readonly body: Buffer | string; readonly contentType?: string } | undefined;

/** How answering ended. */
export type AcceptOutcome =
  | { readonly ok: true; readonly session: Session; /** Its body is the answer to a late offer. */ readonly ack: SipRequest }
  | { readonly ok: false; readonly cause: "cancelled" | "remote-bye" | "local-bye" | "no-ack" | "no-prack" | "transport" | "stopped" | "already-answered" };

/**
 * ```
 * trying --ring--> ringing --accept--> accepted
 *    \________________\-----reject, CANCEL, Expires, stop----> closed
 * ```
 */
export type IncomingInviteState = "trying" | "ringing" | "accepted" | "closed";

/** A call coming in, from the first INVITE to the final response. `SipError` is thrown for headers that may not be given, before anything is sent. */
export interface IncomingInvite {
  readonly request: SipRequest;
  readonly source: MessageSource;
  readonly state: IncomingInviteState;
  /** The tag we put into To: known from the start, the same in every response. */
  readonly localTag: string;
  /** The session, from `accept` on (state `pending` until the ACK). Set handlers on it before anything can arrive. */
  readonly session: Session | undefined;
  /** Resolves when the INVITE got its final response or was given up: how. Never rejects. */
  readonly closed: Promise<{ readonly cause: "accepted" | "rejected" | "cancelled" | "expired" | "unacknowledged" | "stopped" }>;
  /** The caller demands that provisional responses are acknowledged (RFC 3262); where it has offered nothing, the first must then carry our offer. */
  readonly reliable: boolean;
  /**
   * 180, or 183 and other 1xx with `progress`. Makes the early dialog. No effect once closed. Where the caller demands it, and where it
   * can and the response has a body, the response is repeated until a PRACK acknowledges it (RFC 3262); when none comes, the
   * INVITE is refused with 504 and `closed` tells `unacknowledged`.
   */
  ring(options?: BodyOptions & { readonly prack?: PrackHandler }): void;
  progress(response: ResponseOptions & { readonly prack?: PrackHandler }): void;
  /** Sets who answers the caller's UPDATEs with a body before the answer (RFC 3311). Without: 488. */
  handle(handlers: { readonly reoffer?: (offer: IncomingReoffer) => void }): void;
  /** UPDATE in the early dialog. Never rejects; `ended` where there is no early dialog any more, or not yet. */
  update(options?: BodyOptions): Promise<RequestOutcome>;
  /** 200; it waits for the PRACK of a description that went before. Resolves with the ACK or why none came. Never rejects. */
  accept(options?: BodyOptions): Promise<AcceptOutcome>;
  /** 3xx-6xx. No effect once closed. */
  reject(response: ResponseOptions): void;
}

/** How a call of ours ended up. */
export type InviteOutcome =
  | { readonly answered: true; readonly session: Session; readonly response: SipResponse }
  | {
      readonly answered: false;
      /** Final status; 408 no answer in time, 503 not sent, 487 cancelled. */
      readonly status: number;
      readonly cause: "response" | "timeout" | "transport" | "cancelled" | "stopped";
      readonly response?: SipResponse;
      readonly error?: SipError;
    };

/** A call going out. */
export interface OutgoingInvite {
  readonly callId: string;
  readonly localTag: string;
  /** Settles with the first final result; never rejects. */
  readonly outcome: Promise<InviteOutcome>;
  /** Whether the outcome is known. */
  readonly settled: boolean;
  /** UPDATE in an early dialog, which `provisional` has told. Never rejects; `ended` where it is none any more. */
  update(dialog: Dialog, options?: BodyOptions): Promise<RequestOutcome>;
  /** Gives up: `outcome` settles at once as cancelled. CANCEL goes out as soon as RFC 3261 section 9.1 allows; a 2xx that crosses it is acknowledged and ended by BYE. Idempotent. */
  cancel(options?: { readonly headers?: ExtraHeaders }): void;
}
