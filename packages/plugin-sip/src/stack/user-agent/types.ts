import type { StackClock } from "../clock.js";
import type { Dialog, DialogSnapshot } from "../dialog/types.js";
import type { StackLog } from "../log.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { RandomSource } from "../random.js";
import type { ServerLimits } from "../transaction/server-bounds.js";
import type { Advertised, Destination, Endpoint, MessageSource, Resolver, ResolveTarget, Transport, TransportKind, TransportLimits, TransportOptions } from "../transport/types.js";
import type { TlsSettings } from "../transport/tls-material.js";
import type { WsFlow, WsSocket } from "../transport/ws-transport.js";
import type { AckBuilder, BodyOptions, ExtraHeaders, IncomingInvite, IncomingReoffer, IncomingRequest, OutgoingInvite, RequestOutcome, Session } from "./session-types.js";

/** Base timers in ms (RFC 3261 table 4). */
export interface TimerOptions {
  /** Round-trip estimate. Default 500. */
  readonly t1?: number;
  /** Largest interval between retransmissions. Default 4 000. */
  readonly t2?: number;
  /** How long a message may wander in the network. Default 5 000. */
  readonly t4?: number;
  /** The shortest session interval that a peer is held to (RFC 4028). Default 90 000. */
  readonly session?: number;
}

