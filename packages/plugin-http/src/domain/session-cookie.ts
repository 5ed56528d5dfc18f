/** `__Host-` binds the cookie to this host and TLS (RFC 6265bis section 4.1.3.2); browsers refuse it without TLS. */
export function sessionCookieName(secure: boolean): string {
  return secure ? "__Host-hotline_session" : "hotline_session";
}

/** Value of Set-Cookie. An empty token takes the cookie away. */
export function sessionCookie(token: string, secure: boolean, maxAgeSeconds: number): string {
  return [`${sessionCookieName(secure)}=${token}`, "Path=/", "HttpOnly", "SameSite=Lax", `Max-Age=${token === "" ? 0 : Math.floor(maxAgeSeconds)}`, ...(secure ? ["Secure"] : [])].join("; ");
}

/** The session token in a Cookie header. */
export function readSessionCookie(header: string | undefined, secure: boolean): string | undefined {
  if (header === undefined) return undefined;
  const prefix = `${sessionCookieName(secure)}=`;
  for (const part of header.split(";")) {
    const text = part.trim();
    if (text.startsWith(prefix) && text.length > prefix.length) return text.slice(prefix.length);
  }
  return undefined;
}

/** The token of `Authorization: Bearer` (RFC 6750 section 2.1); `undefined` when there is no such header. */
export function readBearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer[ ]+([\w.~+/=-]{1,512})[ ]*$/i.exec(header)?.[1];
}
