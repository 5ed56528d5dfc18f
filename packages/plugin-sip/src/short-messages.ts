import { createHash } from "node:crypto";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { Clock, Delivery, Logger, MessageIntake, Notification } from "@hotlinejs/core";
import type { MessageWay } from "./dialer.js";
import { sipErrors } from "./errors.js";
import { cleanNumber, withoutControls } from "./numbers.js";
import { calledParty, callingParty } from "./parties.js";
import type { IncomingRequest, ResponseOptions, SipRequest, UserAgent } from "./stack/index.js";
import { rewritten } from "./trunk/rewrite.js";
import type { Trunk } from "./trunk/trunk.js";

/** Longest text taken, bytes: gateways join the parts of a long SMS, and over TCP more than the 1300 bytes of RFC 3428 section 8 may come. */
const MOST_BYTES = 16_384;
/** Told to a gateway whose message nobody could take now, seconds. */
const RETRY_AFTER = 120;

export interface ShortMessagesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  intake(): MessageIntake;
  /** Undefined before the start and after the stop. */
  agent(): UserAgent | undefined;
  ways(number: string): readonly MessageWay[];
  /** Whether the limits on what calls may cost let a number be reached. */
  mayReach(number: string): boolean;
}

/** What says that no later try can succeed: no such number, or it wants none. */
const FOR_EVER: ReadonlySet<number> = new Set([404, 410, 413, 415, 416, 484, 485, 603, 604, 606]);

/**
 * Short messages of carriers (MESSAGE, RFC 3428): gateways hand in what citizens send by SMS. Answered with 200 once somebody has taken it
 * for good; a gateway that repeats a message, as it does when our answer was lost, gets the first answer again. Notifications of the
 * channel `sms` go out the same way.
 */
export class ShortMessages {
  constructor(private readonly deps: ShortMessagesDeps) {}

  /** Answers in any case. Never rejects. */
  async take(incoming: IncomingRequest, trunk: Trunk): Promise<void> {
    const { request } = incoming;
    const text = textOf(request);
    if (typeof text !== "string") return incoming.respond(text);
    const { rewriteInbound: rules, trustIdentity, numbers } = trunk.config;
    const from = callingParty(request, trustIdentity);
    const to = rewritten(rules, "called", calledParty(request).number);
    if (numbers?.includes(to) === false) return incoming.respond({ status: 404 });
    const { clock, log, intake } = this.deps;
    try {
      await intake().arrive({
        channel: "sms",
        externalId: idOf(request, trunk),
        from: rewritten(rules, "caller", from.number),
        ...(from.displayName === undefined ? {} : { fromName: from.displayName }),
        to,
        text,
        attachments: [],
        receivedAt: clock.now(),
      });
      incoming.respond({ status: 200 });
    } catch (error) {
      log.warn({ trunk: trunk.key, error: isHotlineError(error) ? error.code : errorText(error) }, "a short message was not taken; its sender is asked to try again");
      incoming.respond({ status: 480, headers: { "Retry-After": String(RETRY_AFTER) } });
    }
  }

  /**
   * Sends a notification by the first trunk that takes it. A carrier that says nothing may have sent it on: no other is asked then, and the
   * next try has the same Call-ID.
   *
   * @throws HTL_SIP_MESSAGE_REFUSED where a later try may succeed
   */
  async deliver(notification: Notification): Promise<Delivery> {
    const { agent, ways, mayReach } = this.deps;
    const number = cleanNumber(notification.to.trim());
    if (!/^\+?[0-9*#]{1,30}$/.test(number)) return { delivered: false, error: "the recipient is no telephone number" };
    if (!mayReach(number)) return { delivered: false, error: "toll-destination" };
    const body = Buffer.from(notification.text);
    if (body.length > MOST_BYTES) return { delivered: false, error: "the text is too long" };
    const live = agent();
    if (live === undefined) throw sipErrors.MESSAGE_REFUSED(503);
    let last = 503;
    for (const { trunk, request } of ways(number)) {
      const { status, cause } = await live.request({ method: "MESSAGE", ...request, body, contentType: "text/plain;charset=UTF-8", contact: false, callId: `${notification.id}.${trunk.key}`, cseq: notification.attempt });
      if (status >= 200 && status < 300) return { delivered: true, state: status === 202 ? "sent" : "delivered" };
      last = status;
      if (FOR_EVER.has(status)) return { delivered: false, error: `SIP ${status}` };
      if (cause === "timeout" || status < 500) break;
    }
    throw sipErrors.MESSAGE_REFUSED(last, { details: { status: last } });
  }
}

/** The same for a request that is repeated, also to a process that was started after the first one came. */
function idOf(request: SipRequest, trunk: Trunk): string {
  return createHash("sha256").update(JSON.stringify([trunk.key, request.callId, request.from.tag ?? "", request.cseq.seq])).digest("base64url");
}

/** The text, or how it is refused. */
function textOf(request: SipRequest): string | ResponseOptions {
  if (request.body.length > MOST_BYTES) return { status: 413 };
  const refused: ResponseOptions = { status: 415, headers: { Accept: "text/plain" } };
  if (request.contentType !== "text/plain" || request.headers.has("content-encoding")) return refused;
  const [, quoted, bare] = /;\s*charset\s*=\s*(?:"([^"]{1,40})"|([^\s;"]{1,40}))/i.exec(request.headers.get("content-type") ?? "") ?? [];
  try {
    const text = new TextDecoder(quoted ?? bare ?? "utf-8", { fatal: true }).decode(request.body);
    const kept = text.split("\n").map((line) => withoutControls(line)).join("\n").trim();
    return kept === "" ? { status: 400, reason: "Empty Message" } : kept;
  } catch (error) {
    // A character set that is unknown, or a text that is not in it.
    if (error instanceof RangeError || error instanceof TypeError) return refused;
    throw error;
  }
}
