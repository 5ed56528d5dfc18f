import type { Call, OriginateOptions, Party } from "@hotlinejs/core";
import { isIP } from "node:net";
import type { DialPlan, DialTarget, DialWay } from "./call/outbound-call.js";
import { challengeHandler } from "./digest/challenge-handler.js";
import { sipErrors } from "./errors.js";
import { forwardedHeaders } from "./forwarded.js";
import { cleanNumber } from "./numbers.js";
import { isBrowser } from "./call/browsers.js";
import type { Binding } from "./registrar/binding.js";
import type { Registrar } from "./registrar/registrar.js";
import type { ChallengeHandler, OutgoingRequestOptions } from "./stack/index.js";
import { escapeUser, formatUri, NameAddr, parseUri, SipParseError, uriUser } from "./stack/index.js";
import type { SipUri } from "./stack/index.js";
import { rewritten } from "./trunk/rewrite.js";
import type { Trunk } from "./trunk/trunk.js";
import type { TrunkChoice, TrunkRoute, TrunkTable } from "./trunk/trunk-table.js";

/** An outgoing call, planned: where to, as whom, and on which channel. */
export interface PlannedCall {
  readonly plan: DialPlan;
  readonly from: Party;
  readonly to: Party;
}

/** One way of a short message. */
export interface MessageWay {
  readonly trunk: Trunk;
  readonly request: Pick<OutgoingRequestOptions, "uri" | "from" | "to" | "transport" | "onChallenge">;
}

export interface DialerDeps {
  readonly registrar: Registrar;
  readonly trunks: TrunkTable;
  /** Monotonic ms. */
  now(): number;
  /** Whether a number may be called that a carrier redirects us to. Default: no. */
  mayDial?(number: string): boolean;
  /** Option tags demanded of carriers. */
  readonly demands?: readonly string[];
  /** Host part of our own addresses, IPv6 in brackets. */
  localHost(): string;
  /** Port of our own addresses. */
  localPort(): number | undefined;
  /** Names under which this hotline is addressed: realm, hosts. */
  ownHosts(): ReadonlySet<string>;
}

/** Where an address leads. */
type Place = { readonly kind: "account"; readonly account: string } | { readonly kind: "number"; readonly number: string } | { readonly kind: "host"; readonly uri: SipUri };

/**
 * Turns an address into a plan. `sip:1001` and `sip:1001@<this hotline>` are phones registered here;
 * `tel:` numbers go to the trunk with the fitting prefix; `sip:user@host` only where the host is a
 * trunk's. Everything else is refused: this is no relay.
 */
export class Dialer {
  readonly #deps: DialerDeps;
  readonly #challenge = new Map<string, ChallengeHandler>();

  constructor(deps: DialerDeps) {
    this.#deps = deps;
  }

  /** @throws HTL_SIP_BAD_ADDRESS, HTL_SIP_TOO_MANY_HOPS, HTL_SIP_NO_ROUTE, HTL_SIP_TRUNK_OFF, HTL_SIP_TRUNK_FULL, HTL_SIP_TRUNK_RATE */
  plan(to: string, options: OriginateOptions): PlannedCall {
    const place = this.#place(to);
    // Phones of ours too: one may send the call on, back to us.
    if (options.hopsLeft !== undefined && options.hopsLeft < 0) throw sipErrors.TOO_MANY_HOPS(to.slice(0, 100));
    if (place.kind === "account") return this.#toAccount(place.account, to, options);
    const number = place.kind === "number" ? place.number : cleanNumber(uriUser(place.uri));
    const { trunks, now } = this.#deps;
    const route = place.kind === "number" ? trunks.route(number, now) : trunks.routeToHost(place.uri.host, place.uri.port, now);
    return this.#toTrunks(number, to, route, options);
  }

