import { SipError } from "../errors.js";
import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import { InviteClientTransaction } from "../transaction/invite-client-transaction.js";
import type { NonInviteClientTransaction } from "../transaction/non-invite-client-transaction.js";
import type { Destination, MessageSource, Transport } from "../transport/types.js";
import type { UaContext } from "./context.js";
import type { RequestOutcome } from "./session-types.js";
import type { ChallengeHandler } from "./types.js";

/** RFC 3261 section 18.1.1. */
const LARGE_REQUEST_BYTES = 1_300;
const MAX_CHALLENGES = 3;
/** Part of timer B after which the next of several destinations is tried, when this one has said nothing at all: 4 s. */
const FAILOVER_PART = 8;

/** Who asked for the request. `done` comes exactly once; `success` (INVITE only) as often as a 2xx does, before and after it. */
export interface SenderUser {
  /** A request goes out; `last`: to the last place known. */
  trying?(last: boolean): void;
  provisional?(response: SipResponse, source: MessageSource): void;
  /** A 2xx to an INVITE. The first also makes `done`. */
  success?(response: SipResponse, source: MessageSource, request: SipRequest): void;
  done(outcome: RequestOutcome, request: SipRequest | undefined): void;
  /** The last transaction is gone: no 2xx will come any more. */
  finished?(): void;
}

export interface SenderOptions {
  /** Makes the request anew, with the next CSeq and without Via, for each attempt. */
  build(): SipRequest;
  /** Fills in what depends on the way out (Contact). */
  prepare?(request: SipRequest, destination: Destination): void;
  readonly destinations: readonly Destination[] | Promise<readonly Destination[]>;
  /** The one destination is where the peer came from, perhaps behind NAT: a large request is not sent over TCP. */
  readonly pinned?: boolean;
  readonly user: SenderUser;
  /** Asked at each refusal: true sends the request again, which `build` makes otherwise now. */
  retry?(response: SipResponse): boolean;
  /** Whether it was given up meanwhile: then nothing is sent anew, by challenge or to another place. */
  given?(): boolean;
  readonly onChallenge?: ChallengeHandler;
  readonly challengeContext?: unknown;
}

/**
 * Brings one request to its end: tries the destinations one after the other, answers challenges, and turns
 * whatever happens into one outcome.
 */
export class RequestSender {
  readonly #context: UaContext;
  readonly #options: SenderOptions;
  readonly #credentials = new Map<string, string>();
  #destinations: readonly Destination[] = [];
  #next = 0;
  #attempts = 0;
  #done = false;
  #finished = false;
  #transaction: InviteClientTransaction | NonInviteClientTransaction | undefined;
  #request: SipRequest | undefined;
  #patience: QueuedTimer | undefined;

