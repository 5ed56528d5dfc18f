/** Timer values of RFC 3261 table 4 in ms, worked out from T1, T2 and T4. */
export interface TimerValues {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
  /** 64*T1: timers B, D, F, H, J, L, M. */
  readonly t64: number;
  /**
   * How long an INVITE may stay without news after a provisional response. Who rings longer has to say so
   * every minute (section 13.3.1.1), and proxies give up after three (timer C, section 16.6).
   */
  readonly silence: number;
  /** How long a server transaction waits for the application before it sends 100 itself (section 17.2.1). */
  readonly trying: number;
  /** The shortest session interval that a peer is held to (RFC 4028 section 4). */
  readonly session: number;
}

export function timerValues(options: { readonly t1?: number; readonly t2?: number; readonly t4?: number; readonly session?: number } = {}): TimerValues {
  const t1 = options.t1 ?? 500;
  return { t1, t2: options.t2 ?? 4_000, t4: options.t4 ?? 5_000, t64: 64 * t1, silence: 6 * 64 * t1, trying: 200, session: options.session ?? 90_000 };
}
