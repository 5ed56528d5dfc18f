import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Principal } from "@hotlinejs/core";
import type { HttpSessions } from "../contract.js";
import { requestOrigin } from "../domain/same-origin.js";
import { readBearerToken, readSessionCookie } from "../domain/session-cookie.js";
import { httpErrors } from "../errors.js";

export interface AccessRequest {
  /** `"public"`, `"authenticated"` or a permission. */
  readonly permission: string;
  readonly headers: IncomingHttpHeaders;
  /** May the request change something (anything but GET and HEAD), or open a socket? Then a cookie alone does not do. */
  readonly unsafe: boolean;
  /** Host as the client sees it, when a trusted proxy tells. */
  readonly host?: string;
}

/** A secret with which a program may do one thing, without an account. */
export interface ProgramToken {
  readonly token: string;
  readonly permission: string;
}

/** Who makes a request, and whether he may. */
export class Authenticator {
  readonly #publicHost: string | undefined;

  constructor(
    private readonly sessions: HttpSessions,
    private readonly secure: boolean,
    publicUrl: string | undefined,
    private readonly programs: readonly ProgramToken[] = [],
  ) {
    this.#publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;
  }

  /**
   * The principal; `undefined` only where the permission is `public`.
   *
   * @throws HTL_HTTP_NOT_SIGNED_IN, HTL_HTTP_FORBIDDEN, HTL_HTTP_CROSS_ORIGIN
   */
  async admit(request: AccessRequest): Promise<Principal | undefined> {
    const { permission, headers, unsafe } = request;
    const isPublic = permission === "public";
    const bearer = readBearerToken(headers.authorization);
    // A request with a token of its own is no browser's doing.
    const cookie = headers.authorization === undefined ? readSessionCookie(headers.cookie, this.secure) : undefined;
    if (unsafe && headers.authorization === undefined) {
      const origin = requestOrigin(headers, [request.host, headers.host, this.#publicHost]);
      // Without a cookie there is nothing to ride on, but a foreign page must not sign people in either.
      if (origin === "foreign" || (origin === "unknown" && cookie !== undefined && !isPublic)) throw httpErrors.CROSS_ORIGIN();
    }
    const program = bearer === undefined ? undefined : this.programs.find((each) => each.permission === permission && sameSecret(each.token, bearer));
    if (program !== undefined) return { userId: "system", username: "system", displayName: "system", roles: [], permissions: new Set([program.permission]) };
    const token = bearer ?? cookie;
    const session = token === undefined ? undefined : await this.sessions.resolve(token);
    if (isPublic) return session?.principal;
    if (!session) throw httpErrors.NOT_SIGNED_IN();
    if (permission !== "authenticated" && !session.principal.permissions.has(permission)) throw httpErrors.FORBIDDEN(permission, { details: { permission } });
    return session.principal;
  }
}

/** In a time that does not tell how much of it is right. */
function sameSecret(ours: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(ours), digest(given));
}
