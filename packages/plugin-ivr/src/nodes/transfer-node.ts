import type { IvrNodeContext, IvrStep } from "@hotlinejs/core";
import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { addressIn, bridgedTransfer } from "./bridged-transfer.js";

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

async function transfer(context: IvrNodeContext<z.infer<typeof config>>): Promise<IvrStep> {
  const { config: node } = context;
  if (node.prompt !== undefined) await context.say(node.prompt);
  const outcome = await bridgedTransfer(context, addressIn(context), node);
  if (outcome === "answered") return { outcome };
  context.vars.transferResult = outcome.failed;
  return { outcome: "failed" };
}
