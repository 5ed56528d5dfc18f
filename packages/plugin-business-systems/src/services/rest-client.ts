import type { Clock, Logger, LookupFailure } from "@hotlinejs/core";
import type { SystemConfig } from "../config.js";
import { CircuitBreaker } from "../domain/circuit-breaker.js";
import type { BusinessTransport, TransportAnswer } from "./transport.js";

export interface RestRequest {
  readonly method: "GET" | "POST";
  /** Path and query below the root; holds keys, so it is never logged. */
  readonly path: string;
  /** The path as configured, for the log. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, string>>;
  /** May be sent again when no answer came. */
  readonly idempotent: boolean;
  readonly signal?: AbortSignal;
}

export type RestResult = { readonly status: number; readonly body: string } | { readonly failure: LookupFailure };

/** Answers that say the system has trouble, not that the question was wrong. */
const PASSING = new Set([500, 502, 503, 504, 429]);

/** Asks one system: time-out, bounded retries, circuit breaker. Never rejects. */
export class RestClient {
  readonly breaker: CircuitBreaker;

  constructor(
    private readonly system: SystemConfig,
    private readonly deps: { readonly clock: Clock; readonly log: Logger; readonly transport: BusinessTransport },
  ) {
    this.breaker = new CircuitBreaker(system.breaker, () => deps.clock.monotonic());
  }

  async ask(request: RestRequest): Promise<RestResult> {
    const { system } = this;
    const { clock } = this.deps;
    const deadline = clock.monotonic() + system.totalMs;
    for (let tried = 0; ; tried++) {
      if (!this.breaker.admit()) return { failure: "circuit-open" };
      const limit = Math.min(system.timeoutMs, deadline - clock.monotonic());
      const result = await this.#try(request, limit, tried);
      const settled = "status" in result ? !PASSING.has(result.status) : result.failure === "cancelled";
      const wait = system.retryDelayMs * 2 ** tried;
      if (settled || !request.idempotent || tried >= system.retries || clock.monotonic() + wait >= deadline) return "status" in result && PASSING.has(result.status) ? { failure: "refused" } : result;
      try {
        await clock.sleep(wait, request.signal);
      } catch {
        // The caller is gone: nobody waits for another try.
        return { failure: "cancelled" };
      }
    }
  }

  async #try(request: RestRequest, limitMs: number, tried: number): Promise<RestResult> {
    const { clock, log, transport } = this.deps;
    const { system } = this;
    const timeout = new AbortController();
    const timer = clock.setTimeout(() => timeout.abort(new Error(`no answer within ${limitMs} ms`)), Math.max(0, limitMs));
    const signal = request.signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, request.signal]);
    const started = clock.monotonic();
    try {
      const answer = await within(this.#send(transport, request, signal), signal);
      if (PASSING.has(answer.status)) this.#failed({ request, tried, status: answer.status, ms: clock.monotonic() - started });
      else this.breaker.succeeded();
      return answer;
    } catch (error) {
      if (request.signal?.aborted === true && !timeout.signal.aborted) {
        this.breaker.forgotten();
        return { failure: "cancelled" };
      }
      const failure = timeout.signal.aborted ? "timeout" : "unreachable";
      this.#failed({ request, tried, failure, ms: clock.monotonic() - started });
      // Its text may hold the address and so the keys: only its kind is told.
      log.debug({ system: system.key, name: error instanceof Error ? error.name : typeof error }, "a request to a business system failed");
      return { failure };
    } finally {
      timer.cancel();
    }
  }

  async #send(transport: BusinessTransport, request: RestRequest, signal: AbortSignal): Promise<TransportAnswer> {
    const { baseUrl } = this.system;
    const root = typeof baseUrl === "string" ? baseUrl : baseUrl();
    return transport({
      method: request.method,
      url: root.replace(/\/+$/, "") + request.path,
      headers: { accept: "application/json", ...(request.body === undefined ? {} : { "content-type": "application/json" }), ...this.#credential(), ...request.headers },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal,
    });
  }

  #credential(): Record<string, string> {
    const { credential } = this.system;
    switch (credential?.type) {
      case undefined:
        return {};
      case "bearer":
        return { authorization: `Bearer ${credential.token}` };
      case "basic":
        return { authorization: `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}` };
      case "header":
        return { [credential.name.toLowerCase()]: credential.value };
    }
  }

  #failed({ request, ...facts }: { request: RestRequest; tried: number; ms: number; status?: number; failure?: LookupFailure }): void {
    const before = this.breaker.state;
    this.breaker.failed();
    this.deps.log.warn({ system: this.system.key, path: request.label, ...facts }, "a business system did not answer");
    if (before !== "open" && this.breaker.state === "open") this.deps.log.error({ system: this.system.key, openMs: this.system.breaker.openMs }, "the circuit to a business system is open: it is not asked for a while");
  }
}

/** The work, or the signal's reason when that comes first: a transport that ignores its signal holds nobody. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort)).catch(() => undefined);
  });
}
