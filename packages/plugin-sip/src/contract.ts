import { token } from "@hotlinejs/core";

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A phone has registered, or refreshed under a new address. */
    "sip.registered": { /** Name of the account. */ account: string; /** Address the phone gave (Contact). */ contact: string; /** When it lapses unless refreshed, epoch ms. */ expiresAt: number; /** What the phone calls itself. */ userAgent: string | null };
    /** A phone can no longer be reached. */
    "sip.unregistered": { /** Name of the account. */ account: string; /** Address the phone had given. */ contact: string; /** Taken back, lapsed, replaced by another, or not answering. */ reason: "removed" | "expired" | "replaced" | "lost" };
    /** A source is not listened to from now on. */
    "sip.banned": { /** Its IP address. */ address: string; /** `scanner`, `unknown-accounts` (many were claimed and not proved, whether there are such or not), `passwords`, or what a person wrote. */ reason: string; /** When it ends, epoch ms. */ until: number };
    /** A source is listened to again: a person lifted the ban, or its time is over. */
    "sip.unbanned": { /** Its IP address. */ address: string };
    /** A trunk that is asked by OPTIONS answers no longer, or again. */
    "sip.trunk-reachable": { /** Key of the trunk. */ trunk: string; /** It answers. */ up: boolean; /** SIP status of the last answer; 408 when there was none. */ status: number };
    /** A person has disabled or enabled a trunk. */
    "sip.trunk-switched": { /** Key of the trunk. */ trunk: string; /** It takes calls. */ enabled: boolean; /** User id. */ actor: string };
    /** Told of trunks that register, at each change. */
    "sip.trunk-state": { /** Key of the trunk. */ trunk: string; /** Of its registration at the carrier. */ state: "registering" | "registered" | "failed" | "removed"; /** SIP status of the last failure. */ status: number | null };
  }
}

/** A registered phone as shown to people. */
export interface SipRegistration {
  readonly account: string;
  readonly contact: string;
  /** `udp:192.0.2.7:5060`: where it is really reached. */
  readonly address: string;
  readonly userAgent: string | null;
  /** Epoch ms. */
  readonly expiresAt: number;
  /** False while it does not answer (`registrar.keepAliveSeconds`): it is not rung until it does, or registers again. */
  readonly reachable: boolean;
}

export interface SipTrunkState {
  readonly key: string;
  /** `static` where nothing is registered. */
  readonly state: "static" | "registering" | "registered" | "failed" | "removed";
  /** SIP status of the last failed registration. */
  readonly status: number | null;
  /** Whether the carrier answers OPTIONS; null where it is not asked (`keepAliveSeconds`), or not yet. */
  readonly up: boolean | null;
  /** Calls on it now, in and out. */
  readonly channels: number;
  readonly maxChannels: number | null;
  /** Of trunks that fit a number equally well the lowest is taken first; null where it takes no calls of ours. */
  readonly priority: number | null;
  /** The carrier has asked to be left alone (503 with Retry-After) until then, epoch ms; null: it has not, or the time is over. */
  readonly restsUntil: number | null;
  /** Who has disabled it, why and when (epoch ms); null: it takes calls. Its registration is taken back meanwhile. */
  readonly disabled: { readonly actor: string; readonly reason: string; readonly since: number } | null;
  /**
   * When the carrier last did not do what was asked of it (epoch ms): a registration refused, an OPTIONS not answered, a call that the next
   * trunk had to try or that failed for the carrier's part. `status`: of SIP, 408 for silence. Null: not since the start.
   */
  readonly lastFailure: { readonly at: number; readonly of: "registration" | "options" | "call"; readonly status: number } | null;
  /** Calls of ours that it takes. */
  readonly outbound: SipTrunkRate;
  /** Calls that come in by it. */
  readonly inbound: SipTrunkRate;
}

/** Calls of one direction of a trunk, those that failed counted. */
export interface SipTrunkRate {
  /** Since the start of the hotline. */
  readonly calls: number;
  /** Of them within the last 60 s. */
  readonly lastMinute: number;
  /** The agreed limit (`maxCallsPerSecond`); null: none. */
  readonly maxCallsPerSecond: number | null;
}

export interface SipStats {
  /** Live calls, answered or not. */
  readonly calls: number;
  readonly registrations: number;
  /** Of them: phones that do not answer (`registrar.keepAliveSeconds`), and are not rung. */
  readonly silentPhones: number;
  /** Phones asked by OPTIONS whether they are there since the start, and questions that nobody answered. */
  readonly keepAlives: { readonly asked: number; readonly missed: number };
  /** Requests and responses since the start. */
  readonly received: number;
  readonly sent: number;
  readonly malformed: number;
  readonly retransmissionsSent: number;
  /** Calls that came in and neither ring nor are answered yet, or wait for their media. */
  readonly settingUp: number;
  /** How long datagrams wait before they are served, ms. */
  readonly lagMs: number;
  /** Server transactions that are kept now. */
  readonly serverTransactions: number;
}

