import type { Clock } from "../contracts/time.js";
import { asError } from "../errors/define-errors.js";

/** The work's result, or `late()` as a rejection after `ms`. The work itself goes on. */
export function within<T>(work: Promise<T>, ms: number, clock: Clock, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(late()), ms);
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(asError(error));
      },
    );
  });
}
