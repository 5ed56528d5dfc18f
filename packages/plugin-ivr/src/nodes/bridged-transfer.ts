import type { IvrNodeContext, LegRole, OutboundCall } from "@hotlinejs/core";
import { CALL_CONTROL, errorText, isHotlineError } from "@hotlinejs/core";
import { controlOf } from "../runner/flow-control.js";

/** How somebody is called in a transfer. */
export interface TransferManner {
  readonly timeoutSeconds: number;
  /** Number shown to the called party; `undefined`: what the trunk says. */
  readonly from?: string | undefined;
  readonly role: Exclude<LegRole, "citizen">;
}

type Context = IvrNodeContext<unknown>;

/**
 * Calls somebody and joins the caller with whoever answers. Resolves when the conversation is over, or with why there was none: `aborted` (the
 * caller has gone or left the node), `no-address`, the end reason of the call made, or the code of an error.
 */
export async function bridgedTransfer(context: Context, to: string | undefined, manner: TransferManner): Promise<"answered" | { readonly failed: string }> {
  const { session, services, signal } = context;
  if (signal.aborted) return { failed: "aborted" };
  if (to === undefined) return { failed: "no-address" };
  const ringback = session.call.play({ kind: "tone", tone: "ringback" });
  let other: OutboundCall | undefined;
  let moved = false;
  try {
    other = await services.get(CALL_CONTROL).originate({
      to,
      interactionId: session.interaction.id,
      purpose: "transfer",
      role: manner.role,
      actor: "citizen",
      caller: session.call.from.number,
      timeoutMs: manner.timeoutSeconds * 1000,
      near: session.call.media,
      from: manner.from === undefined ? undefined : { number: manner.from },
      signal,
    });
    const answered = await orAborted(other.answered, signal);
    ringback.stop();
    if (signal.aborted) return { failed: "aborted" };
    if (!answered) return { failed: (await other.ended).reason };
    moved = (await converse(context, other)) === "moved";
    return "answered";
  } catch (error) {
    if (!signal.aborted) session.interaction.event("ivr.transfer-failed", { node: context.nodeId, error: isHotlineError(error) ? error.code : errorText(error) });
    return { failed: isHotlineError(error) ? error.code : "error" };
  } finally {
    ringback.stop();
    // Nobody is left ringing, and nobody is left talking to nobody; who was taken into another call by a transfer talks on there.
    if (!moved) await other?.hangup();
  }
}

/** How the conversation ended; `undefined`: the node was left. */
async function converse(context: Context, other: OutboundCall): Promise<"a" | "b" | "separate" | "moved" | undefined> {
  const { session, services, signal } = context;
  const control = controlOf(context);
  control.conversing(true);
  try {
    const connection = await services.get(CALL_CONTROL).connect(session.interaction.id, session.call, other);
    session.interaction.event("ivr.transferred", { node: context.nodeId, legId: other.id });
    const end = await orAborted(connection.ended, signal);
    await connection.separate();
    return end?.by;
  } finally {
    control.conversing(false);
  }
}

/** The address a text means: an address with a scheme, or a bare number, which is dialled as `tel:`. */
export function addressOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^\+?\d{2,20}$/.test(trimmed)) return `tel:${trimmed}`;
  return /^[a-z]+:[^\s]+$/.test(trimmed) ? trimmed : undefined;
}

/** What a node's `to` says, or the variable that `toVar` names. */
export function addressIn({ config: node, vars }: IvrNodeContext<{ readonly to?: string | undefined; readonly toVar?: string | undefined }>): string | undefined {
  if (node.to !== undefined) return addressOf(node.to) ?? node.to;
  const value = node.toVar === undefined ? undefined : vars[node.toVar];
  return typeof value === "string" || typeof value === "number" ? addressOf(String(value)) : undefined;
}

/** The promise's value, or `undefined` when the signal comes first. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
