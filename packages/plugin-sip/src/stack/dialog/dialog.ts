import { SipParseError } from "../errors.js";
import { splitList } from "../grammar/list.js";
import { NameAddr, parseNameAddr } from "../grammar/name-addr.js";
import { Params } from "../grammar/params.js";
import { parseUri, type SipUri } from "../grammar/uri.js";
import { SipHeaders } from "../message/headers.js";
import { type AnySipMessage, SipRequest, type SipResponse } from "../message/message.js";
import { isNumeric, plainAddress } from "../transport/addresses.js";
import type { Destination, MessageSource, TransportKind } from "../transport/types.js";
import type { Dialog, DialogSnapshot, DialogState } from "./types.js";

/** What a dialog is made of; see `DialogSnapshot` for the meaning. */
interface DialogParts {
  readonly role: "uac" | "uas";
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localSeq: number;
  readonly remoteSeq: number;
  readonly routeSet: readonly string[];
  readonly remoteTarget: string;
  readonly localTarget: string;
  readonly destination: Destination;
  /** Keep sending to `destination` whatever the Contact says, while there is no route set. */
  readonly pinned: boolean;
}

/** How the UA wants requests routed. */
export interface RoutingPolicy {
  readonly symmetric: boolean;
}

/** Dialog state and the requests made from it (RFC 3261 section 12). */
export class StackDialog implements Dialog {
  readonly role: "uac" | "uas";
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localTarget: string;
  readonly key: string;
  state: DialogState = "early";
  localSeq: number;
  remoteSeq: number;
  #routeSet: readonly string[];
  #remoteTarget: string;
  #destination: Destination;
  #pinned: boolean;

  constructor(parts: DialogParts) {
    this.role = parts.role;
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.localParty = parts.localParty;
    this.remoteParty = parts.remoteParty;
    this.localTarget = parts.localTarget;
    this.localSeq = parts.localSeq;
    this.remoteSeq = parts.remoteSeq;
    this.#routeSet = parts.routeSet;
    this.#remoteTarget = parts.remoteTarget;
    this.#destination = parts.destination;
    this.#pinned = parts.pinned;
    this.key = dialogKey(parts.callId, parts.localTag, parts.remoteTag);
  }

  /** From an INVITE received (section 12.1.1). Contact and Record-Route must have been checked. */
  static fromRequest(request: SipRequest, source: MessageSource, localTag: string, localTarget: string, policy: RoutingPolicy): StackDialog {
    const routeSet = recordRoutes(request);
    const contact = request.contacts()[0] as NameAddr;
    const viaHost = plainAddress(request.via.host);
    const behindNat = policy.symmetric && routeSet.length === 0 && viaHost !== source.address && isNumeric(viaHost);
    return new StackDialog({
      role: "uas", callId: request.callId, localTag, remoteTag: request.from.tag ?? "", localParty: request.to.partyString(), remoteParty: request.from.partyString(),
      localSeq: 0, remoteSeq: request.cseq.seq, routeSet, remoteTarget: bare(contact.uri), localTarget,
      destination: behindNat ? towards(source) : nextHop(routeSet, contact.uri, source, policy), pinned: behindNat,
    });
  }

  /** From a response to our INVITE (section 12.1.2). `undefined` where a provisional one has no To tag; a 2xx without, as of RFC 2543, can be acknowledged and ended. */
  static fromResponse(request: SipRequest, response: SipResponse, source: MessageSource, localTarget: string, policy: RoutingPolicy, pinned: Destination | undefined): StackDialog | undefined {
    const remoteTag = response.to.tag ?? (response.status >= 200 ? "" : undefined);
    if (remoteTag === undefined) return undefined;
    const routeSet = recordRoutes(response).reverse();
    const remoteTarget = firstUri(response.headers.get("contact") ?? "") ?? request.uri;
    const fixed = pinned !== undefined && routeSet.length === 0;
    return new StackDialog({
      role: "uac", callId: request.callId, localTag: request.from.tag ?? "", remoteTag, localParty: request.from.partyString(), remoteParty: request.to.partyString(),
      localSeq: request.cseq.seq, remoteSeq: -1, routeSet, remoteTarget, localTarget,
      destination: fixed ? { ...pinned, flow: source.flow ?? pinned.flow, local: source.local } : nextHop(routeSet, remoteTarget, source, policy), pinned: fixed,
    });
  }

