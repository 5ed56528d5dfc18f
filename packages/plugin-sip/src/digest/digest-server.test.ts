import type { DigestCredentials } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { DigestClient } from "./digest-client.js";
import { computeHa1 } from "./digest-response.js";
import { DigestServer } from "./digest-server.js";
import type { DigestVerdict } from "./digest-server.js";

const REALM = "hotline";
const URI = "sip:127.0.0.1:5060";
const HOME = "192.0.2.7";
const credentials: DigestCredentials = {
  realm: REALM,
  find: async (username) =>
    username === "1001" ? { username, md5: computeHa1("MD5", username, REALM, "demo-1001"), sha256: computeHa1("SHA-256", username, REALM, "demo-1001") } : undefined,
};

let clock: ManualClock;
let server: DigestServer;

beforeEach(() => {
  clock = new ManualClock();
  server = new DigestServer({ credentials, clock, nonceLifetimeMs: 60_000 });
});

function client(password = "demo-1001", username = "1001"): DigestClient {
  return new DigestClient({ username, password });
}

function answer(from: DigestClient, challenges: readonly string[], uri = URI, attempt = 1): string {
  const value = from.answer(challenges, { method: "REGISTER", uri, attempt });
  if (value === undefined) throw new Error("the client gave up");
  return value;
}

function verify(value: string, method = "REGISTER", uri = URI, address = HOME): Promise<DigestVerdict> {
  return server.verify({ method, uri, address, authorization: [value] });
}

