import { describe, expect, it } from "vitest";
import { parseChallenge, parseCredentials, parseDigest, quoted } from "./digest-header.js";
import { computeHa1, computeResponse, parseAlgorithm } from "./digest-response.js";

describe("computeResponse", () => {
  /** RFC 7616 section 3.9.1. */
  it.each([
    ["MD5" as const, "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256" as const, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("agrees with the %s example of RFC 7616", (algorithm, response) => {
    expect(
      computeResponse({
        name: { algorithm, session: false },
        ha1: computeHa1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        qop: "auth",
        nc: "00000001",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      }),
    ).toBe(response);
  });

  it("agrees with the example of RFC 2617 section 3.5", () => {
    expect(
      computeResponse({
        name: { algorithm: "MD5", session: false },
        ha1: computeHa1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life"),
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: "auth",
        nc: "00000001",
        cnonce: "0a4f113b",
      }),
    ).toBe("6629fae49393a05397450978507c4ef1");
  });

  it("agrees with the corrected example of RFC 2069 section 2.4 (no qop)", () => {
    expect(
      computeResponse({
        name: { algorithm: "MD5", session: false },
        ha1: computeHa1("MD5", "Mufasa", "testrealm@host.com", "CircleOfLife"),
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      }),
    ).toBe("1949323746fe6a43ef61f9606e7febea");
  });

  it("covers nonce and cnonce in a session variant, and the body with auth-int", () => {
    const input = { name: { algorithm: "SHA-256", session: false }, ha1: "00", method: "REGISTER", uri: "sip:x", nonce: "n", qop: "auth", nc: "00000001", cnonce: "c" } as const;
    const plain = computeResponse(input);
    expect(computeResponse({ ...input, name: { algorithm: "SHA-256", session: true } })).not.toBe(plain);
    expect(computeResponse({ ...input, qop: "auth-int", body: "a" })).not.toBe(computeResponse({ ...input, qop: "auth-int", body: "b" }));
  });
});

describe("header grammar", () => {
  it.each(["MD5", "md5", "SHA-256", "sha-256-sess", "MD5-sess"])("knows %s", (name) => {
    expect(parseAlgorithm(name)).toMatchObject({ session: name.endsWith("sess") });
  });

  it.each(["SHA-512-256", "AKAv1-MD5", "", "MD5 "])("judges %j", (name) => {
    expect(parseAlgorithm(name)).toEqual(name === "MD5 " ? { algorithm: "MD5", session: false } : undefined);
  });

  it("reads quotes, escapes, tokens and odd spacing", () => {
    expect(parseCredentials('Digest  username="a\\"b\\\\c" ,realm="r, s",nonce="n", uri="sip:h;x=1",response="R",algorithm=SHA-256 , qop=auth,nc=00000001,cnonce="c",,opaque=""')).toEqual({
      username: 'a"b\\c',
      realm: "r, s",
      nonce: "n",
      uri: "sip:h;x=1",
      response: "R",
      algorithm: "SHA-256",
      qop: "auth",
      nc: "00000001",
      cnonce: "c",
      opaque: "",
    });
    expect(parseChallenge('Digest realm="r", nonce="n", qop="auth, auth-int", stale=TRUE')).toEqual({ realm: "r", nonce: "n", algorithm: "MD5", qop: ["auth", "auth-int"], stale: true });
  });

  it.each(['Basic abc', 'Digest realm="r', 'Digest realm', 'Digest realm="a", realm="b", nonce="n"', "Digest", `Digest realm="${"x".repeat(5000)}"`, 'Digest realm="r" nonce="n"'])("refuses %j", (value) => {
    expect(parseChallenge(value)).toBeUndefined();
  });

  it("quotes so that it reads back", () => {
    const odd = 'a"b\\c,d=e';
    expect(parseDigest(`Digest x=${quoted(odd)}, y=1`)?.get("x")).toBe(odd);
    expect(quoted("a\r\nb")).toBe('"ab"');
  });

  it("does not slow down on hostile input", () => {
    const began = process.cpuUsage();
    parseDigest(`Digest ${'a="'.repeat(1200)}`);
    parseDigest(`Digest ${"a=b,".repeat(1000)}`);
    parseDigest(`Digest x="${"\\".repeat(4000)}`);
    parseDigest(`Digest ${" ".repeat(4000)}`);
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(500);
  });
});
