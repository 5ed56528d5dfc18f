import type { Clock } from "../contracts/time.js";
import type { HealthReport } from "../plugin/plugin-context.js";
import type { PluginDefinition } from "../plugin/define-plugin.js";
import type { Logger } from "../log/logger.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";

export type Phase = "ready" | "start" | "drain" | "stop";

type Step = (signal: AbortSignal) => void | Promise<void>;

/** Milliseconds a plugin has for a phase; draining has the hotline's own deadline. */
const LIMITS: Readonly<Record<Exclude<Phase, "drain">, number>> = { ready: 60_000, start: 30_000, stop: 15_000 };

/** One plugin in a hotline: its callbacks by phase, and why it failed if it did. */
export class PluginHost {
  readonly definition: PluginDefinition<unknown, unknown>;
  readonly log: Logger;
  readonly #steps: Record<Phase, Step[]> = { ready: [], start: [], drain: [], stop: [] };
  readonly #health: (() => HealthReport | Promise<HealthReport>)[] = [];
  #failure: Error | undefined;

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
   * Runs the callbacks of a phase within its time limit.
   *
   * @throws what the plugin threw when it is coded, else HTL_CORE_PLUGIN_FAILED / HTL_CORE_PLUGIN_TIMEOUT naming it
   */
  async run(phase: Phase, deps: { clock: Clock; deadline?: AbortSignal }): Promise<void> {
    if (this.#failure !== undefined && phase !== "stop") return;
    const abort = new AbortController();
    const forward = (): void => abort.abort(deps.deadline?.reason);
    deps.deadline?.addEventListener("abort", forward, { once: true });
    const steps = phase === "stop" || phase === "drain" ? [...this.#steps[phase]].reverse() : this.#steps[phase];
    const work = (async () => {
      for (const step of steps) await step(abort.signal);
    })();
    try {
      await (phase === "drain" ? work : this.#limited(work, phase, deps.clock));
    } catch (error) {
      abort.abort(error);
      if (isHotlineError(error)) throw error;
      throw coreErrors.PLUGIN_FAILED(this.name, phase, errorText(error), { cause: error });
    } finally {
      deps.deadline?.removeEventListener("abort", forward);
    }
  }

  #limited(work: Promise<void>, phase: Exclude<Phase, "drain">, clock: Clock): Promise<void> {
    const limit = LIMITS[phase];
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => reject(coreErrors.PLUGIN_TIMEOUT(this.name, phase, limit)), limit);
      work.then(
        () => {
          timer.cancel();
          resolve();
        },
        (error: unknown) => {
          timer.cancel();
          reject(error instanceof Error ? error : new Error(errorText(error)));
        },
      );
    });
  }

  async report(): Promise<HealthReport> {
    if (this.#failure !== undefined) return { ok: false, message: this.#failure.message };
    let ok = true;
    let message: string | undefined;
    const details: Record<string, unknown> = {};
    for (const fn of this.#health) {
      try {
        const report = await fn();
        ok &&= report.ok;
        message ??= report.message;
        Object.assign(details, report.details);
      } catch (error) {
        ok = false;
        message ??= errorText(error);
      }
    }
    return { ok, ...(message === undefined ? {} : { message }), ...(Object.keys(details).length === 0 ? {} : { details }) };
  }
}
