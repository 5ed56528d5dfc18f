import type { IvrNodeContext, IvrStep } from "@hotlinejs/core";
import { CALL_CONTROL, coreErrors, defineIvrNode, errorText, isHotlineError, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { controlOf } from "../runner/flow-control.js";
import { addressIn, addressOf, bridgedTransfer } from "./bridged-transfer.js";

const config = z
  .strictObject({
    /** Number or address of the other hotline: `12345`, `tel:12345`, `sip:desk@carrier.example`. */
    to: z.string().refine((text) => addressOf(text) !== undefined, "is neither a telephone number nor an address such as tel:12345").optional(),
    /** Variable that holds the number or address instead. */
    toVar: z.string().min(1).optional(),
    /** Said before. */
    prompt: promptRef.optional(),
    /** What follows when the carrier refuses or cannot: `bridge` calls the other hotline through a trunk of ours and joins both; default the outcome `failed`. */
    fallback: z.enum(["bridge"]).optional(),
    /** How long the other hotline may ring, with `fallback`. */
    timeoutSeconds: z.number().min(1).max(180).default(30),
    /** Number shown to the other hotline, with `fallback`. Default what the trunk says. */
    from: z.string().min(1).optional(),
    /** Who is called, with `fallback`, for call records and rights. */
    role: z.enum(["agent", "supervisor", "department", "other"]).default("other"),
  })
  .refine((node) => (node.to === undefined) !== (node.toVar === undefined), "give either to or toVar");

/**
 * Sends the caller to another hotline by the carrier (REFER): no line of ours is taken any more, and the call ends as `redirected`. The rules for
 * outgoing calls hold, those against toll fraud too.
 *
 * @outcome failed - The carrier refused or cannot, or the rules forbid it; the variable `redirectResult` says why. With `fallback` also: nobody answered there.
 * @outcome answered - With `fallback`: the conversation is over and the caller still there. Without an edge the call ends.
 * @example { "id": "to-12345", "type": "redirect", "to": "12345", "prompt": { "text": "正在为您转接12345，请稍候。" }, "fallback": "bridge", "on": { "failed": "agent" } }
 */
export const redirectNode = defineIvrNode({
  type: "redirect",
  config,
  outcomes: ({ fallback }) => [{ name: "failed" }, ...(fallback === undefined ? [] : [{ name: "answered", optional: true }])],
  prompts: ({ prompt }) => (prompt === undefined ? [] : [prompt]),
  run: redirect,
});

type Context = IvrNodeContext<z.infer<typeof config>>;

async function redirect(context: Context): Promise<IvrStep> {
  const { config: node, session, signal } = context;
  const failed = (why: string): IvrStep => {
    context.vars.redirectResult = why;
    return { outcome: "failed" };
  };
  if (node.prompt !== undefined) await context.say(node.prompt);
  if (signal.aborted) return failed("aborted");
  const to = addressIn(context);
  if (to === undefined) return failed("no-address");
  const why = await sendAway(context, to);
  if (why === undefined) return { end: true };
  if (signal.aborted) return failed("aborted");
  session.interaction.event("ivr.redirect-failed", { node: context.nodeId, error: why });
  // What may not be called may not be called by a trunk of ours either.
  if (node.fallback !== "bridge" || why === coreErrors.OUTBOUND_REFUSED.code) return failed(why);
  const outcome = await bridgedTransfer(context, to, node);
  return outcome === "answered" ? { outcome } : failed(outcome.failed);
}

/** Why the caller could not be sent there; `undefined`: has gone there. */
async function sendAway(context: Context, to: string): Promise<string | undefined> {
  const { session, services } = context;
  const control = controlOf(context);
  // A REFER that is under way cannot be taken back: keys mean nothing until the carrier has spoken, and the caller hears that it goes on.
  control.conversing(true);
  const ringback = session.call.play({ kind: "tone", tone: "ringback" });
  try {
    await services.get(CALL_CONTROL).redirect(session.interaction.id, to, { actor: "citizen" });
    return undefined;
  } catch (error) {
    return isHotlineError(error) ? error.code : errorText(error);
  } finally {
    ringback.stop();
    control.conversing(false);
  }
}
