import { token } from "../di/token.js";
import type { AudioSource, BridgeRole, Collected, CollectOptions, DatagramPort, MediaLeg, Playback, PlayOptions } from "./media.js";
import type { WorkerPartRef } from "./worker-parts.js";

/** One end of a call as signalling tells it. */
export interface Party {
  /** Digits (with leading + where given), or the user part of the address. Empty when withheld. */
  readonly number: string;
  /** Full address, for example `sip:1001@10.0.0.5` or `line:3`. */
  readonly uri: string;
  readonly displayName?: string;
}

/**
 * ```
 * new --ring()--> ringing --answer()--> answered --(hangup, BYE, failure)--> ended
 *  \________________________\________________________________________________^
 * ```
 * Outbound: `new` until the first response, `ringing` on 18x, `answered` on 2xx.
 */
export type CallState = "new" | "ringing" | "answered" | "ended";

/** Why a call ended, as stored in the leg. */
export type EndReason =
  | "hangup" // the hotline ended it
  | "remote-hangup"
  | "cancelled" // the calling side gave up before the answer
  | "answered-elsewhere" // another phone has the call: nobody missed it
  | "redirected" // sent elsewhere: 302 before the answer, an accepted REFER after it
  | "busy"
  | "declined"
  | "no-answer"
  | "not-found"
  | "unreachable"
  | "rejected" // refused by the hotline (admission, overload)
  | "media-timeout"
  | "failed"
  | "process_restart";

/**
 * What became of one way of an outgoing call: it answered, refused (`response`), was silent for too long, could not be reached, had no channel left, or no
 * call of its rate.
 */
export type AttemptCause = "answered" | "response" | "timeout" | "transport" | "full" | "limited";

export interface CallEnd {
  readonly reason: EndReason;
  /** SIP status or Q.850 cause where there is one. */
  readonly status?: number;
  readonly by: "local" | "remote" | "system";
  readonly at: number;
}

export interface HangupOptions {
  /** For a call not yet answered: the SIP status to refuse with. Default 603 for inbound, CANCEL for outbound. */
  readonly status?: number;
  readonly reason?: EndReason;
  /** Seconds a refused caller should wait before trying again (Retry-After, RFC 3261 section 20.33). */
  readonly retryAfter?: number;
}

/** What a call tells while it lives. */
export type CallEvent =
  /** A state was entered; `answered` means media flows and, for SIP, that the ACK or the 2xx is there. */
  | { readonly type: "state"; readonly state: CallState; readonly at: number }
  | { readonly type: "remote-hold"; readonly held: boolean }
  /**
   * An outgoing call that had several ways: one did not take it, was passed over, or took it after others had not. `status` is the SIP status
   * of it, 408 without an answer in time, 0 where it was not asked.
   */
  | { readonly type: "attempt"; readonly via: Call["via"]; readonly status: number; readonly cause: AttemptCause; readonly at: number }
  /**
   * The far end asks to be transferred (REFER): to an address; or, with `replaces`, by joining its other party with that of this other
   * call of its own here (attended, RFC 5589). `headers` go along when the address is rung. Nobody accepting within a second means 603.
   */
  | { readonly type: "transfer-request"; readonly to: string; readonly replaces?: Call; readonly headers?: Readonly<Record<string, string>>; accept(): TransferReport; reject(status?: number): void }
  /** The far end asks for other media (a T.38 re-INVITE). The first to accept has it; nobody within a second means 488, and the sound goes on. `accept` rejects as `mediaPort` does. */
  | { readonly type: "media-request"; readonly kind: "t38"; accept(request: T38Request): Promise<T38Port>; reject(): void };

/** Tells the far end how the transfer it asked for goes on (NOTIFY with sipfrag, RFC 3515 section 2.4.5). */
export interface TransferReport {
  /** A provisional status: 180 when the other side rings. */
  progress(status: number): void;
  /** The final status; nothing follows it. Resolves when the far end has heard it, or has not within two seconds. Never rejects. */
  finish(status: number): Promise<void>;
}

/** Who will speak T.38 on the port: a part in the media worker (see DatagramPort). */
export interface T38Request {
  readonly part: WorkerPartRef;
  /** Fastest page rate told to the far end, bit/s. Default 14400. */
  readonly maxBitRate?: number;
}

