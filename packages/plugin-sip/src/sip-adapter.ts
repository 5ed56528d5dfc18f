import { lookup } from "node:dns/promises";
import { errorText } from "@hotlinejs/core";
import type { Call, CallJournal, CallPipeline, Clock, Delivery, DigestCredentials, HotlineSettings, Ids, Logger, MediaEngine, MessageIntake, Notification, OriginateOptions, OutboundCall as OutboundCallContract, TelephonyAdapter } from "@hotlinejs/core";
import type { Caller } from "./caller-policy.js";
import { CallerPolicy } from "./caller-policy.js";
import type { CallEnvironment } from "./call/call-environment.js";
import { EndedDialogs } from "./call/ended-dialogs.js";
import { InboundCall } from "./call/inbound-call.js";
import { OutboundCall } from "./call/outbound-call.js";
import { readReplaces } from "./call/replacement.js";
import type { SipCall } from "./call/sip-call.js";
import type { SipConfig } from "./config.js";
import type { SipTrunkState } from "./contract.js";
import { Dialer } from "./dialer.js";
import { connectionsAtMost } from "./edge/connection-limit.js";
import type { EdgeGuard } from "./edge/edge-guard.js";
import { SetupGate } from "./edge/setup-gate.js";
import type { Setup } from "./edge/setup-gate.js";
import { tollAllows } from "./edge/toll-guard.js";
import { TlsFiles } from "./edge/tls-files.js";
import { sipErrors } from "./errors.js";
import { endOrphans } from "./orphans.js";
import type { OrphanLeg } from "./orphans.js";
import { bindFailure, bracketed, OwnAddress } from "./own-address.js";
import { attributesOf, calledParty, callingParty, NOBODY, ours } from "./parties.js";
import { RefusalLog } from "./refusal-log.js";
import type { Authenticator } from "./registrar/authenticator.js";
import type { Binding } from "./registrar/binding.js";
import { FlowHandover } from "./registrar/flow-handover.js";
import { register } from "./registrar/registering.js";
import type { Registrar } from "./registrar/registrar.js";
import { ShortMessages } from "./short-messages.js";
import { stackLog } from "./stack-log.js";
import { createUserAgent, SipError } from "./stack/index.js";
import type { Endpoint, IncomingInvite, IncomingRequest, Refusal, Replaces, SipRequest, TimerOptions, TlsSettings, UserAgent, UserAgentOptions } from "./stack/index.js";
import { TrunkMonitor } from "./trunk/trunk-monitor.js";
import { TrunkRegistrations } from "./trunk/trunk-registrations.js";
import type { Trunk } from "./trunk/trunk.js";
import type { TrunkTable } from "./trunk/trunk-table.js";

export interface SipAdapterDeps {
  readonly config: SipConfig;
  readonly settings: HotlineSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly pipeline: CallPipeline;
  readonly journal: CallJournal | undefined;
  readonly credentials: DigestCredentials;
  readonly authenticator: Authenticator;
  /** What a guest from the web may dial; `undefined`: the account is no guest's. */
  guestNumbers?(account: string): Promise<readonly string[] | undefined>;
  /** Whether a guest may make this call, its only one; `undefined`: the account is no guest's. */
  guestCall?(account: string, number: string): Promise<boolean | undefined>;
  /** Whether the sender of this is where it says, since it has proved an account there lately, has a phone registered there, or answers a challenge that was sent there. Default: nobody. */
  knows?(address: string, request?: SipRequest): boolean;
  /** Stands before everything. */
  readonly guard?: EdgeGuard;
  /** The address of a host name in a description. Default: as the system tells. */
  lookup?(host: string): Promise<string>;
  /** Told of what is refused for want of room, for the audit; of each, in floods too. */
  turnedAway?(reason: "overload" | "shed" | "unread" | "silent", address: string): void;
  /** WebSockets are handed in (`agent.acceptWebSocket`); where their server listens. */
  readonly webSockets?: { readonly local: Endpoint };
  readonly registrar: Registrar;
  readonly trunks: TrunkTable;
  media(): MediaEngine;
  /** How the media are doing; `undefined`: there are none, which each call finds for itself. */
  sound(): Pick<MediaEngine, "latenessMs" | "busyShare" | "portsTaken"> | undefined;
  /** Takes short messages. */
  intake?(): MessageIntake;
  trunkChanged(trunk: string, state: SipTrunkState["state"], status: number | null): void;
  trunkReachable?(trunk: string, up: boolean, status: number): void;
  /** Told of the certificates for TLS, and of renewed ones. */
  certificates?(settings: TlsSettings): void;
  /** `Server` and `User-Agent`. */
  readonly product: string;
  /** Base timers of the stack; tests shorten them. */
  readonly timers?: TimerOptions;
}

