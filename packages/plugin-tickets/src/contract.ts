import { token } from "@hotlinejs/core";
import type { Principal, Uow, Veto } from "@hotlinejs/core";

/** Where a ticket came from. */
export type TicketSource = "phone" | "ivr" | "voicemail" | "agent" | "fax" | "web" | "email" | "chat" | "letter" | "sms" | "exchange";

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
  /** Limit in working days by kind (key, code or name), where it differs from the kind's own. */
  readonly limitDays?: Readonly<Record<string, number>>;
}

/** A file that belongs to a ticket. */
export interface TicketFile {
  /** Of its blob. */
  readonly id: string;
  readonly fileName: string;
  /** As it is served: what a browser could run is `application/octet-stream`. */
  readonly contentType: string;
  readonly size: number;
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
  /** Where the answer goes, when it is to be written. Not kept when `anonymous`. */
  readonly contactEmail?: string | null;
  readonly anonymous?: boolean;
  /** May only raise the level of the kind. */
  readonly confidentiality?: Confidentiality;
  /** Whom it is about. Who handles it is said by `dispatch`. */
  readonly departmentCode?: string | null;
  readonly staffCode?: string | null;
  readonly interactionId?: string | null;
  readonly recordingIds?: readonly string[];
  /** Blobs that were put already; they are claimed. */
  readonly files?: readonly { readonly blobId: string; readonly fileName: string; readonly contentType: string; readonly size: number }[];
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

/** How the due clock stands. */
export interface TicketClockView {
  /** `none`: it has no due day. */
  readonly state: "none" | "running" | "paused" | "stopped";
  /** Working days, extensions included. */
  readonly limitDays: number | null;
  /** Epoch ms, as all times here. */
  readonly startedAt: number | null;
  readonly pausedAt: number | null;
  readonly stoppedAt: number | null;
  /** End of office hours of the due day; `null` while it is paused. */
  readonly dueAt: number | null;
  /** It reaches into a year whose holidays are not published yet. */
  readonly provisional: boolean;
  /** Since when it is late. */
  readonly overdueAt: number | null;
  /** Highest card given (黄牌, 红牌). */
  readonly card: "yellow" | "red" | null;
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
  /** Why it was rejected or made void. */
  readonly reason: string | null;
  readonly confidentiality: Confidentiality;
  readonly anonymous: boolean;
  readonly contactName: string | null;
  /** Plain for the service; routes mask it. `null` when anonymous. */
  readonly contactNumber: string | null;
  readonly contactEmail: string | null;
  /** Whom it is about. */
  readonly departmentCode: string | null;
  readonly staffCode: string | null;
  /** 承办单位. */
  readonly handlingDepartment: string | null;
  /** 承办人: a user id. */
  readonly handler: string | null;
  /** 受理时限: somebody is to take it up by then; `null`: no limit, or it did not have to wait for a person. */
  readonly acceptBy: number | null;
  /** When somebody did; `null` while it waits. */
  readonly acceptedAt: number | null;
  readonly clock: TicketClockView;
  readonly interactionId: string | null;
  /** Ids of recordings. */
  readonly recordings: readonly string[];
  readonly files: readonly TicketFile[];
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
  | { readonly result: "ok"; readonly ticketId: string; readonly status: string; readonly statusName: string; /** Where the workflow has it. */ readonly statusNameEn?: string; readonly answer: string | null }
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
  /**
   * Given: what this person may do is checked (`HTL_TICKETS_FORBIDDEN`, `HTL_TICKETS_OTHER_DEPARTMENT`), and a ticket not
   * shown to it is `HTL_TICKETS_NOT_FOUND`. Left out: the caller answers for it.
   */
  readonly principal?: TicketPrincipal;
  /** Version that was read; a ticket changed since is `HTL_TICKETS_CONFLICT`. Left out: the version found now. */
  readonly version?: number;
  readonly note?: string;
  /** Values the transition needs, for example `answer`, `reason`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Who acts, as far as tickets look at it. */
export type TicketPrincipal = Pick<Principal, "userId" | "permissions" | "departmentCode" | "agentNumber">;

export type TransitionResult = { readonly done: true; readonly ticket: TicketView } | { readonly done: false; readonly veto: Veto };

/** Why a ticket is due when it is. */
export interface DueExplanation {
  readonly clock: TicketClockView;
  /** Key of the calendar and its time zone. */
  readonly calendar: { readonly key: string; readonly timezone: string };
  /** Where the limit comes from. */
  readonly rule: { readonly source: "dispatch" | "category" | "kind"; readonly days: number; readonly extendedDays: number } | null;
  /** Set when it was given to another department and the days left were not enough. */
  readonly restDays: number | null;
  readonly pauses: readonly { readonly from: number; readonly to: number | null }[];
  /** `YYYY-MM-DD` of day 0, and why it is that day. */
  readonly startDay: string | null;
  readonly startDayReason: string | null;
  readonly trace: readonly { readonly date: string; readonly weekday: string; readonly counts: boolean; readonly day?: number; readonly reason: string }[];
  /** All of it in a sentence, in Chinese. */
  readonly text: string;
}

/** One urging (催办), of the ladder or by hand. */
export interface Urging {
  readonly id: string;
  /** Level of the ladder; `manual` for one by hand. */
  readonly level: string;
  readonly name: string;
  readonly state: "planned" | "fired" | "dropped" | "withdrawn";
  readonly plannedAt: number;
  readonly firedAt: number | null;
  /** User id, or `system`. */
  readonly actor: string;
  readonly text: string | null;
}

export interface UrgeRequest {
  readonly ticketId: string;
  readonly actor: string;
  /** As in a transition. Needs `tickets.urge`. */
  readonly principal?: TicketPrincipal;
  /** What to tell whoever handles it. */
  readonly text: string;
  /** Epoch ms (定时催办). Default now. */
  readonly at?: number;
  /** The same key twice is the same urging. */
  readonly idempotencyKey?: string;
}

/** Tickets for other plugins: filing, telling how one stands, adding to one. */
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
  /** Why it is due when it is. */
  due(ticketId: string): Promise<DueExplanation | undefined>;
  /** Urges whoever handles it, now or at a time; besides the ladder, which it never delays. */
  urge(request: UrgeRequest): Promise<Urging>;
  /** What was urged and what is planned, by time. */
  urgings(ticketId: string): Promise<readonly Urging[]>;
  /** Takes back one by hand that has not fired: `HTL_TICKETS_NO_URGE` otherwise. */
  withdrawUrging(ticketId: string, urgingId: string, actor: string): Promise<void>;
  /** Links one more recording. Joins the open unit of work. */
  attachRecording(ticketId: string, recordingId: string): Promise<void>;
  readonly kinds: readonly TicketKind[];
}

/**
 * ```
 * waiting --an agent accepts--> active --finished, or a step of the ticket--> done
 *    |  ^---the agent signs out,----|  ^ |
 *    |      or serves it no more       | |
 *    |  ^--given to another queue---|  |_| given to a colleague, who takes it
 *    \--a step of the ticket--> done
 * ```
 */
export type QueuedMessageState = "waiting" | "active" | "done";

/** Why a queued message is in another state. `reassigned`: after a restart its agent no longer serves the queue. `given`: its agent gave it to a colleague, or to another queue. `ticket`: a step of its ticket settled it. */
export type QueuedMessageCause = "arrived" | "accepted" | "signed-out" | "reassigned" | "given" | "finished" | "ticket";

/** A written message (e-mail, fax, SMS, web form) for which a queue of plugin-acd finds an agent. */
export interface QueuedMessage {
  readonly id: string;
  /** As of the message: `email`, `fax` ... How much of it an agent has at once says the capacity. */
  readonly channel: string;
  readonly queue: string;
  readonly state: QueuedMessageState;
  /** 工号 of who has it, or is asked to take it. */
  readonly agent: string | null;
  /** An agent is being asked now. */
  readonly offered: boolean;
  /** Who gave it on last; the one who has it, or is asked to take it, got it from there. */
  readonly givenBy: { readonly number: string; readonly name: string } | null;
  /** Its agent gives it to a colleague who has not taken it yet; shown to that agent alone. */
  readonly transfer: { /** 工号. */ readonly to: string; readonly name: string; readonly since: number } | null;
  /** Of the present stay in the queue. */
  readonly interactionId: string | null;
  /** The place in the line, epoch ms as all times here. */
  readonly queuedAt: number;
  readonly acceptedAt: number | null;
  readonly doneAt: number | null;
  /** What it became, or was added to. In full: whoever shows it masks it. */
  readonly ticket: TicketView;
}

/** Whom a queued message is given to: a 工号 or the key of a queue. */
export type MessageRecipient = { readonly agent: string } | { readonly queue: string };

/** A colleague to whom a written message could be given, as people choose one. */
export interface MessageColleague {
  /** 工号. */
  readonly number: string;
  readonly name: string;
  /** What they are at, as call distribution names it. */
  readonly state: string;
  /** Channels of what they have. */
  readonly channels: readonly string[];
  /** Why they are not ready. */
  readonly reasonName: string | null;
  readonly reasonNameEn: string | null;
  /** They would be asked at once: there, ready, and with room for it. */
  readonly free: boolean;
}

/** Written messages as work of the queues that serve calls. Which channels are queued says `intake` of the plugin's options. */
export interface QueuedMessages {
  /** What the agent has, or is asked to take. */
  ofAgent(agent: string): Promise<readonly QueuedMessage[]>;
  get(id: string): Promise<QueuedMessage | undefined>;
  /** The answer to an offer. Too late, or asked of another: `HTL_TICKETS_NOT_OFFERED`. */
  answer(id: string, agent: string, accept: boolean): Promise<QueuedMessage>;
  /** The agent is done with it; its ticket stays where it is. Twice is once. `HTL_TICKETS_NO_MESSAGE`, `HTL_TICKETS_NOT_YOURS`. */
  finish(id: string, agent: string): Promise<QueuedMessage>;
  /**
   * To whom the agent could give messages of the channel (default `email`) now: colleagues who are signed in, those first who would be asked
   * at once, and queues other than `queue` that have other agents.
   */
  targets(agent: string, queue?: string, channel?: string): { readonly agents: readonly MessageColleague[]; readonly queues: readonly { readonly key: string; readonly name: string }[] };
  /**
   * Gives a message on. To another queue: it waits there at once, at the place it always had, and its giver is not asked. To a named colleague:
   * it stays with the giver until the colleague has taken it; a no, or the colleague's signing out, leaves it there. `HTL_TICKETS_NOT_YOURS`,
   * `HTL_TICKETS_MESSAGE_TRANSFERRING`, `HTL_TICKETS_NO_RECIPIENT`, `HTL_TICKETS_RECIPIENT_AWAY`.
   */
  transfer(id: string, agent: string, to: MessageRecipient): Promise<QueuedMessage>;
  /** The giver keeps it after all. No effect once the colleague has taken it. */
  cancelTransfer(id: string, agent: string): Promise<QueuedMessage>;
}

export const QUEUED_MESSAGES = token<QueuedMessages>("tickets.queued-messages");

export const TICKETS = token<Tickets>("tickets.tickets");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A ticket was filed. */
    "ticket.created": { ticketId: string; serial: string; /** Nature: `consultation`, `complaint` ... */ kind: string; /** How it came: `phone`, `voicemail`, `web`, `email`, `fax` ... */ source: string; /** State it begins in. */ status: string; interactionId: string | null };
    /** A ticket is in another state. */
    "ticket.transitioned": { ticketId: string; serial: string; /** Id of the transition. */ action: string; /** State before. */ from: string; /** State now. */ to: string; actor: string };
    /** A level of urging before the due time was reached. */
    "ticket.due-soon": { ticketId: string; serial: string; dueAt: number; handlingDepartment: string | null };
    /** A ticket was not answered in time. */
    "ticket.overdue": { ticketId: string; serial: string; dueAt: number; handlingDepartment: string | null };
    /** Somebody was urged: a level of the ladder, or `manual`. */
    "ticket.urged": { ticketId: string; serial: string; /** Id of the level of the ladder, or `manual`. */ level: string; /** Counts the times the due clock was started anew. */ cycle: number; actor: string; handlingDepartment: string | null };
    /** Durable. A written message waits for an agent, is with one, or is done with. */
    "ticket.message-queue": { /** Of the queued message, not of its channel. */ messageId: string; ticketId: string; /** `email`, `fax` ... */ channel: string; queue: string; /** State now: `waiting`, `active` or `done`. */ state: string; /** Who has it, or had it last. */ agent: string | null; /** The stay in the queue; null until it is in the line. */ interactionId: string | null; /** Why: `arrived`, `accepted`, `signed-out` (the agent), `reassigned` (the agent no longer serves the queue), `given` (to a colleague or another queue), `finished` or `ticket` (a step of its ticket). */ cause: string; at: number };
    /** The citizen wrote about a ticket that was there already. */
    "ticket.message": { ticketId: string; serial: string; channel: string; /** The message's own id in its channel. */ externalId: string };
  }
}
