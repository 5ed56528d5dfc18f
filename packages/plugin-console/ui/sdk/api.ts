/** An answer that was no success. `code` is one of docs/reference/errors.md, `NETWORK` when nobody answered. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

const signedOut = new Set<() => void>();

/** Told when the session has ended. Returns an unsubscribe. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** JSON over the session's cookie. Rejects with ApiError. */
export const api = {
  get: <T>(path: string, query?: Query, options: { signal?: AbortSignal } = {}): Promise<T> => call<T>("GET", withQuery(path, query), undefined, options.signal),
  post: <T = undefined>(path: string, body?: unknown): Promise<T> => call<T>("POST", path, body ?? {}),
  put: <T = undefined>(path: string, body?: unknown): Promise<T> => call<T>("PUT", path, body ?? {}),
  patch: <T = undefined>(path: string, body?: unknown): Promise<T> => call<T>("PATCH", path, body ?? {}),
  delete: <T = undefined>(path: string): Promise<T> => call<T>("DELETE", path),
};

/** Path with the values that are set; lists are joined by comma. */
export function withQuery(path: string, query: Query = {}): string {
  const set = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === null || value === "" ? [] : [[name, Array.isArray(value) ? value.join(",") : String(value)] as [string, string]]));
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set).toString()}`;
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", "X-Hotline-CSRF": "1", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError(0, "NETWORK", "no answer", {}, { cause });
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const told = (await response.json().catch(() => ({}))) as { code?: string; message?: string; details?: Record<string, unknown> };
  if (response.status === 401 && path !== "/api/auth/login") for (const listener of signedOut) listener();
  throw new ApiError(response.status, told.code ?? `HTTP_${response.status}`, told.message ?? response.statusText, told.details);
}
