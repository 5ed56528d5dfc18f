import type { Clock } from "../contracts/time.js";
import type { PluginHealth } from "../contracts/http.js";
import type { HealthReport } from "../plugin/plugin-context.js";
import type { PluginDefinition } from "../plugin/define-plugin.js";
import type { Logger } from "../log/logger.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { TapTrouble } from "../hooks/isolate.js";
import { safeError } from "../log/safe-error.js";
import { within } from "../time/within.js";

export type Phase = "check" | "ready" | "start" | "drain" | "drained" | "stop";

type Step = (signal: AbortSignal) => void | Promise<void>;

/** Milliseconds a plugin has for a phase; for draining, what it has after the hotline's own deadline. */
const LIMITS: Readonly<Record<Phase, number>> = { check: 30_000, ready: 60_000, start: 30_000, drain: 2_000, drained: 2_000, stop: 15_000 };
/** Characters of a reason that goes into health, logs and events. */
export const LONGEST_REASON = 2_000;
/** Milliseconds a health report may take. */
const HEALTH_LIMIT_MS = 2_000;

/** One plugin in a hotline: its callbacks by phase, and why it failed if it did. */
export class PluginHost {
  readonly definition: PluginDefinition<unknown, unknown>;
  readonly log: Logger;
  readonly #steps: Record<Phase, Step[]> = { check: [], ready: [], start: [], drain: [], drained: [], stop: [] };
  readonly #health: (() => HealthReport | Promise<HealthReport>)[] = [];
  readonly #trouble = new Map<object, TapTrouble>();
  #failure: Error | undefined;
  #stopped = false;

  constructor(definition: PluginDefinition<unknown, unknown>, log: Logger) {
    this.definition = definition;
    this.log = log;
  }

  get name(): string {
    return this.definition.name;
  }

  get critical(): boolean {
    return this.definition.critical ?? true;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether it is to be asked, told and served: it has not failed. */
  readonly takesPart = (): boolean => this.#failure === undefined;

  tapInTrouble(tap: object, trouble: TapTrouble): void {
    this.#trouble.set(tap, trouble);
  }

  tapWorks(tap: object): void {
    this.#trouble.delete(tap);
  }

  on(phase: Phase, step: Step): void {
    this.#steps[phase].push(step);
  }

  onHealth(fn: () => HealthReport | Promise<HealthReport>): void {
    this.#health.push(fn);
  }

  /** Marks a plugin that is not critical as failed: it takes no part any more, the hotline goes on. */
  fail(error: Error): void {
    this.#failure = error;
    this.log.error({ err: error }, `plugin ${this.name} failed; the hotline goes on without it`);
  }

  /**
   * Runs the callbacks of a phase within its time limit. Of `drain`, `drained` and `stop` each runs, whatever the one before did;
   * `stop` runs once.
   *
   * @throws what the plugin threw when it is coded, else HTL_CORE_PLUGIN_FAILED / HTL_CORE_PLUGIN_TIMEOUT naming it
   */
  async run(phase: Phase, deps: { clock: Clock; deadline?: AbortSignal }): Promise<void> {
    if (this.#failure !== undefined && phase !== "stop") return;
    if (phase === "stop" && this.#stopped) return;
    if (phase === "stop") this.#stopped = true;
    const abort = new AbortController();
    const forward = (): void => abort.abort(deps.deadline?.reason);
    deps.deadline?.addEventListener("abort", forward, { once: true });
    const draining = phase === "drain" || phase === "drained";
    const work = phase === "stop" || draining ? allOf([...this.#steps[phase]].reverse(), abort.signal) : firstFailureEnds(this.#steps[phase], abort.signal);
    try {
      await (draining ? this.#untilDeadline(work, phase, deps) : this.#limited(work, phase, deps.clock));
    } catch (error) {
      abort.abort(error);
      if (isHotlineError(error)) throw error;
      throw coreErrors.PLUGIN_FAILED(this.name, phase, errorText(error).slice(0, LONGEST_REASON), { cause: error });
    } finally {
      deps.deadline?.removeEventListener("abort", forward);
    }
  }

  #limited(work: Promise<void>, phase: Phase, clock: Clock): Promise<void> {
    const limit = LIMITS[phase];
    return within(work, limit, clock, () => coreErrors.PLUGIN_TIMEOUT(this.name, phase, limit));
  }

  /** Draining may take until the deadline, and a moment more for what the deadline's signal sets off. */
  async #untilDeadline(work: Promise<void>, phase: Phase, { clock, deadline }: { clock: Clock; deadline?: AbortSignal }): Promise<void> {
    if (deadline === undefined) return work;
    let passed: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (passed = resolve));
    if (deadline.aborted) passed();
    deadline.addEventListener("abort", passed, { once: true });
    try {
      await Promise.race([work, over]);
    } finally {
      deadline.removeEventListener("abort", passed);
    }
    await this.#limited(work, phase, clock);
  }

  /** State, and why it is not `running`. Never rejects. */
  async report(clock: Clock): Promise<PluginHealth> {
    const { name } = this;
    const { version } = this.definition;
    if (this.#failure !== undefined) {
      const code = isHotlineError(this.#failure) ? { code: this.#failure.code } : {};
      return { name, version, state: "failed", ok: false, message: errorText(safeError(this.#failure)), ...code };
    }
    let ok = true;
    let message: string | undefined;
    const details: Record<string, unknown> = {};
    for (const fn of this.#health) {
      try {
        const report = await within((async () => fn())(), HEALTH_LIMIT_MS, clock, () => coreErrors.HEALTH_TIMEOUT(name, HEALTH_LIMIT_MS));
        if (!isReport(report)) throw new Error("its health report is no { ok: boolean }");
        ok &&= report.ok;
        message ??= report.message;
        Object.assign(details, report.details);
      } catch (error) {
        ok = false;
        message ??= errorText(safeError(error));
      }
    }
    const taps = [...this.#trouble.values()].map(({ hook, failures, why, mutedUntil = null }) => ({ hook, failures, why, mutedUntil }));
    if (taps.length > 0) {
      ok = false;
      message ??= `failing again and again: ${[...new Set(taps.map(({ hook }) => hook))].join(", ")}`;
    }
    return {
      name,
      version,
      state: ok ? "running" : "degraded",
      ok,
      ...(message === undefined ? {} : { message }),
      ...(taps.length === 0 ? {} : { taps }),
      ...(Object.keys(details).length === 0 ? {} : { details }),
    };
  }
}

async function firstFailureEnds(steps: readonly Step[], signal: AbortSignal): Promise<void> {
  for (const step of steps) await step(signal);
}

/** Runs each; what the first that failed threw is thrown when all are through. */
async function allOf(steps: readonly Step[], signal: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step(signal);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function isReport(report: unknown): report is HealthReport {
  return typeof report === "object" && report !== null && "ok" in report && typeof report.ok === "boolean";
}