/** The media of a call while it is T.38 over UDPTL (ITU-T T.38 Annex D), and what both sides agreed on. The sound rests meanwhile. */
export interface T38Port {
  /** Speaks to the far end. Closed two seconds after `over`, so that its part can still report. */
  readonly port: DatagramPort;
  /** `T38FaxVersion`: form of the IFP packets. */
  readonly version: number;
  /** `T38MaxBitRate` of the far end. */
  readonly maxBitRate: number;
  /** Most octets of a datagram the far end takes. */
  readonly maxDatagram: number;
  /** Copies of earlier packets to carry in each datagram; 0 where the far end has no error recovery. */
  readonly redundancy: number;
  /** Settles when it is over: given back by `release`, taken back to sound by the far end, or the call has ended. */
  readonly over: Promise<"released" | "remote" | "ended">;
  /** Back to sound. Resolves with whether it flows again; `false`: refused, or the call has ended. Never rejects; idempotent. */
  release(): Promise<boolean>;
}

/** The control handle of a voice leg, the same for every adapter. Every promise settles when the call ends, whoever hung up. */
export interface Call {
  /** UUIDv7; the id of the leg's row too. */
  readonly id: string;
  /** Name of the adapter: `sip`, `voiceboard` ... */
  readonly adapter: string;
  readonly direction: "inbound" | "outbound";
  /** The caller. Of an outgoing call that names none the number of the trunk tried now. */
  readonly from: Party;
  readonly to: Party;
  /** Where it came in, or goes out: trunk key, account or line. Of an outgoing call that a trunk did not take, the trunk tried now. */
  readonly via: { readonly kind: "trunk" | "account" | "line"; readonly key: string };
  /** Extra facts of the signalling, lower-case names (`user-agent`, `call-id`, `diversion`). Values may be missing. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Of an arriving call: how many more exchanges may pass it on, 0-255 (Max-Forwards, RFC 3261 section 20.22). `undefined`: not told. */
  readonly hopsLeft?: number;
  readonly state: CallState;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** Resolves when the call has ended; never rejects. */
  readonly ended: Promise<CallEnd>;
  /** Told in order; a throwing listener is logged and does not disturb the call. Returns an unsubscribe. */
  subscribe(listener: (event: CallEvent) => void): () => void;
  /** The sound of the leg; `undefined` before early media or answer. */
  readonly media: MediaLeg | undefined;
  /** Inbound: 180. No effect in other states. */
  ring(): Promise<void>;
  /** Inbound: 200 with media. Resolves when confirmed (ACK) or rejects with a coded error when the call ended first. Calling it on an answered call resolves. */
  answer(): Promise<void>;
  /** Ends the call in whatever state it is. Idempotent, never rejects. */
  hangup(options?: HangupOptions): Promise<void>;
  play(source: AudioSource | readonly AudioSource[], options?: PlayOptions): Playback;
  collect(options?: CollectOptions): Promise<Collected>;
  sendDtmf(digits: string): Promise<void>;
  /** Puts the far end on hold by re-INVITE (`sendonly`). */
  hold(): Promise<void>;
  unhold(): Promise<void>;
  /**
   * Sends the far end elsewhere: 302 before the answer, REFER after it (RFC 3261 section 21.3.3, RFC 3515). Resolves when the 302 has gone out,
   * or when the far end tells that it has arrived there; the call has then ended as `redirected`. Rejects with `HTL_CORE_NOT_SUPPORTED` where
   * the adapter cannot, with the adapter's own error when the far end refuses or does not get there: the call then goes on. Asks nobody
   * whether it may: that does `CallControl.redirect`.
   */
  redirect(to: string): Promise<void>;
  /** The leg of the sound. */
  mediaPort(kind: "audio"): Promise<MediaLeg>;
  /**
   * Switches an answered call to T.38 (re-INVITE); on one that is switched already resolves with what there is. Rejects with
   * `HTL_CORE_NOT_SUPPORTED` where the adapter cannot, with the adapter's own error when the far end refuses: the sound then goes on.
   */
  mediaPort(kind: "t38", request: T38Request): Promise<T38Port>;
}

