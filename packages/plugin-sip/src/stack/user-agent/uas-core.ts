import { dialogKey, recordRoutes } from "../dialog/dialog.js";
import { printable } from "../log.js";
import { type SipRequest, type SipResponse } from "../message/message.js";
import type { Problem } from "../message/parser.js";
import type { TransactionUser } from "../transaction/types.js";
import type { MessageSource } from "../transport/types.js";
import type { UaContext } from "./context.js";
import { StackIncomingInvite } from "./incoming-invite.js";
import { StackIncomingRequest } from "./incoming-request.js";
import { LateAnswers } from "./late-answers.js";
import { unsupportedOptions } from "./message-parts.js";
import { RefusedLately } from "./refused-lately.js";
import { tooShort } from "./session-timer.js";
import type { Refusal, UserAgentOptions } from "./types.js";

/** Methods that only make sense within a dialog. */
const DIALOG_ONLY = new Set(["BYE", "INFO", "UPDATE", "PRACK"]);
/** Methods the stack understands within dialogs. */
export const DIALOG_METHODS: readonly string[] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "PRACK", "UPDATE", "REFER", "NOTIFY"];

/** Told to who is turned away since too many wait for their answer, in seconds. */
const SHED_RETRY_SECONDS = 5;

/** Counters that the core keeps. */
export interface CoreCounters {
  refused: number;
  dropped: number;
  /** Of `refused`: there were too many under way. */
  shed: number;
}

/** Takes requests from the transaction layer, checks them (RFC 3261 section 8.2) and finds whom they are for. */
export class UasCore implements TransactionUser {
  readonly counters: CoreCounters = { refused: 0, dropped: 0, shed: 0 };
  readonly #context: UaContext;
  readonly #options: UserAgentOptions;
  readonly #methods: ReadonlySet<string>;
  readonly #late: LateAnswers;
  #refused: RefusedLately<Refusal> | undefined;

  constructor(context: UaContext, options: UserAgentOptions, methods: readonly string[]) {
    this.#context = context;
    this.#late = new LateAnswers(context);
    this.#options = options;
    this.#methods = new Set(methods);
  }

