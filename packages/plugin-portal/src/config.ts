import { z } from "zod";

export const portalConfig = z.strictObject({
  /** Name of the agency, on top of each page. */
  agency: z.string().min(1).max(60).default("政务服务热线"),
  /** The same in English. */
  agencyEn: z.string().min(1).max(80).default("Public service hotline"),
  /** Number citizens can call. */
  phone: z.string().min(3).max(20).default("12333"),
  /** Whether citizens can call from the page `/portal/call`; needs plugin-sip and plugin-http. */
  browserCalls: z.boolean().default(true),
  /** What such a call dials; default the digits of `phone`. */
  callNumber: z.string().regex(/^[0-9*#+]{1,30}$/).optional(),
  /** Calls one address may make from the page in an hour. */
  callsPerHour: z.int().min(1).max(10_000).default(30),
  /** How long the token for a call is good, in seconds; the call itself may last longer. */
  callTokenSeconds: z.int().min(30).max(3_600).default(180),
  /** Natures that can be filed, in their order; default all that plugin-tickets knows but `void`. */
  kinds: z.array(z.strictObject({ /** Key of the nature. */ key: z.string().min(1), /** English name. */ en: z.string().min(1).optional(), /** One line that helps to choose. */ hint: z.string().optional(), /** The same in English. */ hintEn: z.string().optional() })).optional(),
  /** Districts to choose from. */
  districts: z.array(z.strictObject({ /** Stored on the ticket. */ code: z.string().min(1).max(10), /** Shown to citizens. */ name: z.string().min(1).max(60), /** The same in English. */ nameEn: z.string().min(1).max(80).optional() })).default([]),
  /** Requests one address may file in an hour. */
  filingsPerHour: z.int().min(1).max(10_000).default(20),
  /** Unfinished answers are deleted after so many minutes without a step. */
  draftMinutes: z.int().min(5).max(1_440).default(120),
});

export type PortalConfig = z.output<typeof portalConfig>;
