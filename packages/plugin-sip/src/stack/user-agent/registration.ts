import { deferred } from "../deferred.js";
import { parseNameAddr, requireNameAddr } from "../grammar/name-addr.js";
import { uriEquals, uriUser } from "../grammar/uri.js";
import type { SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { UaContext } from "./context.js";
import { OutOfDialogRequest } from "./out-of-dialog-request.js";
import type { RequestOutcome } from "./session-types.js";
import type { RegisterOptions, Registration, RegistrationState } from "./types.js";

const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;

/** Keeps a binding at a registrar (RFC 3261 section 10.2). */
export class StackRegistration implements Registration {
  readonly #context: UaContext;
  readonly #options: RegisterOptions;
  readonly #first = deferred<RequestOutcome>();
  readonly #callId: string;
  readonly #user: string;
  readonly #forget: () => void;
  #seq = 0;
  #expires: number;
  #retry = FIRST_RETRY_MS;
  #timer: QueuedTimer | undefined;
  #contact = "";
  #removed: Promise<RequestOutcome> | undefined;
  #running: Promise<RequestOutcome> | undefined;
  #state: RegistrationState = { status: "registering" };

  /** `removed` hears when the registration has ended for good. */
  constructor(context: UaContext, options: RegisterOptions, removed: (registration: StackRegistration) => void) {
    this.#forget = () => removed(this);
    this.#context = context;
    this.#options = options;
    this.#callId = context.random.id(24);
    this.#user = options.contactUser ?? uriUser(requireNameAddr(options.aor).parsedUri());
    this.#expires = options.expires ?? 300;
    void this.refresh().then((outcome) => this.#first.resolve(outcome));
  }

  get state(): RegistrationState {
    return this.#state;
  }

  get first(): Promise<RequestOutcome> {
    return this.#first.promise;
  }

  refresh(): Promise<RequestOutcome> {
    if (this.#removed !== undefined) return Promise.resolve({ status: 481, cause: "ended" });
    return (this.#running ??= this.#send(this.#expires).then((outcome) => {
      this.#running = undefined;
      return this.#registered(outcome);
    }));
  }

  unregister(): Promise<RequestOutcome> {
    if (this.#removed !== undefined) return this.#removed;
    this.#timer?.cancel();
    const before = this.#running ?? Promise.resolve();
    this.#removed = before.then(() => this.#send(0)).then((outcome) => {
      this.#forget();
      this.#change({ status: "removed", outcome });
      return outcome;
    });
    return this.#removed;
  }

  /** The user agent closes. */
  stop(): void {
    this.#timer?.cancel();
  }

  #send(expires: number): Promise<RequestOutcome> {
    const { registrar, aor, route, destination, transport, headers, context, onChallenge } = this.#options;
    const request = new OutOfDialogRequest(this.#context, {
      method: "REGISTER", uri: registrar, from: aor, to: aor, contactUser: this.#user, callId: this.#callId, route, destination, transport, context, onChallenge,
      headers: { ...headers, Expires: String(expires) },
    }, () => ++this.#seq, (contact) => {
      this.#contact = contact;
    });
    return request.send();
  }

  #registered(outcome: RequestOutcome): RequestOutcome {
    if (this.#removed !== undefined) return outcome;
    const minimum = Number(outcome.response?.headers.get("min-expires") ?? Number.NaN);
    if (outcome.status === 423 && minimum > this.#expires && minimum <= 86_400) {
      this.#expires = minimum;
      this.#schedule(0);
      return outcome;
    }
    if (outcome.status < 300 && outcome.response !== undefined) {
      const granted = this.#granted(outcome.response);
      this.#retry = FIRST_RETRY_MS;
      this.#change({ status: "registered", expiresAt: this.#context.now() + granted * 1000, outcome });
      // Early enough for a whole retransmission cycle before the binding runs out.
      this.#schedule(granted > 70 ? (granted - 35) * 1000 : granted * 500);
    } else {
      this.#change({ status: "failed", outcome });
      if (outcome.cause === "stopped") return outcome;
      const asked = Number.parseInt(outcome.response?.headers.get("retry-after") ?? "", 10) * 1000;
      this.#schedule(Math.max(this.#retry, Math.min(Number.isNaN(asked) ? 0 : asked, 3_600_000)));
      this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY_MS);
    }
    return outcome;
  }

  /** Lifetime in seconds that the registrar granted to our Contact (section 10.2.4). */
  #granted(response: SipResponse): number {
    let granted = Number.parseInt(response.headers.get("expires") ?? "", 10);
    try {
      const own = parseNameAddr(this.#contact).parsedUri();
      for (const contact of response.contacts()) {
        const expires = contact.params.get("expires");
        if (expires !== undefined && uriEquals(contact.parsedUri(), own)) granted = Number.parseInt(expires, 10);
      }
    } catch (error) {
      this.#context.log.debug("Contact of a registrar cannot be read", { error: (error as Error).message });
    }
    return Number.isInteger(granted) && granted > 0 ? Math.min(granted, 86_400) : this.#expires;
  }

  #schedule(ms: number): void {
    this.#timer?.cancel();
    if (this.#context.stopping) return;
    this.#timer = this.#context.timers.start(ms, () => void this.refresh());
  }

  #change(state: RegistrationState): void {
    this.#state = state;
    this.#context.guard("registration handler", () => this.#options.changed?.(state));
  }
}

