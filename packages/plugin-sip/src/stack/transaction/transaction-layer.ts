import type { SipError } from "../errors.js";
import type { StackLog } from "../log.js";
import { buildResponse } from "../message/build.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { Problem } from "../message/parser.js";
import type { RandomSource } from "../random.js";
import type { TimerQueue } from "../timer-queue.js";
import { responseDestination, type TransportLayer } from "../transport/transport-layer.js";
import type { Destination, MessageSource, Transport } from "../transport/types.js";
import { InviteClientTransaction } from "./invite-client-transaction.js";
import { InviteServerTransaction } from "./invite-server-transaction.js";
import { NonInviteClientTransaction } from "./non-invite-client-transaction.js";
import { NonInviteServerTransaction } from "./non-invite-server-transaction.js";
import { ServerBounds, type ServerLimits } from "./server-bounds.js";
import type { TimerValues } from "./timer-values.js";
import type { ClientTransactionUser, TransactionContext, TransactionCounters, TransactionUser } from "./types.js";

type ClientTransaction = InviteClientTransaction | NonInviteClientTransaction;
type ServerTransaction = InviteServerTransaction | NonInviteServerTransaction;

const MAGIC = "z9hG4bK";

/** Matches messages to transactions (RFC 3261 section 17) and makes new ones. */
export class TransactionLayer implements TransactionContext {
  readonly counters: TransactionCounters = { retransmissionsSent: 0, retransmissionsReceived: 0 };
  readonly timers: TimerQueue;
  readonly values: TimerValues;
  readonly log: StackLog;
  readonly #transports: TransportLayer;
  readonly #random: RandomSource;
  readonly #user: TransactionUser;
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** From tag, Call-ID and CSeq of requests outside of dialogs that are being served, for section 8.2.2.2. */
  readonly #merged = new Map<string, string>();
  readonly #secret: string;
  readonly #bounds: ServerBounds;

