export const QUARTER_MS = 15 * 60_000;

/** Start of the quarter of an hour; every time zone's offset is a multiple of it. */
export function quarterOf(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

/** A span cut at the quarters of an hour. */
export function quartersOf(from: number, to: number): { startsAt: number; ms: number }[] {
  const parts: { startsAt: number; ms: number }[] = [];
  for (let at = from; at < to; ) {
    const end = Math.min(to, quarterOf(at) + QUARTER_MS);
    parts.push({ startsAt: quarterOf(at), ms: end - at });
    at = end;
  }
  return parts;
}
