import { StackDialog, dialogKey } from "../dialog/dialog.js";
import type { DialogSnapshot } from "../dialog/types.js";
import { SipError } from "../errors.js";
import { escapeUser } from "../grammar/chars.js";
import { type StackLog, silentLog } from "../log.js";
import type { SipRequest } from "../message/message.js";
import { cryptoRandom, type RandomSource } from "../random.js";
import { TimerQueue } from "../timer-queue.js";
import { timerValues } from "../transaction/timer-values.js";
import { TransactionLayer } from "../transaction/transaction-layer.js";
import { DEFAULT_LIMITS } from "../transport/limits.js";
import { dnsResolver, nodeRecords } from "../transport/resolver.js";
import { TransportLayer, type TransportUser } from "../transport/transport-layer.js";
import type { Destination, Endpoint, Resolver, ResolveTarget, Transport, TransportKind } from "../transport/types.js";
import type { TlsSettings } from "../transport/tls-material.js";
import type { WsFlow, WsSocket } from "../transport/ws-transport.js";
import type { DialogOwner, UaContext } from "./context.js";
import { DialogRequests } from "./dialog-requests.js";
import type { StackIncomingInvite } from "./incoming-invite.js";
import { OutOfDialogRequest } from "./out-of-dialog-request.js";
import { StackOutgoingInvite } from "./outgoing-invite.js";
import { StackRegistration } from "./registration.js";
import type { RequestSender } from "./request-sender.js";
import { TIMER } from "./session-timer.js";
import { StackSession } from "./session.js";
import type { BodyOptions, OutgoingInvite, RequestOutcome, Session } from "./session-types.js";
import type { ChallengeHandler, InviteOptions, OutgoingRequestOptions, RegisterOptions, Registration, UserAgent, UserAgentMetrics, UserAgentOptions } from "./types.js";
import { DIALOG_METHODS, UasCore } from "./uas-core.js";

/** Requests sent after the snapshot was taken used higher CSeq numbers; this stays above them. */
const SNAPSHOT_SEQ_GAP = 1_000;
/** RFC 7118 section 5.4 knows `ws` alone, for both schemes. */
const TRANSPORT_PARAM: Readonly<Record<TransportKind, string>> = { udp: "", tcp: ";transport=tcp", tls: ";transport=tls", ws: ";transport=ws", wss: ";transport=ws" };

/**
 * Puts the layers together.
 * ```
 * created --start--> running --stop--> stopping --> stopped
 *     \___bind failed: back to created
 * ```
 */
export class StackUserAgent implements UserAgent, UaContext {
  readonly timers: TimerQueue;
  readonly random: RandomSource;
  readonly log: StackLog;
  readonly transports: TransportLayer;
  readonly transactions: TransactionLayer;
  readonly userAgentHeader: string;
  readonly allow: string;
  readonly supported: readonly string[];
  readonly sessionTimer: { readonly expires: number; readonly minSe: number } | undefined;
  readonly routing: { readonly symmetric: boolean };
  readonly largeRequests: "udp" | "tcp";
  readonly resolver: Resolver;
  readonly onChallenge: ChallengeHandler | undefined;
  readonly dialogs = new Map<string, DialogOwner>();
  readonly sessions = new Set<StackSession>();
  readonly closing = new Set<StackSession>();
  readonly incoming = new Set<StackIncomingInvite>();
  readonly outgoing = new Set<StackOutgoingInvite>();
  readonly senders = new Set<RequestSender>();
  readonly #options: UserAgentOptions;
  readonly #core: UasCore;
  readonly #registrations = new Set<StackRegistration>();
  #state: "created" | "starting" | "running" | "stopping" | "stopped" = "created";
  #stopped: Promise<void> | undefined;

