import type { SipRequest, SipResponse } from "../message/message.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { UaContext } from "./context.js";
import { namesOption } from "./reliable-provisionals.js";

/** Option tag of RFC 4028. */
export const TIMER = "timer";
/** No interval may be shorter (RFC 4028 section 4). */
const SHORTEST = 90;
/** None is longer, seconds: in ms it has to fit into 31 bits, or clocks of Node run down at once. */
const LONGEST = 2_000_000;
/** A peer that says less than it may is served for as long as that is cheap: refreshes of ours are this part of the shortest interval apart (10 s). */
const CLOSEST_PART = 9;
/** The side that does not refresh ends the call so long before the interval is over, or a third of it before (section 10). */
const EARLIER = 32;
/** A refresh that fails is tried again after this part of the interval, while there is time. */
const AGAIN_PART = 8;

/** What both sides have agreed on. */
export interface TimerTerms {
  /** Session interval in seconds. */
  readonly seconds: number;
  readonly refresher: "local" | "remote";
}

/** What a 2xx of ours says. */
export interface TimerAnswer {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly terms: TimerTerms | undefined;
}

function seconds(message: SipRequest | SipResponse, header: "session-expires" | "min-se"): number | undefined {
  const text = /^\s*(\d{1,9})\s*(?:;|$)/.exec(message.headers.get(header) ?? "")?.[1];
  return text === undefined ? undefined : Math.min(Number(text), LONGEST);
}

function refresher(message: SipRequest | SipResponse): "uac" | "uas" | undefined {
  const found = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(message.headers.get("session-expires") ?? "")?.[1]?.toLowerCase();
  return found === "uac" || found === "uas" ? found : undefined;
}

/** The Min-SE to refuse a request with (422), if its interval is too short. Only a peer that knows session timers can be told so (section 9). */
export function tooShort(context: UaContext, request: SipRequest): number | undefined {
  const { sessionTimer: policy } = context;
  const wanted = seconds(request, "session-expires");
  return policy !== undefined && wanted !== undefined && wanted < policy.minSe && namesOption(request, "supported", TIMER) ? policy.minSe : undefined;
}

/** How a request that sets up or refreshes a session is answered (section 9, table 2). */
export function answerTimer(context: UaContext, request: SipRequest): TimerAnswer {
  const { sessionTimer: policy } = context;
  const wanted = seconds(request, "session-expires");
  const knows = namesOption(request, "supported", TIMER);
  if (policy === undefined || (wanted === undefined && !knows)) return { headers: [], terms: undefined };
  const least = Math.max(seconds(request, "min-se") ?? 0, SHORTEST);
  // The wish may be made shorter, never longer; one that no wish may be, of a caller that cannot be told so (422), counts as the shortest.
  const interval = wanted === undefined ? Math.max(policy.expires, least) : Math.max(Math.min(wanted, Math.max(policy.expires, least)), SHORTEST);
  const who = !knows || wanted === undefined ? "uas" : (refresher(request) ?? "uac");
  return {
    headers: [["session-expires", `${interval};refresher=${who}`], ...(knows ? [["require", TIMER] as const] : [])],
    terms: { seconds: interval, refresher: who === "uas" ? "local" : "remote" },
  };
}

/** What the 2xx to a request of ours has settled; `undefined`: the session does not expire. */
export function agreedTimer(context: UaContext, response: SipResponse): TimerTerms | undefined {
  const interval = seconds(response, "session-expires");
  if (context.sessionTimer === undefined || interval === undefined || interval === 0) return undefined;
  return { seconds: interval, refresher: refresher(response) === "uas" ? "remote" : "local" };
}

/** What we ask for. A 422 raises it. */
export class TimerWish {
  #expires: number;
  #least: number;
  #raised = 0;

  constructor(context: UaContext) {
    this.#expires = context.sessionTimer?.expires ?? 0;
    this.#least = context.sessionTimer?.minSe ?? SHORTEST;
  }

  /** Writes the wish into a request. `present`: what holds now, which a refresh keeps (section 7.4). */
  stamp(request: SipRequest, present?: TimerTerms): void {
    if (this.#expires === 0) return;
    const interval = Math.max(present?.seconds ?? this.#expires, this.#least);
    request.headers.set("session-expires", present === undefined ? String(interval) : `${interval};refresher=${present.refresher === "local" ? "uac" : "uas"}`);
    if (this.#least > SHORTEST) request.headers.set("min-se", String(this.#least));
  }

  /** Whether the request should be sent again with a longer interval (section 7.3). */
  raise(response: SipResponse): boolean {
    const least = seconds(response, "min-se");
    if (response.status !== 422 || this.#expires === 0 || least === undefined || least <= this.#least || ++this.#raised > 3) return false;
    this.#least = least;
    this.#expires = Math.max(this.#expires, least);
    return true;
  }
}

/** Keeps one session alive, and notices when the other side does not (RFC 4028 section 10). */
export class SessionTimer {
  readonly wish: TimerWish;
  readonly #context: UaContext;
  readonly #owner: { refresh(): void; expired(): void };
  #terms: TimerTerms | undefined;
  #refresh: QueuedTimer | undefined;
  #expiry: QueuedTimer | undefined;

  constructor(context: UaContext, owner: { refresh(): void; expired(): void }) {
    this.#context = context;
    this.#owner = owner;
    this.wish = new TimerWish(context);
  }

  get terms(): TimerTerms | undefined {
    return this.#terms;
  }

  /** The session was set up or refreshed just now. */
  begin(terms: TimerTerms | undefined): void {
    this.stop();
    this.#terms = terms;
    if (terms === undefined) return;
    const { timers, transactions } = this.#context;
    const shortest = transactions.values.session;
    const closest = shortest / CLOSEST_PART;
    const ms = terms.seconds * 1000;
    if (terms.refresher === "local") this.#refresh = timers.start(Math.max(ms / 2, closest), () => this.#tick(Math.max(ms / AGAIN_PART, closest)));
    // Nobody is taken for dead before the shortest interval is nearly over, whatever he has said.
    const patience = Math.max(ms, shortest);
    this.#expiry = timers.start(patience - Math.min(EARLIER * 1000, patience / 3), () => {
      this.stop();
      this.#owner.expired();
    });
  }

  stop(): void {
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    this.#refresh = this.#expiry = undefined;
  }

  #tick(again: number): void {
    this.#refresh = this.#context.timers.start(again, () => this.#tick(again));
    this.#owner.refresh();
  }
}
