import type { Clock, DtmfDigit, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { TokenBuckets } from "../edge/token-buckets.js";
import { sipErrors } from "../errors.js";
import type { IncomingRequest, Session } from "../stack/index.js";
import { dtmfOfInfo, infoOfDtmf } from "./dtmf-info.js";

/** Keys that may wait for the far end's answer: whoever sends more does not mean a person or a menu. */
const MOST_WAITING = 128;
/** Keys taken of one call: as fast as they can be passed on with their length, and a number that a phone dials by itself at once. */
const TAKEN_RATE = { perSecond: 5, burst: 64 };
/** Told to a phone that sends more, in seconds. */
const RETRY_AFTER = 1;

/** What keys need of their call. */
export interface InfoKeysOwner {
  readonly callId: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** The answered dialog; throws HTL_SIP_NO_MEDIA before. */
  session(): Session;
  /** @throws HTL_CORE_CALL_ENDED */
  requireAlive(): void;
}

/** Keys that go, and come, by INFO (RFC 6086, application/dtmf-relay) instead of in the sound. */
export class InfoKeys {
  #sent: Promise<unknown> = Promise.resolve();
  /** Keys whose answer has not come. */
  #waiting = 0;
  #taken: TokenBuckets | undefined;

  constructor(private readonly owner: InfoKeysOwner) {}

  /** One INFO a key, each when the one before is answered, so that they arrive in order. @throws HTL_SIP_OFFER_REFUSED, HTL_SIP_KEYS_FULL */
  async send(digits: string): Promise<void> {
    const session = this.owner.session();
    const bodies = [...digits].map(infoOfDtmf).filter((body) => body !== undefined);
    if (this.#waiting + bodies.length > MOST_WAITING) throw sipErrors.KEYS_FULL(MOST_WAITING);
    this.#waiting += bodies.length;
    const turn = this.#sent.then(() => this.#sendAll(session, bodies)).finally(() => (this.#waiting -= bodies.length));
    this.#sent = turn.catch(() => undefined);
    return turn;
  }

  async #sendAll(session: Session, bodies: readonly string[]): Promise<void> {
    for (const body of bodies) {
      this.owner.requireAlive();
      const { status } = await session.request("INFO", { body, contentType: "application/dtmf-relay" });
      this.owner.requireAlive();
      if (status >= 300) throw sipErrors.OFFER_REFUSED(status, { details: { status } });
    }
  }

  /** Keys of the other side of a bridge, in their order; one too many is left out. */
  pass(digit: string): void {
    this.send(digit).catch((error: unknown) => this.owner.log.info({ callId: this.owner.callId, error: errorText(error) }, "a key could not be passed on by INFO"));
  }

  /** Answers an INFO and tells the key in it, if there is one. More than anybody can press, or pass on, are refused with 503, which leaves the call as it is (RFC 5057 section 5.1). */
  take(info: IncomingRequest): DtmfDigit | undefined {
    const { contentType, body } = info.request;
    if (body.length === 0) return void info.respond({ status: 200 });
    if (contentType !== "application/dtmf-relay" && contentType !== "application/dtmf") {
      return void info.respond({ status: 415, headers: { Accept: "application/dtmf-relay, application/dtmf" } });
    }
    const digit = dtmfOfInfo(contentType, body.toString("latin1"));
    if (digit === undefined) return void info.respond({ status: 400, reason: "No Such Key" });
    this.#taken ??= new TokenBuckets(TAKEN_RATE, () => this.owner.clock.monotonic());
    if (!this.#taken.take("")) return void info.respond({ status: 503, reason: "Too Many Keys", retryAfter: RETRY_AFTER });
    info.respond({ status: 200 });
    return digit;
  }
}
