import { token } from "../di/token.js";

/** What is measured, named as Prometheus wants it: lower case, `_` between words, the unit at the end (`_seconds`, `_bytes`, `_ratio`), counters with `_total`. */
export interface MetricDefinition {
  /** `hotline_<plugin>_<what>_<unit>`, for example `hotline_sip_calls`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** Names of the labels each sample has. Their values must be few and known beforehand: no numbers of citizens, no ids. */
  readonly labels?: readonly string[];
}

export interface MetricSample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A number, or one for each set of labels. `undefined`: not known now, and left out. */
export type MetricReading = number | readonly MetricSample[] | undefined;

/** A metric with what was read of it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly MetricSample[];
}

/**
 * What can be measured of the hotline, for Prometheus and the like. Plugins add to it in `register`; nothing is kept or computed until
 * somebody reads.
 */
export interface Metrics {
  /**
   * Adds what goes up and down. Throws `HTL_CORE_METRIC_INVALID` for a name, a label or a second metric that cannot be.
   *
   * @param read asked at each reading, and given two seconds; one that throws is left out and logged
   */
  gauge(definition: MetricDefinition, read: () => MetricReading | Promise<MetricReading>): void;
  /** As `gauge`, for what only grows, counted since the start of the process. */
  counter(definition: MetricDefinition, read: () => MetricReading | Promise<MetricReading>): void;
  /** Reads all there is now, in the order in which it was added. Never rejects. */
  read(): Promise<readonly MetricFamily[]>;
}

export const METRICS = token<Metrics>("core.metrics");
