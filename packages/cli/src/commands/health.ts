import type { HotlineHealth } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { errors } from "../errors.js";
import { table, type Output } from "../output.js";

/** Part of the health everybody sees. */
type Report = Pick<HotlineHealth, "state" | "ok"> & Partial<Pick<HotlineHealth, "data">> & { readonly plugins: readonly (Pick<HotlineHealth["plugins"][number], "name" | "ok"> & { version?: string; message?: string })[] };

/**
 * `hotline health`: asks a running hotline. 0 all well; 1 it runs, but a plugin is not well, or it
 * is starting or draining; 2 nobody answers there, or what answers is no hotline.
 */
export async function health(address: string, { json, timeoutMs, token, output }: { json: boolean; timeoutMs: number; token: string | undefined; output: Output }): Promise<number> {
  const url = healthUrl(address);
  let report: Report | undefined;
  let reason = "what answers there is not a hotline";
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    const body: unknown = await response.json();
    if (isReport(body)) report = body;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    reason = errorText(cause) || String((cause as { code?: unknown }).code ?? "no answer");
  }
  const status = report === undefined || report.state === "failed" || report.state === "stopped" ? "down" : report.ok ? "ok" : "degraded";
  if (json) output.out(JSON.stringify({ url: url.href, status, ...(report === undefined ? { reason } : report) }, null, 2));
  else if (report === undefined) output.out(`down: ${url.href}: ${reason}`);
  else {
    output.out(`${status}: ${url.href} is ${report.state}`);
    if (report.data?.ok === false) output.out(`  NOT WELL  data: ${report.data.message ?? ""}; ${report.data.waiting} wait to write`);
    output.out(table(report.plugins.map((plugin) => [plugin.ok ? "ok" : "NOT WELL", plugin.name, plugin.version ?? "", plugin.message ?? ""]), "  "));
  }
  return { ok: 0, degraded: 1, down: 2 }[status];
}

function healthUrl(address: string): URL {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//.test(address) ? address : `http://${address}`);
  } catch (cause) {
    throw errors.HEALTH_URL(address, { cause });
  }
  if (url.pathname === "/" || url.pathname === "") url.pathname = "/api/health";
  return url;
}

function isReport(body: unknown): body is Report {
  const { state, ok, plugins } = (body ?? {}) as Record<string, unknown>;
  return typeof state === "string" && typeof ok === "boolean" && Array.isArray(plugins);
}