/** Told to callers who come while the hotline shuts down, in seconds. */
const RETRY_AFTER = 30;
/** Told to callers who come faster than they can be served, in seconds: a crowd is gone in no time, and carriers leave a hotline alone for as long. */
const RETRY_SOON = 1;
/** Between two warnings that calls are refused, and how long health tells it. */
const WARN_EVERY_MS = 60_000;

/** SIP as a way into and out of the telephone network. */
export class SipAdapter implements TelephonyAdapter {
  readonly name = "sip";
  readonly schemes = ["sip", "sips", "tel"] as const;
  readonly capabilities = { hold: true, redirect: true, t38: true, earlyMedia: true } as const;
  readonly #deps: SipAdapterDeps;
  readonly #policy: CallerPolicy;
  readonly #dialer: Dialer;
  readonly #refusals: RefusalLog;
  readonly #handover = new FlowHandover((flow, to) => this.#agent?.handOver(flow, to));
  readonly #calls = new Set<SipCall>();
  readonly #ended: EndedDialogs;
  /** Where a trunk takes them. */
  readonly #messages: ShortMessages | undefined;
  readonly #gate: SetupGate;
  #overloads = 0;
  #strangersRefused = 0;
  #strangersWarnedAt = -Infinity;
  #warnedAt = -Infinity;
  #overloadedAt = -Infinity;
  #agent: UserAgent | undefined;
  #registrations: TrunkRegistrations | undefined;
  #monitor: TrunkMonitor | undefined;
  /** The certificates in use. */
  readonly tls: TlsFiles;
  readonly #own: OwnAddress;
  #draining = false;
  #failure: string | undefined;
  #recovery: Promise<void> = Promise.resolve();