  /** Where a short message to a number may go, best first: trunks with `messages` that nobody has disabled. */
  messageWays(number: string): readonly MessageWay[] {
    return this.#deps.trunks.fitting(number).filter((trunk) => trunk.enabled && trunk.config.messages).flatMap((trunk) => {
      const { outbound } = trunk;
      if (outbound === undefined) return [];
      const { registration, callerId, outbound: { rewrite = [] } = {} } = trunk.config;
      const ours = callerId === undefined ? (registration?.username ?? "") : rewritten(rewrite, "caller", callerId);
      const onChallenge = this.#credentials(trunk);
      const uri = trunkUri(outbound, rewritten(rewrite, "called", number));
      return [{
        trunk,
        request: { uri, from: this.#fromAddress({ number: ours, uri: "" }, registration?.server ?? this.#deps.localHost()), to: `<${uri}>`, ...(outbound.transport === undefined ? {} : { transport: outbound.transport }), ...(onChallenge === undefined ? {} : { onChallenge }) },
      }];
    });
  }

  /** The number that would be dialled on a trunk. @throws HTL_SIP_BAD_ADDRESS */
  outsideNumber(address: string): string | undefined {
    const place = this.#place(address);
    return place.kind === "number" ? place.number : place.kind === "host" ? cleanNumber(uriUser(place.uri)) : undefined;
  }

  /** The account an address means, if it means one. */
  accountOf(address: string): string | undefined {
    const place = this.#place(address);
    return place.kind === "account" ? place.account : undefined;
  }

  /** Whether there is any way to an address outside. @throws HTL_SIP_BAD_ADDRESS */
  leadsOut(address: string): boolean {
    const place = this.#place(address);
    return place.kind === "number" ? this.#deps.trunks.carries(place.number) : place.kind === "host" && this.#deps.trunks.knowsHost(place.uri.host, place.uri.port);
  }

  /** A whole URI for any address this dialer knows, as the peer of that call can use it: a number on a trunk is written as its carrier wants it, at the carrier's own host. */
  absoluteUri(address: string, via?: Call["via"]): string {
    const place = this.#place(address);
    if (place.kind === "account") return this.#ownUri(place.account, true);
    const trunk = via?.kind === "trunk" ? this.#deps.trunks.byKey(via.key) : undefined;
    const outbound = trunk?.outbound;
    if (place.kind !== "number" || outbound === undefined) return address;
    return trunkUri({ ...outbound, transport: undefined }, rewritten(trunk?.config.outbound?.rewrite ?? [], "called", place.number));
  }

  #place(address: string): Place {
    const bad = (): Error => sipErrors.BAD_ADDRESS(address.slice(0, 100));
    const tel = /^tel:([^;]+)/i.exec(address);
    if (tel !== null) {
      const number = (tel[1] ?? "").replace(/[-.() ]/g, "");
      if (!/^\+?[0-9*#]{1,30}$/.test(number)) throw bad();
      return { kind: "number", number };
    }
    const bare = /^sips?:([^@;?:<>\s]{1,64})$/i.exec(address);
    if (bare?.[1] !== undefined) return { kind: "account", account: decode(bare[1]) };
    let uri: SipUri;
    try {
      uri = parseUri(address);
    } catch (error) {
      if (error instanceof SipParseError) throw bad();
      throw error;
    }
    const user = uriUser(uri);
    if ((uri.scheme !== "sip" && uri.scheme !== "sips") || user === "") throw bad();
    if (this.#deps.ownHosts().has(uri.host.toLowerCase()) && (uri.port === undefined || uri.port === this.#deps.localPort())) return { kind: "account", account: user };
    return { kind: "host", uri };
  }

  #toAccount(account: string, to: string, options: OriginateOptions): PlannedCall {
    const { registrar } = this.#deps;
    const targets = registrar.reachable(account).map(
      (binding): DialTarget => ({
        // A Request-URI has no headers (RFC 3261 section 19.1.1).
        uri: binding.contact.replace(/\?.*$/, ""),
        destination: binding.destination,
        route: binding.path,
        ...(isBrowserBinding(binding) ? { webRtc: true } : {}),
        // Its connection is gone and it takes none; over UDP silence may be a lost packet, so the binding stays until it runs out.
        ...(binding.destination.kind === "udp" ? {} : { unreachable: () => registrar.drop(binding) }),
      }),
    );
    const from = this.#party(options.from, "");
    return {
      plan: { from: this.#fromAddress(from, this.#deps.localHost()), to: `<${this.#ownUri(account, false)}>`, contactUser: contactUser(from.number), targets, via: { kind: "account", key: account }, caller: from, ...common(options) },
      from,
      to: { number: account, uri: to },
    };
  }

  #toTrunks(number: string, to: string, route: TrunkRoute, options: OriginateOptions): PlannedCall {
    const choice = route.next();
    if (choice.kind === "off") throw sipErrors.TRUNK_OFF(to.slice(0, 100));
    if (choice.kind === "full") throw sipErrors.TRUNK_FULL(to.slice(0, 100));
    if (choice.kind === "limited") throw sipErrors.TRUNK_RATE(to.slice(0, 100));
    const first = choice.kind === "trunk" ? this.#way(number, choice, options) : undefined;
    if (first === undefined) throw sipErrors.NO_ROUTE(to.slice(0, 100));
    return {
      plan: {
        ...first.way,
        ...common(options),
        ...(first.way.headers === undefined ? {} : { headers: first.way.headers }),
        next: () => {
          const next = route.next();
          return next.kind === "trunk" ? this.#way(number, next, options)?.way : undefined;
        },
        passed: () => route.passed().map(({ trunk, why }) => ({ via: { kind: "trunk", key: trunk }, why })),
      },
      from: first.from,
      to: { number, uri: to },
    };
  }

  /** A call on one trunk, its numbers as that carrier wants them. `from` is the caller as the hotline knows it. */
  #way(dialled: string, { trunk, release, waitMs }: Extract<TrunkChoice, { kind: "trunk" }>, options: OriginateOptions): { readonly way: DialWay; readonly from: Party } | undefined {
    const { outbound } = trunk;
    if (outbound === undefined) return undefined;
    const { registration, callerId } = trunk.config;
    const { rewrite = [], tryMs } = trunk.config.outbound ?? {};
    const from = this.#party(options.from, callerId ?? registration?.username ?? "");
    // An account name at the carrier is no number of ours.
    const shown: Party = { ...from, number: from.number === registration?.username ? from.number : rewritten(rewrite, "caller", from.number) };
    const number = rewritten(rewrite, "called", dialled);
    const uri = trunkUri(outbound, number);
    const onChallenge = this.#credentials(trunk);
    const withheld = trunk.config.identity !== "off" && asksForPrivacy(options);
    return {
      way: {
        from: withheld ? ANONYMOUS : this.#fromAddress(shown, registration?.server ?? this.#deps.localHost()),
        to: `<${uri}>`,
        contactUser: registration?.username ?? contactUser(shown.number),
        targets: [{ uri, ...(outbound.transport === undefined ? {} : { transport: outbound.transport }), ...(onChallenge === undefined ? {} : { onChallenge }), redirected: this.#redirected(trunk, number) }],
        ...(options.headers === undefined ? {} : { headers: options.headers }),
        ...this.#trunkHeaders(trunk, from, number, options),
        via: { kind: "trunk", key: trunk.key },
        caller: from,
        delayMs: waitMs,
        ...(tryMs === undefined ? {} : { tryMs }),
        release,
        rest: (seconds) => trunk.rest(this.#deps.now(), seconds),
        failed: (status) => trunk.failed("call", status, this.#deps.now()),
      },
      from,
    };
  }

  /** Follows a carrier's redirections within this trunk, no number twice (RFC 3261 section 8.1.3.4). */
  #redirected(trunk: Trunk, first: string): (contact: string) => string | undefined {
    const tried = new Set([first]);
    return (contact) => {
      let uri: SipUri;
      try {
        uri = parseUri(contact.replace(/\?.*$/, ""));
      } catch (error) {
        if (error instanceof SipParseError) return undefined;
        throw error;
      }
      const number = cleanNumber(uriUser(uri));
      if (tried.size > trunk.config.redirects || tried.has(number) || number === "" || this.#deps.mayDial?.(rewritten(trunk.config.rewriteInbound, "called", number)) !== true) return undefined;
      const { outbound } = trunk;
      const host = uri.host.replace(/^\[|\]$/g, "");
      const here = uri.scheme !== "tel" && (host.toLowerCase() === outbound?.host.toLowerCase() || (isIP(host) !== 0 && trunk.matches(host)));
      if (outbound === undefined || (uri.scheme !== "tel" && !here)) return undefined;
      tried.add(number);
      return here ? formatUri(uri) : `sip:${escapeUser(number)}@${isIP(outbound.host) === 6 ? `[${outbound.host}]` : outbound.host}${outbound.port === undefined ? "" : `:${outbound.port}`}`;
    };
  }

  #trunkHeaders(trunk: Trunk, from: Party, target: string, options: OriginateOptions): Pick<DialPlan, "headers"> {
    const { demands = [] } = this.#deps;
    const { identity, callerId, registration, forwarded } = trunk.config;
    const known = callerId ?? registration?.username ?? from.number;
    const written = (number: string): string => rewritten(trunk.config.outbound?.rewrite ?? [], "caller", number);
    const number = known === registration?.username ? known : written(known);
    const host = registration?.server ?? this.#deps.localHost();
    const past = forwarded === "off" || options.forwarded === undefined ? {} : forwardedHeaders(options.forwarded, forwarded, { host, written, target });
    const own = identity === "off" || number === "" ? undefined : new NameAddr("", `sip:${escapeUser(number)}@${isIP(host) === 6 ? `[${host}]` : host}`).toString();
    if (demands.length === 0 && own === undefined && Object.keys(past).length === 0) return {};
    return {
      headers: {
        ...options.headers,
        ...past,
        ...(demands.length === 0 ? {} : { Require: demands.join(", ") }),
        ...(own === undefined ? {} : { [identity === "asserted" ? "P-Asserted-Identity" : "P-Preferred-Identity"]: own }),
      },
    };
  }

  /** Answers the challenges of a carrier we have an account at. One client per trunk, since it counts the uses of nonces. */
  #credentials(trunk: Trunk): ChallengeHandler | undefined {
    const { registration } = trunk.config;
    if (registration === undefined) return undefined;
    const known = this.#challenge.get(trunk.key) ?? challengeHandler(registration.authUsername ?? registration.username, registration.password);
    this.#challenge.set(trunk.key, known);
    return known;
  }

  #party(wanted: Partial<Party> | undefined, fallback: string): Party {
    const number = wanted?.number === undefined || (wanted.number === "" && fallback !== "") ? fallback : wanted.number;
    const displayName = wanted?.displayName;
    return { number, uri: wanted?.uri ?? (number === "" ? "sip:anonymous@anonymous.invalid" : `sip:${escapeUser(number)}@${this.#deps.localHost()}`), ...(displayName === undefined ? {} : { displayName }) };
  }

  #fromAddress(from: Party, host: string): string {
    const printableHost = isIP(host) === 6 ? `[${host}]` : host;
    const uri = from.number === "" ? "sip:anonymous@anonymous.invalid" : `sip:${escapeUser(from.number)}@${printableHost}`;
    return new NameAddr(from.displayName ?? "", uri).partyString();
  }

  #ownUri(user: string, withPort: boolean): string {
    const port = withPort ? this.#deps.localPort() : undefined;
    return `sip:${escapeUser(user)}@${this.#deps.localHost()}${port === undefined || port === 5060 ? "" : `:${port}`}`;
  }
}

