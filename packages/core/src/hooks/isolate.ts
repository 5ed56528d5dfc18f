import type { Clock } from "../contracts/time.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { MUTE_AFTER, MUTE_MS, type TapPolicy } from "./tap-policy.js";

type TapFunction = (...args: unknown[]) => Promise<unknown>;

/** The part of tapable's tap record that the interceptor reads and replaces. */
export interface TapRecord {
  readonly name: string;
  fn: TapFunction;
}

export interface IsolationDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Deadline of the run a context belongs to. */
  deadline(context: object): number | undefined;
  degraded(plugin: string, hook: string, failures: number): void;
}

/**
 * Wraps one tap: its throw, its time-out and its history of failures are kept from the hook and
 * from the other taps. Used as the `register` interceptor of every hook.
 *
 * @param refuse what a fail-closed hook answers in place of a failed tap.
 */
export function isolate(hook: string, policy: TapPolicy, deps: IsolationDeps, refuse: ((plugin: string, error: unknown) => unknown) | undefined): (tap: TapRecord) => TapRecord {
  return (tap) => {
    const inner = tap.fn;
    let failures = 0;
    let mutedUntil = 0;

    const failed = (error: unknown): unknown => {
      failures++;
      deps.log.error({ err: error, plugin: tap.name, hook, failures }, "a hook tap failed");
      if (policy.onFailure === "closed") return refuse?.(tap.name, error);
      if (failures >= MUTE_AFTER) {
        mutedUntil = deps.clock.now() + MUTE_MS;
        failures = 0;
        deps.degraded(tap.name, hook, MUTE_AFTER);
      }
      if (policy.onFailure === "throw") throw error;
      return undefined;
    };

    const run: TapFunction = async (...args) => {
      if (mutedUntil > deps.clock.now()) return undefined;
      // The last argument is the context of the run; a waterfall's first one changes on the way.
      const context = args.at(-1);
      const deadline = typeof context === "object" && context !== null ? deps.deadline(context) : undefined;
      try {
        const result = deadline === undefined ? await inner(...args) : await withDeadline(inner(...args), deadline, deps.clock, () => coreErrors.HOOK_TIMEOUT(tap.name, hook, policy.budgetMs ?? 0));
        failures = 0;
        return result;
      } catch (error) {
        return failed(error);
      }
    };
    return { ...tap, fn: run };
  };
}

function withDeadline<T>(work: Promise<T>, deadline: number, clock: Clock, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(late()), Math.max(0, deadline - clock.now()));
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error instanceof Error ? error : new Error(errorText(error)));
      },
    );
  });
}