export interface OriginateOptions {
  /** The number shown to the called party. */
  readonly from?: Partial<Party>;
  /** Give up after this long without an answer. Default 30 000 ms. */
  readonly timeoutMs?: number;
  /** Make the media near this leg, for bridging without a cross-worker hop. */
  readonly near?: MediaLeg;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The leg's id, when its row was already written (intent before act). */
  readonly id?: string;
  /**
   * How many more exchanges may pass the call on, so that two which send each other their calls do not do so for ever (RFC 7332). Default: one
   * less than the caller's `Call.hopsLeft`. Below 0 nobody is rung any more; adapters that know of no such thing ignore it.
   */
  readonly hopsLeft?: number;
  /** It carries on a call that came in. Default, of a transfer: what is known of the citizen's call. Adapters tell the far end as far as they are set to. */
  readonly forwarded?: ForwardedCall;
}

/** How a call that is sent on came to us, for who gets it. */
export interface ForwardedCall {
  /** The number of ours it came to. */
  readonly called: string;
  /** Where it had been before it came to us: the number first called, the one that sent it here, why (RFC 5806: `no-answer`, `user-busy` ...), and how often it was sent on. */
  readonly before?: { readonly from: string; readonly by: string; readonly reason: string; readonly count: number };
}

/** A way into and out of the telephone network. sip, voiceboard and asterisk pass one contract suite. */
export interface TelephonyAdapter {
  readonly name: string;
  /** Address schemes it dials: `sip`, `tel`, `line`. */
  readonly schemes: readonly string[];
  readonly capabilities: { readonly hold: boolean; readonly redirect: boolean; readonly t38: boolean; readonly earlyMedia: boolean };
  /** Starts an outgoing call and returns at once; watch `state`, `answered()` and `ended`. Never use directly: go through CallControl, which asks `callOutbound`. */
  originate(to: string, options?: OriginateOptions): Promise<OutboundCall>;
  /** Whether this address could be rung now: `true` for a registered phone, `false` where none is, or no trunk leads there. `undefined`: unknown. */
  reachable(address: string): boolean | undefined;
}

export interface OutboundCall extends Call {
  /** Resolves with true when answered, false when it ended before. Never rejects. */
  readonly answered: Promise<boolean>;
}

/** Where adapters announce themselves and hand in arriving calls. */
export interface CallPipeline {
  register(adapter: TelephonyAdapter): void;
  readonly adapters: readonly TelephonyAdapter[];
  /** Is the hotline taking calls? `undefined` when it is, else how to refuse (draining: 503 + Retry-After). */
  admission(): { status: number; retryAfter?: number } | undefined;
  /** A call has arrived. The pipeline owns it from here: it journals, asks the hooks, runs the plan and hangs up in the end. Never throws. */
  arrive(call: Call): void;
  /**
   * A known caller could not be taken (the hotline drains, all channels are in use) and was refused with `status`: leaves a closed
   * interaction with the reason `rejected`, so that the caller is not forgotten. Not for floods: what has no known source is not journalled.
   */
  turnedAway(caller: { readonly from: Party; readonly to: Party; readonly via: Call["via"] }, status: number): void;
  /**
   * Names a way to carry out a route plan: `flow`, `queue` ... One owner per name. `redirect` is core's: the caller is sent to the plan's target, an
   * address such as `tel:12345`, before anybody answers (see `CallControl.redirect`).
   */
  handler(name: string, handler: CallHandler): void;
  /**
   * The hotline calls a citizen: opens an outbound interaction, asks `callOutbound`, dials and, once answered, carries out the
   * plan with a session like that of an arriving call. Resolves when dialling has begun. Refused, draining or undiallable:
   * the interaction is closed and the coded error of `CallControl.originate` is thrown.
   */
  launch(request: LaunchRequest): Promise<LaunchedCall>;
  /** What becomes of a session when its leg ends: it goes on with the leg in that one's place (a colleague's phone that broke off and is back), or is over. One successor per session, the last one. */
  whenLegEnds(session: CallSession, successor: Successor): void;
  /** Voice interactions in progress. */
  readonly active: number;
}

/** The leg in the place of one that ended, `undefined` after all; `undefined` at once: there is none. */
export type Successor = (end: CallEnd) => Promise<Call | undefined> | undefined;

