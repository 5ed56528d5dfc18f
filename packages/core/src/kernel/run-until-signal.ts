import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { Hotline } from "../create-hotline.js";
import type { Clock } from "../contracts/time.js";
import { SystemClock } from "../time/system-clock.js";

/** What it listens to: signals, and errors that nobody caught. */
export type ProcessSignal = "SIGTERM" | "SIGINT" | "uncaughtException" | "unhandledRejection";

/** The parts of Node's `process` it needs. */
export interface SignalSource {
  on(signal: ProcessSignal, listener: (error: unknown) => void): unknown;
  off(signal: ProcessSignal, listener: (error: unknown) => void): unknown;
}

/** So many uncaught errors within so many milliseconds are no single mistake any more: the hotline is ended in order. */
const STORM = { errors: 50, withinMs: 10_000 };

export interface RunUntilSignalOptions {
  /** Whose signals end it. Default Node's `process`. */
  readonly process?: SignalSource;
  /** Default: a line on stdout. */
  readonly print?: (line: string) => void;
  /** Default: a line on stderr. */
  readonly printError?: (line: string) => void;
  /** What is printed once the hotline runs. Default `ready`. */
  readonly ready?: () => string | Promise<string>;
  /** Measures how fast uncaught errors come. Default the machine's. */
  readonly clock?: Clock;
}

/**
 * Starts the hotline and stays until it is told to stop: the first SIGTERM or SIGINT drains, a
 * second one stops at once. Resolves with the exit code; it never calls `process.exit` itself.
 * A coded error at start is written as one line without a stack trace.
 *
 * A promise that rejects without a handler, or a throw out of a timer or an emitter, would end the process and every call with
 * it: it is logged and the hotline goes on. At 50 within 10 s it drains and resolves with 1, for its supervisor to start it anew.
 *
 * ```ts
 * process.exitCode = await runUntilSignal(hotline);
 * ```
 */
export async function runUntilSignal(hotline: Hotline, given: RunUntilSignalOptions = {}): Promise<number> {
  const options: Required<Omit<RunUntilSignalOptions, "ready">> & Pick<RunUntilSignalOptions, "ready"> = { process: process as SignalSource, clock: new SystemClock(), print: (line: string) => void process.stdout.write(`${line}\n`), printError: (line: string) => void process.stderr.write(`${line}\n`), ...given };
  let signals = 0;
  let wake: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (wake = resolve));
  const onSignal = (): void => {
    signals++;
    if (signals === 1) wake();
    else hotline.hurry();
  };
  let storm = false;
  const recent: number[] = [];
  const onUncaught = (error: unknown): void => {
    const now = options.clock.monotonic();
    recent.push(now);
    while ((recent[0] ?? now) < now - STORM.withinMs) recent.shift();
    if (storm) return;
    hotline.reportUncaught(error);
    if (recent.length < STORM.errors) return;
    storm = true;
    const { code, message } = coreErrors.UNCAUGHT_STORM(STORM.errors, STORM.withinMs / 1000, errorText(error));
    options.printError(`${code}: ${message}`);
    wake();
  };
  const listeners = [["SIGTERM", onSignal], ["SIGINT", onSignal], ["uncaughtException", onUncaught], ["unhandledRejection", onUncaught]] as const;
  for (const [signal, listener] of listeners) options.process.on(signal, listener);
  try {
    try {
      await hotline.start();
    } catch (error) {
      options.printError(isHotlineError(error) ? `${error.code}: ${error.message}` : `The hotline could not start: ${errorText(error)}`);
      return 1;
    }
    options.print(await (options.ready?.() ?? "ready"));
    await first;
    await hotline.stop();
    return storm ? 1 : 0;
  } finally {
    for (const [signal, listener] of listeners) options.process.off(signal, listener);
  }
}
