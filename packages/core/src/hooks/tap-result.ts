import { z } from "zod";
import type { HookName } from "./hooks.js";

interface ResultRule {
  /** For the error: what a tap may return. */
  readonly expected: string;
  /** `undefined`: whatever is returned means nothing. */
  readonly schema: z.ZodType | undefined;
}

const plan: z.ZodType = z.object({
  handler: z.string().min(1),
  target: z.string(),
  language: z.string().optional(),
  priority: z.number().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  otherwise: z.lazy(() => plan).optional(),
});
const admission = z.union([
  z.object({ accept: z.literal(true) }),
  z.object({ accept: z.literal(false), reason: z.string(), status: z.number().int().min(300).max(699).optional(), retryAfter: z.number().min(0).optional() }),
]);
const delivery = z.union([
  z.object({ delivered: z.literal(true), state: z.enum(["sent", "delivered", "uncertain"]), ref: z.string().optional() }),
  z.object({ delivered: z.literal(false), error: z.string() }),
]);

/** What taps may return besides nothing. The rest of the hotline sees a copy, so that what was returned may be frozen, foreign or changed later. */
const rules: Readonly<Record<HookName, ResultRule>> = {
  callArrival: { expected: "an Admission: { accept: true } or { accept: false, reason, status? }", schema: admission },
  callRoute: { expected: "a RoutePlan: { handler, target, language?, priority?, params?, otherwise? }", schema: plan },
  callOutbound: { expected: "a Refusal: { refused: true, code, message }", schema: z.object({ refused: z.literal(true), code: z.string(), message: z.string() }) },
  ivrNode: { expected: "an IvrStep: { outcome } or { end: true }", schema: z.union([z.object({ outcome: z.string() }), z.object({ end: z.literal(true) })]) },
  callEnd: { expected: "nothing", schema: undefined },
  messageArrival: { expected: "an Accepted: { accepted: true, ref }", schema: z.object({ accepted: z.literal(true), ref: z.string().min(1) }) },
  ticketTransition: { expected: "a Veto: { veto: true, code, message }", schema: z.object({ veto: z.literal(true), code: z.string(), message: z.string() }) },
  notify: { expected: "a Delivery: { delivered: true, state } or { delivered: false, error }", schema: delivery },
};

/**
 * A clean copy of what a tap returned, or what it should have been.
 *
 * @param hook `ivrNode:play` for a hook of a map
 * @throws what a getter of the returned object throws
 */
export function checkedResult(hook: string, result: unknown): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly expected: string; readonly got: string } {
  const { expected, schema } = rules[hook.split(":", 1)[0] as HookName];
  if (result === undefined || schema === undefined) return { ok: true, value: undefined };
  const parsed = schema.safeParse(result);
  return parsed.success ? { ok: true, value: Object.freeze(parsed.data) } : { ok: false, expected, got: nameOf(result) };
}

/** What kind of thing it is, without its content: that may be personal. */
function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  const keys = Object.keys(value).slice(0, 8);
  return keys.length === 0 ? "an object without fields" : `an object with ${keys.join(", ")}`;
}
