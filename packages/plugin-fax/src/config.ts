import { z } from "zod";

const article = z.strictObject({
  /** Digits that callers key in. */
  code: z.string().regex(/^\d{1,8}$/, "digits"),
  /** Heading on the first page. */
  title: z.string().min(1).max(200),
  /** Plain text; an empty line makes a paragraph. */
  text: z.string().min(1).max(100_000),
});

/** Options of `fax({ ... })`. */
export const faxConfig = z.strictObject({
  /** What our machine calls itself to others (TSI, CSI): up to 20 digits, spaces and `+`. */
  stationId: z.string().regex(/^[0-9+ ]{0,20}$/, "up to 20 digits, spaces and +").default(""),
  /** Number shown when we call. Default: the trunk's. */
  callerId: z.string().regex(/^\+?[0-9]{1,20}$/, "a telephone number").optional(),
  /** Dialled numbers that are fax and nothing else: answered and received at once, without a flow. */
  receiveNumbers: z.array(z.string().min(1)).default([]),
  /** Articles callers may have faxed by keying their number. */
  articles: z.array(article).default([]),
  /** Foot of every page of an article. */
  footer: z.string().max(100).default(""),
  /**
   * Numbers faxes may go to, with all that is neither digit nor + left out. Default: Chinese landlines with or without area code; nothing
   * abroad and no premium numbers, since anybody may key a number in.
   */
  allowedNumbers: z.string().default("^(0[1-9]\\d{1,2}[2-8]\\d{6,7}|[2-8]\\d{6,7})$").refine(isPattern, "a regular expression"),
  /** Faxes to one number in a business day. */
  perNumberPerDay: z.int().min(1).max(10_000).default(10),
  /** Most pages that are received or sent in one fax. */
  maxPages: z.int().min(1).max(1000).default(30),
  /** Minutes to wait after the first, second ... call that got nowhere; then it has failed. */
  retryMinutes: z.array(z.number().min(0.1).max(1440)).max(20).default([2, 5, 10]),
  /** Faxes sent at once by calls of ours. */
  lines: z.int().min(1).max(1000).default(4),
  /** How long the far machine may ring. */
  ringSeconds: z.int().min(5).max(300).default(60),
  /** How long a call waits for the far end to turn to T.38 by itself before we do (calling), or after it has refused ours (called). */
  t38WaitSeconds: z.int().min(1).max(120).default(4),
  /** Fastest rate to send at, bit/s. */
  maxBitsPerSecond: z.union([z.literal(14400), z.literal(12000), z.literal(9600), z.literal(7200), z.literal(4800), z.literal(2400)]).default(14400),
  /** Calendar whose dates are stored. */
  calendar: z.string().min(1).default("default"),
});

export type FaxConfig = z.output<typeof faxConfig>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false; // What cannot be parsed is no pattern.
  }
}