  static fromSnapshot(snapshot: DialogSnapshot): StackDialog {
    const dialog = new StackDialog({ ...snapshot, pinned: true });
    dialog.state = "confirmed";
    return dialog;
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  get routeSet(): readonly string[] {
    return this.#routeSet;
  }

  get destination(): Destination {
    return this.#destination;
  }

  snapshot(): DialogSnapshot {
    const { kind, host, port } = this.#destination;
    return {
      version: 1, role: this.role, callId: this.callId, localTag: this.localTag, remoteTag: this.remoteTag, localParty: this.localParty, remoteParty: this.remoteParty,
      localSeq: this.localSeq, remoteSeq: this.remoteSeq, routeSet: this.#routeSet, remoteTarget: this.#remoteTarget, localTarget: this.localTarget,
      secure: this.#remoteTarget.startsWith("sips:"), destination: { kind, host, port },
    };
  }

  /** A request within the dialog (section 12.2.1.1), without Via. `seq` for ACK: that of its INVITE. */
  createRequest(method: string, seq?: number): SipRequest {
    const number = seq ?? ++this.localSeq;
    const headers = new SipHeaders();
    let uri = this.#remoteTarget;
    headers.append("max-forwards", "70");
    if (this.#routeSet.length > 0) {
      const first = parseNameAddr(this.#routeSet[0] as string);
      if (first.parsedUri().params.has("lr")) for (const route of this.#routeSet) headers.append("route", route);
      else {
        // A strict router: it takes the Request-URI, the target goes to the end (section 12.2.1.1).
        uri = first.uri;
        for (const route of this.#routeSet.slice(1)) headers.append("route", route);
        headers.append("route", `<${this.#remoteTarget}>`);
      }
    }
    headers.append("from", `${this.localParty};tag=${this.localTag}`);
    headers.append("to", this.remoteTag === "" ? this.remoteParty : `${this.remoteParty};tag=${this.remoteTag}`);
    headers.append("call-id", this.callId);
    headers.append("cseq", `${number} ${method}`);
    return new SipRequest(method, uri, headers);
  }

  /** Notes the CSeq of a request received; false when it is out of order (section 12.2.2). */
  acceptSeq(request: SipRequest): boolean {
    if (request.cseq.seq <= this.remoteSeq) return false;
    this.remoteSeq = request.cseq.seq;
    return true;
  }

  /** Takes the Contact of a target refresh request or of the 2xx to one. A bad or missing Contact changes nothing. */
  refreshTarget(message: AnySipMessage, source: MessageSource, policy: RoutingPolicy): void {
    const raw = message.headers.get("contact");
    if (raw === undefined) return;
    const target = firstUri(raw);
    if (target === undefined) return;
    this.#remoteTarget = target;
    if (this.#pinned) this.#destination = { ...this.#destination, flow: source.flow ?? this.#destination.flow };
    else this.#destination = nextHop(this.#routeSet, target, source, policy);
  }

  /** The first 2xx fixes route set and target of an early dialog (section 13.2.2.4). */
  confirm(response: SipResponse | undefined, source: MessageSource | undefined, policy: RoutingPolicy): void {
    this.state = "confirmed";
    if (response === undefined || source === undefined) return;
    this.#routeSet = recordRoutes(response).reverse();
    this.#remoteTarget = firstUri(response.headers.get("contact") ?? "") ?? this.#remoteTarget;
    if (this.#routeSet.length > 0) this.#pinned = false;
    if (!this.#pinned) this.#destination = nextHop(this.#routeSet, this.#remoteTarget, source, policy);
  }
}

/** More hops than a request may take (70, section 8.1.1.6) cannot have recorded themselves, twice each where they change the transport. */
const MOST_ROUTES = 140;
/** Bytes of a route set: it goes with each request and response, which have to fit into a datagram. */
const MOST_ROUTE_BYTES = 16_384;

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${localTag} ${remoteTag} ${callId}`;
}

/** Elements of Record-Route in order, each one a name-addr that can be routed by. Throws `SipParseError`. */
export function recordRoutes(message: AnySipMessage): string[] {
  if (!message.headers.has("record-route")) return [];
  const routes = message.headers.list("record-route");
  if (routes.length > MOST_ROUTES || routes.reduce((bytes, route) => bytes + route.length, 0) > MOST_ROUTE_BYTES) throw new SipParseError("too many Record-Routes");
  for (const route of routes) {
    const { scheme } = parseNameAddr(route).parsedUri();
    if (route.indexOf("<") < 0 || (scheme !== "sip" && scheme !== "sips")) throw new SipParseError("bad Record-Route");
  }
  return routes;
}

/** What a Contact names first, without headers; `undefined` where it cannot be read. */
export function firstUri(contact: string): string | undefined {
  try {
    const address = parseNameAddr(contact.indexOf(",") < 0 ? contact : (splitList(contact)[0] as string));
    address.parsedUri();
    return bare(address.uri);
  } catch {
    return undefined;
  }
}

/** A Request-URI has no headers (section 19.1.1), whatever a Contact says. */
export function bare(uri: string): string {
  const headers = uri.indexOf("?");
  return headers < 0 || !/^sips?:/i.test(uri) ? uri : uri.slice(0, headers);
}

/** Back to where a message came from. */
export function towards(source: MessageSource): Destination {
  return { kind: source.kind, host: source.address, port: source.port, flow: source.flow, local: source.local };
}

/**
 * Where requests go: the first route or the target. Names are not looked up within a dialog; the message
 * that set up the hop came from there, so its source serves.
 */
function nextHop(routeSet: readonly string[], target: string, source: MessageSource, policy: RoutingPolicy): Destination {
  const uri = hopUri(routeSet[0], target);
  const host = uri === undefined ? "" : plainAddress(uri.params.get("maddr") ?? uri.host);
  if (uri === undefined || !isNumeric(host)) return towards(source);
  const unreachable = policy.symmetric && routeSet.length === 0 && host !== source.address && isPrivate(host) && !isPrivate(source.address);
  if (unreachable) return towards(source);
  const asked = uri.params.get("transport")?.toLowerCase();
  // A connection the peer made is the surest way back (RFC 5923), whatever port its Contact names.
  const kind = kindAsked(asked, source.kind);
  const same = kind === source.kind;
  const sameFlow = same && (host === source.address || (policy.symmetric && routeSet.length === 0));
  return { kind, host, port: uri.port ?? (kind === "tls" || kind === "wss" ? 5061 : 5060), flow: sameFlow ? source.flow : undefined, local: same ? source.local : undefined };
}

/** `transport=ws` also stands for a WebSocket within TLS (RFC 7118 section 5.4). */
function kindAsked(asked: string | undefined, came: TransportKind): TransportKind {
  if (asked === "ws" && came === "wss") return came;
  return asked === "udp" || asked === "tcp" || asked === "tls" || asked === "ws" || asked === "wss" ? asked : came;
}

function hopUri(route: string | undefined, target: string): SipUri | undefined {
  try {
    const uri = route === undefined ? parseUri(target) : parseNameAddr(route).parsedUri();
    return uri.opaque === undefined ? uri : undefined;
  } catch {
    return undefined;
  }
}

/** Addresses that mean nothing outside of their own network (RFC 1918, 3927, 6598, loopback). */
function isPrivate(address: string): boolean {
  return /^(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1$)/i.test(address);
}

/** A name-addr with a tag. */
export function tagged(party: NameAddr, tag: string): string {
  return new NameAddr(party.displayName, party.uri, new Params().set("tag", tag)).toString();
}
