type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Header that a page of another site cannot send without our leave (a CORS preflight, which we never grant). */
export const CSRF_HEADER = "x-hotline-csrf";

/**
 * What the browser says about where a request comes from. `foreign`: surely another site. `own`: surely ours,
 * or a header proves it. `unknown`: no browser, or an old one.
 *
 * @param hosts the names under which we are reached, with port where it is not the scheme's own
 */
export function requestOrigin(headers: Headers, hosts: readonly (string | undefined)[]): "own" | "foreign" | "unknown" {
  const origin = single(headers.origin);
  if (origin !== undefined) {
    const host = hostOf(origin);
    if (host === undefined) return "foreign";
    return hosts.some((own) => own !== undefined && own.toLowerCase() === host) ? "own" : "foreign";
  }
  const site = single(headers["sec-fetch-site"]);
  if (site !== undefined) return site === "same-origin" ? "own" : "foreign";
  return single(headers[CSRF_HEADER]) === undefined ? "unknown" : "own";
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host.toLowerCase() || undefined;
  } catch {
    // "null" (sandboxed frames, data: pages) and rubbish.
    return undefined;
  }
}