export interface LaunchRequest {
  /** `tel:13800138000`, `sip:...`, `line:3`. */
  readonly to: string;
  /** The number shown to the citizen. */
  readonly from?: Partial<Party>;
  readonly purpose: OutboundRequest["purpose"];
  /** What happens once the citizen has answered. */
  readonly plan: RoutePlan;
  readonly actor: string;
  /** Put into the interaction's data before dialling. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Ring at most so long. Default 30 000 ms. */
  readonly timeoutMs?: number;
  /** Gives up while it rings. */
  readonly signal?: AbortSignal;
  /** Known before dialling, for intent before act: the interaction's row has this id. */
  readonly interactionId?: string;
  /** Make the media near this leg (an agent who is already on the line). */
  readonly near?: MediaLeg;
  /**
   * Runs between the permission of `callOutbound` and the dialling of the citizen: an agent is rung first here, in the open
   * interaction, so that a citizen who answers never waits. The leg it returns takes the place of `near`. When it rejects, nobody
   * is dialled: the interaction is closed with `cancelled`, its legs are hung up, and `launch` rejects with the same error.
   */
  readonly before?: (interaction: LiveInteraction) => Promise<MediaLeg | undefined>;
}

export interface LaunchedCall {
  readonly interactionId: string;
  readonly call: OutboundCall;
  /** Resolves with true when the citizen answered, false when the call ended before. Never rejects. */
  readonly answered: Promise<boolean>;
  /** Resolves when the interaction is closed: recordings and call record are finished. Never rejects. */
  readonly finished: Promise<CallEnd>;
}

/** Where a call goes, for the handler of that name. */
export interface RoutePlan {
  /** Name of the handler that carries it out. */
  readonly handler: string;
  /** What the handler should do: id of the flow, key of the queue. */
  readonly target: string;
  readonly language?: string;
  /** Priority for queues, higher first. Default 0. */
  readonly priority?: number;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Carried out when the handler fails, or there is none of that name, before the hotline's own fallback is. */
  readonly otherwise?: RoutePlan;
}

export type CallHandler = (session: CallSession, plan: RoutePlan) => Promise<void>;

/** Journal entry of a voice interaction while it lives. */
export interface LiveInteraction {
  readonly id: string;
  readonly channel: string;
  readonly startedAt: number;
  readonly callerNumber: string;
  readonly calledNumber: string;
  /** Versioned data that moves with the call to whoever handles it (A6): the agent's screen state and facts nodes have learnt. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Merges into `data`; written by the journal, not awaited. */
  note(patch: Readonly<Record<string, unknown>>): void;
  /** Sets columns every channel has. Written by the journal, not awaited. */
  update(patch: { queue?: string | null; agentId?: string | null; contactId?: string | null; language?: string | null; wrapUpCode?: string | null }): void;
  /** Adds a line to the interaction's timeline (`ivr.node`, `queue.entered`, `agent.answered`). Not awaited. */
  event(type: string, data?: Readonly<Record<string, unknown>>): void;
}

/** A citizen's call while the hotline handles it. */
export interface CallSession {
  readonly interaction: LiveInteraction;
  /** The citizen's leg; another one after it where `whenLegEnds` gave it a successor. */
  readonly call: Call;
  /** Aborted when the citizen's call has ended for good or the session was taken over. */
  readonly signal: AbortSignal;
  language: string;
  readonly plan: RoutePlan;
}

/** The one service that moves legs. Every command of an agent, a supervisor or a REFER maps to it. */
export interface CallControl {
  /** Asks `callOutbound`, writes the leg, dials. Rejects with `HTL_CORE_OUTBOUND_REFUSED` (with the refusal's code in details) or `HTL_CORE_NO_ADAPTER`. */
  originate(request: OutboundRequest): Promise<OutboundCall>;
  /**
   * Sends the citizen's call elsewhere, so that it takes no line of ours any more: 302 before the answer, REFER after it. Asks `callOutbound`
   * as for a transfer, since the carrier may charge us for where it leads; written on the timeline and into the audit. Resolves when the call has
   * ended as `redirected`.
   *
   * @param to as of `originate`
   * @param options.actor who wants it; default the hotline itself
   * @throws `HTL_CORE_OUTBOUND_REFUSED` as `originate` does, `HTL_CORE_NOT_SUPPORTED` where the adapter cannot, `HTL_CORE_CALL_ENDED`, and the
   * adapter's own error when the carrier refuses: the call then goes on
   */
  redirect(interactionId: string, to: string, options?: { readonly actor?: string }): Promise<void>;
  /** Joins two legs of an interaction so that both talk. Resolves when they hear each other; `separate` (or the end of one) parts them. */
  connect(interactionId: string, a: Call, b: Call): Promise<Connection>;
  /** Live legs of an interaction. */
  legs(interactionId: string): readonly Call[];
  /** The live session of an interaction, if it is a voice one in progress here. */
  session(interactionId: string): CallSession | undefined;
}

