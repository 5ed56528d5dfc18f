import type { MetricDefinition, MetricFamily, MetricReading, Metrics, MetricSample } from "../contracts/metrics.js";
import type { Clock } from "../contracts/time.js";
import { coreErrors } from "../errors/core-errors.js";
import { asError, errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { within } from "../time/within.js";

type Read = () => MetricReading | Promise<MetricReading>;

interface Entry {
  readonly definition: MetricDefinition;
  readonly type: MetricFamily["type"];
  readonly read: Read;
  /** Could not be read last time: told once, not at each scrape. */
  failing: boolean;
}

const NAME = /^[a-z][a-z0-9_]*$/;
/** Labels that mean something else to Prometheus. */
const RESERVED: ReadonlySet<string> = new Set(["le", "quantile"]);
const READ_LIMIT_MS = 2_000;

/** The metrics of one hotline. */
export class MetricRegistry implements Metrics {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #log: Logger;
  #unread = 0;

  constructor(deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** Metrics left out of the last reading since they could not be read. */
  get unread(): number {
    return this.#unread;
  }

  gauge(definition: MetricDefinition, read: Read): void {
    this.#add(definition, "gauge", read);
  }

  counter(definition: MetricDefinition, read: Read): void {
    this.#add(definition, "counter", read);
  }

  async read(): Promise<readonly MetricFamily[]> {
    const families = await Promise.all([...this.#entries.values()].map((entry) => this.#family(entry)));
    const known = families.filter((family) => family !== undefined);
    this.#unread = families.length - known.length;
    return known;
  }

  #add(definition: MetricDefinition, type: Entry["type"], read: Read): void {
    const { name, help, labels = [] } = definition;
    const fault =
      !NAME.test(name) ? "its name must be of a-z, 0-9 and _"
      : this.#entries.has(familyOf(name)) ? "there is one of this name, or one with or without _total"
      : (type === "counter") !== name.endsWith("_total") ? "counters end with _total, and only they do"
      : help.trim() === "" ? "it says not what it is"
      : labels.find((label) => !NAME.test(label) || RESERVED.has(label)) !== undefined || new Set(labels).size < labels.length ? `its labels ${labels.join(", ")} cannot be`
      : undefined;
    if (fault !== undefined) throw coreErrors.METRIC_INVALID(name, fault);
    this.#entries.set(familyOf(name), { definition, type, read, failing: false });
  }

  async #family(entry: Entry): Promise<MetricFamily | undefined> {
    const { definition, type } = entry;
    const { name, help } = definition;
    try {
      const read = (async () => entry.read())();
      const reading = await within(read, READ_LIMIT_MS, this.#clock, () => new Error(`no answer within ${READ_LIMIT_MS} ms`));
      const samples = typeof reading === "number" ? [{ value: reading }] : (reading ?? []);
      check(definition, samples);
      entry.failing = false;
      return { name, help, type, samples };
    } catch (error) {
      if (!entry.failing) this.#log.warn({ metric: name, error: errorText(asError(error)) }, "a metric cannot be read and is left out");
      entry.failing = true;
      return undefined;
    }
  }
}

/** @throws what is wrong with what was read */
function check({ labels = [] }: MetricDefinition, samples: readonly MetricSample[]): void {
  const seen = new Set<string>();
  for (const { value, labels: given = {} } of samples) {
    if (typeof value !== "number") throw new Error("a value is no number");
    const names = Object.keys(given);
    if (names.length !== labels.length || labels.some((label) => typeof given[label] !== "string")) throw new Error(`it was read with the labels ${names.join(", ") || "none"} and declares ${labels.join(", ") || "none"}`);
    const key = JSON.stringify(labels.map((label) => given[label]));
    if (seen.has(key)) throw new Error(`it was read twice for ${key}`);
    seen.add(key);
  }
}

/** In OpenMetrics the counter `x_total` is of the family `x`. */
function familyOf(name: string): string {
  return name.replace(/_total$/, "");
}
