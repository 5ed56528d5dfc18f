import type { Clock, IvrNodeContext, Principal, UnitOfWork } from "@hotlinejs/core";
import { createSilentLogger, HotlineError, READ_POOL, VirtualClock } from "@hotlinejs/core";
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { acdConfig } from "../src/config.js";
import type { QueueResult } from "../src/contract.js";
import { sameAddress } from "../src/domain/agent-address.js";
import { rejectCause } from "../src/domain/reject-cause.js";
import { acdRoutes } from "../src/http/routes.js";
import { queueNode } from "../src/ivr/queue-node.js";
import { FactSpool } from "../src/services/fact-spool.js";
import { FactWriter } from "../src/services/fact-writer.js";
import { HoldMusic } from "../src/services/hold-music.js";
import { stage, closeStages, team } from "./stage.js";

const services = (acd: unknown) => ({ get: () => acd, optional: () => acd, provide: () => undefined }) as unknown as IvrNodeContext["services"];

describe("configuration", () => {
  // Accepted here it would be stored, and the queue could not be used at any later start either.
  it("waits of tiers that do not ascend are refused with their path, before anything is stored", () => {
    const of = (tiersAfterSeconds: number[]) => acdConfig.safeParse({ queues: [{ key: "q", name: "Q", tiersAfterSeconds }] });
    expect(of([30, 10]).error?.issues).toMatchObject([{ path: ["queues", 0, "tiersAfterSeconds"], message: expect.stringContaining("ascending") as string }]);
    expect(of([10, 10, 30]).success).toBe(true);
  });
});

describe("addresses", () => {
  it.each([
    ["sip:1001", "sip:1001", true],
    ["sip:1001", "sip:1001@10.0.0.1", true],
    ["sip:1001@A.test", "SIP:1001@a.test;transport=tcp", true],
    ["sips:1001", "sip:1001", true],
    ["sip:1001@a.test", "sip:1001@b.test", false],
    ["sip:1001", "sip:10011", false],
    ["sip:1001", "tel:1001", false],
  ])("%s and %s: %s", (a, b, same) => expect(sameAddress(a, b)).toBe(same));
});

describe("why a leg ended", () => {
  it.each([
    ["busy", 486, "busy"],
    ["declined", 603, "declined"],
    ["no-answer", undefined, "no-answer"],
    ["rejected", 486, "busy"],
    ["unreachable", 480, "failed"],
    ["not-found", 404, "failed"],
    ["remote-hangup", undefined, "failed"],
  ] as const)("%s %s -> %s", (reason, status, cause) => expect(rejectCause(reason, status)).toBe(cause));
});

describe("options", () => {
  it("refuses typos, unknown strategies, unknown queues and doubles with their path", () => {
    const issues = (options: unknown): string[] => (acdConfig.safeParse(options).error?.issues ?? []).map((issue) => issue.path.join("."));
    expect(issues({ queues: [{ key: "q", name: "Q", strategy: "ring-everyone" }] })).toEqual(["queues.0.strategy"]);
    expect(issues({ queues: [{ key: "q", name: "Q", ringTimeout: 3 }] })).toEqual(["queues.0"]);
    expect(issues({ queues: [{ key: "q", name: "Q" }, { key: "q", name: "R" }] })).toEqual(["queues.1.key"]);
    expect(issues({ queues: [{ key: "q", name: "Q", overflow: [{ afterSeconds: 5, queues: ["x"] }] }] })).toEqual(["queues.0.overflow.0.queues.0"]);
    expect(issues({ agents: [{ number: "1", name: "A", queues: ["x"] }] })).toEqual(["agents.0.queues.0"]);
    expect(issues({ agents: [{ number: "1", name: "A", address: "1001" }] })).toEqual(["agents.0.address"]);
    expect(issues({ wrapUp: -1 })).toEqual(["wrapUp"]);
    expect(issues({})).toEqual([]);
  });
});

