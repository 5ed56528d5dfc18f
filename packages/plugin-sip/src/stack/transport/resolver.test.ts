import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { type DnsRecords, dnsResolver } from "./resolver.js";
import type { Destination, ResolveTarget, TransportKind } from "./types.js";

type Zone = {
  naptr?: Record<string, Awaited<ReturnType<DnsRecords["naptr"]>>>;
  srv?: Record<string, Awaited<ReturnType<DnsRecords["srv"]>>>;
  addresses?: Record<string, readonly { address: string; ttl: number | undefined }[]>;
};

const naptr = (order: number, preference: number, service: string, replacement: string) => ({ order, preference, flags: "s", service, replacement });
const srv = (priority: number, weight: number, name: string, port = 5060) => ({ priority, weight, port, name });
const host = (address: string, ttl = 300) => [{ address, ttl }];

function begin(zone: Zone, kinds: readonly TransportKind[] = ["udp", "tcp", "tls"]) {
  const asked: string[] = [];
  const time = { now: 0 };
  const waits: { at: number; run: () => void }[] = [];
  /** Hangs, fails or answers. */
  const dns = { state: "up" as "up" | "silent" | "broken" };
  const find = <T>(type: string, table: Record<string, readonly T[]> | undefined, name: string): Promise<readonly T[]> => {
    asked.push(`${type} ${name}`);
    if (dns.state === "silent") return new Promise(() => undefined);
    if (dns.state === "broken") return Promise.reject(Object.assign(new Error("queryA ETIMEOUT"), { code: "ETIMEOUT" }));
    const found = table?.[name];
    return found === undefined ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve(found);
  };
  const resolver = dnsResolver({
    records: { naptr: (name) => find("NAPTR", zone.naptr, name), srv: (name) => find("SRV", zone.srv, name), addresses: (name) => find("A", zone.addresses, name) },
    kinds: () => kinds, now: () => time.now, random: seededRandom(7),
    later: (ms, run) => {
      const wait = { at: time.now + ms, run };
      waits.push(wait);
      return { cancel: () => void waits.splice(waits.indexOf(wait), waits.includes(wait) ? 1 : 0) };
    },
  });
  const pass = (ms: number): void => {
    time.now += ms;
    for (const wait of waits.filter(({ at }) => at <= time.now)) {
      waits.splice(waits.indexOf(wait), 1);
      wait.run();
    }
  };
  const ask = async (target: ResolveTarget): Promise<string[]> => (await resolver(target)).map((d: Destination) => `${d.kind} ${d.host} ${d.port}`);
  return { ask, resolver, asked, time, dns, waits, pass };
}

