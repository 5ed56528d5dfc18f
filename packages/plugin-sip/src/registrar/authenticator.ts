import type { Audit, Logger } from "@hotlinejs/core";
import type { DigestServer } from "../digest/digest-server.js";
import type { MessageSource, ResponseOptions, SipRequest } from "../stack/index.js";
import type { AuthThrottle } from "./auth-throttle.js";

export type Authentication =
  | { readonly ok: true; readonly account: string }
  /** Answer with this. `note` writes down a failure: to be called when the answer is out, whose time must not tell which accounts there are. */
  | { readonly ok: false; readonly response: ResponseOptions; note?(): void };

export interface AuthenticatorDeps {
  readonly digest: DigestServer;
  readonly throttle: AuthThrottle;
  readonly audit: Audit;
  readonly log: Logger;
  /** A source went on guessing passwords of many accounts until it had to wait. */
  guessing?(address: string): void;
  /** An account has proved itself at this address. */
  proven?(address: string, account: string): void;
}

/** Proves who sends a request, slows guessing down and writes failures into the audit. Digests never reach a log. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps;

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
  }

  /** @param claimed account the request is about (user of From or To): only its owner may send it. */
  async authenticate(request: SipRequest, source: MessageSource, claimed: string): Promise<Authentication> {
    const { digest, throttle } = this.#deps;
    const authorization = request.headers.all("authorization");
    if (authorization.length > 0) {
      const wait = throttle.waiting(source.address, claimed);
      if (wait !== undefined) return { ok: false, response: { status: 403, reason: "Too Many Failures", retryAfter: wait } };
    }
    const verdict = await digest.verify({ method: request.method, uri: request.uri, authorization, address: source.address });
    switch (verdict.kind) {
      case "accepted":
        if (verdict.username !== claimed) {
          return { ok: false, response: { status: 403, reason: "Not Your Account" }, note: this.#failed(request, source, claimed, verdict.username, "account") };
        }
        throttle.succeeded(source.address, claimed);
        this.#deps.proven?.(source.address, claimed);
        return { ok: true, account: verdict.username };
      case "challenge":
        return { ok: false, response: { status: 401, headers: { "WWW-Authenticate": digest.challenge(source.address, verdict.stale) } } };
      case "refused":
        return { ok: false, response: { status: 403 }, note: this.#failed(request, source, claimed, verdict.known ? verdict.username : undefined, verdict.why) };
      case "malformed":
        return { ok: false, response: { status: 400, reason: "Bad Authorization" } };
    }
  }

  /** Counts a failure at once, since guesses may come all together. @returns what writes it down */
  #failed(request: SipRequest, source: MessageSource, claimed: string, account: string | undefined, why: string): () => void {
    const blocked = this.#deps.throttle.failed(source.address, claimed);
    return () => this.#note(request, source, account, why, blocked);
  }

  #note(request: SipRequest, source: MessageSource, account: string | undefined, why: string, blocked: boolean): void {
    const { throttle, audit, log } = this.#deps;
    if (throttle.sourceWaits(source.address)) this.#deps.guessing?.(source.address);
    const details = { method: request.method, source: source.address, transport: source.kind, why, ...(account === undefined ? {} : { account }) };
    log.warn(details, "SIP authentication failed");
    const actor = "plugin:sip";
    const entries = [audit.record({ actor, action: "sip.auth-failed", details, outcome: "refused" })];
    if (blocked) entries.push(audit.record({ actor, action: "sip.auth-blocked", details: { source: source.address, ...(account === undefined ? {} : { account }) }, outcome: "refused" }));
    for (const entry of entries) entry.catch((error: unknown) => log.error({ err: error }, "a failed SIP authentication could not be written into the audit"));
  }
}