  constructor(context: UaContext, options: SenderOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** The INVITE transaction under way. */
  get invite(): InviteClientTransaction | undefined {
    return this.#transaction instanceof InviteClientTransaction ? this.#transaction : undefined;
  }

  start(): void {
    this.#context.senders.add(this);
    const { destinations } = this.#options;
    if (!("then" in destinations)) {
      this.#destinations = this.#ordered(destinations);
      this.#attempt();
      return;
    }
    destinations.then(
      (found) => {
        if (this.#done) return;
        this.#destinations = this.#ordered(found);
        this.#attempt();
      },
      (cause: unknown) => {
        const error = cause instanceof SipError ? cause : new SipError("SIP_UNRESOLVED", "destination cannot be resolved", {}, cause);
        this.#end({ status: 503, cause: "transport", error });
        this.#finish();
      },
    );
  }

  /** Those that failed a short time ago come last. */
  #ordered(found: readonly Destination[]): readonly Destination[] {
    if (found.length < 2) return found;
    const { transports } = this.#context;
    const failed = found.filter((each) => transports.hasFailed(each));
    return failed.length === 0 ? found : [...found.filter((each) => !failed.includes(each)), ...failed];
  }

  /** Gives up at once; a transaction under way goes on in the background. */
  abort(cause: "ended" | "stopped", status = 503): void {
    this.#end({ status, cause });
    if (this.#transaction === undefined) this.#finish();
  }

  #attempt(): void {
    const destination = this.#destinations[this.#next];
    if (destination === undefined) {
      this.#end({ status: 503, cause: "transport", error: new SipError("SIP_NO_TRANSPORT", "no destination") });
      this.#finish();
      return;
    }
    const request = this.#options.build();
    this.#request = request;
    for (const [header, value] of this.#credentials) request.headers.append(header, value);
    this.#send(request, destination, this.#wantsTcp(request, destination));
  }

  #wantsTcp(request: SipRequest, destination: Destination): boolean {
    if (this.#context.largeRequests !== "tcp" || destination.kind !== "udp" || this.#options.pinned === true) return false;
    if (request.toBuffer().length <= LARGE_REQUEST_BYTES - 120) return false;
    const tcp: Destination = { ...destination, kind: "tcp", local: undefined };
    return this.#context.transportFor(tcp) !== undefined && !this.#context.transports.hasFailed(tcp);
  }

  #send(request: SipRequest, wanted: Destination, overTcp: boolean): void {
    const destination: Destination = overTcp ? { ...wanted, kind: "tcp", local: undefined } : wanted;
    const transport = this.#context.transportFor(destination);
    if (transport === undefined) {
      this.#unsent(new SipError("SIP_NO_TRANSPORT", `no transport for ${destination.kind} ${destination.host}:${destination.port}`, { host: destination.host, port: destination.port }));
      return;
    }
    this.#options.prepare?.(request, destination);
    this.#context.transactions.stamp(request, transport, destination);
    this.#run(request, destination, transport, overTcp ? wanted : undefined);
  }

  #run(request: SipRequest, destination: Destination, transport: Transport, fallBack: Destination | undefined): void {
    const { transactions } = this.#context;
    this.#options.user.trying?.(this.#next + 1 >= this.#destinations.length);
    const user = {
      response: (response: SipResponse, source: MessageSource) => {
        this.#patience?.cancel();
        this.#response(request, response, source);
      },
      timeout: () => this.#timeout(),
      transportError: (error: SipError) => {
        this.#transaction = undefined;
        if (fallBack === undefined || this.#done) {
          this.#unsent(error);
          return;
        }
        this.#context.transports.noteFailure(destination);
        // Over TCP nobody listened: a fragmented datagram is better than none (RFC 3261 section 18.1.1).
        request.headers.remove("via");
        request.forgetParsed();
        this.#send(request, fallBack, false);
      },
      terminated: () => this.#terminated(transaction),
    };
    const transaction: InviteClientTransaction | NonInviteClientTransaction =
      request.method === "INVITE" ? transactions.invite(request, destination, transport.reliable, user) : transactions.request(request, destination, transport.reliable, user);
    if (transaction.state === "terminated") return;
    this.#transaction = transaction;
    if (this.#next + 1 < this.#destinations.length && fallBack === undefined) this.#patience = this.#context.timers.start(transactions.values.t64 / FAILOVER_PART, () => transaction.abandon());
  }

  #response(request: SipRequest, response: SipResponse, source: MessageSource): void {
    const { status } = response;
    if (status < 200) {
      this.#options.user.provisional?.(response, source);
      return;
    }
    if (status < 300) {
      if (request.method === "INVITE") this.#options.user.success?.(response, source, request);
      this.#end({ status, cause: "response", response, source });
      return;
    }
    if (this.#done) return;
    if (this.#options.given?.() === true) {
      this.#end({ status, cause: "response", response, source });
      return;
    }
    if ((status === 401 || status === 407) && this.#challenged(request, response, source)) return;
    if (this.#options.retry?.(response) === true) {
      this.#transaction = undefined;
      this.#attempt();
      return;
    }
    if (status === 503 && this.#next + 1 < this.#destinations.length) {
      this.#failedHere();
      this.#next++;
      this.#transaction = undefined;
      this.#attempt();
      return;
    }
    this.#end({ status, cause: "response", response, source });
  }

  /** Asks for credentials; false when there is nobody to ask or it has been asked too often. */
  #challenged(request: SipRequest, response: SipResponse, source: MessageSource): boolean {
    const handler = this.#options.onChallenge ?? this.#context.onChallenge;
    const proxy = response.status === 407;
    const challenges = response.headers.all(proxy ? "proxy-authenticate" : "www-authenticate");
    if (handler === undefined || challenges.length === 0 || this.#attempts >= MAX_CHALLENGES) return false;
    const attempt = ++this.#attempts;
    const header = proxy ? "Proxy-Authorization" : "Authorization";
    const refuse = (): void => this.#end({ status: response.status, cause: "response", response, source });
    const answer = (credentials: string | undefined): void => {
      if (this.#done) {
        if (this.#transaction === undefined) this.#finish();
        return;
      }
      if (credentials === undefined || /[\r\n\0]/.test(credentials)) {
        refuse();
        if (this.#transaction === undefined) this.#finish();
        return;
      }
      this.#credentials.set(header.toLowerCase(), credentials);
      this.#transaction = undefined;
      this.#attempt();
    };
    try {
      const answered = handler({ response, request, challenges, header, attempt, context: this.#options.challengeContext, source });
      if (answered === undefined || typeof answered === "string") answer(answered);
      else {
        answered.then(answer, (error: unknown) => {
          this.#context.log.error("challenge handler failed", { error: error instanceof Error ? error.message : String(error) });
          answer(undefined);
        });
      }
    } catch (error) {
      this.#context.log.error("challenge handler failed", { error: error instanceof Error ? error.message : String(error) });
      answer(undefined);
    }
    return true;
  }

  #timeout(): void {
    this.#transaction = undefined;
    this.#failedHere();
    if (!this.#done && this.#options.given?.() !== true && this.#next + 1 < this.#destinations.length) {
      this.#next++;
      this.#attempt();
      return;
    }
    this.#end({ status: 408, cause: "timeout" });
    this.#finish();
  }

  #failedHere(): void {
    const destination = this.#destinations[this.#next];
    if (destination !== undefined && destination.flow === undefined && this.#destinations.length > 1) this.#context.transports.noteFailure(destination);
  }

  #unsent(error: SipError): void {
    this.#failedHere();
    if (!this.#done && this.#options.given?.() !== true && this.#next + 1 < this.#destinations.length) {
      this.#next++;
      this.#attempt();
      return;
    }
    this.#end({ status: 503, cause: "transport", error });
    this.#finish();
  }

  #terminated(transaction: InviteClientTransaction | NonInviteClientTransaction): void {
    if (this.#transaction !== transaction) return;
    this.#transaction = undefined;
    if (this.#done) this.#finish();
    else if (this.#context.stopping) {
      this.#end({ status: 503, cause: "stopped" });
      this.#finish();
    }
  }

  #end(outcome: RequestOutcome): void {
    if (this.#done) return;
    this.#patience?.cancel();
    this.#done = true;
    this.#options.user.done(outcome, this.#request);
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#context.senders.delete(this);
    this.#options.user.finished?.();
  }
}
