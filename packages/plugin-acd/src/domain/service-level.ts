/** Channel -> seconds; `*`: the channels not named. */
export type ServiceLevels = Readonly<Record<string, number>>;

/**
 * Thresholds of GB/T 33358 (Government hotline service): a call is answered within 15 s, what comes by a mailbox within 24 hours,
 * messages and other media within 3 minutes. Seconds.
 */
export const GB_T_33358_SERVICE_LEVELS: ServiceLevels = { voice: 15, email: 86_400, "*": 180 };

/** 接通率 of GB/T 33358: so many of the calls, over 24 hours in a row, get through. */
export const GB_T_33358_CONNECT_RATE = 0.95;

/** What holds for a queue: its own for every channel, or its own for some with the standard's for the others. A `*` of its own stands for all it does not name. */
export function serviceLevels(own: number | ServiceLevels): ServiceLevels {
  if (typeof own === "number") return { "*": own };
  return own["*"] === undefined ? { ...GB_T_33358_SERVICE_LEVELS, ...own } : own;
}

/** Seconds within which something of the channel counts as answered in time. */
export function serviceLevelOf(levels: ServiceLevels, channel: string): number {
  return levels[channel] ?? levels["*"] ?? (GB_T_33358_SERVICE_LEVELS["*"] as number);
}
