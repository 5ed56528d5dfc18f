import { isGroupAddress } from "@hotlinejs/core";
import type { Clock, Ids, Timer } from "@hotlinejs/core";
import { withoutControls } from "../numbers.js";
import type { Destination, ExtraHeaders, MessageSource, NameAddr, SipRequest, SipUri } from "../stack/index.js";
import { parseUri, SipParseError, uriEquals } from "../stack/index.js";
import type { Binding, RegistrarListener, UnbindReason } from "./binding.js";

export interface RegistrarOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: RegistrarListener;
  /** Seconds. Shorter wishes get 423 (RFC 3261 section 10.3 step 7). Default 60. */
  readonly minExpires?: number;
  /** Seconds. Longer wishes are cut to it. Default 3600. */
  readonly maxExpires?: number;
  /** Seconds for a phone that wishes nothing. Default 300. */
  readonly defaultExpires?: number;
  /** Phones of one account; the one that would expire first makes room, also where their Contacts become too long together. Default 10. */
  readonly maxContacts?: number;
}

/** How to answer a REGISTER. */
export interface RegisterAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly headers: ExtraHeaders;
}

/** setTimeout of Node fires at once above 2^31-1 ms; waking earlier is harmless. */
const LONGEST_WAIT_MS = 3_600_000;
/** Longest URI of a Contact, octets. Phones write up to some 200; each is told to all phones of the account in every 200. */
const MAX_CONTACT = 512;
/** Longest Path, all its values, octets. It comes back in the 200, and goes into each request to the phone. */
const MAX_PATH = 2_048;
/** What the Contacts of one 200 may come to, octets; more where an account may have more than 32 phones: so many for each. */
const MAX_LISTING = 8_192;
const LISTING_EACH = 256;
/** Of Contacts (RFC 3261 section 19.1.1, RFC 7118): what this stack speaks. */
const TRANSPORTS: ReadonlySet<string> = new Set(["udp", "tcp", "tls", "ws", "wss"]);
/** Control characters but for the tab. */
const CONTROL = /[^\P{Cc}\t]/u;

interface Wish {
  readonly address: NameAddr;
  readonly uri: SipUri;
  /** Seconds; 0 removes. */
  readonly expires: number;
  readonly q: number;
  readonly instance: string | undefined;
}

/**
 * The location service: which phones an account can be rung at. State lives here; whoever stores it
 * listens. A request changes all of its bindings or none.
 */
export class Registrar {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #listener: RegistrarListener;
  readonly #minExpires: number;
  readonly #maxExpires: number;
  readonly #defaultExpires: number;
  readonly #maxContacts: number;
  readonly #bindings = new Map<string, Map<string, Binding>>();
  /** By address: how many phones are reached there. */
  readonly #addresses = new Map<string, number>();
  /** Bindings, by id, whose phones are known not to answer. */
  readonly #silent = new Set<string>();
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #closed = false;

