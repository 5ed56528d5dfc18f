import type { IvrNodeContext, IvrStep, OutboundCall } from "@hotlinejs/core";
import { CALL_CONTROL, defineIvrNode, errorText, isHotlineError, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { controlOf } from "../runner/flow-control.js";

const config = z
  .strictObject({
    /** Address to call: `sip:1002`, `tel:12345`. */
    to: z.string().min(1).optional(),
    /** Variable that holds the address or number instead; a bare number is dialled as `tel:`. */
    toVar: z.string().min(1).optional(),
    /** Said before. */
    prompt: promptRef.optional(),
    /** How long it may ring. */
    timeoutSeconds: z.number().min(1).max(180).default(30),
    /** Number shown to the called party. Default what the trunk says. */
    from: z.string().min(1).optional(),
    /** Who is called, for call records and rights. */
    role: z.enum(["agent", "supervisor", "department", "other"]).default("other"),
  })
  .refine((node) => (node.to === undefined) !== (node.toVar === undefined), "give either to or toVar");

type Context = IvrNodeContext<z.infer<typeof config>>;

/**
 * Calls somebody and joins the caller with whoever answers.
 *
 * @outcome answered - The conversation is over and the caller still there. Without an edge the call ends.
 * @outcome failed - Nobody answered; the variable `transferResult` says why.
 * @example { "id": "section", "type": "transfer", "to": "sip:2040", "role": "department", "on": { "failed": "agent" } }
 */
export const transferNode = defineIvrNode({
  type: "transfer",
  config,
  outcomes: () => [{ name: "failed" }, { name: "answered", optional: true }],
  prompts: ({ prompt }) => (prompt === undefined ? [] : [prompt]),
  run: transfer,
});

async function transfer(context: Context): Promise<IvrStep> {
  const { config: node, session, services, signal } = context;
  if (node.prompt !== undefined) await context.say(node.prompt);
  const to = address(context);
  if (signal.aborted) return failed(context, "aborted");
  if (to === undefined) return failed(context, "no-address");
  const ringback = session.call.play({ kind: "tone", tone: "ringback" });
  let other: OutboundCall | undefined;
  let moved = false;
  try {
    other = await services.get(CALL_CONTROL).originate({
      to,
      interactionId: session.interaction.id,
      purpose: "transfer",
      role: node.role,
      timeoutMs: node.timeoutSeconds * 1000,
      near: session.call.media,
      from: node.from === undefined ? undefined : { number: node.from },
      signal,
    });
    const answered = await orAborted(other.answered, signal);
    ringback.stop();
    if (signal.aborted) return failed(context, "aborted");
    if (!answered) return failed(context, (await other.ended).reason);
    moved = (await converse(context, other)) === "moved";
    return { outcome: "answered" };
  } catch (error) {
    if (!signal.aborted) session.interaction.event("ivr.transfer-failed", { node: context.nodeId, error: isHotlineError(error) ? error.code : errorText(error) });
    return failed(context, isHotlineError(error) ? error.code : "error");
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

function address({ config: node, vars }: Context): string | undefined {
  if (node.to !== undefined) return node.to;
  const value = node.toVar === undefined ? undefined : vars[node.toVar];
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (/^\+?\d{2,20}$/.test(text)) return `tel:${text}`;
  return /^[a-z]+:[^\s]+$/.test(text) ? text : undefined;
}

function failed(context: Context, reason: string): IvrStep {
  context.vars.transferResult = reason;
  return { outcome: "failed" };
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