describe("DigestServer and DigestClient", () => {
  it("offers SHA-256 before MD5, each a value of its own, never the same nonce twice", () => {
    const [first, second, third] = server.challenge(HOME);
    expect(first).toMatch(/algorithm=SHA-256, qop="auth"$/);
    expect(second).toMatch(/algorithm=MD5, qop="auth"$/);
    expect(third).toBeUndefined();
    expect(server.challenge(HOME)[0]).not.toBe(first);
  });

  it("accepts right credentials in either algorithm", async () => {
    const challenges = server.challenge(HOME);
    expect(answer(client(), challenges)).toContain("algorithm=SHA-256");
    expect(await verify(answer(client(), challenges))).toEqual({ kind: "accepted", username: "1001" });
    expect(await verify(answer(client(), server.challenge(HOME).slice(1)))).toEqual({ kind: "accepted", username: "1001" });
  });

  it("never takes the weaker algorithm where only the stronger is offered, but the stronger always", async () => {
    const strict = new DigestServer({ credentials, clock, algorithms: ["SHA-256"] });
    const downgraded = (strict.challenge(HOME)[0] ?? "").replace("SHA-256", "MD5");
    expect(await strict.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: [answer(client(), [downgraded])] })).toEqual({ kind: "challenge", stale: false });
    const lenient = new DigestServer({ credentials, clock, algorithms: ["MD5"] });
    expect(lenient.challenge(HOME)).toHaveLength(1);
    const raised = (lenient.challenge(HOME)[0] ?? "").replace("=MD5", "=SHA-256");
    expect(await lenient.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: [answer(client(), [raised])] })).toMatchObject({ kind: "accepted" });
  });

  it("asks when there are none, or only ones for another realm or scheme", async () => {
    expect(await server.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: [] })).toEqual({ kind: "challenge", stale: false });
    const other = answer(client(), ['Digest realm="elsewhere", nonce="n", qop="auth"']);
    expect(await server.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: ["Basic eDp5", other] })).toEqual({ kind: "challenge", stale: false });
    const right = answer(client(), server.challenge(HOME));
    expect(await server.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: [other, right] })).toMatchObject({ kind: "accepted" });
  });

  it("refuses a wrong password and an unknown user alike", async () => {
    expect(await verify(answer(client("demo-1002"), server.challenge(HOME)))).toEqual({ kind: "refused", username: "1001", known: true, why: "credentials" });
    expect(await verify(answer(client("demo-1001", "nobody"), server.challenge(HOME)))).toEqual({ kind: "refused", username: "nobody", known: false, why: "credentials" });
  });

  it("refuses credentials made for another method or another target", async () => {
    const value = answer(client(), server.challenge(HOME));
    expect(await verify(value, "INVITE")).toMatchObject({ kind: "refused", why: "credentials" });
    expect(await verify(value, "REGISTER", "sip:other.example")).toMatchObject({ kind: "refused", why: "uri" });
  });

  it("does not mind ports and parameters of the target", async () => {
    const value = answer(client(), server.challenge(HOME), "sip:12333@PBX.example:5060;transport=udp");
    expect(await verify(value, "REGISTER", "sip:12333@pbx.example")).toMatchObject({ kind: "accepted" });
  });

  it("takes a rising count and sees a replay as stale", async () => {
    const challenges = server.challenge(HOME);
    const phone = client();
    const first = answer(phone, challenges);
    const second = answer(phone, challenges);
    expect(second).toContain("nc=00000002");
    expect(await verify(first)).toMatchObject({ kind: "accepted" });
    expect(await verify(first)).toEqual({ kind: "challenge", stale: true });
    expect(await verify(second)).toMatchObject({ kind: "accepted" });
    expect(await verify(first)).toEqual({ kind: "challenge", stale: true });
  });

  it("lets only one of two requests with the same count through at once", async () => {
    const value = answer(client(), server.challenge(HOME));
    const verdicts = await Promise.all([verify(value), verify(value)]);
    expect(verdicts.map((v) => v.kind).sort()).toEqual(["accepted", "challenge"]);
  });

  it("lets a nonce of a client without qop through once", async () => {
    const [challenge] = server.challenge(HOME);
    const old = (challenge ?? "").replace(', qop="auth"', "");
    const value = answer(client(), [old]);
    expect(value).not.toContain("qop");
    expect(await verify(value)).toMatchObject({ kind: "accepted" });
    expect(await verify(value)).toEqual({ kind: "challenge", stale: true });
  });

  it("calls an old nonce stale, and the client goes on with the new one", async () => {
    const phone = client();
    const value = answer(phone, server.challenge(HOME));
    await clock.advance(60_001);
    expect(await verify(value)).toEqual({ kind: "challenge", stale: true });
    const again = answer(phone, server.challenge(HOME, true), URI, 2);
    expect(await verify(again)).toMatchObject({ kind: "accepted" });
  });

  it("does not tell a wrong password that its nonce was stale", async () => {
    const value = answer(client("wrong"), server.challenge(HOME));
    await clock.advance(60_001);
    expect(await verify(value)).toMatchObject({ kind: "refused" });
  });

  it("takes a nonce only from where it was sent to, and counts nobody's password as wrong by it", async () => {
    const taken = server.challenge("203.0.113.66");
    // A forged source: the nonce was got elsewhere, the password is a guess.
    expect(await verify(answer(client("guess"), taken))).toEqual({ kind: "challenge", stale: true });
    // A phone whose address changed is told to take a new nonce, not that its password is wrong.
    expect(await verify(answer(client(), taken))).toEqual({ kind: "challenge", stale: true });
    expect(await verify(answer(client(), taken), "REGISTER", URI, "203.0.113.66")).toMatchObject({ kind: "accepted" });
  });

  it("challenges anew for nonces it did not make", async () => {
    const forged = server.challenge(HOME)[0]?.replace(/nonce="(.)/, (_all, c: string) => `nonce="${c === "A" ? "B" : "A"}`) ?? "";
    expect(await verify(answer(client(), [forged]))).toEqual({ kind: "challenge", stale: false });
    expect(await verify(answer(client(), ['Digest realm="hotline", nonce="abc", qop="auth"']))).toEqual({ kind: "challenge", stale: false });
    const elsewhere = new DigestServer({ credentials, clock });
    expect(await verify(answer(client(), elsewhere.challenge(HOME)))).toEqual({ kind: "challenge", stale: false });
  });

  it("calls a nonce of the process before a restart stale when the key has outlived it", async () => {
    const nonceKey = Buffer.alloc(32, 7);
    const before = new DigestServer({ credentials, clock, nonceKey });
    const value = answer(client(), before.challenge(HOME));
    await clock.advance(1000);
    const after = new DigestServer({ credentials, clock, nonceKey });
    expect(await after.verify({ method: "REGISTER", uri: URI, address: HOME, authorization: [value] })).toEqual({ kind: "challenge", stale: true });
  });

  it.each(["nc=zz", "nc=1", 'cnonce=""', "qop=auth-int"])("finds %s malformed", async (broken) => {
    const name = broken.split("=")[0] ?? "";
    const value = answer(client(), server.challenge(HOME).slice(1)).replace(new RegExp(`${name}=("[^"]*"|[^,]+)`), broken);
    expect(await verify(value)).toEqual({ kind: "malformed" });
  });

  it("finds a broken header malformed", async () => {
    expect(await verify('Digest username="1001')).toEqual({ kind: "malformed" });
  });

  it("gives up when challenged again without stale", () => {
    expect(client().answer(server.challenge(HOME), { method: "REGISTER", uri: URI, attempt: 2 })).toBeUndefined();
    expect(client().answer(['Digest realm="r", nonce="n", algorithm=SHA-512-256, qop="auth"', "Basic x"], { method: "REGISTER", uri: URI, attempt: 1 })).toBeUndefined();
    expect(new DigestClient({ username: "u", password: "p", realm: "mine" }).answer(server.challenge(HOME), { method: "REGISTER", uri: URI, attempt: 1 })).toBeUndefined();
  });

  it("echoes opaque and takes auth over auth-int", () => {
    const value = answer(client(), ['Digest realm="r", nonce="n", opaque="o\\"p", qop="auth-int,auth"']);
    expect(value).toContain('opaque="o\\"p"');
    expect(value).toContain("qop=auth,");
  });
});