  constructor(options: RegistrarOptions) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#listener = options.listener;
    this.#minExpires = options.minExpires ?? 60;
    this.#maxExpires = options.maxExpires ?? 3600;
    this.#defaultExpires = options.defaultExpires ?? 300;
    this.#maxContacts = options.maxContacts ?? 10;
  }

  /** Takes back what an earlier process knew. What has run out meanwhile is told as expired. */
  restore(bindings: readonly Binding[]): void {
    for (const binding of bindings) {
      if (binding.expiresAt <= this.#clock.now()) this.#listener.unbound(binding, "expired");
      else this.#put(binding, false);
    }
  }

  /** Live bindings of an account, best first (q, then the newest). */
  lookup(account: string): readonly Binding[] {
    const now = this.#clock.now();
    const live = [...(this.#bindings.get(account)?.values() ?? [])].filter((b) => b.expiresAt > now);
    return live.sort((a, b) => b.q - a.q || b.expiresAt - a.expiresAt);
  }

  /** Those of them that can be rung: phones known not to answer are left out. */
  reachable(account: string): readonly Binding[] {
    const live = this.lookup(account);
    return this.#silent.size === 0 ? live : live.filter(({ id }) => !this.#silent.has(id));
  }

  /** Whether this phone is known not to answer. */
  isSilent({ id }: Binding): boolean {
    return this.#silent.has(id);
  }

  /** How many phones are known not to answer. */
  get silent(): number {
    return this.#silent.size;
  }

  /** A phone was asked whether it is there. Until it answers, or registers again, it is not rung. */
  setSilent({ account, id }: Binding, silent: boolean): void {
    const current = this.#bindings.get(account)?.get(id);
    if (current === undefined || this.#silent.has(id) === silent) return;
    if (silent) this.#silent.add(id);
    else this.#silent.delete(id);
    this.#listener.silent?.(current, silent);
  }

  /** Whether a phone is registered that is reached at this address. */
  reaches(address: string): boolean {
    return this.#addresses.has(address);
  }

  all(): readonly Binding[] {
    const now = this.#clock.now();
    return [...this.#bindings.values()].flatMap((byId) => [...byId.values()]).filter((b) => b.expiresAt > now);
  }

  /** Forgets a binding that turned out dead (its connection is gone). */
  drop(binding: Binding): void {
    const now = this.#bindings.get(binding.account)?.get(binding.id);
    // Unless the phone has registered since.
    if (now !== undefined && now.callId === binding.callId && now.cseq === binding.cseq) this.#remove(now, "lost");
  }

  /**
   * A connection ended. Phones that are reached by nothing else are lost; one over TCP that listens where its Contact says is
   * reached there by a new connection.
   */
  flowClosed(flow: string): void {
    for (const byId of [...this.#bindings.values()]) {
      for (const binding of [...byId.values()]) {
        if (binding.destination.flow !== flow) continue;
        const elsewhere = listensAt(binding);
        if (elsewhere === undefined) this.#remove(binding, "lost");
        else this.#put({ ...binding, destination: elsewhere }, true);
      }
    }
  }

  /** Lets go of the timer. Bindings stay stored. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * Carries out a REGISTER whose sender was proven to be `account`.
   *
   * @param isOwn whether the hotline itself takes SIP at a numeric address and a port
   */
  register(account: string, request: SipRequest, source: MessageSource, isOwn: (address: string, port: number) => boolean = () => false): RegisterAnswer {
    try {
      return this.#register(account, request, source, isOwn);
    } catch (error) {
      if (error instanceof SipParseError) return { status: 400, reason: "Bad Contact", headers: {} };
      throw error;
    }
  }

  #register(account: string, request: SipRequest, source: MessageSource, isOwn: (address: string, port: number) => boolean): RegisterAnswer {
    const elements = request.headers.list("contact");
    if (elements.includes("*")) return this.#removeAll(account, request, elements.length);
    // Each is held against all there are: a message full of them would keep the process busy for seconds.
    if (elements.length > Math.max(this.#maxContacts, 10)) return { status: 403, reason: "Too Many Contacts", headers: {} };
    const header = request.headers.get("expires");
    const wishes = request.contacts().map((address) => this.#wish(address, header));
    if (wishes.some((w) => w.uri.scheme !== "sip" && w.uri.scheme !== "sips")) return { status: 400, reason: "Contact Is No SIP Address", headers: {} };
    if (wishes.some((w) => w.expires > 0 && w.expires < this.#minExpires)) return { status: 423, headers: { "Min-Expires": String(this.#minExpires) } };
    if (wishes.some((w) => w.expires > 0 && Buffer.byteLength(w.address.uri) > MAX_CONTACT)) return { status: 400, reason: "Contact Too Long", headers: {} };
    const unusable = wishes.filter(({ expires }) => expires > 0).map(({ uri }) => whyUnusable(uri, isOwn)).find((why) => why !== undefined);
    if (unusable !== undefined) return { status: 400, reason: unusable, headers: {} };
    const current = this.lookup(account);
    const sameUri = (b: Binding, wish: Wish): boolean => uriEquals(parseUri(b.contact), wish.uri);
    const touched = (b: Binding, wish: Wish): boolean => sameUri(b, wish) || (wish.expires > 0 && wish.instance !== undefined && wish.instance === b.instance);
    if (current.some((b) => wishes.some((wish) => touched(b, wish)) && !this.#newer(b, request))) return { status: 500, reason: "CSeq Out Of Order", headers: {} };
    const path = request.headers.list("path");
    // Escaped in quotes they may stand there; our own requests with such a Route could not be sent, and no database keeps U+0000.
    if (path.some((each) => CONTROL.test(each))) return { status: 400, reason: "Bad Path", headers: {} };
    if (Buffer.byteLength(path.join()) > MAX_PATH) return { status: 400, reason: "Path Too Long", headers: {} };
    for (const wish of wishes) {
      const replaced = this.lookup(account).filter((b) => touched(b, wish));
      const same = replaced.find((b) => sameUri(b, wish));
      // The new one comes first, so that an account whose phone moved never looks unreachable.
      if (wish.expires > 0) {
        const binding = this.#binding(account, wish, same, path, request, source);
        this.#put(binding, same !== undefined, same !== undefined && !sameWay(same.destination, binding.destination));
      }
      for (const b of replaced) if (b !== same || wish.expires === 0) this.#remove(b, wish.expires === 0 ? "removed" : "replaced");
    }
    this.#makeRoom(account);
    return this.#listing(account, path);
  }

  #binding(account: string, wish: Wish, same: Binding | undefined, path: readonly string[], request: SipRequest, source: MessageSource): Binding {
    const userAgent = request.headers.get("user-agent");
    return {
      id: same?.id ?? this.#ids.next(),
      account,
      contact: wish.address.uri,
      callId: request.callId,
      cseq: request.cseq.seq,
      q: wish.q,
      expiresAt: this.#clock.now() + Math.min(wish.expires, this.#maxExpires) * 1000,
      destination: reachableAt(wish.uri, request, source, path.length > 0),
      path,
      ...(userAgent === undefined ? {} : { userAgent: withoutControls(userAgent).slice(0, 200) }),
      ...(wish.instance === undefined ? {} : { instance: wish.instance }),
    };
  }

  /** `Contact: *` needs `Expires: 0` and nothing beside it (section 10.2.2). */
  #removeAll(account: string, request: SipRequest, elements: number): RegisterAnswer {
    if (elements > 1 || request.headers.get("expires")?.trim() !== "0") return { status: 400, reason: "Contact * Needs Expires 0", headers: {} };
    const current = this.lookup(account);
    if (current.some((b) => !this.#newer(b, request))) return { status: 500, reason: "CSeq Out Of Order", headers: {} };
    for (const b of current) this.#remove(b, "removed");
    return this.#listing(account, []);
  }

  #newer(binding: Binding, request: SipRequest): boolean {
    return binding.callId !== request.callId || request.cseq.seq > binding.cseq;
  }

  #wish(address: NameAddr, header: string | undefined): Wish {
    const q = Number(address.params.get("q") ?? "1");
    const instance = address.params.get("+sip.instance");
    const regId = address.params.get("reg-id");
    return {
      address,
      uri: address.parsedUri(),
      expires: this.#seconds(address.params.get("expires") ?? header),
      q: Number.isFinite(q) && q >= 0 && q <= 1 ? q : 1,
      instance: instance === undefined ? undefined : withoutControls(`${instance.slice(0, 200)}${regId === undefined ? "" : `;${regId.slice(0, 10)}`}`),
    };
  }

  /** Malformed values count as 3600 (RFC 3261 section 20.19). */
  #seconds(text: string | undefined): number {
    if (text === undefined) return this.#defaultExpires;
    const trimmed = text.trim();
    return /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : 3600;
  }

  #makeRoom(account: string): void {
    const byAge = [...this.lookup(account)].sort((a, b) => a.expiresAt - b.expiresAt);
    let left = byAge.length;
    let octets = byAge.reduce((sum, b) => sum + Buffer.byteLength(this.#listed(b)), 0);
    for (const b of byAge) {
      if (left <= this.#maxContacts && octets <= Math.max(MAX_LISTING, this.#maxContacts * LISTING_EACH)) return;
      left--;
      octets -= Buffer.byteLength(this.#listed(b));
      this.#remove(b, "replaced");
    }
  }

  /** The 200 lists every binding that now is (section 10.3 step 8). */
  #listing(account: string, path: readonly string[]): RegisterAnswer {
    const now = this.#clock.now();
    const contacts = this.lookup(account).map((b) => this.#listed(b));
    return {
      status: 200,
      headers: { ...(contacts.length > 0 ? { Contact: contacts } : {}), ...(path.length > 0 ? { Path: [...path], Supported: "path" } : {}), Date: new Date(now).toUTCString() },
    };
  }

  #listed({ contact, expiresAt, q, instance }: Binding): string {
    const told = instance === undefined ? "" : `;+sip.instance="${(instance.split(";")[0] ?? "").replace(/["\\]/g, "")}"`;
    return `<${contact}>;expires=${Math.max(1, Math.round((expiresAt - this.#clock.now()) / 1000))};q=${q}${told}`;
  }

  #put(binding: Binding, refreshed: boolean, moved = false): void {
    const byId = this.#bindings.get(binding.account) ?? new Map<string, Binding>();
    const before = byId.get(binding.id);
    byId.set(binding.id, binding);
    this.#silent.delete(binding.id);
    this.#count(binding, 1);
    if (before !== undefined) this.#count(before, -1);
    this.#bindings.set(binding.account, byId);
    this.#listener.bound(binding, refreshed, moved);
    this.#arm(binding.expiresAt);
  }

  #remove(binding: Binding, reason: UnbindReason): void {
    const byId = this.#bindings.get(binding.account);
    const current = byId?.get(binding.id);
    if (byId === undefined || current === undefined) return;
    byId.delete(binding.id);
    this.#silent.delete(binding.id);
    this.#count(current, -1);
    if (byId.size === 0) this.#bindings.delete(binding.account);
    this.#listener.unbound(binding, reason);
  }

  #count({ destination: { host } }: Binding, change: number): void {
    const left = (this.#addresses.get(host) ?? 0) + change;
    if (left > 0) this.#addresses.set(host, left);
    else this.#addresses.delete(host);
  }

  #arm(at: number): void {
    if (this.#closed || at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.setTimeout(() => this.#expire(), Math.min(Math.max(0, at - this.#clock.now()), LONGEST_WAIT_MS));
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    let next = Infinity;
    for (const byId of [...this.#bindings.values()]) {
      for (const binding of [...byId.values()]) {
        if (binding.expiresAt <= now) this.#remove(binding, "expired");
        else next = Math.min(next, binding.expiresAt);
      }
    }
    if (next !== Infinity) this.#arm(next);
  }
}

/** Why no phone can be rung at this Contact; `undefined`: one can, as far as it tells. */
function whyUnusable(uri: SipUri, isOwn: (address: string, port: number) => boolean): string | undefined {
  const transport = uri.params.get("transport")?.toLowerCase();
  if (transport !== undefined && !TRANSPORTS.has(transport)) return "Contact Transport Not Supported";
  const port = uri.port ?? (uri.scheme === "sips" || transport === "tls" ? 5061 : 5060);
  if (port === 0) return "Contact Has No Port";
  const host = uri.host.replace(/^\[|\]$/g, "");
  if (isGroupAddress(host)) return "Contact Is No Phone's Address";
  return isOwn(host, port) ? "Contact Is The Registrar's Own" : undefined;
}

function sameWay(a: Destination, b: Destination): boolean {
  return a.kind === b.kind && a.host === b.host && a.port === b.port && a.flow === b.flow;
}

/** Where a phone over TCP or TLS takes connections, if its Contact names the address it came from (else it is behind NAT) and it did not ask to be reached by its own alone (RFC 5626). */
function listensAt({ contact, destination, instance, path }: Binding): Destination | undefined {
  const { kind, host } = destination;
  if ((kind !== "tcp" && kind !== "tls") || path.length > 0 || instance?.includes(";") === true) return undefined;
  const uri = parseUri(contact);
  if (uri.host.replace(/^\[|\]$/g, "").toLowerCase() !== host.toLowerCase()) return undefined;
  return { kind, host, port: uri.port ?? (kind === "tls" ? 5061 : 5060) };
}

/**
 * Where a phone is reached: over the connection it came by; at the source of its REGISTER when its
 * Contact shows another address or it asked for symmetric responses (RFC 3581), so that NAT is
 * crossed; else at its Contact. Contacts that point at third parties are thus never called.
 */
function reachableAt(contact: SipUri, request: SipRequest, source: MessageSource, viaProxy: boolean): Destination {
  const from: Destination = { kind: source.kind, host: source.address, port: source.port, ...(source.flow === undefined ? {} : { flow: source.flow }) };
  if (source.kind !== "udp" || viaProxy || request.via.params.has("rport")) return from;
  const host = contact.host.replace(/^\[|\]$/g, "").toLowerCase();
  return host === source.address.toLowerCase() ? { kind: "udp", host: source.address, port: contact.port ?? 5060 } : from;
}
