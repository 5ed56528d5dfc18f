import { DriverException } from "@mikro-orm/core";
import { errorText } from "../errors/define-errors.js";

/** What of a driver's error may be told besides its text: none of these holds a value. */
const TELLING = ["code", "errno", "constraint", "table", "column", "schema"];

/**
 * An error as it may be logged. Drivers put the statement with all its values into message and stack, and
 * PostgreSQL a row into `detail`: what a citizen said and who it was would stand in the log. Kept are the
 * statement up to its first value, the reason and the frames. Causes are treated alike; what holds no driver's
 * error comes back as it was.
 */
export function safeError(error: unknown): unknown {
  try {
    return withoutStatement(error, 0);
  } catch {
    return new Error(errorText(error)); // a proxy or getter that throws
  }
}

function withoutStatement(error: unknown, depth: number): unknown {
  if (!(error instanceof Error) || depth > 8) return error;
  if (error instanceof DriverException) {
    const told = withoutValues(error.message);
    const safe = new Error(told);
    safe.name = error.name;
    const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at \S.*:\d+:\d+\)?$/.test(line));
    safe.stack = [`${error.name}: ${told}`, ...frames].join("\n");
    for (const key of TELLING) {
      const value: unknown = Reflect.get(error, key);
      if (typeof value === "string" || typeof value === "number") Object.assign(safe, { [key]: value });
    }
    return safe;
  }
  const cause = withoutStatement(error.cause, depth + 1);
  if (cause === error.cause) return error;
  const copy = Object.create(Object.getPrototypeOf(error) as object, Object.getOwnPropertyDescriptors(error)) as Error;
  Object.defineProperty(copy, "cause", { value: cause, configurable: true, enumerable: false, writable: true });
  return copy;
}

/** `insert into t (a) values (... - UNIQUE constraint failed: t.a`. */
function withoutValues(message: string): string {
  const first = message.indexOf("'");
  const reason = message.lastIndexOf(" - ");
  return first === -1 || reason < first ? message.slice(0, first === -1 ? undefined : first) : `${message.slice(0, first)}...${message.slice(reason)}`;
}
