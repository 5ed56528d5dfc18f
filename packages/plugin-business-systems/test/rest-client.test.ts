import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BUSINESS_SYSTEM } from "@hotlinejs/core";
import type { LookupRequest, LookupResult } from "@hotlinejs/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { business, businessConfig } from "../src/index.js";
import { CircuitBreaker } from "../src/domain/circuit-breaker.js";
import { RecordCache } from "../src/services/record-cache.js";
import { fetchTransport } from "../src/services/transport.js";
import { options, PERSON, PIN, RECORD, respond, stage } from "./stage.js";
import type { Stage } from "./stage.js";

let at: Stage | undefined;
afterEach(async () => {
  await at?.test.close();
  at = undefined;
});

const request = (more: Partial<LookupRequest> = {}): LookupRequest => ({ kind: "pension", keys: { idNumber: PERSON }, proof: PIN, asker: { channel: "phone", from: "13800138000", actor: "citizen" }, ...more });

/** The result once virtual time has brought it, and how long that took. */
async function result(stand: Stage, more: Partial<LookupRequest> = {}): Promise<{ outcome: LookupResult; ms: number }> {
  const from = stand.test.clock.now();
  let done: { outcome: LookupResult; ms: number } | undefined;
  void stand.test.services.get(BUSINESS_SYSTEM).lookup(request(more)).then((outcome) => (done = { outcome, ms: stand.test.clock.now() - from }));
  for (let waited = 0; done === undefined; waited += 50) {
    if (waited > 120_000) throw new Error("no result");
    await stand.test.advance(50);
  }
  return done;
}
const never = (): Promise<never> => new Promise(() => undefined);

describe("time-out and retry", () => {
  it("waits so long for one try and no longer than the whole, also when the carrier ignores the signal", async () => {
    at = await stage({ system: { timeoutMs: 1_000, totalMs: 1_800, retries: 3, retryDelayMs: 100 } });
    at.answer = never;
    const { outcome, ms } = await result(at);
    expect(outcome).toEqual({ outcome: "unavailable", cause: "timeout" });
    expect(at.requests).toHaveLength(2);
    expect(ms).toBeGreaterThanOrEqual(1_800);
    expect(ms).toBeLessThan(2_000);
    expect(at.requests[0]?.signal.aborted).toBe(true);
  });

  it("tries again where that does no harm: the second answer counts", async () => {
    at = await stage();
    let calls = 0;
    at.answer = (one) => (++calls === 1 ? { status: 503, body: "" } : respond(one));
    expect((await result(at)).outcome.outcome).toBe("found");
    expect(calls).toBe(2);
  });

  it("does not try again what may count as another guess", async () => {
    const [kind] = options().kinds ?? [];
    at = await stage({ more: { kinds: [{ ...(kind as NonNullable<typeof kind>), idempotent: false }] } });
    at.answer = () => ({ status: 503, body: "" });
    expect((await result(at)).outcome).toEqual({ outcome: "unavailable", cause: "refused" });
    expect(at.requests).toHaveLength(1);
  });

  it("a refused credential is not tried again and tells nobody that a record is missing", async () => {
    at = await stage();
    at.answer = () => ({ status: 401, body: "" });
    expect((await result(at)).outcome).toEqual({ outcome: "unavailable", cause: "refused" });
    expect(at.requests).toHaveLength(1);
  });

  it("ends when the caller has gone", async () => {
    at = await stage();
    at.answer = never;
    const gone = new AbortController();
    const looking = at.test.services.get(BUSINESS_SYSTEM).lookup(request({ signal: gone.signal }));
    await at.test.advance(100);
    gone.abort();
    await at.test.advance(100);
    expect(await looking).toEqual({ outcome: "unavailable", cause: "cancelled" });
  });
});

describe("the circuit breaker", () => {
  it("opens after failures in a row, lets one through after a while, and closes when that is answered", async () => {
    at = await stage({ system: { retries: 0, breaker: { failures: 3, openMs: 30_000 } } });
    at.answer = () => Promise.reject(new Error("down"));
    for (let i = 0; i < 3; i++) expect((await result(at)).outcome).toMatchObject({ cause: "unreachable" });
    const health = async (): Promise<unknown> => (await at?.test.hotline.health())?.plugins.find(({ name }) => name === "business");
    expect(await health()).toMatchObject({ ok: false, details: { circuits: { insurance: "open" } } });
    const open = await result(at);
    expect(open.outcome).toEqual({ outcome: "unavailable", cause: "circuit-open" });
    expect(at.requests).toHaveLength(3);
    await at.test.advance(30_000);
    // Half open: one request, and it fails.
    expect((await result(at)).outcome).toMatchObject({ cause: "unreachable" });
    expect((await result(at)).outcome).toMatchObject({ cause: "circuit-open" });
    expect(at.requests).toHaveLength(4);
    await at.test.advance(30_000);
    at.answer = respond;
    expect((await result(at)).outcome.outcome).toBe("found");
    expect((await result(at)).outcome.outcome).toBe("found");
    expect(await health()).toMatchObject({ ok: true, details: { circuits: { insurance: "closed" } } });
  });

  it("half open lets exactly one through, and one taken back changes nothing", () => {
    let now = 0;
    const breaker = new CircuitBreaker({ failures: 1, openMs: 100 }, () => now);
    expect(breaker.admit()).toBe(true);
    breaker.failed();
    expect([breaker.state, breaker.admit()]).toEqual(["open", false]);
    now = 100;
    expect([breaker.state, breaker.admit(), breaker.admit()]).toEqual(["half-open", true, false]);
    breaker.forgotten();
    expect(breaker.admit()).toBe(true);
    breaker.succeeded();
    expect([breaker.state, breaker.admit(), breaker.admit()]).toEqual(["closed", true, true]);
  });
});