/** A source that is not listened to. */
export interface SipBan {
  readonly address: string;
  /** `scanner`, `unknown-accounts`, `passwords`, or what a person wrote. */
  readonly reason: string;
  /** User id, or `plugin:sip`. */
  readonly actor: string;
  /** Epoch ms. */
  readonly since: number;
  readonly until: number;
  /**
   * Whether it is certain that it was this address. Without a proof, as over UDP, where anybody can write another's address as his own,
   * nothing is shut: what it sends over UDP is slowed down, unless it answers a challenge that was sent there.
   */
  readonly proven: boolean;
}

/** What the edge turned away since the start. */
export interface SipEdgeCounters {
  /** Messages and connections of banned sources. */
  readonly banned: number;
  /** Calls out that the limits of what they may cost (`toll`) did not allow. */
  readonly toll: number;
  /** Requests that an access rule did not let in. */
  readonly denied: number;
  /** Calls refused since those before them were not set up in time (`settingUp`). */
  readonly overloads: number;
  /** Of `overloads`: calls of sources that have proved nothing, which are refused first. */
  readonly strangers: number;
  /** Requests over UDP that were thrown away unread, since they could not be served by the time they are repeated; those of strangers first. */
  readonly unread: number;
  /** Other requests refused since too many waited for their answer. */
  readonly shed: number;
  /** Requests that were answered and let go before their time, since too many were kept to answer repetitions. */
  readonly forgotten: number;
  /** WebSockets that were closed since they sent no message in time (`edge.firstMessageSeconds`). */
  readonly silent: number;
  /** Requests above the rate of their source or account, and connections above the number of their source. */
  readonly limited: number;
  /** Requests of programs known as scanners. */
  readonly scanners: number;
  /** Requests for accounts there are not. */
  readonly unknownAccounts: number;
  /** Bans made without a person. */
  readonly bans: number;
  /** Addresses that were slowed down since they did what scanners do, without a proof that it was they. */
  readonly suspects: number;
}

/** Credentials for the phone of a browser. The password is told once. */
export interface SipCredentials {
  /** User part of the address of record. */
  readonly account: string;
  /** User name of the digest. */
  readonly authorizationUser: string;
  readonly password: string;
  readonly realm: string;
  /** Epoch ms: nothing is accepted with them from then on. */
  readonly expiresAt: number;
}

/** What other plugins may know of SIP. */
export interface SipService {
  /** Live bindings, of one account or all. */
  registrations(account?: string): readonly SipRegistration[];
  trunks(): readonly SipTrunkState[];
  /**
   * Disables or enables a trunk: disabled, it takes no new calls in either direction (503, also to OPTIONS of the carrier), its registration is taken back, and
   * calls under way go on. It stays so after a restart. `HTL_SIP_NO_TRUNK`.
   */
  switchTrunk(key: string, options: { readonly enabled: boolean; readonly reason?: string; readonly actor: string }): Promise<void>;
  stats(): SipStats;
  /** Bound addresses, in the order of `transports`; empty before the start. Port 0 shows here what it became. */
  readonly endpoints: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
  edge(): SipEdgeCounters;
  /** Banned addresses, the newest first, and those that are slowed down for want of a proof. */
  bans(): readonly SipBan[];
  /** `HTL_SIP_TRUNK_BANNED` for an address of a configured trunk. */
  ban(address: string, options: { readonly seconds: number; readonly reason: string; readonly actor: string }): Promise<SipBan>;
  /** Whether there was a ban. */
  liftBan(address: string, actor: string): Promise<boolean>;
  /** Path of the WebSocket for browsers; `undefined` where they cannot come. */
  readonly webSocketPath: string | undefined;
  /** Port of the WebSocket where it has one of its own (`wsPort`), once it listens. */
  readonly webSocketPort: number | undefined;
  /** How browsers reach the hotline, if it was told. */
  readonly publicUrl: string | undefined;
  /**
   * Credentials for a phone of this account in its user's browser. They end with `expiresAt`, when the user is no longer active, and
   * when the password is set anew. The caller answers for it that the user is signed in.
   */
  issueCredentials(request: { readonly account: string; readonly userId: string }): Promise<SipCredentials>;
  /**
   * Credentials for a citizen who calls from a web page: one call to one of `numbers` and nothing else, no registration. Calls arrive with
   * `via` trunk `web` and without a number. `seconds`: 30 to 3600, default 300. `HTL_SIP_GUESTS_FULL` when very many are out.
   */
  issueGuestCredentials(request: { readonly numbers: readonly string[]; readonly seconds?: number }): Promise<SipCredentials>;
}

export const SIP = token<SipService>("sip.sip");
