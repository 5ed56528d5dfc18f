import pino from "pino";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "./logger.js";
import { maskFields } from "./masking.js";
import { safeError } from "./safe-error.js";

/** Levels of `HOTLINE_LOG`. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

function serialise(error: unknown): unknown {
  try {
    return pino.stdSerializers.err(safeError(error) as Error);
  } catch {
    // What a plugin throws may be frozen, or its getters may throw: no reason to fail whoever logs it.
    return { type: "Error", message: errorText(error) };
  }
}

/**
 * JSON lines on stderr (stdout belongs to the application's ready line). Every object is masked
 * before it is written: see masking.ts, for errors safe-error.ts.
 */
export function createPinoLogger(options: { level?: LogLevel; name: string }): Logger {
  return pino(
    {
      level: options.level ?? "info",
      base: { name: options.name },
      formatters: { level: (label) => ({ level: label }), log: (fields) => maskFields(fields) },
      serializers: { err: serialise, error: serialise },
    },
    pino.destination({ dest: 2, sync: false }),
  );
}

/** A logger that writes nothing, for tests. */
export function createSilentLogger(): Logger {
  const nothing = (): void => undefined;
  const logger: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing, child: () => logger };
  return logger;
}