describe("options that would do nothing", () => {
  const issues = (options: unknown): string[] => (acdConfig.safeParse(options).error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  const queue = (settings: object, more: object = {}): string[] => issues({ queues: [{ key: "q", name: "Q", ...settings }, { key: "r", name: "R" }], agents: [{ number: "1", name: "A", queues: ["q"], skills: ["english"] }], ...more });

  it.each<[string, object, string]>([
    ["closing time without hours", { atClosing: "voicemail" }, "queues.0.atClosing: without `calendar` the queue never closes: give the calendar of its hours, or leave atClosing out"],
    ["a diversion without a limit", { divert: {} }, "queues.0.divert: diverts nobody: give waitSeconds or ratio, or leave divert out"],
    ["a diversion of those who wait, without a limit", { divert: { whileWaiting: true } }, "queues.0.divert: diverts nobody: give waitSeconds or ratio, or leave divert out"],
    ["overflow into itself", { overflow: [{ afterSeconds: 5, queues: ["r", "q"] }] }, "queues.0.overflow.0.queues.1: queue q cannot overflow into itself: its own agents serve it anyway"],
    ["overflow into a queue twice", { overflow: [{ afterSeconds: 5, queues: ["r"] }, { afterSeconds: 9, queues: ["r"] }] }, "queues.0.overflow.1.queues.0: r is given twice: its agents serve from the first step on that names it"],
    ["a skill nobody has", { skills: ["englsh"] }, "queues.0.skills.englsh: no agent or profile has the skill englsh (known: english): give it to somebody, or leave it out"],
    ["a step of a skill nobody has", { skillSteps: [{ afterSeconds: 5, skills: { law: 0 } }] }, "queues.0.skillSteps.0.skills.law: no agent or profile has the skill law (known: english): give it to somebody, or leave it out"],
    ["weights in a strategy that weighs nothing", { skillWeights: { english: 2 } }, "queues.0.skillWeights: weigh nothing in the strategy longest-idle: set strategy to most-skilled, or leave them out"],
    ["a clock of messages without messages", { announce: { messagesEverySeconds: 60 } }, "queues.0.announce.messagesEverySeconds: there is nothing to say: give messages, or leave it out"],
    ["a first message without a clock", { announce: { messages: ["M1"], messagesFirstSeconds: 60 } }, "queues.0.announce.messagesFirstSeconds: counts only with messagesEverySeconds: give that too, or leave it out"],
    ["a pace of a strategy that has none", { progressSeconds: 5 }, "queues.0.progressSeconds: counts in the strategy ring-progressively only, not in longest-idle: set that, or leave it out"],
    ["waits of a reserve there is not", { tiersAfterSeconds: [20] }, 'queues.0.tiersAfterSeconds: no agent or profile serves q in a tier above 0: give the reserve its tier ({ queue: "q", tier: 1 }), or leave it out'],
    ["a grace where nobody leaves", { leaveEmpty: false, emptyGraceSeconds: 5 }, "queues.0.emptyGraceSeconds: with leaveEmpty: false nobody is sent on: leave it out, or let callers leave"],
    ["a step that asks for more than the queue", { skills: ["english"], skillSteps: [{ afterSeconds: 5, skills: { english: 2 } }] }, "queues.0.skillSteps.0.skills.english: steps lower what is needed, and before this one english 1 is enough: give at most that, or leave it out"],
    ["a step that asks for more than the one before", { skills: { english: 5 }, skillSteps: [{ afterSeconds: 9, skills: { english: 3 } }, { afterSeconds: 5, skills: { english: 2 } }] }, "queues.0.skillSteps.0.skills.english: steps lower what is needed, and before this one english 2 is enough: give at most that, or leave it out"],
  ])("%s is refused with its path and what to do", (_name, settings, message) => expect(queue(settings)).toEqual([message]));

  it.each<[string, object, string]>([
    ["a limit of who has signed out", { reasons: [{ code: "home", name: "下班", nameEn: "Home", choice: "offline", maxMinutes: 5 }] }, "reasons.0.maxMinutes: who has signed out may stay away as long as wanted: leave it out, or make it a reason for not-ready"],
    ["what follows a limit there is not", { reasons: [{ code: "rest", name: "小休", nameEn: "Rest", whenOver: "sign-out" }] }, "reasons.0.whenOver: is never over without maxMinutes: give that too, or leave it out"],
    ["a reason required of none", { reasons: [], reasonRequired: true }, "reasonRequired: there is no reason for not-ready to choose: give reasons, or leave it out"],
  ])("%s is refused with its path and what to do", (_name, config, message) => expect(issues(config)).toEqual([message]));

  it("what the defaults say anyway, what serves others' callers, and lower levels are no fault", () => {
    expect(queue({ progressSeconds: 10, emptyGraceSeconds: 30, leaveEmpty: false, skills: { english: 5 }, skillSteps: [{ afterSeconds: 9, skills: { english: 0 } }, { afterSeconds: 5, skills: { english: 5, law: 3 } }] }, { profiles: [{ key: "p", name: "P", skills: { law: 3 } }] })).toEqual([]);
    expect(queue({ strategy: "ring-progressively", progressSeconds: 5, tiersAfterSeconds: [20] }, { profiles: [{ key: "p", name: "P", queues: [{ queue: "q", tier: 1 }] }] })).toEqual([]);
    // Callers of r, who do leave it, wait for the agents of q, too.
    const empty = (leaveEmpty: boolean): string[] => issues({ queues: [{ key: "q", name: "Q", leaveEmpty: false, emptyGraceSeconds: 5 }, { key: "r", name: "R", leaveEmpty, overflow: [{ afterSeconds: 5, queues: ["q"] }] }] });
    expect([empty(true).length, empty(false).length]).toEqual([0, 1]);
  });

  it.each<[string, object, string[]]>([
    ["addresses of their own", { agents: [{ number: "1001", name: "A", address: "sip:9" }, { number: "1002", name: "B", address: "sip:9@10.0.0.1" }] }, ["agents.1.address"]],
    ["the address of an agent without one", { agents: [{ number: "1001", name: "A", address: "sip:1002" }, { number: "1002", name: "B" }] }, ["agents.1.address"]],
    ["the profile's", { profiles: [{ key: "p", name: "P", address: "sip:desk" }], agents: [{ number: "1001", name: "A", profile: "p" }, { number: "1002", name: "B", profile: "p" }, { number: "1003", name: "C", profile: "p" }] }, ["agents.1.profile", "agents.2.profile"]],
    ["nothing: each has one", { profiles: [{ key: "p", name: "P", address: "sip:desk-{number}" }, { key: "r", name: "R", address: "sip:room" }], agents: [{ number: "1001", name: "A", profile: "p" }, { number: "1002", name: "B", profile: "p" }, { number: "1003", name: "C", profile: "r" }, { number: "1004", name: "D", address: "sip:9@a.test" }, { number: "1005", name: "E", address: "sip:9@b.test" }] }, []],
  ])("one telephone for two agents is refused: %s", (_name, config, paths) => {
    const told = issues(config);
    expect(told.map((each) => each.split(":")[0])).toEqual(paths);
    for (const each of told) expect(each).toContain("have one telephone, sip:");
  });

  it("what does something is taken", () => {
    const all = { calendar: "hours", atClosing: "callback", divert: { ratio: 2 }, overflow: [{ afterSeconds: 5, queues: ["r"] }], strategy: "most-skilled", skills: ["english"], skillWeights: { law: 2 }, announce: { messages: ["M1"], messagesEverySeconds: 60, messagesFirstSeconds: 10 } };
    expect(queue(all, { profiles: [{ key: "p", name: "P", skills: { law: 3 } }] })).toEqual([]);
    // Queues that help each other out; and skills of agents who are made later.
    expect(issues({ queues: [{ key: "q", name: "Q", skills: ["law"], overflow: [{ afterSeconds: 5, queues: ["r"] }] }, { key: "r", name: "R", overflow: [{ afterSeconds: 5, queues: ["q"] }] }] })).toEqual([]);
  });

  it("the same queue twice, of an agent or a profile, is refused", () => {
    expect(queue({}, { agents: [{ number: "1", name: "A", queues: ["q", { queue: "q", weight: 3 }] }] })).toEqual(["agents.0.queues.1: queue q is given twice: keep the one that holds"]);
    expect(queue({}, { profiles: [{ key: "p", name: "P", queues: ["q", "r", "q"] }] })).toEqual(["profiles.0.queues.2: queue q is given twice: keep the one that holds"]);
  });
});

describe("IVR node queue", () => {
  const run = async (result: Partial<QueueResult>, exitKeys?: unknown) => {
    const config = queueNode.config.parse({ queue: "q", ...(exitKeys === undefined ? {} : { exitKeys }) });
    const asked: unknown[] = [];
    const acd = { serve: (_session: unknown, request: unknown) => (asked.push(request), Promise.resolve({ outcome: "answered", waitMs: 0, talkMs: 0, callerGone: false, ...result })) };
    const step = await queueNode.run({ config, services: services(acd), session: { language: "zh-CN" }, signal: new AbortController().signal } as unknown as Parameters<typeof queueNode.run>[0]);
    return { step, asked, outcomes: queueNode.outcomes(config).map((outcome) => outcome.name) };
  };

  it.each([{ "1": "voicemail" }, "12"])("a key that offers the callback and leaves by exitKeys %j is refused", (exitKeys) => {
    expect(queueNode.config.safeParse({ queue: "q", callback: { key: "1" }, exitKeys }).error?.issues).toMatchObject([{ path: ["callback", "key"], message: "1 is one of the exitKeys, too, and can do one thing only: give the callback another key, or take it out of exitKeys" }]);
    expect(queueNode.config.safeParse({ queue: "q", callback: { key: "3" }, exitKeys }).success).toBe(true);
  });

  it("leads on by outcome, and ends the flow when the caller is gone", async () => {
    expect((await run({})).step).toEqual({ outcome: "answered" });
    expect((await run({ outcome: "full" })).step).toEqual({ outcome: "full" });
    expect((await run({ callerGone: true })).step).toEqual({ end: true });
  });

  it("names exit keys' outcomes", async () => {
    const plain = await run({ outcome: "exit", key: "0" }, "0*");
    expect(plain.step).toEqual({ outcome: "exit" });
    expect(plain.outcomes).toEqual(["answered", "timeout", "full", "no-agents", "exit"]);
    expect(plain.asked).toMatchObject([{ queue: "q", exitKeys: "0*" }]);
    const named = await run({ outcome: "exit", key: "2" }, { "2": "voicemail", "1": "no-agents" });
    expect(named.step).toEqual({ outcome: "voicemail" });
    expect(named.outcomes).toEqual(["answered", "timeout", "full", "no-agents", "voicemail"]);
  });
});

describe("routes", () => {
  const route = (method: string, path: string) => acdRoutes.find((each) => each.method === method && each.path === path) ?? expect.fail(`no ${method} ${path}`);
  const principal = (agentNumber: string, ...permissions: string[]) => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(permissions), agentNumber }) as Principal;

  it("an agent sets the own state, a supervisor that of others; the rest is refused", async () => {
    const at = await stage({ acd: team() });
    const post = (number: string, who: Principal | undefined) => Promise.resolve(route("POST", "/api/agents/:number/state").handler({ services: at.test.services, params: { number }, body: { state: "not-ready", reason: "示忙：培训会议" }, principal: who } as never));
    await expect(post("1001", principal("1001"))).resolves.toMatchObject({ state: "not-ready", reason: "training", choice: "not-ready" });
    await expect(post("1002", principal("1001"))).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED", status: 403 });
    await expect(post("1002", principal("9", "acd.agents.state"))).resolves.toMatchObject({ number: "1002" });
    await expect(post("77", principal("9", "acd.agents.state"))).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT", status: 404 });
    await expect(post("1001", undefined)).rejects.toMatchObject({ status: 403 });
    await closeStages();
  });

  it("an agent controls the own telephone, a supervisor those of others; the number is masked, shown in full only with an entry in the audit", async () => {
    const at = await stage({ acd: team() });
    const call = (method: string, name: string, number: string, who: Principal | undefined, body: object = {}): Promise<unknown> =>
      Promise.resolve().then(() => route(method, `/api/agents/:number/call${name}`).handler({ services: at.test.services, params: { number }, body, principal: who } as never));
    const phone = await at.phone("1001");
    await at.dial("13812345678");
    await at.test.advance(5_000);
    for (const who of [undefined, principal("1002")]) {
      for (const name of ["/reject", "/hold", "/retrieve", "/transfer", "/consult", "/swap", "/complete", "/conference", "/remove", "/mute", "/end", "/cancel", "/hangup", "/dial", "/dtmf", "/reveal"]) await expect(call("POST", name, "1001", who, { to: "2", digits: "1" }), name).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED" });
      await expect(call("GET", "", "1001", who)).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED" });
    }
    const seen = await call("GET", "", "1001", principal("1001"));
    expect(seen).toMatchObject({ call: { state: "ringing", citizenNumber: "138****5678" } });
    expect(route("GET", "/api/agents/:number/call").output?.safeParse(seen).success).toBe(true);
    expect(await call("POST", "/reveal", "1001", principal("1001"))).toEqual({ citizenNumber: "13812345678" });
    const audit = await at.test.services.get(READ_POOL).read((em) => em.execute<{ action: string; actor: string }[]>("select action, actor from core_audit where action = 'acd.number-revealed'"));
    expect(audit).toEqual([{ action: "acd.number-revealed", actor: "u1" }]);
    await expect(call("POST", "/hold", "1001", principal("1001"))).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE", status: 409 });
    await expect(call("GET", "", "77", principal("9", "acd.agents.state"))).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
    await call("POST", "/reject", "1001", principal("9", "acd.agents.state"));
    await at.test.advance(100);
    expect(phone.ringing).toBe(false);
    await closeStages();
  });

  it("lists agents and queues in pages that fit their schema", async () => {
    const at = await stage({ acd: team({}, ["1003", "1001", "1002"]) });
    const get = (path: string, query: object) => Promise.resolve(route("GET", path).handler({ services: at.test.services, query } as never)) as Promise<{ items: { number: string }[]; next: string | null }>;
    const first = await get("/api/agents", { limit: 2 });
    expect(first.items.map((item) => item.number)).toEqual(["1001", "1002"]);
    expect(first.next).toBe("1002");
    const second = await get("/api/agents", { limit: 2, cursor: "1002" });
    expect(second).toMatchObject({ items: [{ number: "1003", state: "unreachable" }], next: null });
    expect(route("GET", "/api/agents").output?.safeParse(first).success).toBe(true);
    expect(route("GET", "/api/queues").output?.safeParse(await get("/api/queues", { limit: 200 })).success).toBe(true);
    await closeStages();
  });
});

