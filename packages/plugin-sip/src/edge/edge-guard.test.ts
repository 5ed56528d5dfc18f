import { createSilentLogger } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { sipConfig } from "../config.js";
import { SipRequest } from "../stack/index.js";
import type { MessageSource } from "../stack/index.js";
import type { BanList } from "./ban-list.js";
import { EdgeGuard } from "./edge-guard.js";
import { TokenBuckets } from "./token-buckets.js";

let clock: ManualClock;
let banned: Map<string, string>;

beforeEach(() => {
  clock = new ManualClock();
  banned = new Map();
});

function guard(edge: Record<string, unknown> = {}, told: string[] = [], away: string[] = []): EdgeGuard {
  return new EdgeGuard({
    config: sipConfig.parse({ edge }).edge,
    clock,
    log: createSilentLogger(),
    bans: { has: (address: string) => banned.has(address), ban: (address: string, reason: string) => Promise.resolve(void banned.set(address, reason)) } as unknown as BanList,
    isTrunk: (address) => address === "198.51.100.1",
    isProxy: (address) => address === "198.51.100.3",
    isRegistered: (address) => address === "198.51.100.2",
    suspected: (address) => told.push(address),
    turnedAway: (reason, address, account) => void away.push([reason, address, ...(account === undefined ? [] : [account])].join(" ")),
    answersChallenge: (request, address) => request.headers.get("authorization") === `nonce for ${address}`,
  });
}

const from = (address: string, kind: MessageSource["kind"] = "udp"): MessageSource => ({ kind, address, port: 5060, local: { address: "192.0.2.1", port: 5060 } });

/** With the address a challenge was sent to, it answers one. */
function request(method: string, userAgent?: string, challengedAt?: string): SipRequest {
  const made = new SipRequest(method, "sip:100@192.0.2.1");
  if (challengedAt !== undefined) made.headers.append("authorization", `nonce for ${challengedAt}`);
  if (userAgent !== undefined) made.headers.append("user-agent", userAgent);
  return made;
}

