/** What a code of `defineErrors` says. `%s` in the message takes the arguments in order. */
export interface ErrorDefinition {
  readonly message: string;
  /** HTTP status. Default 500. */
  readonly status?: number;
  /** SIP status when the error answers a request. */
  readonly sip?: number;
}

/** An error with a stable code `HTL_<AREA>_<NAME>` that says what to do. */
export class HotlineError extends Error {
  override readonly name = "HotlineError";
  readonly code: string;
  readonly status: number;
  readonly sip: number | undefined;
  /** Machine-readable facts; shown to clients, so no secrets. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: { status?: number; sip?: number; cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 500;
    this.sip = options.sip;
    this.details = options.details;
  }
}

export interface ErrorOptionsOf {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Makes an error of one code. The last argument may be `{ cause, details }`. */
export type ErrorFactory = ((...args: (string | number | ErrorOptionsOf)[]) => HotlineError) & { readonly code: string; readonly definition: ErrorDefinition };

const registry = new Map<string, ErrorDefinition>();

/**
 * Declares the coded errors of one area.
 *
 * ```ts
 * export const errors = defineErrors("ACD", { QUEUE_FULL: { message: "Queue %s is full", status: 503, sip: 486 } });
 * throw errors.QUEUE_FULL("general", { details: { waiting: 40 } });   // code HTL_ACD_QUEUE_FULL
 * ```
 */
export function defineErrors<K extends string>(area: string, definitions: Record<K, ErrorDefinition>): Readonly<Record<K, ErrorFactory>> {
  const out = {} as Record<K, ErrorFactory>;
  for (const key of Object.keys(definitions) as K[]) {
    const code = `HTL_${area}_${key}`;
    const definition = definitions[key];
    registry.set(code, definition);
    const make = (...args: (string | number | ErrorOptionsOf)[]): HotlineError => {
      const values: (string | number)[] = [];
      let options: ErrorOptionsOf = {};
      for (const arg of args) {
        if (typeof arg === "object") options = arg;
        else values.push(arg);
      }
      let next = 0;
      const message = definition.message.replace(/%s/g, () => String(values[next++] ?? "?"));
      return new HotlineError(code, message, { status: definition.status, sip: definition.sip, cause: options.cause, details: options.details });
    };
    out[key] = Object.assign(make, { code, definition });
  }
  return out;
}

/** Every code declared in this process, for the reference page and its test. */
export function declaredErrors(): ReadonlyMap<string, ErrorDefinition> {
  return registry;
}

export function isHotlineError(error: unknown, code?: string): error is HotlineError {
  try {
    return error instanceof Error && error.name === "HotlineError" && (code === undefined || (error as HotlineError).code === code);
  } catch {
    return false; // a proxy or getter that throws
  }
}

/** What was thrown when it is an error that can be read, else an error with its text. */
export function asError(error: unknown): Error {
  try {
    if (error instanceof Error) return error;
  } catch {
    // A proxy whose traps throw.
  }
  return new Error(errorText(error));
}

/** The text of anything thrown; of what defies reading (a getter that throws, no `toString`) a phrase that says so. */
export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "an error that cannot be read";
  }
}