describe("facts", () => {
  const log = createSilentLogger();
  const writer = (run: (facts: number) => Promise<void>, clock: Clock = new VirtualClock()) => {
    let depth = 0;
    const unitOfWork = {
      current: undefined,
      run: async (fn: (uow: never) => Promise<unknown>) => {
        depth += 1;
        await run(depth);
        return fn({} as never);
      },
    } as unknown as UnitOfWork;
    return new FactWriter<() => Promise<unknown>>({ unitOfWork, clock, log, write: async (_uow, fact) => void (await fact()) });
  };

  it("writes in order, several at a time", async () => {
    let units = 0;
    const facts = writer(() => (units++, Promise.resolve()));
    const written: number[] = [];
    for (let i = 0; i < 500; i++) facts.push(() => (written.push(i), Promise.resolve()));
    await facts.flush();
    expect(written).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(units).toBe(3);
  });

  it("one bad fact does not take the others with it, and flush settles", async () => {
    const clock = new VirtualClock();
    const facts = writer(() => Promise.resolve(), clock);
    const written: string[] = [];
    facts.push(() => (written.push("a"), Promise.resolve()));
    facts.push(() => Promise.reject(new Error("broken row")));
    facts.push(() => (written.push("c"), Promise.resolve()));
    const done = facts.flush();
    for (let i = 0; i < 10; i++) await clock.advance(5_000);
    await done;
    expect(written).toEqual(["a", "a", "c"]);
    expect(facts.pending).toBe(0);
  });
});

