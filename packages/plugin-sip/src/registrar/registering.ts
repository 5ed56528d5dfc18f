import type { DigestCredentials } from "@hotlinejs/core";
import type { EdgeGuard } from "../edge/edge-guard.js";
import { SipParseError, uriUser } from "../stack/index.js";
import type { IncomingRequest } from "../stack/index.js";
import type { Authenticator } from "./authenticator.js";
import type { Registrar } from "./registrar.js";

export interface RegisteringDeps {
  readonly authenticator: Authenticator;
  readonly registrar: Registrar;
  readonly credentials: DigestCredentials;
  readonly guard?: EdgeGuard;
  /** What a guest from the web may dial; `undefined`: the account is no guest's. */
  guestNumbers?(account: string): Promise<readonly string[] | undefined>;
}

/**
 * Answers a REGISTER: who it is, whether it may, and where it is from now on.
 *
 * @param isOwn whether the hotline itself takes SIP there
 */
export async function register(deps: RegisteringDeps, incoming: IncomingRequest, isOwn: (address: string, port: number) => boolean): Promise<void> {
  const { authenticator, registrar, credentials, guard } = deps;
  const { request, source } = incoming;
  // An address of record is one of SIP (RFC 3261 section 10.2).
  if (!/^sips?:/i.test(request.to.uri)) return incoming.respond({ status: 400, reason: "Address Of Record Is No SIP Address" });
  const account = addressOfRecord(request.to);
  if (account === undefined) return incoming.respond({ status: 404 });
  const proof = await authenticator.authenticate(request, source, account);
  if (!proof.ok) {
    // Answered before anything is done that only accounts, or only other names, cost: the time must not tell.
    incoming.respond(proof.response);
    proof.note?.();
    if (guard !== undefined && (await credentials.find(account)) === undefined) guard.unknownAccount(request, source, account);
    return;
  }
  if (guard?.accountMay(proof.account, source.address) === false) return incoming.respond({ status: 503, retryAfter: 2 });
  // A guest calls and is not called.
  if ((await deps.guestNumbers?.(proof.account)) !== undefined) return incoming.respond({ status: 403 });
  incoming.respond(registrar.register(proof.account, request, source, isOwn));
}

function addressOfRecord(to: { parsedUri(): Parameters<typeof uriUser>[0] }): string | undefined {
  try {
    const user = uriUser(to.parsedUri());
    return user === "" ? undefined : user;
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