  constructor(deps: SipAdapterDeps) {
    this.#deps = deps;
    const { trunks, credentials, authenticator, config } = deps;
    this.#own = new OwnAddress({ advertised: config.advertisedAddress ?? deps.settings.advertisedAddress, advertised6: config.advertisedAddress6 }, () => this.#agent?.endpoints ?? []);
    this.tls = new TlsFiles(config, deps.clock, deps.log, (settings) => deps.certificates?.(settings));
    this.#ended = new EndedDialogs(deps.clock);
    const { intake } = deps;
    if (intake !== undefined && config.trunks.some((trunk) => trunk.messages)) {
      this.#messages = new ShortMessages({ clock: deps.clock, log: deps.log, intake, agent: () => this.#agent, ways: (number) => this.#dialer.messageWays(number), mayReach: (number) => tollAllows(config.toll, number) });
    }
    this.#gate = new SetupGate({ ...config.settingUp, now: () => deps.clock.monotonic(), lagMs: () => this.#agent?.lagMs ?? 0, soundLateMs: () => deps.sound()?.latenessMs ?? 0, soundBusy: () => deps.sound()?.busyShare ?? 0 });
    this.#refusals = new RefusalLog(deps.clock, deps.log);
    this.#policy = new CallerPolicy({ trunks, credentials, authenticator, allowAnonymous: config.allowAnonymous, guestCall: (account, number) => deps.guestCall?.(account, number) ?? Promise.resolve(undefined), unproven: (request, source, account, claim) => deps.guard?.unproven(request, source, account, claim) });
    this.#dialer = new Dialer({
      registrar: deps.registrar,
      trunks,
      now: () => deps.clock.monotonic(),
      mayDial: (number) => tollAllows(config.toll, number),
      demands: config.reliableProvisionals === "required" ? ["100rel"] : [],
      localHost: () => bracketed(this.#own.local),
      localPort: () => this.#agent?.endpoints[0]?.port,
      ownHosts: () => new Set([bracketed(this.#own.local), this.#own.bound, deps.settings.host, credentials.realm, config.realm ?? credentials.realm].map((h) => h.toLowerCase())),
    });
  }

  /** Live calls, answered or not. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Calls that are being set up now, calls refused since the start because there were too many of them, and those of strangers among these. */
  get load(): { readonly settingUp: number; readonly overloads: number; readonly strangers: number } {
    return { settingUp: this.#gate.size, overloads: this.#overloads, strangers: this.#strangersRefused };
  }

  /** Whether calls of others than strangers were refused within the last minute since those before were not set up in time. */
  get overloaded(): boolean {
    return this.#deps.clock.monotonic() - this.#overloadedAt < WARN_EVERY_MS;
  }

  get agent(): UserAgent | undefined {
    return this.#agent;
  }

  /** Host of our own addresses, as it stands in a URI. */
  get host(): string {
    return bracketed(this.#own.local);
  }

  /** Why no SIP comes through any more, if so. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /**
   * Listens, ends the calls a crashed process left behind, and registers with the carriers.
   *
   * @throws HTL_SIP_PORT_IN_USE, HTL_SIP_BIND_FAILED
   */
  async start(): Promise<void> {
    const { config, settings, clock, log, product, timers, webSockets } = this.#deps;
    const host = config.host ?? settings.host;
    const address = await this.#own.resolve(host, config.port);
    const addresses = [address, ...config.alsoOn.filter((each) => each !== address)];
    const tls = await this.tls.load();
    const kinds = config.tlsOnly ? [] : config.transports;
    const agent = this.#create(() => createUserAgent({
      clock,
      transports: [
        ...addresses.flatMap((address) => kinds.map((kind) => ({ kind, address, port: config.port }))),
        ...(tls === undefined ? [] : addresses.map((address) => ({ kind: "tls" as const, address, port: config.tlsPort ?? (config.port === 0 ? 0 : config.port + 1), tls }))),
        ...(webSockets === undefined ? [] : (["ws", "wss"] as const).map((kind) => ({ kind, local: () => webSockets.local }))),
      ],
      ...this.#own.advertisement(addresses),
      largeRequests: kinds.includes("tcp") ? "tcp" : "udp",
      dnsServers: config.dnsServers.length === 0 ? undefined : config.dnsServers,
      limits: { maxConnections: connectionsAtMost(config.maxConnections, log), keepAliveMs: config.keepAliveSeconds * 1000, firstMessageTimeoutMs: config.edge.firstMessageSeconds * 1000 },
      supported: ["replaces", ...(config.reliableProvisionals === "off" ? [] : ["100rel"])],
      ...(config.sessionTimer.seconds === 0 ? {} : { sessionTimer: { expires: config.sessionTimer.seconds, minSe: config.sessionTimer.minSeconds } }),
      userAgentHeader: product,
      log: stackLog(log),
      ...(timers === undefined ? {} : { timers }),
      admission: (request, source) => this.#admit(request, source.address),
      turnedAway: (reason, address) => this.#deps.turnedAway?.(reason, address),
      known: (address) => !this.#stranger(address),
      ...this.#edge(),
      ...(this.#messages === undefined ? {} : { methods: ["REGISTER", "MESSAGE"] }),
      onInvite: (invite) => this.#onInvite(invite),
      onRequest: (request) => this.#onRequest(request),
      onFlowClosed: (flow) => this.#deps.registrar.flowClosed(flow),
      onTransportFailure: (error) => {
        this.#failure = error.message;
        log.error({ err: error }, "a SIP transport broke");
      },
    }));
    try {
      await agent.start();
    } catch (error) {
      throw bindFailure(error, this.#own.bound, config.port);
    }
    this.#agent = agent;
    log.info({ endpoints: agent.endpoints.filter((e) => e.kind !== "ws" && e.kind !== "wss").map((e) => `${e.kind}:${e.address}:${e.port}`) }, "SIP listens");
    this.recover(this.#deps.journal?.orphans(this.name) ?? []);
    this.#registrations = new TrunkRegistrations({ agent, trunks: this.#deps.trunks.trunks, clock, log, changed: (trunk, state, status) => this.#deps.trunkChanged(trunk.key, state, status) });
    this.#registrations.start();
    this.#monitor = new TrunkMonitor({ agent, trunks: this.#deps.trunks.trunks, clock, log, localHost: () => this.host, changed: (trunk, up, status) => this.#deps.trunkReachable?.(trunk.key, up, status) });
    this.#monitor.start();
    if (tls !== undefined) this.tls.watch((settings) => agent.useTls(settings));
  }

  #edge(): Pick<UserAgentOptions, "filter" | "blocked" | "mayConnect"> {
    const { guard } = this.#deps;
    return guard === undefined ? {} : { filter: (request, source) => guard.check(request, source), blocked: (address) => guard.blocked(address), mayConnect: (address, open, silent) => guard.mayConnect(address, open, silent) };
  }

  /** @throws HTL_SIP_TLS_INVALID */
  #create(make: () => UserAgent): UserAgent {
    try {
      return make();
    } catch (error) {
      if (error instanceof SipError && error.code === "SIP_BAD_CERTIFICATE") throw sipErrors.TLS_INVALID(errorText(error), { cause: error });
      throw error;
    }
  }

  /** Calls out by trunks, answered or not. */
  get trunkCalls(): number {
    let count = 0;
    for (const call of this.#calls) if (call.direction === "outbound" && call.via.kind === "trunk") count++;
    return count;
  }

  /** The number that an address means, if a call to it would leave by a trunk. */
  outsideNumber(address: string): string | undefined {
    return this.#dialer.outsideNumber(address);
  }

  /** A trunk was disabled or enabled. */
  trunkSwitched(trunk: Trunk): void {
    this.#registrations?.switched(trunk);
  }

  /** A notification of the channel `sms`. @throws HTL_SIP_MESSAGE_REFUSED */
  deliver(notification: Notification): Promise<Delivery> {
    if (this.#messages === undefined) throw sipErrors.MESSAGE_REFUSED(503);
    return this.#messages.deliver(notification);
  }

  /** A phone has registered: its calls follow it to a new connection. */
  bound(binding: Binding): void {
    this.#handover.bound(binding);
  }

  /** New calls are refused from now on; those in progress go on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends what is left and lets go of the ports. Never rejects. */
  async stop(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#calls].map((call) => call.hangup({ status: 503 })));
    this.#monitor?.stop();
    this.tls.stop();
    await this.#registrations?.stop();
    await this.#agent?.stop();
    await this.#recovery;
  }

  reachable(address: string): boolean | undefined {
    try {
      const account = this.#dialer.accountOf(address);
      if (account !== undefined) return this.#deps.registrar.reachable(account).length > 0;
      return this.#dialer.leadsOut(address) ? undefined : false;
    } catch (error) {
      this.#deps.log.debug({ error: errorText(error) }, "asked whether a thing that is no address can be reached");
      return undefined;
    }
  }

  async originate(to: string, options: OriginateOptions = {}): Promise<OutboundCallContract> {
    const agent = this.#agent;
    if (agent === undefined) throw sipErrors.NO_ROUTE(to.slice(0, 100));
    const { plan, from, to: party } = this.#dialer.plan(await this.#within(to), options);
    const { via } = plan;
    const identity = { id: options.id ?? this.#deps.ids.next(), direction: "outbound" as const, from, to: party, via, attributes: {} };
    const call = new OutboundCall(this.#environment(via), identity, agent, plan, (next) => this.#environment(next));
    this.#watch(call, () => undefined);
    void call.start();
    return call;
  }

  /** A number that is an account here means that one's phones, also while none is registered: it never goes out by a trunk, where it may be anybody's. */
  async #within(to: string): Promise<string> {
    const number = /^tel:/i.test(to) ? this.#dialer.outsideNumber(to) : undefined;
    if (number === undefined) return to;
    return (await this.#deps.credentials.find(number)) === undefined ? to : `sip:${number}`;
  }

  /** Ends calls of an earlier process by the dialogs it stored. In the background: a dead peer delays nobody. */
  recover(orphans: readonly OrphanLeg[]): void {
    const agent = this.#agent;
    if (agent === undefined || orphans.length === 0) return;
    this.#recovery = endOrphans(agent, orphans, this.#deps.log);
  }

  #admission(): Refusal | undefined {
    if (this.#draining) return { status: 503, retryAfter: RETRY_AFTER };
    return this.#deps.pipeline.admission() ?? this.#overload();
  }

  /** Asked for each new call before anything is kept of it. */
  #admit(request: SipRequest, address: string): Refusal | undefined {
    const refusal = this.#overload() ?? this.#crowd(this.#secondary(address, request));
    if (refusal !== undefined) this.#deps.turnedAway?.("overload", address);
    return refusal;
  }

  /** Refused before anything is read of the call: the machine has enough to do, or no ports for its sound. */
  #overload(): Refusal | undefined {
    return this.#calls.size >= this.#deps.config.maxCalls || this.#deps.sound()?.portsTaken === true ? { status: 503, retryAfter: RETRY_AFTER } : undefined;
  }

  /** Refused in the same way: those who were let in wait for too long. */
  #crowd(stranger: boolean): Refusal | undefined {
    if (stranger ? this.#gate.openToStrangers : this.#gate.open) return undefined;
    this.#overloads++;
    const { clock, log } = this.#deps;
    const now = clock.monotonic();
    if (stranger) {
      this.#strangersRefused++;
      if (now - this.#strangersWarnedAt >= WARN_EVERY_MS) {
        this.#strangersWarnedAt = now;
        log.warn({ refused: this.#strangersRefused }, "calls of unknown sources come in faster than they are served; those are refused first");
      }
      return { status: 503, retryAfter: RETRY_SOON };
    }
    this.#overloadedAt = now;
    if (now - this.#warnedAt >= WARN_EVERY_MS) {
      this.#warnedAt = now;
      log.warn({ code: sipErrors.OVERLOADED.code, settingUp: this.#gate.size, refused: this.#overloads }, "calls come in faster than they can be set up; more are refused");
    }
    return { status: 503, retryAfter: RETRY_SOON };
  }

  /** Whether nothing shows that the sender of this is where it says: no trunk's source, no phone's, and no account was proved there. */
  #stranger(address: string, request?: SipRequest): boolean {
    const { trunks, knows } = this.#deps;
    return trunks.bySource(address) === undefined && knows?.(address, request) !== true;
  }

  /** Whether calls of this sender give way to others': a stranger's do, unless strangers are all whom the hotline is there for. */
  #secondary(address: string, request: SipRequest): boolean {
    const { config, trunks } = this.#deps;
    return !(config.allowAnonymous && trunks.trunks.length === 0) && this.#stranger(address, request);
  }

  #onInvite(invite: IncomingInvite): void {
    const setup = this.#gate.enter(this.#secondary(invite.source.address, invite.request));
    void invite.closed.then(() => setup.done());
    this.#arrive(invite, setup).catch((error: unknown) => {
      this.#deps.log.error({ err: error, sipCallId: invite.request.callId }, "an incoming call could not be taken");
      invite.reject({ status: 500 });
    });
  }

  async #arrive(invite: IncomingInvite, setup: Setup): Promise<void> {
    const { request, source } = invite;
    const { ids, pipeline } = this.#deps;
    const caller = await this.#policy.identify(request, source);
    if (caller.kind === "refused") {
      invite.reject(caller.response);
      const { status } = caller.response;
      const unknown = (await caller.note?.()) === true;
      return unknown || status !== 401 ? this.#refusals.note(source.address, unknown ? 403 : status) : undefined;
    }
    if (invite.state === "closed") return;
    if (caller.kind === "account" && this.#deps.guard?.accountMay(caller.account, source.address) === false) return invite.reject({ status: 503, retryAfter: 2 });
    if (request.headers.has("replaces")) return this.#replace(invite, caller);
    // The caller may have had to wait for the directory: ask again.
    const closed = this.#admission() ?? (caller.kind === "trunk" ? switchedOff(caller.trunk) : undefined);
    const limited = closed === undefined && caller.kind === "trunk" && !caller.trunk.admits(this.#deps.clock.monotonic());
    const release = closed !== undefined || limited ? undefined : caller.kind === "trunk" ? caller.trunk.take() : () => undefined;
    const via: Call["via"] = caller.kind === "account" ? { kind: "account", key: caller.account } : { kind: "trunk", key: caller.kind === "trunk" ? caller.trunk.key : caller.kind === "guest" ? "web" : "anonymous" };
    const trusted = caller.kind === "trunk" && caller.trunk.config.trustIdentity;
    const rules = caller.kind === "trunk" ? caller.trunk.config.rewriteInbound : [];
    const from = caller.kind === "guest" ? NOBODY : ours(callingParty(request, trusted), rules, "caller");
    const to = ours(calledParty(request), rules, "called");
    if (release === undefined) {
      const refusal = closed ?? (limited ? { status: 503, retryAfter: 1 } : { status: 486 });
      // A citizen on a carrier's trunk is known by number; whoever else knocks is not written down.
      if (caller.kind === "trunk") pipeline.turnedAway({ from, to, via }, refusal.status);
      return invite.reject(refusal);
    }
    let call: InboundCall;
    try {
      call = new InboundCall(
        this.#environment(via),
        { id: ids.next(), direction: "inbound", from, to, via, attributes: attributesOf(request, source, rules) },
        invite,
        setup,
      );
      if (!call.negotiate()) return release();
    } catch (error) {
      release();
      throw error;
    }
    this.#watch(call, release);
    pipeline.arrive(call);
  }

  /** An INVITE that takes the place of a call there is: that of the same account or trunk, whose phone moved it elsewhere. */
  #replace(invite: IncomingInvite, caller: Caller): void {
    const wanted = readReplaces(invite.request);
    if (wanted === undefined) return invite.reject({ status: 400, reason: "Bad Replaces" });
    const call = this.#replaced(wanted) ?? [...this.#calls].find((each) => each.ringsThere(wanted));
    const via = call?.via ?? this.#ended.viaOf(wanted);
    if (via === undefined) return invite.reject({ status: 481 });
    const same = (caller.kind === "account" && via.kind === "account" && via.key === caller.account) || (caller.kind === "trunk" && via.kind === "trunk" && via.key === caller.trunk.key);
    if (!same) return invite.reject({ status: 403 });
    if (call === undefined) return invite.reject({ status: 603 });
    if (wanted.earlyOnly && call.state === "answered") return invite.reject({ status: 486 });
    this.#deps.log.info({ callId: call.id, from: invite.source.address }, "another place takes over a call");
    if (call.ringsThere(wanted)) call.pickUp(invite);
    else call.takeOver(invite);
  }

  #replaced(wanted: Replaces): SipCall | undefined {
    const session = this.#agent?.session(wanted.callId, wanted.localTag, wanted.remoteTag);
    return [...this.#calls].find((call) => (session === undefined ? call.ringsAs(wanted) : call.owns(session)));
  }

  #onRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method === "OPTIONS") {
      // A carrier that asks sends its calls elsewhere then.
      const closed = this.#admission() ?? switchedOff(this.#deps.trunks.bySource(incoming.source.address));
      // Without an answer of ours the stack sends 200 with what we can do.
      if (closed !== undefined) incoming.respond(closed);
      return;
    }
    if (request.method === "MESSAGE") return this.#message(incoming, this.#deps.trunks.bySource(incoming.source.address));
    if (request.method !== "REGISTER") return incoming.respond({ status: 405 });
    register(this.#deps, incoming, this.#own.is).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, "a registration could not be carried out");
      incoming.respond({ status: 500 });
    });
  }