/** A transfer that a member's own phone has asked for (REFER). */
export type ConnectionEvent =
  /** `from` waits outside while somebody is rung; the first leg hears ring-back. */
  | { readonly type: "transferring"; readonly from: Call }
  /** The first leg talks with `to`; `from` is let go. `attended`: they came out of another conversation. */
  | { readonly type: "transferred"; readonly from: Call; readonly to: readonly Call[]; readonly attended: boolean }
  /** Nobody was reached. The first leg talks with `call` again: `from`, or another leg to the same phone where that one had hung up; `undefined`: that was not answered either. */
  | { readonly type: "transfer-failed"; readonly from: Call; readonly call: Call | undefined };

/** Where a blind transfer that a member's phone has asked for leads. */
export interface TransferTarget {
  /** Address that is rung. */
  readonly to: string;
  /** Role of its leg in the interaction. */
  readonly role: LegRole;
  /** Told of the leg as soon as there is one. */
  dialled?(call: OutboundCall): void;
  /** Told once how it came out: the leg that talks with the first one now, or `undefined` where nobody was reached. */
  settled?(call: OutboundCall | undefined): void;
}

/** Asked with the phone's leg and the number it names; `refuse` is the SIP status the phone is told, 400 to 699. `undefined`: nothing is known of that number here. */
export type TransferDirector = (from: Call, number: string) => TransferTarget | { readonly refuse: number } | undefined;

/**
 * Legs that talk with each other, and every move within: hold, transfer, conference, supervision. The
 * first leg (`a` of `connect`, the citizen) stays; the others may change while the conversation lasts.
 */
