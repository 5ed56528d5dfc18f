import { z } from "zod";
import type { FlowDefinition } from "./contract.js";
import { addressOf } from "./nodes/bridged-transfer.js";

const routeSchema = z
  .strictObject({
    /** The number dialled; a `*` at the end stands for any digits. */
    number: z.string().min(1).optional(),
    /** Key of the trunk the call came in by. */
    trunk: z.string().min(1).optional(),
    /** Key of the line of a voice board. */
    line: z.string().min(1).optional(),
    /** Account of the phone that calls. */
    account: z.string().min(1).optional(),
    /** Only while this calendar is open, or closed. */
    hours: z.strictObject({ /** Key of a calendar. */ calendar: z.string().min(1).default("default"), /** Which of the two. */ when: z.enum(["open", "closed"]) }).optional(),
    /** Number or address of another hotline that callers are sent to before the answer (302), so that they take no line of ours: `12345`, `tel:12345`. */
    redirect: z.string().refine((text) => addressOf(text) !== undefined, "is neither a telephone number nor an address such as tel:12345").optional(),
    /** Id of the flow. With `redirect`: of the one that takes over where that cannot be done (a line of a voice board) or the rules for outgoing calls forbid it. */
    flow: z.string().min(1).optional(),
    /** Language of the call, instead of the flow's. */
    language: z.string().min(2).max(35).optional(),
    /** For queues: higher first. */
    priority: z.number().int().optional(),
  })
  .refine((route) => route.flow !== undefined || route.redirect !== undefined, "give flow, redirect or both");

/** A rule that leads calls to a flow or to another hotline; the first that fits wins, all its conditions must hold. */
export type FlowRoute = z.infer<typeof routeSchema>;

/** Options of `ivr({ ... })`. */
export const ivrConfig = z.strictObject({
  /** Checked at start, all at once: every fault in one error `HTL_IVR_FLOW_INVALID`. */
  flows: z.array(z.custom<FlowDefinition>()).default([]),
  /** Which calls reach which flow, or another hotline; the first that fits wins, all its conditions must hold. */
  routes: z.array(routeSchema).default([]),
  /** Patience with callers, and guards against flows that go round in circles. */
  limits: z
    .strictObject({
      /** Seconds a caller has for the first key. */
      menuTimeoutSeconds: z.number().min(0.5).max(120).default(6),
      /** Seconds between the keys of an entry. */
      interDigitSeconds: z.number().min(0.5).max(60).default(4),
      /** How often a menu is played to a silent caller, and how many entries one may try. */
      maxTries: z.number().int().min(1).max(20).default(3),
      /** Nodes in a row without a word to the caller before the flow counts as failed. */
      maxSilentNodes: z.number().int().min(5).max(1000).default(50),
      /** Nodes in one call. */
      maxNodes: z.number().int().min(10).max(100_000).default(2000),
    })
    .prefault({}),
});

export type IvrConfig = z.infer<typeof ivrConfig>;
