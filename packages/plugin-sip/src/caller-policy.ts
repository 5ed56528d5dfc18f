import type { DigestCredentials } from "@hotlinejs/core";
import type { Authentication, Authenticator } from "./registrar/authenticator.js";
import type { MessageSource, ResponseOptions, SipRequest } from "./stack/index.js";
import { SipParseError, uriUser } from "./stack/index.js";
import { cleanNumber } from "./numbers.js";
import { rewritten } from "./trunk/rewrite.js";
import type { Trunk } from "./trunk/trunk.js";
import type { TrunkTable } from "./trunk/trunk-table.js";

/** Who is calling. */
export type Caller =
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "trunk"; readonly trunk: Trunk }
  /** A citizen who calls from a web page. */
  | { readonly kind: "guest" }
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "refused";
      readonly response: ResponseOptions;
      /**
       * Writes down that an account was claimed and not proved: to be called when the answer is out, whose time must not tell which accounts there are.
       *
       * @returns whether there is no such account: perhaps it is a trunk whose address is missing
       */
      note?(): Promise<boolean>;
    };

export interface CallerPolicyDeps {
  readonly trunks: TrunkTable;
  readonly credentials: DigestCredentials;
  readonly authenticator: Authenticator;
  readonly allowAnonymous: boolean;
  /** Somebody at this address claims an account, one there is or not, and has not proved it. */
  unproven(request: SipRequest, source: MessageSource, account: string, claim: { readonly known: boolean; readonly refused: boolean }): void;
  /** Whether a guest from the web may make this call, which is then its only one; `undefined`: the account is no guest's. */
  guestCall(account: string, number: string): Promise<boolean | undefined>;
}

/**
 * Decides whose a call is. In this order:
 *
 * 1. From names an account of this hotline: it must prove it by digest, and then calls as that
 *    account, whatever its address. (So a phone and a trunk may share an address, as they do in a
 *    demo on 127.0.0.1, and nobody on a trunk can pose as an agent. A trunk with
 *    `challengeAccounts: false` skips this.) A guest from the web may dial once what its
 *    credentials were made for, others get 403.
 * 2. The source address is a trunk's: a call of that trunk. With `numbers`, others get 404.
 * 3. `allowAnonymous`: taken as anonymous. Otherwise challenged like an account, so that nobody learns which
 *    accounts there are; 403 where From names nobody.
 */
export class CallerPolicy {
  readonly #deps: CallerPolicyDeps;

  constructor(deps: CallerPolicyDeps) {
    this.#deps = deps;
  }

  async identify(request: SipRequest, source: MessageSource): Promise<Caller> {
    const { trunks, credentials, authenticator, allowAnonymous, guestCall } = this.#deps;
    const trunk = trunks.bySource(source.address);
    const user = fromUser(request);
    // Whoever comes from nowhere must prove an account, whether there is such a one or not, and none is looked up for it: neither the answer nor its time tells anybody which accounts there are.
    const stranger = trunk === undefined && !allowAnonymous;
    const claims = user !== "" && (stranger || (trunk?.config.challengeAccounts !== false && (await credentials.find(user)) !== undefined));
    if (claims) {
      const proof = await authenticator.authenticate(request, source, user);
      if (!proof.ok) return { kind: "refused", response: proof.response, note: () => this.#unproven(request, source, user, proof) };
      const allowed = await guestCall(proof.account, dialledUser(request));
      if (allowed === undefined) return { kind: "account", account: proof.account };
      return allowed ? { kind: "guest" } : { kind: "refused", response: { status: 403 } };
    }
    if (trunk !== undefined) {
      const { numbers } = trunk.config;
      if (numbers !== undefined && !numbers.includes(rewritten(trunk.config.rewriteInbound, "called", cleanNumber(dialledUser(request))))) return { kind: "refused", response: { status: 404 } };
      return { kind: "trunk", trunk };
    }
    return allowAnonymous ? { kind: "anonymous" } : { kind: "refused", response: { status: 403 } };
  }

  async #unproven(request: SipRequest, source: MessageSource, account: string, proof: Extract<Authentication, { readonly ok: false }>): Promise<boolean> {
    proof.note?.();
    const known = (await this.#deps.credentials.find(account)) !== undefined;
    this.#deps.unproven(request, source, account, { known, refused: proof.response.status !== 401 });
    return !known;
  }
}

/** User part of From; empty when there is none or it cannot be read. */
export function fromUser(request: SipRequest): string {
  return readUser(() => uriUser(request.from.parsedUri()));
}

/** What was dialled: the user part of the Request-URI, since To may still show the number before a diversion. */
export function dialledUser(request: SipRequest): string {
  return readUser(() => uriUser(request.parsedUri()));
}

function readUser(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof SipParseError) return "";
    throw error;
  }
}
