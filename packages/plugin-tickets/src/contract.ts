import { token } from "@hotlinejs/core";
import type { Uow, Veto } from "@hotlinejs/core";

/** Where a ticket came from. */
export type TicketSource = "phone" | "ivr" | "voicemail" | "agent" | "fax" | "web" | "email" | "letter" | "sms" | "exchange";

/**
 * Who may see the citizen (保密级别). `confidential`: identity and number only with `tickets.confidential`;
 * `secret`: the ticket itself only with it.
 */
export type Confidentiality = "normal" | "confidential" | "secret";

/** Nature of a demand (性质类别). */
export interface TicketKind {
  /** Stored on the ticket: `consultation help complaint report criticism suggestion praise void`. */
  readonly key: string;
  /** One digit: 1 咨询 2 求助 3 投诉 4 举报 5 批评 6 建议 7 表扬 9 无效. */
  readonly code: string;
  readonly name: string;
  /** Limit in working days. */
  readonly limitDays?: number;
  /** Level a new ticket of this kind has. Default `normal`. */
  readonly confidentiality?: Confidentiality;
  /** Its state is never told without the query code (举报). Default false. */
  readonly codeOnly?: boolean;
  /** The citizen may stay unnamed; then the number is not kept. Default false. */
  readonly anonymousAllowed?: boolean;
}

/** Field of business (业务类别): 2 digits a level, 6 for a leaf. */
export interface TicketCategory {
  readonly code: string;
  readonly name: string;
  readonly parent?: string | null;
}

export interface NewTicket {
  /** Key, code or Chinese name of the kind. */
  readonly kind: string;
  readonly category?: string | null;
  readonly source: TicketSource;
  /** What it is about, in a sentence. */
  readonly summary?: string | null;
  readonly content?: string | null;
  readonly contactName?: string | null;
  /** Digits. Not kept when `anonymous`. */
  readonly contactNumber?: string | null;
  readonly anonymous?: boolean;
  /** May only raise the level of the kind. */
  readonly confidentiality?: Confidentiality;
  readonly departmentCode?: string | null;
  readonly staffCode?: string | null;
  readonly interactionId?: string | null;
  readonly recordingIds?: readonly string[];
  /** `received` (waits for a person) or `accepted` (a person registered it). Default by source: `agent` and `phone` are accepted. */
  readonly status?: "received" | "accepted";
  /** 工号 of the agent who registers it, for reports. */
  readonly agent?: string | null;
  /** User id, `citizen`, `system`. */
  readonly actor: string;
  /** The same key twice is the same ticket; also settles the draft of that key. */
  readonly idempotencyKey?: string;
}

export interface CreatedTicket {
  readonly id: string;
  /** 12 digits: YYMMDD, 5 of the day, Luhn digit. Spoken in groups 6-5-1. */
  readonly serial: string;
  /** Told to the citizen once. */
  readonly queryCode: string;
  readonly status: string;
}

export interface TicketView {
  readonly id: string;
  readonly serial: string;
  readonly kind: string;
  readonly kindName: string;
  readonly category: string | null;
  readonly categoryName: string | null;
  readonly status: string;
  readonly statusName: string;
  readonly source: TicketSource;
  readonly summary: string | null;
  readonly content: string | null;
  readonly answer: string | null;
  readonly confidentiality: Confidentiality;
  readonly anonymous: boolean;
  readonly contactName: string | null;
  /** Plain for the service; routes mask it. `null` when anonymous. */
  readonly contactNumber: string | null;
  readonly departmentCode: string | null;
  readonly staffCode: string | null;
  readonly interactionId: string | null;
  /** Ids of recordings. */
  readonly recordings: readonly string[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** `YYYY-MM-DD` in the hotline's time zone. */
  readonly businessDate: string;
  /** Optimistic lock: name it in a transition. */
  readonly version: number;
}

/** What the public may hear by serial number alone. */
export type PublicStatus = { readonly found: true; readonly serial: string; readonly status: string; readonly statusName: string } | { readonly found: false };

/** What serial number and query code open. Wrong code and unknown serial are the same. */
export type AnswerResult =
  | { readonly result: "ok"; readonly ticketId: string; readonly status: string; readonly statusName: string; readonly answer: string | null }
  | { readonly result: "wrong"; /** Tries before the lock. */ readonly left: number }
  | { readonly result: "locked"; /** Epoch ms. */ readonly until: number };

/** Who asks, for counting failures: three lock the serial on that channel, and the asker. */
export interface Asker {
  /** `phone`, `web`, `sms` ... */
  readonly channel: string;
  /** Caller's number, address or session: failures are counted per asker too. */
  readonly from: string;
}

export interface TransitionRequest {
  readonly ticketId: string;
  /** Id of a transition of the workflow, for example `register`. */
  readonly action: string;
  readonly actor: string;
  /** Version that was read; a ticket changed since is `HTL_TICKETS_CONFLICT`. Left out: the version found now. */
  readonly version?: number;
  readonly note?: string;
  /** Values the transition needs, for example `answer`, `reason`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export type TransitionResult = { readonly done: true; readonly ticket: TicketView } | { readonly done: false; readonly veto: Veto };

export interface Tickets {
  /**
   * Serial number, row, history, links to recordings, audit and event in one unit of work.
   * A veto of `ticketTransition` is `HTL_TICKETS_VETOED`.
   */
  create(input: NewTicket, options?: { /** Writes along, in the same transaction. */ within?: (uow: Uow, ticket: CreatedTicket) => Promise<void> }): Promise<CreatedTicket>;
  /**
   * Puts by what a ticket will be made of before the citizen starts to speak. When `create` with this key does not
   * come until `deadline` (the process died), the ticket is made from the draft, unless all its recordings are empty.
   * The same key again replaces the draft.
   */
  draft(input: NewTicket & { readonly idempotencyKey: string }, deadline: number): Promise<void>;
  /** The citizen changed his mind: no ticket will be made of the draft. */
  discardDraft(idempotencyKey: string): Promise<void>;
  get(ticketId: string): Promise<TicketView | undefined>;
  findBySerial(serial: string): Promise<TicketView | undefined>;
  /** Bare state. Tickets that need the code (举报), secret ones and unknown serials are not found. */
  status(serial: string): Promise<PublicStatus>;
  /** The same for the newest ticket of a known caller. */
  latestStatus(callerNumber: string): Promise<PublicStatus>;
  /** Whether asker (and serial) are shut out now. */
  lockedUntil(asker: Asker, serial?: string): Promise<number | undefined>;
  /** Counts a look-up of a serial that does not exist, as a failure of the asker. */
  noteFailure(asker: Asker, serial: string): Promise<AnswerResult>;
  answerFor(serial: string, queryCode: string, asker: Asker): Promise<AnswerResult>;
  transition(request: TransitionRequest): Promise<TransitionResult>;
  /** Links one more recording. Joins the open unit of work. */
  attachRecording(ticketId: string, recordingId: string): Promise<void>;
  readonly kinds: readonly TicketKind[];
}

export const TICKETS = token<Tickets>("tickets.tickets");

declare module "@hotlinejs/core" {
  interface EventMap {
    "ticket.created": { ticketId: string; serial: string; kind: string; source: string; status: string; interactionId: string | null };
    "ticket.transitioned": { ticketId: string; serial: string; action: string; from: string; to: string; actor: string };
  }
}