  constructor(options: { limits?: ServerLimits | undefined; timers: TimerQueue; values: TimerValues; log: StackLog; transports: TransportLayer; random: RandomSource; user: TransactionUser }) {
    this.timers = options.timers;
    this.values = options.values;
    this.log = options.log;
    this.#transports = options.transports;
    this.#random = options.random;
    this.#user = options.user;
    this.#secret = options.random.id(16);
    this.#bounds = new ServerBounds(options.limits);
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  get serverCount(): number {
    return this.#servers.size;
  }

  send(bytes: Buffer, destination: Destination, failed: (error: SipError) => void): void {
    this.#transports.send(bytes, destination, failed);
  }

  clientEnded(key: string): void {
    this.#clients.delete(key);
  }

  /** Server transactions let go before their time, since the start. */
  get forgotten(): number {
    return this.#bounds.forgotten;
  }

  /** Whether one more request other than INVITE, outside of a dialog, can be served. */
  mayServe(source: MessageSource): boolean {
    return this.#bounds.mayBegin(source.address);
  }

  serverAnswered(key: string): void {
    const transaction = this.#servers.get(key);
    if (transaction?.mergeKey !== undefined) this.#bounds.answered(transaction, transaction.destination.host);
  }

  serverEnded(key: string, mergeKey: string | undefined): void {
    const transaction = this.#servers.get(key);
    if (transaction !== undefined) this.#bounds.ended(transaction);
    this.#servers.delete(key);
    if (mergeKey !== undefined && this.#merged.get(mergeKey) === key) this.#merged.delete(mergeKey);
  }

  /** Ends all transactions at once; their users hear `terminated` or nothing. */
  terminateAll(): void {
    for (const one of [...this.#clients.values()]) one.terminate();
    for (const one of [...this.#servers.values()]) one.terminate();
  }

  /** Adds our Via in front and returns the branch. */
  stamp(request: SipRequest, transport: Transport, destination: Destination, branch?: string): string {
    const own = branch ?? MAGIC + this.#random.id(22);
    // Over a connection of ours the peer may send requests too (RFC 5923): it knows us by the certificate we show there.
    const alias = transport.kind === "tls" && destination.flow === undefined ? ";alias" : "";
    request.headers.addFirst("via", `SIP/2.0/${transport.kind.toUpperCase()} ${this.#transports.sentBy(transport, destination)};branch=${own};rport${alias}`);
    return own;
  }

  /** Sends an INVITE that already has its Via. */
  invite(request: SipRequest, destination: Destination, reliable: boolean, user: ClientTransactionUser): InviteClientTransaction {
    const key = clientKey(request);
    const transaction = new InviteClientTransaction(key, request, destination, reliable, this, user);
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  /** Sends any other request that already has its Via. */
  request(request: SipRequest, destination: Destination, reliable: boolean, user: ClientTransactionUser): NonInviteClientTransaction {
    const key = clientKey(request);
    const transaction = new NonInviteClientTransaction(key, request, destination, reliable, this, user);
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  /** Begins to serve an INVITE. */
  serveInvite(request: SipRequest, source: MessageSource): InviteServerTransaction {
    const key = serverKey(request, "INVITE");
    const mergeKey = mergeKeyOf(request);
    const transaction = new InviteServerTransaction(key, mergeKey, request, responseDestination(request, source), source.kind !== "udp", this, this.#transports.lagMs);
    this.#register(key, mergeKey, transaction);
    return transaction;
  }

  /** Begins to serve any other request. */
  serve(request: SipRequest, source: MessageSource): NonInviteServerTransaction {
    const key = serverKey(request, request.method);
    const mergeKey = mergeKeyOf(request);
    const transaction = new NonInviteServerTransaction(key, mergeKey, responseDestination(request, source), source.kind !== "udp", this);
    if (mergeKey !== undefined) this.#bounds.begun(transaction, source.address);
    this.#register(key, mergeKey, transaction);
    return transaction;
  }

  /** Answers without keeping anything (RFC 3261 section 8.2.7). The To tag is the same for each copy of the request. */
  replyStateless(request: SipRequest, source: MessageSource, status: number, reason?: string, extra?: (response: SipResponse) => void): void {
    if (request.method === "ACK") return;
    const response = this.statelessResponse(request, status, reason);
    extra?.(response);
    this.#transports.send(response.toBuffer(), responseDestination(request, source), (error) => this.log.debug("reply not sent", { error: error.message }));
  }

  statelessResponse(request: SipRequest, status: number, reason?: string): SipResponse {
    return buildResponse(request, status, reason, status === 100 ? undefined : this.#statelessTag(request));
  }

  receiveResponse(response: SipResponse, source: MessageSource): void {
    // One that went on to somebody else before it came to us (RFC 3261 section 8.1.3.3).
    if (response.headers.count("via") > 1 || (response.headers.get("via") as string).indexOf(",") >= 0) {
      this.#user.stray(response, source);
      return;
    }
    const branch = response.via.params.get("branch") ?? "";
    const transaction = this.#clients.get(branch + response.cseq.method);
    if (transaction === undefined || transaction.request.cseq.seq !== response.cseq.seq) {
      this.#user.stray(response, source);
      return;
    }
    transaction.receive(response, source);
  }

  receiveRequest(request: SipRequest, source: MessageSource, problem: Problem | undefined): void {
    if (problem !== undefined) {
      this.#user.malformed(request, source, problem);
      return;
    }
    const { method } = request;
    if (method === "ACK") {
      const invite = this.#servers.get(serverKey(request, "INVITE"));
      if (!(invite instanceof InviteServerTransaction && invite.ack())) this.#user.ack(request, source);
      return;
    }
    const known = this.#servers.get(serverKey(request, method));
    if (known !== undefined) {
      known.retransmitted();
      return;
    }
    if (method === "CANCEL") {
      this.#cancel(request, source);
      return;
    }
    const mergeKey = mergeKeyOf(request);
    if (mergeKey !== undefined && this.#merged.has(mergeKey)) {
      this.replyStateless(request, source, 482);
      return;
    }
    this.#user.request(request, source);
  }

  #cancel(request: SipRequest, source: MessageSource): void {
    const invite = this.#servers.get(serverKey(request, "INVITE"));
    if (!(invite instanceof InviteServerTransaction)) {
      // Anybody can send these: nothing is kept of them.
      this.#user.request(request, source);
      return;
    }
    this.serve(request, source).respond(buildResponse(request, 200, undefined, invite.tag ?? this.#statelessTag(request)));
    invite.cancel(request);
  }

  #register(key: string, mergeKey: string | undefined, transaction: ServerTransaction): void {
    this.#servers.set(key, transaction);
    if (mergeKey !== undefined) this.#merged.set(mergeKey, key);
  }

  /** FNV-1a over what identifies the request, salted so that nobody can foretell it. */
  #statelessTag(request: SipRequest): string {
    const text = `${this.#secret}${request.headers.get("call-id") ?? ""}${request.headers.get("from") ?? ""}${request.headers.get("cseq") ?? ""}`;
    let a = 0x811c9dc5;
    let b = 0x01234567;
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
      b = Math.imul(b ^ text.charCodeAt(i), 0x01000197);
    }
    return (a >>> 0).toString(36) + (b >>> 0).toString(36);
  }
}

function clientKey(request: SipRequest): string {
  return (request.via.params.get("branch") ?? "") + request.method;
}

/** Branch, sent-by and method; where the branch is none of RFC 3261, what RFC 2543 has instead (section 17.2.3). */
function serverKey(request: SipRequest, method: string): string {
  const { via } = request;
  const branch = via.params.get("branch") ?? "";
  const key = `${branch} ${via.host}:${via.port ?? 5060} ${method}`;
  if (branch.length > MAGIC.length && (branch.startsWith(MAGIC) || branch.toLowerCase().startsWith(MAGIC.toLowerCase()))) return key;
  return `${key} ${request.uri} ${request.cseq.seq} ${request.from.tag ?? ""} ${request.callId}`;
}

function mergeKeyOf(request: SipRequest): string | undefined {
  if (request.method === "CANCEL" || request.to.tag !== undefined) return undefined;
  return `${request.from.tag ?? ""} ${request.callId} ${request.headers.get("cseq") ?? ""}`;
}