describe("what a system may do to its callers", () => {
  it("a slow one is waited for no longer than said, and the caller hears it", async () => {
    at = await stage({ system: { timeoutMs: 2_000, totalMs: 3_000, retries: 1 } });
    at.answer = () => new Promise(() => undefined);
    const caller = await at.dial();
    await at.enter(caller, PERSON, PIN);
    const from = at.test.clock.now();
    await caller.hears("正在查询");
    await caller.hears("暂时不能使用");
    const waited = at.test.clock.now() - from;
    expect(waited).toBeGreaterThanOrEqual(2_000);
    expect(waited).toBeLessThan(6_000);
    await caller.hears("结果是unavailable");
    expect(at.requests).toHaveLength(2);
  });

  it.each([500, 502, 503, 504, 429])("%i is asked again and, when it stays, is unavailable and no failure of the citizen", async (status) => {
    at = await stage({ system: { retries: 2, retryDelayMs: 10 } });
    at.answer = () => ({ status, body: "<html>trouble</html>" });
    expect((await result(at)).outcome).toMatchObject({ outcome: "unavailable" });
    expect(at.requests).toHaveLength(3);
    expect(await at.rows("select * from business_lookup_lock")).toEqual([]);
  });

  it.each(["", "{", "null", "[]", '"text"', "<html></html>", '{"asOf":"yesterday","months":1,"balance":1,"state":"active"}', '{"asOf":"2026-02-28","months":1,"balance":"many","state":"active"}', '{"asOf":"2026-02-28","months":1,"balance":1,"state":"__proto__"}'])("rubbish is no record: %s", async (body) => {
    at = await stage();
    at.answer = () => ({ status: 200, body });
    expect((await result(at)).outcome).toEqual({ outcome: "unavailable", cause: "bad-answer" });
    expect(await at.rows("select * from business_lookup_lock")).toEqual([]);
  });
});

describe("the cache", () => {
  it("never tells one person about another, and holds no number and no PIN", async () => {
    const [kind] = options().kinds ?? [];
    const set = vi.spyOn(RecordCache.prototype, "set");
    const here = await stage({ more: { kinds: [{ ...(kind as NonNullable<typeof kind>), cacheSeconds: 60 }] } });
    at = here;
    const other = "990101196605080132";
    at.answer = ({ body }) => {
      const { idNumber } = JSON.parse(body ?? "{}") as { idNumber: string };
      return { status: 200, body: JSON.stringify({ ...RECORD, months: idNumber === PERSON ? 312 : 7 }) };
    };
    const months = async (idNumber: string): Promise<unknown> => {
      const { outcome } = await result(here, { keys: { idNumber } });
      return outcome.outcome === "found" ? outcome.record.months : outcome;
    };
    expect([await months(PERSON), await months(other), await months(PERSON), await months(other)]).toEqual([312, 7, 312, 7]);
    expect(at.requests).toHaveLength(2);
    const kept = JSON.stringify(set.mock.calls);
    for (const secret of [PERSON, other, PIN, RECORD.bank]) expect(kept).not.toContain(secret);
    set.mockRestore();
  });

  it("answers for a while, per proof, and only with what was found", async () => {
    const [kind] = options().kinds ?? [];
    at = await stage({ more: { kinds: [{ ...(kind as NonNullable<typeof kind>), cacheSeconds: 60 }] } });
    await result(at);
    await result(at);
    expect(at.requests).toHaveLength(1);
    expect((await result(at, { proof: "000000" })).outcome.outcome).toBe("not-found");
    expect(at.requests).toHaveLength(2);
    await at.test.advance(60_000);
    await result(at);
    expect(at.requests).toHaveLength(3);
  });
});

describe("fetch", () => {
  it("carries a request over a real connection, refuses redirects and answers that are too long", async () => {
    const server = createServer((incoming, outgoing) => {
      if (incoming.url === "/away") outgoing.writeHead(302, { location: "/accounts" }).end();
      else if (incoming.url === "/long") outgoing.end("x".repeat(300 * 1024));
      else {
        let body = "";
        incoming.setEncoding("utf8").on("data", (part: string) => (body += part));
        incoming.on("end", () => outgoing.end(JSON.stringify({ body, key: incoming.headers["x-key"] })));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const common = { method: "POST", headers: { "x-key": "k" }, body: "{}", signal: new AbortController().signal } as const;
    try {
      expect(await fetchTransport({ ...common, url: `${root}/accounts` })).toEqual({ status: 200, body: JSON.stringify({ body: "{}", key: "k" }) });
      await expect(fetchTransport({ ...common, url: `${root}/away` })).rejects.toThrow();
      await expect(fetchTransport({ ...common, url: `${root}/long` })).rejects.toThrow("octets");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("configuration", () => {
  const problems = (given: unknown): string[] => businessConfig.safeParse(given).error?.issues.map((issue) => issue.path.join(".")) ?? [];

  it("personal data does not go over plain http beyond this machine unless that is said", () => {
    expect(problems(options({}, { baseUrl: "http://10.0.0.5/" }))).toEqual(["systems.0.baseUrl"]);
    expect(problems(options({}, { baseUrl: "http://10.0.0.5/", plain: true }))).toEqual([]);
    expect(problems(options({}, { baseUrl: "http://127.0.0.1:9/" }))).toEqual([]);
  });

  it("names what does not fit together", () => {
    const [kind] = options().kinds ?? [];
    expect(problems(options({ kinds: [{ ...(kind as NonNullable<typeof kind>), system: "other", path: "/x/{nobody}", method: "GET" }] })).sort()).toEqual(["kinds.0.path", "kinds.0.proof.header", "kinds.0.system"]);
    expect(business.definition.name).toBe("business");
  });
});
