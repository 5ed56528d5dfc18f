import type { Indicator, Modulation } from "./ifp.js";

/** A modulation T.30 sends at, with the times a modem on a line would need. Gateways with a real line behind them rely on those times. */
export interface Modem {
  readonly modulation: Modulation;
  readonly bitsPerSecond: number;
  /** Full training, before TCF. */
  readonly training: Indicator;
  readonly trainingMs: number;
  /** Before a page. V.17 may resynchronise (ITU-T V.17 section 5); the others train in full. */
  readonly resync: Indicator;
  readonly resyncMs: number;
}

function modem(modulation: Modulation, bitsPerSecond: number, training: Indicator, trainingMs: number, resync: Indicator = training, resyncMs: number = trainingMs): Modem {
  return { modulation, bitsPerSecond, training, trainingMs, resync, resyncMs };
}

/** Fastest first: the order in which a sender falls back. */
export const PAGE_MODEMS: readonly Modem[] = [
  modem("v17-14400", 14_400, "v17-14400-long-training", 1393, "v17-14400-short-training", 142),
  modem("v17-12000", 12_000, "v17-12000-long-training", 1393, "v17-12000-short-training", 142),
  modem("v17-9600", 9_600, "v17-9600-long-training", 1393, "v17-9600-short-training", 142),
  modem("v29-9600", 9_600, "v29-9600-training", 253),
  modem("v17-7200", 7_200, "v17-7200-long-training", 1393, "v17-7200-short-training", 142),
  modem("v29-7200", 7_200, "v29-7200-training", 253),
  modem("v27-4800", 4_800, "v27-4800-training", 708),
  modem("v27-2400", 2_400, "v27-2400-training", 943),
];

/** Binary coded signalling (T.30 section 5.3): 300 bit/s after one second of flags. */
export const V21: Modem = modem("v21", 300, "v21-preamble", 1000);

export function modemOf(modulation: Modulation): Modem | undefined {
  return PAGE_MODEMS.find((each) => each.modulation === modulation);
}
