import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { Hotline } from "../create-hotline.js";

/** The parts of Node's `process` it needs. */
export interface SignalSource {
  on(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
  off(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown;
}

export interface RunUntilSignalOptions {
  /** Whose signals end it. Default Node's `process`. */
  readonly process?: SignalSource;
  /** Default: a line on stdout. */
  readonly print?: (line: string) => void;
  /** Default: a line on stderr. */
  readonly printError?: (line: string) => void;
  /** What is printed once the hotline runs. Default `ready`. */
  readonly ready?: () => string | Promise<string>;
}

/**
 * Starts the hotline and stays until it is told to stop: the first SIGTERM or SIGINT drains, a
 * second one stops at once. Resolves with the exit code; it never calls `process.exit` itself.
 * A coded error at start is written as one line without a stack trace.
 *
 * ```ts
 * process.exitCode = await runUntilSignal(hotline);
 * ```
 */
export async function runUntilSignal(hotline: Hotline, given: RunUntilSignalOptions = {}): Promise<number> {
  const options = { process, print: (line: string) => void process.stdout.write(`${line}\n`), printError: (line: string) => void process.stderr.write(`${line}\n`), ...given };
  let signals = 0;
  let wake: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (wake = resolve));
  const onSignal = (): void => {
    signals++;
    if (signals === 1) wake();
    else hotline.hurry();
  };
  options.process.on("SIGTERM", onSignal);
  options.process.on("SIGINT", onSignal);
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
    return 0;
  } finally {
    options.process.off("SIGTERM", onSignal);
    options.process.off("SIGINT", onSignal);
  }
}