describe("finding a server (RFC 3263)", () => {
  it("asks nothing for a numeric host", async () => {
    const { ask, asked } = begin({});
    expect(await ask({ host: "[2001:db8::1]", kind: "tls" })).toEqual(["tls 2001:db8::1 5061"]);
    expect(await ask({ host: "192.0.2.1", port: 5070, kind: "udp" })).toEqual(["udp 192.0.2.1 5070"]);
    expect(asked).toEqual([]);
  });

  it("asks for addresses alone where a port is named", async () => {
    const { ask, asked } = begin({ addresses: { "a.test": [...host("192.0.2.1"), ...host("2001:db8::1")] } });
    expect(await ask({ host: "a.test", port: 5080, kind: "tcp", given: true })).toEqual(["tcp 192.0.2.1 5080", "tcp 2001:db8::1 5080"]);
    expect(asked).toEqual(["A a.test"]);
  });

  it("follows NAPTR by order and preference, to transports it has", async () => {
    const zone: Zone = {
      naptr: { "a.test": [naptr(20, 10, "SIP+D2U", "_sip._udp.a.test"), naptr(10, 20, "SIP+D2T", "_sip._tcp.a.test"), naptr(10, 10, "SIPS+D2T", "_sips._tcp.a.test"), naptr(1, 1, "SIP+D2S", "_sip._sctp.a.test")] },
      srv: { "_sip._udp.a.test": [srv(1, 1, "u.test")], "_sip._tcp.a.test": [srv(1, 1, "t.test", 5070)], "_sips._tcp.a.test": [srv(1, 1, "s.test", 5061)] },
      addresses: { "u.test": host("192.0.2.1"), "t.test": host("192.0.2.2"), "s.test": host("192.0.2.3") },
    };
    expect(await begin(zone).ask({ host: "a.test", kind: "udp" })).toEqual(["tls 192.0.2.3 5061", "tcp 192.0.2.2 5070", "udp 192.0.2.1 5060"]);
    expect(await begin(zone, ["udp", "tcp"]).ask({ host: "a.test", kind: "udp" })).toEqual(["tcp 192.0.2.2 5070", "udp 192.0.2.1 5060"]);
    expect(await begin(zone).ask({ host: "a.test", kind: "tls", secure: true })).toEqual(["tls 192.0.2.3 5061"]);
    expect(await begin(zone).ask({ host: "a.test", kind: "udp", given: true })).toEqual(["udp 192.0.2.1 5060"]);
  });

  it("asks for SRV of each transport where there is no NAPTR, and for addresses at last", async () => {
    const zone: Zone = { srv: { "_sip._tcp.a.test": [srv(1, 1, "t.test")] }, addresses: { "t.test": host("192.0.2.2"), "b.test": host("192.0.2.9") } };
    expect(await begin(zone).ask({ host: "a.test", kind: "udp" })).toEqual(["tcp 192.0.2.2 5060"]);
    expect(await begin(zone).ask({ host: "b.test", kind: "udp" })).toEqual(["udp 192.0.2.9 5060"]);
    await expect(begin(zone).ask({ host: "c.test", kind: "udp" })).rejects.toMatchObject({ code: "SIP_UNRESOLVED" });
  });

  it("takes priorities in order and weights by chance", async () => {
    const { ask, asked } = begin({
      srv: { "_sip._udp.a.test": [srv(20, 100, "last.test"), srv(10, 30, "one.test"), srv(10, 10, "two.test"), srv(10, 0, "none.test")] },
      addresses: { "last.test": host("192.0.2.4"), "one.test": host("192.0.2.1"), "two.test": host("192.0.2.2"), "none.test": host("192.0.2.3") },
    });
    const first: Record<string, number> = {};
    for (let i = 0; i < 1_000; i++) {
      const order = await ask({ host: "a.test", kind: "udp", given: true });
      expect(order).toHaveLength(4);
      expect(order[3]).toBe("udp 192.0.2.4 5060");
      first[order[0] as string] = (first[order[0] as string] ?? 0) + 1;
    }
    expect(first["udp 192.0.2.1 5060"]).toBeGreaterThan(650);
    expect(first["udp 192.0.2.2 5060"]).toBeGreaterThan(180);
    expect(first["udp 192.0.2.3 5060"] ?? 0).toBeLessThan(20);
    expect(asked.filter((each) => each.startsWith("SRV"))).toHaveLength(1);
  });

  it("keeps an answer for the shortest life in it, a minute at most", async () => {
    const { ask, asked, time } = begin({ addresses: { "short.test": host("192.0.2.1", 5), "long.test": host("192.0.2.2", 86_400) } });
    const times = (name: string): number => asked.filter((each) => each === `A ${name}`).length;
    for (const at of [0, 4_999, 5_001, 9_000, 59_000, 61_000]) {
      time.now = at;
      await ask({ host: "short.test", port: 1, kind: "udp" });
      await ask({ host: "long.test", port: 1, kind: "udp" });
    }
    expect(times("short.test")).toBe(3);
    expect(times("long.test")).toBe(2);
  });

  it("passes over an SRV that says the service is not there, and its targets without address", async () => {
    const { ask } = begin({ srv: { "_sip._udp.a.test": [srv(1, 1, "."), srv(2, 1, "gone.test"), srv(3, 1, "here.test")] }, addresses: { "here.test": host("192.0.2.1") } });
    expect(await ask({ host: "a.test", kind: "udp", given: true })).toEqual(["udp 192.0.2.1 5060"]);
  });

  it("goes on with the last answer while DNS is silent, fails or knows nothing, for a day", async () => {
    const { ask, time, dns, waits, pass } = begin({ srv: { "_sip._udp.a.test": [srv(1, 1, "here.test", 5070)] }, addresses: { "here.test": host("192.0.2.1", 30), "a.test": host("192.0.2.99", 30) } });
    const target = { host: "a.test", kind: "udp", given: true } as const;
    expect(await ask(target)).toEqual(["udp 192.0.2.1 5070"]);
    dns.state = "broken";
    for (const at of [40_000, 50_000, 80_000_000]) {
      time.now = at;
      expect(await ask(target)).toEqual(["udp 192.0.2.1 5070"]);
    }
    dns.state = "silent";
    pass(60_000);
    const waiting = ask(target);
    let done = false;
    void waiting.then(() => (done = true));
    pass(1_700);
    await Promise.resolve();
    expect(done).toBe(false);
    pass(200);
    expect(await waiting).toEqual(["udp 192.0.2.1 5070"]);
    // The next need not wait.
    expect(await ask(target)).toEqual(["udp 192.0.2.1 5070"]);
    expect(waits).toEqual([]);
  });

  it("is not misled by half an answer: records that could not be asked for are not gone", async () => {
    const { ask, time, dns, asked } = begin({ addresses: { "a.test": host("192.0.2.9", 30) } });
    dns.state = "broken";
    await expect(ask({ host: "a.test", kind: "udp", given: true })).rejects.toMatchObject({ code: "SIP_UNRESOLVED" });
    dns.state = "up";
    expect(await ask({ host: "a.test", kind: "udp", given: true })).toEqual(["udp 192.0.2.9 5060"]);
    time.now = 90_000_000;
    dns.state = "broken";
    await expect(ask({ host: "a.test", kind: "udp", given: true })).rejects.toMatchObject({ code: "SIP_UNRESOLVED" });
    expect(asked.length).toBeGreaterThan(3);
  });

  it("asks once for all who want to know the same at once", async () => {
    const { ask, asked } = begin({ addresses: { "a.test": host("192.0.2.1") } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask({ host: "a.test", port: 5060, kind: "udp", given: true })));
    expect(answers).toEqual(Array.from({ length: 50 }, () => ["udp 192.0.2.1 5060"]));
    expect(asked).toEqual(["A a.test"]);
  });
});
