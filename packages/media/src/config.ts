import { z } from "zod";

/** "10000-19999" to its ends. */
const portRange = z
  .string()
  .regex(/^\d{1,5}-\d{1,5}$/, "two port numbers with a dash, for example 10000-19999")
  .transform((text) => {
    const [min = 0, max = 0] = text.split("-").map(Number);
    return { min, max };
  })
  .refine(({ min, max }) => min <= max, "the lower port first")
  .refine(({ min, max }) => min >= 1024 && max <= 65_535, "ports from 1024 to 65535")
  .refine(({ min, max }) => Math.floor((max - (min + (min & 1)) + 1) / 2) >= 1, "at least one even port and the odd one above it");

/** Options of the `media()` plugin. */
export const mediaConfig = z.strictObject({
  /** Media threads, 1-64. Default: one less than the processor cores, 1 to 4. */
  workers: z.number().int().min(1).max(64).optional(),
  /** UDP ports for RTP (even) and RTCP (odd). */
  rtpPorts: portRange.prefault("10000-19999"),
  /** Numeric address to bind. Default: the hotline's host. */
  bindAddress: z.string().optional(),
  /** Send silence at the start and every 5 s when nothing else is sent. */
  keepAliveSilence: z.boolean().default(true),
  /** How long each leg is listened to for fax tones, ms; 0 = never. */
  faxDetectionMs: z.number().int().min(0).default(60_000),
  /** Take datagrams in batches (a quarter to a third less CPU for a relayed call) where the udp-batch package could be compiled: on Linux. Otherwise, and with `false`, Node's own sockets. */
  batchedUdp: z.boolean().default(true),
  /** Priority (nice, -20 to 19) that the media threads give themselves, so that sound keeps its beat beside programs that compute. Linux only, and where the system lets (root, CAP_SYS_NICE, LimitNICE); health tells what they have. */
  threadNice: z.number().int().min(-20).max(19).default(-10),
  /** Whether the media threads ask for real-time turns (SCHED_RR, the lowest priority) instead: sound keeps its beat whatever computes. Linux only, where udp-batch could be compiled and the system lets (root, CAP_SYS_NICE, LimitRTPRIO); health tells whether they have them. A thread that computes more than 80 % of its time goes by `threadNice` until it was below 60 % for ten seconds. */
  threadRealtime: z.boolean().default(true),
  /** Least delay where sound is mixed or goes to a board line, ms; it adapts to the jitter of the network from there on. What is relayed is not delayed. */
  jitterMinMs: z.number().int().min(20).max(500).default(40),
  /** Most delay it adapts to, ms; not below the least. Packets later than that are lost. */
  jitterMaxMs: z.number().int().min(20).max(500).default(240),
}).refine(({ jitterMinMs, jitterMaxMs }) => jitterMinMs <= jitterMaxMs, { message: "must not be below jitterMinMs", path: ["jitterMaxMs"] });
