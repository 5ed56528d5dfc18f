import type { Call, LegRole, OutboundCall, OutboundRequest } from "../contracts/call.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { citizenParty } from "./citizen-party.js";
import type { InteractionJournal } from "./interaction-journal.js";
import { statusOf } from "./transfer-target.js";

const TRANSFER_RING_MS = 30_000;

export interface RingOptions {
  /** Default `department`. */
  readonly role?: LegRole;
  /** Default 30 000 ms. */
  readonly timeoutMs?: number;
  readonly actor?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** It rings there. */
  readonly ringing?: () => void;
  readonly dialled?: (call: OutboundCall) => void;
}

/** The conversation for which somebody is rung. */
export interface RingingConversation {
  readonly interactionId: string;
  /** Who waits. */
  readonly first: Call;
  /** There is nobody to talk with: the ringing is heard. */
  readonly alone: boolean;
  readonly journal: InteractionJournal;
  readonly log: Logger;
  readonly originate: (request: OutboundRequest) => Promise<OutboundCall>;
  over(): boolean;
  takeIn(call: OutboundCall): Promise<void>;
}

/** Rings an address and takes in who answers. Never rejects; `status` says why nobody came. */
export async function ringParty(to: string, options: RingOptions, { interactionId, first, alone, journal, log, originate, over, takeIn }: RingingConversation): Promise<{ readonly call: OutboundCall | undefined; readonly status: number }> {
  const ringback = alone && !first.signal.aborted ? first.play({ kind: "tone", tone: "ringback" }) : undefined;
  let call: OutboundCall | undefined;
  try {
    call = await originate({
      to,
      interactionId,
      purpose: "transfer",
      role: options.role ?? "department",
      timeoutMs: options.timeoutMs ?? TRANSFER_RING_MS,
      near: first.media,
      from: { number: citizenParty(first).number },
      signal: first.signal,
      ...(options.actor === undefined ? {} : { actor: options.actor }),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    });
    options.dialled?.(call);
    const { ringing } = options;
    if (ringing !== undefined && call.state === "ringing") ringing();
    else if (ringing !== undefined) call.subscribe((event) => event.type === "state" && event.state === "ringing" && ringing());
    const answered = await call.answered;
    ringback?.stop();
    if (!answered || over()) {
      await call.hangup();
      journal.event(interactionId, "leg.transfer-failed", { legId: call.id });
      return { call: undefined, status: statusOf(await call.ended) };
    }
    await takeIn(call);
    journal.event(interactionId, "leg.transferred", { to: call.id, attended: false });
    return { call, status: 200 };
  } catch (error) {
    await call?.hangup();
    journal.event(interactionId, "leg.transfer-failed", { error: isHotlineError(error) ? error.code : "error" });
    log.warn({ interactionId, error: errorText(error) }, "a transfer did not come about");
    return { call: undefined, status: isHotlineError(error, coreErrors.OUTBOUND_REFUSED.code) ? 403 : isHotlineError(error) ? (error.sip ?? 503) : 503 };
  } finally {
    ringback?.stop();
  }
}