describe("facts while the database is away", () => {
  const lost = (code: string) => new HotlineError(code, "gone");
  const stand = () => {
    const clock = new VirtualClock();
    const state: { error: Error | undefined; units: number } = { error: undefined, units: 0 };
    const unitOfWork = {
      current: undefined,
      run: async (fn: (uow: never) => Promise<unknown>) => {
        state.units += 1;
        if (state.error !== undefined) throw state.error;
        return fn({} as never);
      },
    } as unknown as UnitOfWork;
    return { clock, state, facts: new FactWriter<() => Promise<unknown>>({ unitOfWork, clock, log: createSilentLogger(), write: async (_uow, fact) => void (await fact()) }) };
  };

  for (const code of ["HTL_CORE_DATABASE_UNREACHABLE", "HTL_CORE_STORAGE_FULL", "HTL_CORE_DATABASE_BUSY"]) {
    it(`${code} for an hour: every fact is written afterwards, in order`, async () => {
      const { clock, state, facts } = stand();
      const written: number[] = [];
      state.error = lost(code);
      for (let i = 0; i < 450; i++) facts.push(() => (written.push(i), Promise.resolve()));
      await clock.advance(3_600_000);
      expect(facts.pending).toBe(450);
      for (let i = 450; i < 460; i++) facts.push(() => (written.push(i), Promise.resolve()));
      expect(state.units).toBeLessThan(4_000);
      state.error = undefined;
      await clock.advance(2_000);
      expect(written).toEqual(Array.from({ length: 460 }, (_, i) => i));
      expect(facts.pending).toBe(0);
    });
  }

  it("lost among facts that are tried one by one: nothing is written twice, nothing left out", async () => {
    const { clock, state, facts } = stand();
    const written: string[] = [];
    facts.push(() => Promise.reject(new Error("broken row")));
    facts.push(() => (written.push("b"), Promise.resolve()));
    facts.push(() => {
      written.push("c");
      state.error = written.filter((each) => each === "c").length === 1 ? lost("HTL_CORE_DATABASE_UNREACHABLE") : undefined;
      return state.error === undefined ? Promise.resolve() : Promise.reject(state.error);
    });
    facts.push(() => (written.push("d"), Promise.resolve()));
    await clock.advance(5_000);
    state.error = undefined;
    await clock.advance(5_000);
    expect(written).toEqual(["b", "c", "c", "d"]);
    expect(facts.pending).toBe(0);
  });

  it("a process that stops does not wait for ever", async () => {
    const { clock, state, facts } = stand();
    state.error = lost("HTL_CORE_DATABASE_UNREACHABLE");
    facts.push(() => Promise.resolve());
    let settled = false;
    void facts.flush().then(() => (settled = true));
    await clock.advance(10_000);
    expect(settled).toBe(true);
  });
});

