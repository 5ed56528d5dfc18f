import type { Clock } from "../contracts/time.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { MUTE_AFTER, MUTE_MS, type TapPolicy } from "./tap-policy.js";
import { checkedResult } from "./tap-result.js";
import { within } from "../time/within.js";

type TapFunction = (...args: unknown[]) => Promise<unknown>;

/** The part of tapable's tap record that the interceptor reads and replaces. */
export interface TapRecord {
  readonly name: string;
  fn: TapFunction;
}

/** A tap that failed five times in a row. */
export interface TapTrouble {
  readonly plugin: string;
  readonly hook: string;
  readonly failures: number;
  /** The last failure, in words. */
  readonly why: string;
  /** Epoch ms until which it is not asked; `undefined` for fail-closed hooks, whose taps are always asked. */
  readonly mutedUntil: number | undefined;
}

export interface IsolationDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Deadline of the run a context belongs to. */
  deadline(context: object): number | undefined;
  /** Told again each time the tap fails five times more. `tap` stands for this one tap. */
  degraded(tap: object, trouble: TapTrouble): void;
  /** A tap that was in trouble did its work again. */
  recovered(tap: object, plugin: string, hook: string): void;
}

/**
 * Wraps one tap: its throw, its time-out, its rubbish and its history of failures are kept from the hook
 * and from the other taps. Used as the `register` interceptor of every hook.
 *
 * @param refuse what a fail-closed hook answers in place of a failed tap.
 */
export function isolate(hook: string, policy: TapPolicy, deps: IsolationDeps, refuse: ((plugin: string, error: unknown) => unknown) | undefined): (tap: TapRecord) => TapRecord {
  return (tap) => {
    const inner = tap.fn;
    const identity = {};
    let failures = 0;
    let mutedUntil = 0;
    let inTrouble = false;

    const failed = (error: unknown): unknown => {
      failures++;
      deps.log.error({ err: error, plugin: tap.name, hook, failures }, "a hook tap failed");
      if (failures % MUTE_AFTER === 0) {
        const mute = policy.onFailure !== "closed";
        if (mute) {
          mutedUntil = deps.clock.now() + MUTE_MS;
          failures = 0;
        }
        inTrouble = true;
        deps.degraded(identity, { plugin: tap.name, hook, failures: mute ? MUTE_AFTER : failures, why: errorText(error).slice(0, 300), mutedUntil: mute ? mutedUntil : undefined });
      }
      if (policy.onFailure === "closed") return refuse?.(tap.name, error);
      if (policy.onFailure === "throw") throw error;
      return undefined;
    };

    const run: TapFunction = async (...args) => {
      if (mutedUntil > deps.clock.now()) return undefined;
      // The last argument is the context of the run; a waterfall's first one changes on the way.
      const context = args.at(-1);
      const deadline = typeof context === "object" && context !== null ? deps.deadline(context) : undefined;
      try {
        const result = deadline === undefined ? await inner(...args) : await within(inner(...args), Math.max(0, deadline - deps.clock.now()), deps.clock, () => coreErrors.HOOK_TIMEOUT(tap.name, hook, policy.budgetMs ?? 0));
        const checked = checkedResult(hook, result);
        if (!checked.ok) throw coreErrors.HOOK_RESULT(tap.name, hook, checked.got, checked.expected);
        failures = 0;
        if (inTrouble) {
          inTrouble = false;
          deps.recovered(identity, tap.name, hook);
        }
        return checked.value;
      } catch (error) {
        // A node that is torn off because its caller hung up has not failed: five such callers would silence it for everybody.
        if (policy.onFailure === "throw" && isAborted(context)) throw error;
        return failed(error);
      }
    };
    return { ...tap, fn: run };
  };
}

function isAborted(context: unknown): boolean {
  return typeof context === "object" && context !== null && "signal" in context && context.signal instanceof AbortSignal && context.signal.aborted;
}
