import type { ArrivalGatherer } from "./arrival-gatherer.js";
import type { TickDriver } from "./tick-driver.js";
import type { MediaWorkerData, Report } from "./protocol.js";

/** What the worker offers its legs and bridges. */
export interface LegHost {
  readonly data: MediaWorkerData;
  readonly ticks: TickDriver;
  /** To be told of every packet that comes. */
  readonly arrivals: ArrivalGatherer;
  report(report: Report): void;
  /** Something failed that ends nothing; it goes to the log. */
  fault(where: string, error: unknown): void;
  /** Ends a leg whose own code has failed. */
  legFault(leg: { readonly id: string }, error: unknown): void;
  /** Wall-clock time, epoch ms. */
  now(): number;
  /** 32 unpredictable bits. */
  random(): number;
}