describe("facts on disk", () => {
  interface Told { readonly n: number }
  const folder = mkdtempSync(join(tmpdir(), "acd-spool-"));
  const path = join(folder, "facts", "acd-facts.ndjson");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => rmSync(join(folder, "facts"), { recursive: true, force: true }));
  const lines = (): number[] => (existsSync(path) ? new FactSpool<Told>(path, createSilentLogger()).read().map(({ n }) => n) : []);
  const stand = () => {
    const clock = new VirtualClock();
    const state: { error: Error | undefined; hang: Promise<void> | undefined } = { error: undefined, hang: undefined };
    const written: number[] = [];
    const again: number[] = [];
    const unitOfWork = {
      current: undefined,
      run: async (fn: (uow: never) => Promise<unknown>) => {
        await state.hang;
        if (state.error !== undefined) throw state.error;
        return fn({} as never);
      },
    } as unknown as UnitOfWork;
    const facts = new FactWriter<Told>({
      unitOfWork,
      clock,
      log: createSilentLogger(),
      spool: new FactSpool(path, createSilentLogger()),
      write: (_uow, { n }, twice) => {
        written.push(n);
        if (twice) again.push(n);
        return Promise.resolve();
      },
    });
    return { clock, state, written, again, facts };
  };
  const gone = new HotlineError("HTL_CORE_DATABASE_UNREACHABLE", "gone");

  it("while all goes well there is no file; in an outage each fact is in it, once, in order, and it is gone afterwards", async () => {
    const { clock, state, facts, written, again } = stand();
    facts.push({ n: 1 });
    await clock.advance(1_000);
    expect(existsSync(path)).toBe(false);
    state.error = gone;
    facts.push({ n: 2 });
    facts.push({ n: 3 });
    await clock.advance(100);
    expect(lines()).toEqual([2, 3]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await clock.advance(10_000);
    facts.push({ n: 4 });
    await clock.advance(100);
    expect(lines()).toEqual([2, 3, 4]);
    state.error = undefined;
    await clock.advance(5_000);
    expect(written).toEqual([1, 2, 3, 4]);
    expect(again).toEqual([2, 3]);
    expect(existsSync(path)).toBe(false);
    facts.push({ n: 5 });
    await clock.advance(100);
    expect(written).toEqual([1, 2, 3, 4, 5]);
    expect(existsSync(path)).toBe(false);
  });

  it("an attempt that hangs is an outage too", async () => {
    const { clock, state, facts, written } = stand();
    let go: () => void = () => undefined;
    state.hang = new Promise((resolve) => (go = resolve));
    facts.push({ n: 1 });
    await clock.advance(500);
    facts.push({ n: 2 });
    expect(existsSync(path)).toBe(false);
    await clock.advance(1_000);
    facts.push({ n: 3 });
    await clock.advance(100);
    expect(lines()).toEqual([1, 2, 3]);
    state.hang = undefined;
    go();
    await clock.advance(1_000);
    expect(written).toEqual([1, 2, 3]);
    expect(existsSync(path)).toBe(false);
  });

  it("the next process writes what was left, before what comes; a torn line is left out", async () => {
    const first = stand();
    first.state.error = gone;
    for (let n = 1; n <= 450; n++) first.facts.push({ n });
    await first.clock.advance(3_000);
    appendFileSync(path, '{"form":1,"fact":{"n":45');
    const { clock, facts, written, again } = stand();
    expect(await facts.replay()).toBe(450);
    facts.push({ n: 1_000 });
    await clock.advance(100);
    expect(written).toEqual([...Array.from({ length: 450 }, (_, index) => index + 1), 1_000]);
    expect(again).toHaveLength(450);
    expect(existsSync(path)).toBe(false);
    expect(await stand().facts.replay()).toBe(0);
  });

  it("a stop in an outage leaves everything on disk, also what came last", async () => {
    const { clock, state, facts } = stand();
    state.error = gone;
    facts.push({ n: 1 });
    await clock.advance(2_000);
    facts.push({ n: 2 });
    const stopped = facts.flush();
    await clock.advance(10_000);
    await stopped;
    expect(lines()).toEqual([1, 2]);
  });

  it("a disk that takes nothing costs no fact while the process lives", async () => {
    const { clock, state, facts, written } = stand();
    writeFileSync(join(folder, "facts"), "a file where the folder should be");
    state.error = gone;
    facts.push({ n: 1 });
    await clock.advance(2_000);
    expect(facts.pending).toBe(1);
    rmSync(join(folder, "facts"));
    facts.push({ n: 2 });
    await clock.advance(100);
    expect(lines()).toEqual([1, 2]);
    state.error = undefined;
    await clock.advance(3_000);
    expect(written).toEqual([1, 2]);
  });
});

describe("hold music", () => {
  it("falls back to the ring-back tone when it cannot be made, and is made once", async () => {
    let made = 0;
    const media = { encode: () => (made++, Promise.resolve({ id: "m", samples: new Uint8Array(0), durationMs: 1 })), loadWav: () => Promise.reject(new Error("no such file")) } as never;
    const music = new HoldMusic({ media, prompts: undefined, log: createSilentLogger() });
    await music.sources("q", "melody", "zh-CN");
    expect(await music.sources("r", "melody", "zh-CN")).toMatchObject([{ kind: "asset" }]);
    expect(made).toBe(1);
    expect(await music.sources("q", { file: "/nowhere.wav" }, "zh-CN")).toEqual([{ kind: "tone", tone: "ringback" }]);
    expect(await music.sources("q", "silence", "zh-CN")).toMatchObject([{ kind: "silence" }]);
  });
});