/** How to refuse a call before anything is kept for it. */
export interface Refusal {
  readonly status: number;
  readonly reason?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** A 401 or 407 to a request of ours. */
export interface Challenge {
  readonly response: SipResponse;
  /** The request that was challenged (method, uri, body for auth-int). */
  readonly request: SipRequest;
  /** `WWW-Authenticate` or `Proxy-Authenticate` values, one per challenge (several algorithms: several values). */
  readonly challenges: readonly string[];
  /** The header the answer goes into. */
  readonly header: "Authorization" | "Proxy-Authorization";
  /** 1 for the first challenge of this request, 2 when the answer was challenged again (look for `stale=true`). At most 3. */
  readonly attempt: number;
  /** What was passed as `context` with the request. */
  readonly context: unknown;
  readonly source: MessageSource;
}

/** Returns the credentials (the header's value), or `undefined` to give up; the challenge then is the final response. */
export type ChallengeHandler = (challenge: Challenge) => string | undefined | Promise<string | undefined>;

/** What a user agent is made of. */
export interface UserAgentOptions {
  readonly clock: StackClock;
  readonly transports: readonly (TransportOptions | Transport)[];
  /** What peers see in Via and Contact, for all transports or by destination. Default: the bound address, or for a wildcard the local address on the way to the destination. */
  readonly advertised?: Advertised | ((destination: Destination) => Advertised | undefined);
  /** Value of User-Agent and Server. */
  readonly userAgentHeader: string;
  /** A new call. Runs synchronously after the INVITE passed all checks; a throw is answered 500. */
  onInvite(incoming: IncomingInvite): void;
  /** A request outside of any dialog: REGISTER, OPTIONS, MESSAGE ... Missing, or when it returns without answering an OPTIONS: OPTIONS gets 200 (and everything else 405 when missing). */
  onRequest?(incoming: IncomingRequest): void;
  /**
   * Asked first, before any state is kept for a new INVITE: refuse under overload or while draining. The
   * refusal is stateless. Return `undefined` to go on. A throw counts as going on.
   */
  admission?(request: SipRequest, source: MessageSource): Refusal | undefined;
  /** Asked before anything else for each new request outside of a dialog: `"drop"` ignores it silently (scanners), a refusal is answered without keeping anything. */
  filter?(request: SipRequest, source: MessageSource): "drop" | Refusal | undefined;
  /** Asked for each message before it is read, and for each connection when it is accepted: true ignores the message, closes the connection. Must be fast. */
  blocked?(address: string): boolean;
  /** Asked for each connection that is made to us, over TLS before its handshake; `open` is how many this address has with the transport by now, `silent` how many of these, where they are WebSockets, have sent no message yet. False closes it. Must be fast. */
  mayConnect?(address: string, open: number, silent: number): boolean;
  /** Asked for each request in a datagram, before it is read: whether its sender's requests come before those of others where all cannot be served. Default: all are equal. Must be fast. */
  known?(address: string): boolean;
  /** Something was not served, which is counted as this; `address` sent it. Told of each: must be fast. */
  turnedAway?(reason: "shed" | "unread" | "silent", address: string): void;
  readonly onChallenge?: ChallengeHandler;
  readonly timers?: TimerOptions;
  readonly limits?: Partial<TransportLimits>;
  /** Bounds on what is kept for requests outside of dialogs. */
  readonly serverLimits?: ServerLimits;
  readonly log?: StackLog;
  readonly random?: RandomSource;
  readonly resolver?: Resolver;
  /** DNS servers to ask instead of the system's, with a port where it is not 53. */
  readonly dnsServers?: readonly string[];
  /** Methods accepted outside of dialogs besides INVITE and OPTIONS. Default `["REGISTER"]` when `onRequest` is given. */
  readonly methods?: readonly string[];
  /** Option tags understood (Require, Supported). Default none. With `100rel` provisional responses are acknowledged in both directions (RFC 3262). */
  readonly supported?: readonly string[];
  /**
   * Session timers (RFC 4028): calls are refreshed every half of `expires`, by UPDATE where the peer takes it, and ended when no refresh
   * comes. Seconds; `expires` at least `minSe`, that at least 90 (the default). Default: none.
   */
  readonly sessionTimer?: { readonly expires: number; readonly minSe?: number };
  /** What to do with a request above 1 300 bytes over UDP: `tcp` follows RFC 3261 section 18.1.1 (with fall-back to UDP), `udp` sends it as it is. Default `udp`. */
  readonly largeRequests?: "udp" | "tcp";
  /**
   * Send requests within a dialog back to where its first message came from, not to the Contact, when there is
   * no route set and the peer is behind NAT (its Via or Contact names an address it does not send from) or
   * came over a connection that is still open. Default true. Host names in Contact and Record-Route are never
   * looked up; the source stands in for them.
   */
  readonly symmetric?: boolean;
  /** A transport broke while running. */
  onTransportFailure?(error: Error): void;
  /** A connection ended, whoever ended it. What is sent to it from now on fails, unless `handOver` names its successor. */
  onFlowClosed?(flow: string): void;
}

/** A call to make. */
export interface InviteOptions extends BodyOptions {
  /** Request-URI. */
  readonly uri: string;
  /** Name-addr or URI of our side (From, without tag). */
  readonly from: string;
  /** Name-addr or URI of the other side (To). Default: the Request-URI. */
  readonly to?: string;
  /** User part of our Contact. Default: the user of `from`. */
  readonly contactUser?: string;
  /** Preloaded Route elements (outbound proxy), `<sip:...;lr>`. */
  readonly route?: readonly string[];
  /** Send here, whatever the URI says (a registered phone's source address). */
  readonly destination?: Destination;
  /** Transport when neither URI nor destination says one. Default udp, else the first configured. */
  readonly transport?: TransportKind;
  /** Default: a random one. */
  readonly callId?: string;
  /** Default 70. */
  readonly maxForwards?: number;
  /** Cancels when not answered after this many ms; the outcome then is 408 `timeout`. Default: no limit but the peers'. */
  readonly timeoutMs?: number;
  /** Each 1xx above 100. `dialog` is the early dialog it belongs to, when it has a To tag. */
  provisional?(response: SipResponse, dialog: Dialog | undefined): void;
  /** The INVITE goes out, again for each place that its address leads to (RFC 3263) and for each challenge; `last`: no further place is known. */
  trying?(last: boolean): void;
  /** A provisional response has come, 100 too. */
  heard?(): void;
  readonly ack?: AckBuilder;
  /** Makes the body of the PRACK where a provisional response carries an offer (the INVITE had none). */
  readonly prack?: AckBuilder;
  /** UPDATE with a body before the answer (RFC 3311). Missing: 488. */
  reoffer?(offer: IncomingReoffer, dialog: Dialog): void;
  /** Passed to `onChallenge`. */
  readonly context?: unknown;
  /** Overrides the user agent's `onChallenge`. */
  readonly onChallenge?: ChallengeHandler;
}

/** A request outside of a dialog. */
export interface OutgoingRequestOptions extends BodyOptions {
  readonly method: string;
  readonly uri: string;
  readonly from: string;
  readonly to?: string;
  readonly contactUser?: string;
  /** Whole Contact value(s) instead of the usual one; `false` for none. */
  readonly contact?: string | false;
  readonly route?: readonly string[];
  readonly destination?: Destination;
  readonly transport?: TransportKind;
  /** With `localTag` and `cseq`: go on with an earlier Call-ID (REGISTER refresh). */
  readonly callId?: string;
  readonly localTag?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
  readonly context?: unknown;
  readonly onChallenge?: ChallengeHandler;
}

/** A registration to keep up. */
export interface RegisterOptions {
  /** URI of the registrar (no user part), for example `sip:carrier.example`. */
  readonly registrar: string;
  /** Address of record, name-addr or URI: From and To. */
  readonly aor: string;
  readonly contactUser?: string;
  /** Wanted lifetime in seconds. Default 300. */
  readonly expires?: number;
  readonly route?: readonly string[];
  readonly destination?: Destination;
  readonly transport?: TransportKind;
  readonly headers?: ExtraHeaders;
  readonly context?: unknown;
  readonly onChallenge?: ChallengeHandler;
  /** Each change of state. */
  changed?(state: RegistrationState): void;
}

/** `registering -> registered <-> failed` (retried with growing delays of 5 s to 5 min), `removed` after `unregister`. */
export interface RegistrationState {
  readonly status: "registering" | "registered" | "failed" | "removed";
  /** Wall-clock ms at which the binding runs out. */
  readonly expiresAt?: number;
  /** Why it failed. */
  readonly outcome?: RequestOutcome;
}

/** A registration kept up by refreshing. */
export interface Registration {
  readonly state: RegistrationState;
  /** Settles with the result of the first attempt. Never rejects. */
  readonly first: Promise<RequestOutcome>;
  /** Refreshes now. Never rejects. */
  refresh(): Promise<RequestOutcome>;
  /** Removes the binding and stops refreshing. Idempotent, never rejects. */
  unregister(): Promise<RequestOutcome>;
}

/** Counters and gauges; plain numbers, cheap to read. */
export interface UserAgentMetrics {
  /** Now. */
  readonly sessions: number;
  readonly dialogs: number;
  readonly incomingInvites: number;
  readonly outgoingInvites: number;
  readonly clientTransactions: number;
  readonly serverTransactions: number;
  readonly timers: number;
  readonly connections: number;
  /** How long datagrams wait before they are served, ms. */
  readonly lagMs: number;
  /** Since start. */
  readonly received: number;
  readonly sent: number;
  readonly retransmissionsSent: number;
  readonly retransmissionsReceived: number;
  readonly malformed: number;
  readonly dropped: number;
  readonly refused: number;
  /** Of `refused`: requests for which too many others waited for their answer. */
  readonly shed: number;
  /** Answered requests whose repetitions would be served anew, since too many were kept. */
  readonly forgotten: number;
  /** Requests over UDP that were thrown away unread, since they could not be served by the time they are repeated. */
  readonly unread: number;
  /** WebSockets that were closed since they sent no message in time. */
  readonly silent: number;
  readonly sendFailures: number;
}

/** An endpoint of SIP: makes, takes and ends calls. */
export interface UserAgent {
  /** Bound addresses, in the order of `transports`. */
  readonly endpoints: readonly { readonly kind: TransportKind; readonly address: string; readonly port: number }[];
  /** Binds all transports. Rejects with a `SipError` (`SIP_ADDRESS_IN_USE`, `SIP_BIND_FAILED`) and leaves nothing bound. */
  start(): Promise<void>;
  /**
   * Refuses new requests (503), ends what lives (BYE, CANCEL, 503) and waits for it at most `graceMs`
   * (default 2 000; 0: sends nothing more), then closes. Every promise of the stack has settled when it resolves. Idempotent, never rejects.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Calls. Throws `SipError` for bad arguments; what happens later is in `outcome`. */
  invite(options: InviteOptions): OutgoingInvite;
  /** Sends a request outside of a dialog. Rejects with `SipError` for bad arguments only. */
  request(options: OutgoingRequestOptions): Promise<RequestOutcome>;
  register(options: RegisterOptions): Registration;
  /** Ends a call of an earlier process (RFC 3261 section 15). Never rejects. */
  sendByeFromSnapshot(snapshot: DialogSnapshot, options?: BodyOptions): Promise<RequestOutcome>;
  /** A live session by its dialog ids, for example from a Replaces header (RFC 3891). Tags as seen from here. */
  session(callId: string, localTag: string, remoteTag: string): Session | undefined;
  /** Our Contact URI towards a destination. */
  contactUri(user: string, destination: Destination): string;
  /** Where requests to a host would go (RFC 3263), in the order to try. Rejects with a `SipError` (`SIP_UNRESOLVED`). */
  locate(target: ResolveTarget): Promise<readonly Destination[]>;
  /** Ends all connections with this address. */
  disconnect(address: string): void;
  /** Exchanges the certificates of SIP over TLS: new connections use them, those that stand go on. Throws `SipError` (`SIP_BAD_CERTIFICATE`) and changes nothing then. */
  useTls(settings: TlsSettings): void;
  /**
   * Takes a WebSocket that has agreed on the subprotocol `sip` (RFC 7118), for the transport of that kind. Its owner tells what comes
   * by `message` and its end by `closed`. `undefined`: there is no such transport, or it is full, or not running; the socket was closed.
   */
  acceptWebSocket(kind: "ws" | "wss", socket: WsSocket, remote: Endpoint): WsFlow | undefined;
  /**
   * The peer of connection `flow` came back at `to`: requests of open dialogs go there. Only for a peer that has proved to be the
   * same; whoever takes over a connection takes over its calls.
   */
  handOver(flow: string, to: Destination): void;
  metrics(): UserAgentMetrics;
  /** How long datagrams wait in the system before they are read, ms: cheaper than to ask for all metrics. */
  readonly lagMs: number;
}