function trunkUri({ host, port, transport }: NonNullable<Trunk["outbound"]>, number: string): string {
  return `sip:${escapeUser(number)}@${isIP(host) === 6 ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}${transport === undefined || transport === "udp" ? "" : `;transport=${transport}`}`;
}

/** RFC 3261 section 8.1.1.6. */
const USUAL_HOPS = 70;

const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

/** The caller's number shall not be shown (RFC 3323, RFC 3325 section 7). */
function asksForPrivacy({ headers = {} }: OriginateOptions): boolean {
  return Object.entries(headers).some(([name, value]) => name.toLowerCase() === "privacy" && /\b(?:id|user|header)\b/i.test(value));
}

function common(options: OriginateOptions): Pick<DialPlan, "headers" | "timeoutMs" | "near" | "signal" | "maxForwards"> {
  return {
    ...(options.hopsLeft === undefined ? {} : { maxForwards: Math.min(USUAL_HOPS, options.hopsLeft) }),
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.near === undefined ? {} : { near: options.near }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function contactUser(number: string): string {
  return number === "" ? "hotline" : number;
}

function decode(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch (error) {
    if (error instanceof URIError) return user;
    throw error;
  }
}

/** Registered over WebSocket, here or at a proxy before us (RFC 7118 section 5.2: its Contact says so). */
function isBrowserBinding({ destination, contact }: Pick<Binding, "destination" | "contact">): boolean {
  return isBrowser(destination.kind) || /;transport=wss?(?:[;>?]|$)/i.test(contact);
}