describe("the guard at the edge", () => {
  it.each(["friendly-scanner", "sipvicious 0.3.4", "sipcli/v1.8", "sipsak 0.9.8.1", "VaxSIPUserAgent/3.1", "pplsip", "sundayddr"])("bans who calls itself %s", (name) => {
    const edge = guard();
    expect(edge.check(request("OPTIONS", name), from("203.0.113.9", "tcp"))).toBe("drop");
    expect(banned.get("203.0.113.9")).toBe("scanner");
    expect(edge.blocked("203.0.113.9")).toBe(true);
    expect(edge.counters).toMatchObject({ scanners: 1, bans: 1, banned: 1 });
  });

  it("over UDP bans none but who has read what was sent there: others may have written another's address as their own", async () => {
    const edge = guard({ unknownAccounts: 3 });
    const source = from("203.0.113.9");
    for (let i = 0; i < 100; i++) expect(edge.check(request("OPTIONS", "friendly-scanner"), source)).toBe("drop");
    for (let i = 0; i < 100; i++) edge.unknownAccount(request("REGISTER"), source, `${i}`);
    edge.check(request("REGISTER", "friendly-scanner", "198.51.100.99"), source);
    expect([...banned]).toEqual([]);
    expect(edge.blocked("203.0.113.9")).toBe(false);
    expect(edge.suspects.all()).toMatchObject([{ address: "203.0.113.9", proven: false }]);
    expect(edge.counters).toMatchObject({ bans: 0, suspects: 1, scanners: 101 });
    // Whoever lives there may still ask for a challenge, and is not slowed down once it is answered, nor over a connection.
    const verdicts = (count: number, made: SipRequest, at = source): number => Array.from({ length: count }, () => edge.check(made, at)).filter((verdict) => verdict === undefined).length;
    expect(verdicts(100, request("REGISTER"))).toBe(20);
    expect(verdicts(100, request("REGISTER", undefined, "203.0.113.9"))).toBe(100);
    expect(verdicts(100, request("REGISTER"), from("203.0.113.9", "wss"))).toBe(100);
    await clock.advance(1_000);
    expect(verdicts(100, request("REGISTER"))).toBe(5);
    edge.check(request("REGISTER", "friendly-scanner", "203.0.113.9"), source);
    expect([...banned]).toEqual([["203.0.113.9", "scanner"]]);
    expect(edge.suspects.all()).toEqual([]);
  });

  it("what is forged brings nobody nearer to a ban", () => {
    const edge = guard({ unknownAccounts: 3 });
    for (const account of ["1", "2"]) edge.unknownAccount(request("REGISTER"), from("203.0.113.9"), account);
    edge.unknownAccount(request("REGISTER", undefined, "203.0.113.9"), from("203.0.113.9"), "mistyped");
    expect(banned.size).toBe(0);
    for (const account of ["2", "3"]) edge.unknownAccount(request("REGISTER", undefined, "203.0.113.9"), from("203.0.113.9"), account);
    expect(banned.size).toBe(1);
  });

  it("a flood of forged sources is counted, bounded and hardly told", async () => {
    const told: string[] = [];
    const edge = guard({}, told);
    for (let i = 0; i < 20_000; i++) edge.check(request("OPTIONS", "sipvicious"), from(`2001:db8::${i.toString(16)}`));
    expect(edge.suspects.all()).toHaveLength(5_000);
    expect(edge.counters).toMatchObject({ suspects: 20_000, bans: 0 });
    expect(told).toHaveLength(20);
    await clock.advance(3_600_000);
    expect(edge.suspects.all()).toEqual([]);
  });

  it.each(["Yealink SIP-T46U 108.86.0.45", "JsSIP 3.13.0", "Asterisk PBX 22.1.0", "Linphone/5.2", "MicroSIP/3.21", "baresip v1.0.0"])("takes %s for what it says", (name) => {
    expect(guard().check(request("REGISTER", name), from("203.0.113.9"))).toBeUndefined();
    expect(banned.size).toBe(0);
  });

  it("holds an address to so many connections, but not trunks, proxies and this machine", () => {
    const edge = guard({ perSource: { connections: 3 } });
    expect([0, 2, 3, 900].map((open) => edge.mayConnect("203.0.113.8", open))).toEqual([true, true, false, false]);
    expect([19, 20].map((silent) => edge.mayConnect("203.0.113.8", 1, silent))).toEqual([true, false]);
    expect(["198.51.100.1", "198.51.100.3", "127.0.0.1"].map((address) => edge.mayConnect(address, 900))).toEqual([true, true, true]);
    expect(edge.counters.limited).toBe(3);
  });

  it("bans who tries many accounts there are not, and not who mistypes one again and again", () => {
    const edge = guard({ unknownAccounts: 5 });
    const unknown = (address: string, account: string): void => edge.unknownAccount(request("REGISTER"), from(address, "tcp"), account);
    for (let i = 0; i < 50; i++) unknown("203.0.113.8", "1oo1");
    for (let i = 0; i < 4; i++) unknown("203.0.113.9", `${100 + i}`);
    expect(banned.size).toBe(0);
    unknown("203.0.113.9", "999");
    expect([...banned]).toEqual([["203.0.113.9", "unknown-accounts"]]);
  });

  it("never bans trunks, registered phones, trusted proxies and who is exempt, whatever comes from there: sources can be forged", () => {
    const edge = guard({ unknownAccounts: 2, neverBan: ["127.0.0.0/8", "2001:db8::/32"] });
    for (const address of ["198.51.100.1", "198.51.100.2", "198.51.100.3", "127.0.0.66", "::ffff:127.0.0.1", "2001:db8::7"]) {
      for (const kind of ["udp", "tcp"] as const) {
        edge.check(request("OPTIONS", "friendly-scanner"), from(address, kind));
        for (const account of ["1", "2", "3"]) edge.unknownAccount(request("REGISTER"), from(address, kind), account);
      }
      edge.guessing(address);
    }
    expect(banned.size).toBe(0);
    expect(edge.suspects.all()).toEqual([]);
    expect(edge.check(request("INVITE", "friendly-scanner"), from("198.51.100.1"))).toBeUndefined();
  });

  it("bans nobody by itself when told so", () => {
    const edge = guard({ banSeconds: 0 });
    expect(edge.check(request("OPTIONS", "friendly-scanner"), from("203.0.113.9"))).toBe("drop");
    edge.guessing("203.0.113.9");
    expect(banned.size).toBe(0);
  });

  it("lets a source come so often, and again after a while; a trunk as often as it likes", async () => {
    const edge = guard({ perSource: { perSecond: 2, burst: 4 } });
    const verdicts = (address: string): (string | undefined)[] => Array.from({ length: 6 }, () => edge.check(request("REGISTER"), from(address)) as string | undefined);
    expect(verdicts("203.0.113.9")).toEqual([undefined, undefined, undefined, undefined, "drop", "drop"]);
    expect(verdicts("203.0.113.10")[0]).toBeUndefined();
    await clock.advance(1_000);
    expect(verdicts("203.0.113.9")).toEqual([undefined, undefined, "drop", "drop", "drop", "drop"]);
    expect(verdicts("198.51.100.1")).toEqual(Array.from({ length: 6 }, () => undefined));
    expect(edge.counters.limited).toBe(8);
  });

  it("tells of what it does not serve, for the audit, and not of bans and scanners, which are there by themselves", () => {
    const away: string[] = [];
    const edge = guard({ perSource: { perSecond: 1, burst: 1, connections: 3 }, perAccount: { perSecond: 1, burst: 1 }, access: [{ deny: ["203.0.113.0/28"] }] }, [], away);
    edge.check(request("REGISTER"), from("203.0.113.9"));
    for (let i = 0; i < 2; i++) edge.check(request("REGISTER"), from("203.0.113.99"));
    for (let i = 0; i < 2; i++) edge.accountMay("1001", "203.0.113.98");
    edge.mayConnect("203.0.113.97", 3);
    edge.check(request("REGISTER", "friendly-scanner"), from("203.0.113.96", "tcp"));
    edge.blocked("203.0.113.96");
    expect(away).toEqual(["access 203.0.113.9", "rate 203.0.113.99", "account-rate 203.0.113.98 1001", "connections 203.0.113.97"]);
  });

  it("slows an account down, wherever it is", async () => {
    const edge = guard({ perAccount: { perSecond: 1, burst: 2 } });
    const may = (account: string): boolean => edge.accountMay(account, "203.0.113.9");
    expect([1, 2, 3].map(() => may("1001"))).toEqual([true, true, false]);
    expect(may("1002")).toBe(true);
    await clock.advance(1_000);
    expect(may("1001")).toBe(true);
  });

  it("holds access rules by network, transport and purpose", () => {
    const edge = guard({
      access: [
        { purposes: ["register"], allow: ["10.0.0.0/8", "2001:db8:1::/48"] },
        { transports: ["ws", "wss"], deny: ["10.66.0.0/16"] },
        { deny: ["203.0.113.0/24"] },
      ],
    });
    const verdict = (method: string, address: string, kind?: MessageSource["kind"]): unknown => edge.check(request(method), from(address, kind));
    expect(verdict("REGISTER", "10.1.2.3")).toBeUndefined();
    expect(verdict("REGISTER", "2001:db8:1::5")).toBeUndefined();
    expect(verdict("REGISTER", "192.0.2.5")).toBe("drop");
    expect(verdict("INVITE", "192.0.2.5")).toBeUndefined();
    expect(verdict("INVITE", "10.66.1.1", "wss")).toBe("drop");
    expect(verdict("INVITE", "10.66.1.1", "udp")).toBeUndefined();
    expect(verdict("OPTIONS", "203.0.113.77")).toBe("drop");
    expect(edge.counters.denied).toBe(3);
  });
});

it("token buckets stay bounded under a flood of sources", () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 2 }, () => clock.monotonic());
  for (let i = 0; i < 60_000; i++) buckets.take(`2001:db8::${i.toString(16)}`);
  expect(buckets.size).toBeLessThanOrEqual(20_000);
});