  constructor(options: UserAgentOptions) {
    if (options.transports.length === 0) throw new SipError("SIP_NO_TRANSPORT", "a user agent needs a transport");
    if (/[\r\n\0]/.test(options.userAgentHeader)) throw new SipError("SIP_INVALID_HEADER", "line break in userAgentHeader");
    this.#options = options;
    this.timers = new TimerQueue(options.clock);
    this.random = options.random ?? cryptoRandom();
    this.log = options.log ?? silentLog;
    this.userAgentHeader = options.userAgentHeader;
    const { sessionTimer } = options;
    this.sessionTimer = sessionTimer === undefined ? undefined : { expires: Math.max(sessionTimer.expires, sessionTimer.minSe ?? 90, 90), minSe: Math.max(sessionTimer.minSe ?? 90, 90) };
    this.supported = [...new Set([...(options.supported ?? []).map((tag) => tag.toLowerCase()), ...(sessionTimer === undefined ? [] : [TIMER])])];
    const methods = options.methods ?? (options.onRequest === undefined ? [] : ["REGISTER"]);
    this.allow = [...new Set([...DIALOG_METHODS, ...methods])].join(", ");
    this.routing = { symmetric: options.symmetric ?? true };
    this.largeRequests = options.largeRequests ?? "udp";
    this.resolver = options.resolver ?? dnsResolver({ records: nodeRecords(options.dnsServers), kinds: () => this.transports.kinds, now: () => this.timers.now(), later: (ms, run) => this.timers.start(ms, run), random: this.random });
    this.onChallenge = options.onChallenge;
    this.#core = new UasCore(this, options, methods);
    this.transports = new TransportLayer({
      transports: options.transports, limits: { ...DEFAULT_LIMITS, ...options.limits }, timers: this.timers, log: this.log, user: this.#transportUser(), advertised: options.advertised, blocked: options.blocked?.bind(options), mayConnect: options.mayConnect?.bind(options), known: options.known?.bind(options), turnedAway: options.turnedAway?.bind(options),
    });
    this.transactions = new TransactionLayer({ timers: this.timers, values: timerValues(options.timers), log: this.log, transports: this.transports, random: this.random, user: this.#core, limits: options.serverLimits });
  }

  get endpoints(): readonly { readonly kind: TransportKind; readonly address: string; readonly port: number }[] {
    return this.transports.transports.map(({ kind, local }) => ({ kind, address: local.address, port: local.port }));
  }

  get stopping(): boolean {
    return this.#state === "stopping" || this.#state === "stopped";
  }

  async start(): Promise<void> {
    if (this.#state !== "created") throw new SipError(this.stopping ? "SIP_STOPPED" : "SIP_INVALID_STATE", `user agent is ${this.#state}`);
    this.#state = "starting";
    try {
      await this.transports.start();
    } catch (error) {
      if (!this.stopping) this.#state = "created";
      throw error;
    }
    if (this.stopping) {
      await this.transports.stop();
      throw new SipError("SIP_STOPPED", "user agent was stopped while starting");
    }
    this.#state = "running";
  }

  stop(options: { readonly graceMs?: number } = {}): Promise<void> {
    return (this.#stopped ??= this.#stop(options.graceMs ?? 2_000));
  }

  invite(options: InviteOptions): OutgoingInvite {
    this.#mustRun();
    return new StackOutgoingInvite(this, options);
  }

  async request(options: OutgoingRequestOptions): Promise<RequestOutcome> {
    this.#mustRun();
    return new OutOfDialogRequest(this, options).send();
  }

  register(options: RegisterOptions): Registration {
    this.#mustRun();
    const registration = new StackRegistration(this, options, (gone) => void this.#registrations.delete(gone));
    this.#registrations.add(registration);
    return registration;
  }

  sendByeFromSnapshot(snapshot: DialogSnapshot, options: BodyOptions = {}): Promise<RequestOutcome> {
    if (this.#state !== "running") return Promise.resolve({ status: 503, cause: "stopped" });
    const dialog = StackDialog.fromSnapshot({ ...snapshot, localSeq: snapshot.localSeq + SNAPSHOT_SEQ_GAP });
    const send = (body: BodyOptions): Promise<RequestOutcome> => new DialogRequests(this, dialog).send("BYE", body);
    let sent: Promise<RequestOutcome> | undefined;
    this.guard("BYE from a snapshot", () => {
      sent = send(options);
    });
    return sent ?? send({});
  }

  session(callId: string, localTag: string, remoteTag: string): Session | undefined {
    const owner = this.dialogs.get(dialogKey(callId, localTag, remoteTag));
    return owner instanceof StackSession && owner.state !== "ended" ? owner : undefined;
  }

  contactUri(user: string, destination: Destination): string {
    const transport = this.transports.select(destination);
    const first = transport ?? (this.transports.transports[0] as Transport);
    const at = user === "" ? "" : `${escapeUser(user)}@`;
    return `sip:${at}${this.transports.sentBy(first, destination)}${TRANSPORT_PARAM[first.kind]}`;
  }

  async locate(target: ResolveTarget): Promise<readonly Destination[]> {
    return this.resolver(target);
  }

  disconnect(address: string): void {
    this.transports.disconnect(address);
  }

  useTls(settings: TlsSettings): void {
    this.transports.useTls(settings);
  }

  acceptWebSocket(kind: "ws" | "wss", socket: WsSocket, remote: Endpoint): WsFlow | undefined {
    return this.transports.acceptWebSocket(kind, socket, remote);
  }

  handOver(flow: string, to: Destination): void {
    this.transports.handOver(flow, to);
  }

  get lagMs(): number {
    return this.transports.lagMs;
  }

  metrics(): UserAgentMetrics {
    const wire = this.transports.counters;
    return {
      sessions: this.sessions.size, dialogs: this.dialogs.size, incomingInvites: this.incoming.size, outgoingInvites: this.outgoing.size,
      clientTransactions: this.transactions.clientCount, serverTransactions: this.transactions.serverCount, timers: this.timers.size, connections: this.transports.connections, lagMs: this.transports.lagMs,
      ...wire, dropped: wire.dropped + this.#core.counters.dropped, refused: this.#core.counters.refused, shed: this.#core.counters.shed, forgotten: this.transactions.forgotten, unread: this.transports.unread, silent: this.transports.silent, ...this.transactions.counters,
    };
  }

  // What the parts of the user agent use.

  now(): number {
    return this.#options.clock.now();
  }

  defaultKind(): TransportKind {
    const { transports } = this.transports;
    return transports.some(({ kind }) => kind === "udp") ? "udp" : (transports[0] as Transport).kind;
  }

  transportFor(destination: Destination): Transport | undefined {
    return this.transports.select(destination);
  }

  sendAck(request: SipRequest, destination: Destination): { readonly bytes: Buffer; readonly destination: Destination } | undefined {
    const transport = this.transports.select(destination);
    if (transport === undefined) return undefined;
    this.transactions.stamp(request, transport, destination);
    const bytes = request.toBuffer();
    this.transports.send(bytes, destination, (error) => this.log.debug("ACK not sent", { error: error.message }));
    return { bytes, destination };
  }

  guard(what: string, run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      this.log.error(`${what} failed`, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return false;
    }
  }

  #transportUser(): TransportUser {
    return {
      request: (request, source, problem) => {
        // Nothing that comes from the network may take the process down, whatever was overlooked.
        if (!this.guard("request", () => this.transactions.receiveRequest(request, source, problem))) this.guard("reply", () => this.transactions.replyStateless(request, source, 500));
      },
      response: (response, source) => void this.guard("response", () => this.transactions.receiveResponse(response, source)),
      framingReply: (request, _source, status) => this.transactions.statelessResponse(request, status).toBuffer(),
      flowClosed: (flow) => void this.guard("connection handler", () => this.#options.onFlowClosed?.(flow)),
      failed: (error) => {
        this.log.error("transport failed", { error: error.message, ...error.details });
        this.guard("transport failure handler", () => this.#options.onTransportFailure?.(error));
      },
    };
  }

  #mustRun(): void {
    if (this.stopping) throw new SipError("SIP_STOPPED", "user agent is stopped");
    if (this.#state !== "running") throw new SipError("SIP_INVALID_STATE", "user agent is not started");
  }

  async #stop(graceMs: number): Promise<void> {
    const running = this.#state === "running";
    this.#state = "stopping";
    for (const registration of this.#registrations) registration.stop();
    if (running && graceMs > 0) {
      const waiting: Promise<unknown>[] = [];
      for (const invite of [...this.incoming]) invite.stop(false);
      for (const invite of [...this.outgoing]) {
        const needed = !invite.settled;
        invite.stop(false);
        if (needed) waiting.push(invite.gone);
      }
      for (const session of [...this.closing]) waiting.push(session.closed);
      for (const session of [...this.sessions]) waiting.push(session.bye());
      if (waiting.length > 0) await this.#atMost(graceMs, Promise.all(waiting));
    }
    for (const invite of [...this.incoming]) invite.stop(true);
    for (const invite of [...this.outgoing]) invite.stop(true);
    for (const session of [...this.sessions, ...this.closing]) session.stop();
    for (const sender of [...this.senders]) sender.abort("stopped");
    this.transactions.terminateAll();
    for (const sender of [...this.senders]) sender.abort("stopped");
    await this.transports.stop();
    this.timers.clear();
    this.dialogs.clear();
    this.#state = "stopped";
  }

  #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.timers.start(ms, resolve);
      void work.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