export interface Connection {
  readonly bridgeId: string;
  /**
   * Resolves when the conversation is over: the first leg has ended (`a`), nobody is left to talk with it
   * (`b`), or `separate` was called. A transfer does not end it. `moved`: the first leg's phone has made an attended transfer; the
   * other legs talk on in another conversation, belong to its interaction, and must not be hung up here.
   */
  readonly ended: Promise<{ by: "a" | "b" | "separate" | "moved" }>;
  /** Told of transfers that phones of members ask for. A listener that throws is logged. Returns an unsubscribe. */
  subscribe(listener: (event: ConnectionEvent) => void): () => void;
  /**
   * Lets somebody say where blind transfers by members' phones lead; whoever comes later takes over. Not asked about the first leg's phone,
   * which may not send itself elsewhere, nor where a Replaces names the call that is meant. Unknown numbers lead to a registered extension or outside.
   */
  directTransfers(director: TransferDirector): void;
  readonly members: readonly { readonly call: Call; readonly role: BridgeRole; readonly held: boolean; /** Together with others, apart from the rest: see `aside`. */ readonly aside: boolean; /** See `mute`. */ readonly muted: boolean }[];
  /** Parts the legs; all stay alive. Idempotent. */
  separate(): Promise<void>;
  /**
   * One more leg: a conference (`talk`), a supervisor who listens (`listen`) or speaks to some only (`whisper`). One that is in it already, on hold, is taken off hold.
   * Rejects with `HTL_CORE_CALL_ENDED` when it or the conversation is over, and with `HTL_CORE_CALL_ELSEWHERE` while it is in another conversation, on hold there or not.
   */
  join(call: Call, options?: { role?: BridgeRole; whisperTo?: readonly Call[] }): Promise<void>;
  /** Takes a leg out; it stays alive. */
  leave(call: Call): Promise<void>;
  /** Parts a leg from the others for a while; it hears `music`, or silence. On one that is held already it changes what is heard. */
  hold(call: Call, music?: AudioSource | readonly AudioSource[]): Promise<void>;
  /**
   * Parts a leg from the others for a while, together with those who are aside already: they hear each other and nobody else. Alone it
   * hears silence. `retrieve` brings it back, `hold` parts it from those aside, too. Rejects with `HTL_CORE_CALL_ENDED` when it or the
   * conversation is over; no effect on a leg that is not a member.
   */
  aside(call: Call): Promise<void>;
  /**
   * A member who talks is not heard by the others from now on, or is heard again, in its place; it hears all as before. Lasts
   * on hold and aside, until the leg leaves. No effect on who only listens or whispers, nor on a leg that is not a member.
   */
  mute(call: Call, muted: boolean): Promise<void>;
  /** Ends `hold` and `aside`. */
  retrieve(call: Call): Promise<void>;
  /**
   * Plays into the conversation: all members who are not held hear it together with each other, supervisors too. What was played before
   * ends as `stopped`. Throws `HTL_CORE_CALL_ENDED` when the conversation is over.
   *
   * @param options.except members who do not hear it
   */
  play(source: AudioSource | readonly AudioSource[], options?: { readonly except?: readonly Call[] }): Playback;
  /**
   * Being alone is no end while `work` is open: somebody whose leg broke off is called back. To be called in the handler of
   * that leg's `ended` at the latest. Settles as `work` does.
   */
  keepOpen<T>(work: Promise<T>): Promise<T>;
  /** What becomes of the conversation when its first leg ends. A promise keeps it open until it settles, with the leg in that one's place or none. Give the same to `CallPipeline.whenLegEnds`. */
  whenFirstEnds(successor: Successor): void;
  /** The second half of an attended transfer: `by` takes the place of `old`, which is hung up. */
  replace(old: Call, by: Call): Promise<void>;
  /**
   * Blind transfer: `from` is let go, the first leg hears ring-back while `to` is rung, then both talk. When `to`
   * does not answer, `from`'s address is rung again; when that fails too the conversation ends.
   * Resolves with whether `to` answered. See `whenReturned`.
   *
   * @param options.dialled told of the leg to `to` as soon as there is one; that leg's hang-up means that it did not answer
   */
  transfer(from: Call, to: string, options?: { role?: LegRole; timeoutMs?: number; actor?: string; dialled?: (call: OutboundCall) => void }): Promise<boolean>;
  /**
   * Who has the first leg when a transfer reached nobody and the phone that wished it is no longer there. Default: its address is rung
   * again, which is what `ring` does: it resolves with the leg that was taken in, or `undefined`. Asked while the conversation is
   * kept open; one handler, the last one given counts. One that rejects is logged and counts as nobody.
   */
  whenReturned(handler: (from: Call, ring: () => Promise<OutboundCall | undefined>) => Promise<OutboundCall | undefined>): void;
}

export interface OutboundRequest extends OriginateOptions {
  /** `sip:1001`, `tel:13800138000`, `line:3`. */
  readonly to: string;
  readonly interactionId: string;
  /** Why: agent ring, callback, transfer, urge ... Read by taps of `callOutbound`. */
  readonly purpose: "agent" | "callback" | "transfer" | "consult" | "campaign" | "notification" | "fax";
  /** Role of the leg in the interaction. */
  readonly role: LegRole;
  /** Who wants it; missing: the hotline itself. `citizen`: the caller has asked for it, by a key. */
  readonly actor?: string;
  /** Number of the caller who is led there by a flow or a route, empty where it is withheld: limits per person are this one's, where no person of the house wants it. */
  readonly caller?: string;
  /** The carrier is asked to take the call there (REFER, 302), and no line of ours is taken. Where it refuses, a call of ours may follow. */
  readonly redirect?: true;
}

export type LegRole = "citizen" | "agent" | "supervisor" | "department" | "other";

export const CALL_PIPELINE = token<CallPipeline>("core.call-pipeline");
export const CALL_CONTROL = token<CallControl>("core.call-control");

/** What adapters write into a leg's row. */
export interface CallJournal {
  /** The signalling dialog, stored at answer so that a BYE can be sent after a crash. `null` when the leg has ended. */
  dialog(legId: string, dialog: unknown): void;
  /** Dialogs of legs that were alive when the last process died, by adapter; each is handed out once. */
  orphans(adapter: string): readonly { readonly legId: string; readonly dialog: unknown }[];
}

export const CALL_JOURNAL = token<CallJournal>("core.call-journal");
