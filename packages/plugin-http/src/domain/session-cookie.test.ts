import { describe, expect, it } from "vitest";
import { readBearerToken, readSessionCookie, sessionCookie } from "./session-cookie.js";

describe("session cookie", () => {
  it("is bound to the host where there is TLS", () => {
    expect(sessionCookie("t", true, 60)).toBe("__Host-hotline_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
    expect(sessionCookie("t", false, 60)).toBe("hotline_session=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
    expect(sessionCookie("", false, 60)).toContain("Max-Age=0");
  });

  it("is found among others", () => {
    expect(readSessionCookie("a=b; hotline_session=tok-en; c=d", false)).toBe("tok-en");
    expect(readSessionCookie("xhotline_session=no", false)).toBeUndefined();
    expect(readSessionCookie("hotline_session=", false)).toBeUndefined();
    expect(readSessionCookie("hotline_session=plain", true)).toBeUndefined();
    expect(readSessionCookie(undefined, true)).toBeUndefined();
  });

  it("or a bearer token", () => {
    expect(readBearerToken("bearer abc-._~+/=")).toBe("abc-._~+/=");
    expect(readBearerToken("Basic abc")).toBeUndefined();
    expect(readBearerToken(`Bearer ${"x".repeat(513)}`)).toBeUndefined();
  });
});
