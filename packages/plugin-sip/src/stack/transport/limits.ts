import type { TransportLimits } from "./types.js";

/** Bounds of a user agent that was given none. */
export const DEFAULT_LIMITS: TransportLimits = {
  maxHeadBytes: 65_536,
  maxBodyBytes: 262_144,
  maxHeaders: 200,
  maxConnections: 2_000,
  messageTimeoutMs: 10_000,
  firstMessageTimeoutMs: 15_000,
  idleTimeoutMs: 900_000,
  connectTimeoutMs: 5_000,
  keepAliveMs: 0,
  maxSendBufferBytes: 1_048_576,
};
