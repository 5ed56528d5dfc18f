import type { HotlineError} from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import { httpErrors } from "../errors.js";

/** An error as clients see it. */
export interface ErrorReply {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly details: Readonly<Record<string, unknown>> };
  readonly headers: Readonly<Record<string, string>>;
  /** Not the client's fault: belongs into the log with its cause. */
  readonly internal: boolean;
}

/**
 * Turns anything thrown into an answer. Coded errors with a status below 500, or one that was meant for clients
 * (502-504), are told as they are; of everything else only that it happened, with the request's id to find it in the log.
 */
export function errorReply(thrown: unknown, requestId: string, bodyLimit: number): ErrorReply {
  const error = isHotlineError(thrown) ? thrown : readFromExpress(thrown, bodyLimit);
  if (!error || error.status === 500) {
    const told = httpErrors.INTERNAL({ details: { requestId } });
    return { status: 500, body: { code: told.code, message: told.message, details: { requestId } }, headers: {}, internal: true };
  }
  const headers: Record<string, string> = {};
  const retryAfter = error.details?.retryAfter;
  if (typeof retryAfter === "number") headers["Retry-After"] = String(retryAfter);
  if (error.status === 401) headers["WWW-Authenticate"] = 'Bearer realm="hotline"';
  return { status: error.status, body: { code: error.code, message: error.message, details: error.details ?? {} }, headers, internal: error.status > 500 && error.cause !== undefined };
}

function readFromExpress(thrown: unknown, bodyLimit: number): HotlineError | undefined {
  try {
    return fromExpress(thrown, bodyLimit);
  } catch {
    return undefined; // a proxy or getter that throws
  }
}

/** Errors of express and its body parser carry a status and a type. */
function fromExpress(thrown: unknown, bodyLimit: number): HotlineError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { type, status } = thrown as Error & { type?: unknown; status?: unknown };
  switch (type) {
    case "entity.too.large":
      return httpErrors.BODY_TOO_LARGE(bodyLimit, { details: { limit: bodyLimit } });
    case "entity.parse.failed":
      return httpErrors.BAD_JSON();
    case "parameters.too.many":
      return httpErrors.BAD_REQUEST();
    case "encoding.unsupported":
    case "charset.unsupported":
      return httpErrors.BAD_MEDIA_TYPE();
    case "request.aborted":
      return httpErrors.CLIENT_GONE();
    default:
      // For example a path with a broken percent escape.
      return typeof status === "number" && status >= 400 && status < 500 ? httpErrors.BAD_REQUEST() : undefined;
  }
}