  request(request: SipRequest, source: MessageSource): void {
    if (request.method === "CANCEL") {
      // It names an INVITE there is not (section 9.2). Whatever its To tag says, it is no request of a dialog.
      if (this.#welcome(request, source)) this.#refuse(request, source, 481);
      return;
    }
    const toTag = request.to.tag;
    if (toTag !== undefined) {
      this.#inDialog(request, source, toTag);
      return;
    }
    if (!this.#welcome(request, source)) return;
    const refusal = this.#check(request);
    if (refusal !== undefined) {
      this.#refuse(request, source, refusal.status, refusal.reason, refusal.header);
      return;
    }
    if (request.method === "INVITE") this.#invite(request, source);
    else this.#other(request, source);
  }

  ack(request: SipRequest, source: MessageSource): void {
    const owner = this.#context.dialogs.get(dialogKey(request.callId, request.to.tag ?? "", request.from.tag ?? ""));
    if (owner === undefined) this.counters.dropped++;
    else owner.ack(request);
    void source;
  }

  malformed(request: SipRequest, source: MessageSource, problem: Problem): void {
    this.#context.log.debug("malformed request", { method: printable(request.method, 20), why: problem.reason, from: source.address, port: source.port });
    if (request.method === "ACK") this.counters.dropped++;
    else if (this.#welcome(request, source)) this.#refuse(request, source, problem.status, problem.reason);
  }

  stray(response: SipResponse, source: MessageSource): void {
    if ((this.#options.known?.(source.address) ?? true) && this.#late.take(response, source)) return;
    this.counters.dropped++;
    this.#context.log.debug("stray response", { status: response.status, callId: printable(response.callId) });
  }

  #inDialog(request: SipRequest, source: MessageSource, toTag: string): void {
    const owner = this.#context.dialogs.get(dialogKey(request.callId, toTag, request.from.tag ?? ""));
    if (owner !== undefined) {
      owner.receive(request, source);
      return;
    }
    // A made-up tag opens no door that is shut for requests without one.
    if (!this.#welcome(request, source)) return;
    // After a restart OPTIONS and REGISTER may still carry a tag we do not know.
    if (request.method === "REGISTER" && this.#methods.has("REGISTER")) this.#other(request, source);
    else if (!this.#known(request.method)) this.#refuse(request, source, 405);
    else this.#refuse(request, source, 481);
  }

  #known(method: string): boolean {
    return this.#methods.has(method) || DIALOG_METHODS.includes(method);
  }

  /** What the filter says of a request outside of our dialogs; false: it is dropped, or refused by now. */
  #welcome(request: SipRequest, source: MessageSource): boolean {
    const filtered = this.#filtered(request, source);
    if (filtered === undefined) return true;
    if (filtered === "drop" || request.method === "ACK") this.counters.dropped++;
    else this.#turnAway(request, source, filtered);
    return false;
  }

  #filtered(request: SipRequest, source: MessageSource): "drop" | Refusal | undefined {
    if (this.#options.filter === undefined) return undefined;
    let verdict: "drop" | Refusal | undefined;
    this.#context.guard("filter", () => {
      verdict = this.#options.filter?.(request, source);
    });
    return verdict;
  }

  #turnAway(request: SipRequest, source: MessageSource, { status, reason, retryAfter }: Refusal): void {
    this.#refuse(request, source, status, reason, retryAfter === undefined ? undefined : ["Retry-After", String(Math.max(0, Math.ceil(retryAfter)))]);
  }

  /** The checks of section 8.2 in their order. */
  #check(request: SipRequest): { readonly status: number; readonly reason?: string; readonly header?: readonly [string, string] } | undefined {
    const { method } = request;
    const context = this.#context;
    if (!this.#known(method)) return { status: 405 };
    if (DIALOG_ONLY.has(method)) return { status: 481 };
    if (context.stopping) return { status: 503 };
    if (method !== "INVITE" && method !== "OPTIONS" && !this.#methods.has(method)) return { status: method === "REFER" || method === "NOTIFY" ? 481 : 405 };
    const { scheme } = request.parsedUri();
    if (scheme !== "sip" && scheme !== "sips" && scheme !== "tel") return { status: 416 };
    const bad = unsupportedOptions(request, context.supported);
    if (bad.length > 0) return { status: 420, header: ["Unsupported", bad.join(", ")] };
    // Max-Forwards may be 0: it has arrived (RFC 4475 section 3.3.11).
    if (method !== "INVITE") return undefined;
    const least = tooShort(context, request);
    return badInvite(request) ?? (least === undefined ? undefined : { status: 422, header: ["Min-SE", String(least)] });
  }

  #invite(request: SipRequest, source: MessageSource): void {
    const refusal = this.#admitted(request, source);
    if (refusal !== undefined) {
      this.#turnAway(request, source, refusal);
      return;
    }
    const transaction = this.#context.transactions.serveInvite(request, source);
    const incoming = new StackIncomingInvite(this.#context, request, source, transaction);
    if (!this.#context.guard("onInvite", () => this.#options.onInvite(incoming)) && (incoming.state === "trying" || incoming.state === "ringing")) incoming.reject({ status: 500 });
  }

  #admitted(request: SipRequest, source: MessageSource): Refusal | undefined {
    const { admission } = this.#options;
    if (admission === undefined) return undefined;
    const context = this.#context;
    const refused = (this.#refused ??= new RefusedLately(context.transactions.values.t64, () => context.timers.now()));
    const call = `${request.via.params.get("branch") ?? ""} ${request.callId} ${request.from.tag ?? ""} ${request.cseq.seq}`;
    const before = refused.get(call);
    if (before !== undefined) return before;
    let refusal: Refusal | undefined;
    context.guard("admission", () => {
      refusal = admission(request, source);
    });
    if (refusal !== undefined) refused.add(call, refusal);
    return refusal;
  }

  #other(request: SipRequest, source: MessageSource): void {
    if (!this.#context.transactions.mayServe(source)) {
      this.counters.shed++;
      this.#options.turnedAway?.("shed", source.address);
      this.#turnAway(request, source, { status: 503, retryAfter: SHED_RETRY_SECONDS });
      return;
    }
    const transaction = this.#context.transactions.serve(request, source);
    const incoming = new StackIncomingRequest(this.#context, request, source, transaction, this.#context.random.id(12));
    const { onRequest } = this.#options;
    if (onRequest !== undefined) {
      if (request.method !== "OPTIONS") {
        incoming.serve("onRequest", () => onRequest.call(this.#options, incoming));
        return;
      }
      if (!this.#context.guard("onRequest", () => onRequest.call(this.#options, incoming))) incoming.respond({ status: 500 });
    }
    if (!incoming.answered) incoming.respond({ status: 200, headers: { Allow: this.#context.allow, Accept: "application/sdp", Supported: this.#context.supported.join(", ") } });
  }

  #refuse(request: SipRequest, source: MessageSource, status: number, reason?: string, header?: readonly [string, string]): void {
    this.counters.refused++;
    this.#context.transactions.replyStateless(request, source, status, reason === undefined ? undefined : reason.replace(/[^\x20-\x7e]/g, "?"), (response) => {
      response.headers.append("server", this.#context.userAgentHeader);
      if (status === 405) response.headers.append("allow", this.#context.allow);
      if (header !== undefined) response.headers.add(header[0], header[1]);
    });
  }
}

/** An INVITE without one usable Contact cannot make a dialog (section 8.1.1.8). */
function badInvite(request: SipRequest): { readonly status: number; readonly reason: string } | undefined {
  try {
    const contacts = request.contacts();
    if (contacts.length !== 1) return { status: 400, reason: "INVITE needs one Contact" };
    const { scheme } = (contacts[0] as (typeof contacts)[0]).parsedUri();
    if (scheme !== "sip" && scheme !== "sips") return { status: 400, reason: "Bad Contact" };
    recordRoutes(request);
  } catch {
    return { status: 400, reason: "Bad Contact or Record-Route" };
  }
  return undefined;
}
