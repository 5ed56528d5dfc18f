import type { DtmfDigit, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { sipErrors } from "../errors.js";
import type { IncomingRequest, Session } from "../stack/index.js";
import { dtmfOfInfo, infoOfDtmf } from "./dtmf-info.js";

/** What keys need of their call. */
export interface InfoKeysOwner {
  readonly callId: string;
  readonly log: Logger;
  /** The answered dialog; throws HTL_SIP_NO_MEDIA before. */
  session(): Session;
  /** @throws HTL_CORE_CALL_ENDED */
  requireAlive(): void;
}

/** Keys that go by INFO (RFC 6086, application/dtmf-relay) instead of in the sound. */
export class InfoKeys {
  #passed: Promise<unknown> = Promise.resolve();

  constructor(private readonly owner: InfoKeysOwner) {}

  /** One INFO a key, each when the one before is answered, so that they arrive in order. @throws HTL_SIP_OFFER_REFUSED */
  async send(digits: string): Promise<void> {
    const session = this.owner.session();
    for (const digit of digits) {
      const body = infoOfDtmf(digit);
      if (body === undefined) continue;
      const { status } = await session.request("INFO", { body, contentType: "application/dtmf-relay" });
      this.owner.requireAlive();
      if (status >= 300) throw sipErrors.OFFER_REFUSED(status, { details: { status } });
    }
  }

  /** Keys of the other side of a bridge, in their order. */
  pass(digit: string): void {
    this.#passed = this.#passed.then(() => this.send(digit)).catch((error: unknown) => this.owner.log.info({ callId: this.owner.callId, error: errorText(error) }, "a key could not be passed on by INFO"));
  }
}

/** Answers an INFO and tells the key in it, if there is one. */
export function keyOfInfo(info: IncomingRequest): DtmfDigit | undefined {
  const { contentType, body } = info.request;
  if (body.length === 0) return void info.respond({ status: 200 });
  if (contentType !== "application/dtmf-relay" && contentType !== "application/dtmf") {
    return void info.respond({ status: 415, headers: { Accept: "application/dtmf-relay, application/dtmf" } });
  }
  const digit = dtmfOfInfo(contentType, body.toString("latin1"));
  if (digit === undefined) return void info.respond({ status: 400, reason: "No Such Key" });
  info.respond({ status: 200 });
  return digit;
}