  /** A short message, of a carrier alone. Phones send none: what staff write belongs on the desk, where it is kept; nothing is passed from phone to phone. */
  #message(incoming: IncomingRequest, trunk: Trunk | undefined): void {
    if (trunk === undefined || !trunk.config.messages || this.#messages === undefined) return incoming.respond({ status: 405 });
    const closed = this.#admission() ?? switchedOff(trunk);
    if (closed !== undefined) return incoming.respond(closed);
    void this.#messages.take(incoming, trunk);
  }

  #watch(call: SipCall, release: () => void): void {
    this.#calls.add(call);
    void call.ended.then(() => {
      this.#calls.delete(call);
      release();
    });
  }

  #environment(via: Call["via"]): CallEnvironment {
    const { clock, log, config, journal, media } = this.#deps;
    const trunk = via.kind === "trunk" ? config.trunks.find(({ key }) => key === via.key) : undefined;
    return {
      clock,
      log,
      media,
      codecs: config.codecs,
      mediaBindAddress: undefined,
      advertisedAddress: this.#own.advertised,
      mediaTimeoutMs: config.mediaTimeoutMs,
      browserTimeoutMs: config.browserTimeoutMs,
      srtp: trunk?.srtp ?? config.srtp,
      comfortNoise: trunk?.comfortNoise ?? config.comfortNoise,
      rtcpXr: config.rtcpXr,
      isOwn: this.#own.is,
      lookup: this.#deps.lookup ?? (async (host) => (await lookup(host)).address),
      dtmf: trunk?.dtmf ?? "media",
      ringTimeoutMs: config.ringTimeoutMs,
      onDialog: (callId, snapshot) => journal?.dialog(callId, snapshot),
      dialogEnded: (dialog, whose) => this.#ended.add(dialog, whose),
      ...(trunk?.messages === true ? { messageArrived: (incoming: IncomingRequest) => this.#message(incoming, this.#deps.trunks.byKey(trunk.key)) } : {}),
      callReplaced: (replaces) => this.#replaced(replaces),
      endedLately: (dialog) => this.#ended.viaOf(dialog) !== undefined,
      absoluteUri: (target) => this.#dialer.absoluteUri(target, via),
    };
  }
}

/** What callers by a trunk get that people have disabled. */
function switchedOff(trunk: Trunk | undefined): Refusal | undefined {
  return trunk?.enabled === false ? { status: 503, retryAfter: RETRY_AFTER } : undefined;
}
