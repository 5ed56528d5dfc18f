import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIRECTORY, READ_POOL, ROUTES, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { QueueRulesEntity } from "../src/entities/queue-rules.entity.js";
import type { AcdPluginOptions } from "../src/index.js";
import { closeStages, crash, pages, stage, team, type Stage, type StageOptions } from "./stage.js";

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "acd-"));
});
afterEach(async () => {
  await closeStages();
  rmSync(dataDir, { recursive: true, force: true });
});

const by = { actor: "lead" };
const CODES = [{ code: "done", name: "办结", nameEn: "Done" }, { code: "later", name: "转办", nameEn: "Later" }];

/** `q` with two agents, and `r`, which nobody serves but 1003. */
function two(queue: Parameters<typeof team>[0] = {}): AcdPluginOptions {
  const { queues = [], agents = [], ...rest } = team(queue, ["1001", "1002"], 0);
  return { ...rest, wrapUpCodes: CODES, queues: [...queues, { key: "r", name: "专家" }], agents: [...agents, { number: "1003", name: "坐席1003", queues: ["r"], skills: ["law"] }] };
}

async function restarted(at: Stage, options: StageOptions): Promise<Stage> {
  const startAt = at.test.clock.now() + 1_000;
  await crash(at);
  return stage({ dataDir, startAt, ...options });
}

/** Keeps what was warned of a rule. */
function logger(warned: Record<string, unknown>[]): Logger {
  const quiet = (): undefined => undefined;
  const log: Logger = { trace: quiet, debug: quiet, info: quiet, error: quiet, fatal: quiet, warn: (fields: object | string) => void (typeof fields === "object" && "rule" in fields && warned.push(fields as Record<string, unknown>)), child: () => log };
  return log;
}

describe("rules of a queue changed while the hotline runs", () => {
  it("count at once for who waits, are told with what is configured, and are in the audit and in an event", async () => {
    const at = await stage({ acd: two({ maxWaitSeconds: 600, leaveEmpty: false, joinEmpty: true }) });
    await at.dial("13800138001");
    await at.dial("13800138002");
    await at.test.advance(20_000);
    const before = at.acd.queueRules("q");
    expect(before).toMatchObject({ queue: "q", name: "综合咨询", version: 0, changed: [], leftOut: [], rules: { maxWaitSeconds: 600, strategy: "longest-idle" } });
    expect(before.configured).toEqual(before.rules);
    for (const fixed of ["priority", "calendar", "atClosing", "music"]) expect(before.rules).not.toHaveProperty(fixed);

    const now = at.test.clock.now();
    const after = await at.acd.changeQueueRules("q", { version: 0, rules: { overflow: [{ afterSeconds: 10, queues: ["r"] }], strategy: "ring-all", maxWaitSeconds: 60, serviceLevelSeconds: 30 } }, by);
    expect(after).toMatchObject({ version: 1, rules: { maxWaitSeconds: 60, strategy: "ring-all" }, configured: { maxWaitSeconds: 600, strategy: "longest-idle" } });
    expect(after.changed).toEqual(["overflow", "strategy", "maxWaitSeconds", "serviceLevelSeconds"].map((rule) => ({ rule, by: "lead", at: now })));
    expect(at.acd.queue("q")).toMatchObject({ strategy: "ring-all", serviceLevelSeconds: 30 });
    // Who has waited longer than the new step says is served by the other queue at once; who waits too long leaves.
    const expert = await at.phone("1003");
    await at.test.advance(500);
    expect(expert.call?.from.number).toBe("13800138001");
    await at.test.advance(40_000);
    expect(at.events("acd.left").map(({ outcome }) => outcome)).toContain("timeout");
    const rules = { overflow: { before: [], after: [{ afterSeconds: 10, queues: ["r"] }] }, strategy: { before: "longest-idle", after: "ring-all" }, maxWaitSeconds: { before: 600, after: 60 }, serviceLevelSeconds: { before: {}, after: 30 } };
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; subject_id: string; details: unknown }[]>("select actor, subject_id, details from core_audit where action = 'acd.queue-rules-changed'"));
    expect(rows.map(({ actor, subject_id, details }) => [actor, subject_id, typeof details === "string" ? JSON.parse(details) : details])).toEqual([["lead", "q", { rules }]]);
    expect(at.events("acd.queue-rules-changed")).toEqual([{ queue: "q", rules: Object.keys(rules), reset: [], version: 1, by: "lead", at: now }]);
  });

  it("what is said is that of the new rules, also to who waits already", async () => {
    const announce = (words: string): object => ({ firstSeconds: 10, everySeconds: 10, next: { text: words } });
    const at = await stage({ acd: two({ joinEmpty: true, leaveEmpty: false, announce: announce("旧的话") }) });
    const caller = await at.dial();
    await at.test.advance(12_000);
    await at.acd.changeQueueRules("q", { version: 0, rules: { announce: announce("新的话") } }, by);
    await at.test.advance(12_000);
    expect(caller.heard.filter((text) => text.endsWith("的话"))).toEqual(["旧的话", "新的话"]);
    // What was not given of it is the default.
    expect(at.acd.queueRules("q").rules["announce"]).toMatchObject({ next: { text: "新的话" }, messages: [] });
  });

  it("one by one back to what is configured; what was not changed stays, and is no change", async () => {
    const at = await stage({ acd: two({ wrapUpSeconds: 30 }) });
    await at.acd.changeQueueRules("q", { version: 0, rules: { weight: 5, maxLength: null } }, by);
    expect(at.acd.queueRules("q").rules).toMatchObject({ weight: 5, maxLength: null });
    expect(await at.acd.changeQueueRules("q", { version: 1, reset: ["strategy"] }, by)).toMatchObject({ version: 1 });
    const back = await at.acd.changeQueueRules("q", { version: 1, rules: { wrapUpSeconds: 60 }, reset: ["maxLength"] }, by);
    expect(back).toMatchObject({ version: 2, rules: { weight: 5, maxLength: 50, wrapUpSeconds: 60 }, configured: { wrapUpSeconds: 30 } });
    expect(back.changed.map(({ rule }) => rule)).toEqual(["weight", "wrapUpSeconds"]);
    const none = await at.acd.changeQueueRules("q", { version: 2, reset: ["weight", "wrapUpSeconds"] }, by);
    expect(none).toMatchObject({ version: 3, changed: [] });
    expect(none.rules).toEqual(none.configured);
  });

  it("are refused where the start would refuse them, with what to do, and nothing is changed", async () => {
    const at = await stage({ acd: two() });
    const change = (rules: Record<string, unknown>): Promise<unknown> => at.acd.changeQueueRules("q", { version: 0, rules }, by);
    const refused = (code: string, told: string): unknown => expect.objectContaining({ code: `HTL_ACD_${code}`, status: 422, message: expect.stringContaining(told) as string });
    await expect(change({ strategy: "ring-everybody" })).rejects.toEqual(refused("RULES_UNUSABLE", "strategy: "));
    await expect(change({ maxWaitSeconds: -1 })).rejects.toEqual(refused("RULES_UNUSABLE", "maxWaitSeconds: "));
    await expect(change({ overflow: [{ afterSeconds: 5, queues: ["nowhere"] }] })).rejects.toEqual(refused("RULES_UNUSABLE", "overflow.0.queues.0: there is no queue nowhere"));
    await expect(change({ overflow: [{ afterSeconds: 5, queues: ["q"] }] })).rejects.toEqual(refused("RULES_UNUSABLE", "cannot overflow into itself"));
    await expect(change({ skills: ["medicine"] })).rejects.toEqual(refused("RULES_UNUSABLE", "no agent or profile has the skill medicine (known: law)"));
    await expect(change({ skillWeights: { law: 2 } })).rejects.toEqual(refused("RULES_UNUSABLE", "set strategy to most-skilled"));
    await expect(change({ wrapUpCodes: ["never"] })).rejects.toEqual(refused("RULES_UNUSABLE", "there is no wrap-up code never"));
    await expect(change({ announce: { welcome: "no.such.prompt" } })).rejects.toEqual(refused("UNKNOWN_PROMPT", "Queue q, announce.welcome: there is no prompt"));
    expect(at.acd.queueRules("q")).toMatchObject({ version: 0, changed: [] });
    await expect(at.acd.changeQueueRules("q", { version: 0, rules: { calendar: "office" } }, by)).rejects.toEqual(refused("RULE_FIXED", "calendar of queue q cannot be changed while the hotline runs"));
    await expect(at.acd.changeQueueRules("q", { version: 0, rules: JSON.parse('{"__proto__":{}}') as Record<string, unknown> }, by)).rejects.toEqual(refused("INPUT_INVALID", "__proto__"));
    await expect(at.acd.changeQueueRules("q", { version: 0 }, by)).rejects.toEqual(refused("INPUT_INVALID", "name a rule"));
    await expect(at.acd.changeQueueRules("q", { version: 0, rules: { weight: 1 }, reset: ["weight"] }, by)).rejects.toEqual(refused("INPUT_INVALID", "not both"));
    await expect(at.acd.changeQueueRules("nowhere", { version: 0, rules: { weight: 1 } }, by)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_QUEUE" });
    // Together they can be.
    expect(await at.acd.changeQueueRules("q", { version: 0, rules: { strategy: "most-skilled", skillWeights: { law: 2 } } }, by)).toMatchObject({ version: 1 });
    // And then one of them not without the other.
    await expect(at.acd.changeQueueRules("q", { version: 1, reset: ["strategy"] }, by)).rejects.toEqual(refused("RULES_UNUSABLE", "skillWeights: "));
    expect(at.acd.queueRules("q")).toMatchObject({ version: 1, rules: { strategy: "most-skilled" } });
  });

  it("of two who decide on what they have read, the second is told to read anew", async () => {
    const at = await stage({ acd: two() });
    const both = await Promise.allSettled([at.acd.changeQueueRules("q", { version: 0, rules: { weight: 1 } }, by), at.acd.changeQueueRules("q", { version: 0, rules: { weight: 2 } }, by)]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((both[1] as PromiseRejectedResult).reason).toMatchObject({ code: "HTL_ACD_RULES_CHANGED", status: 409 });
    expect(at.acd.queueRules("q")).toMatchObject({ version: 1, rules: { weight: 1 } });
  });

  it("that could not be stored do not count", async () => {
    const at = await stage({ acd: two() });
    const unitOfWork = at.test.services.get(UNIT_OF_WORK);
    const run = unitOfWork.run.bind(unitOfWork);
    unitOfWork.run = () => Promise.reject(new Error("the disk is full"));
    await expect(at.acd.changeQueueRules("q", { version: 0, rules: { weight: 9 } }, by)).rejects.toThrow("the disk is full");
    unitOfWork.run = run;
    expect(at.acd.queueRules("q")).toMatchObject({ version: 0, rules: { weight: 0 }, changed: [] });
  });

  it("that cannot be so are told with their places, for a form", async () => {
    const at = await stage({ acd: two() });
    const faults = await at.acd.changeQueueRules("q", { version: 0, rules: { overflow: [{ afterSeconds: 5, queues: ["nowhere"] }], skills: ["medicine"] } }, by).catch((error: unknown) => (error as { details?: { faults?: readonly { path: readonly string[] }[] } }).details?.faults);
    expect(faults).toEqual([
      { path: ["overflow", "0", "queues", "0"], message: "there is no queue nowhere" },
      { path: ["skills", "medicine"], message: expect.stringContaining("no agent or profile has the skill medicine") as string },
    ]);
    await expect(at.acd.changeQueueRules("q", { version: 0, rules: { maxWaitSeconds: -1 } }, by)).rejects.toMatchObject({ details: { faults: [{ path: ["maxWaitSeconds"] }] } });
  });

  it("are news for open pages, and by HTTP told with the name of who changed them", async () => {
    const told: unknown[] = [];
    const at = await stage({ acd: two(), plugins: [pages((to, { topic, data }) => void (topic === "acd.queue-rules" && told.push(to, data)))] });
    await at.acd.changeQueueRules("q", { version: 0, rules: { weight: 1 } }, { actor: "u7" });
    await at.acd.changeQueueRules("q", { version: 1, rules: { stickyDays: 1 } }, { actor: "u8" });
    await at.test.advance(10);
    const reader = { permission: "acd.queues.read" };
    expect(told).toEqual([reader, { queue: "q", version: 1 }, reader, { queue: "q", version: 2 }]);
    const { services } = at.test;
    const read = services.get(ROUTES).find(({ route: { method, path } }) => method === "GET" && path === "/api/queues/:key/rules")?.route as unknown as { handler: (input: unknown) => Promise<{ changed: unknown }> };
    const withPeople = { get: services.get.bind(services), optional: (token: unknown) => (token === DIRECTORY ? { listUsers: () => Promise.resolve([{ id: "u7", displayName: "曾海波" }]) } : undefined) };
    const { changed } = await read.handler({ services: withPeople, params: { key: "q" } });
    expect(changed).toMatchObject([{ rule: "weight", by: "u7", byName: "曾海波" }, { rule: "stickyDays", by: "u8", byName: null }]);
  });

  it("need the permission acd.queues.manage, by HTTP as by code", async () => {
    const at = await stage({ acd: two() });
    const route = (method: string, path: string): { permission: string; handler: (input: unknown) => Promise<unknown> } => at.test.services.get(ROUTES).find(({ route: each }) => each.method === method && each.path === path)?.route as never;
    const [read, change, back] = [route("GET", "/api/queues/:key/rules"), route("PATCH", "/api/queues/:key/rules"), route("DELETE", "/api/queues/:key/rules/:rule")];
    expect([read.permission, change.permission, back.permission]).toEqual(["acd.queues.read", "acd.queues.manage", "acd.queues.manage"]);
    const services = at.test.services;
    const principal = { userId: "u7", permissions: new Set() };
    expect(await change.handler({ services, principal, params: { key: "q" }, body: { version: 0, rules: { weight: 3 } } })).toMatchObject({ version: 1, changed: [{ rule: "weight", by: "u7" }] });
    expect(await back.handler({ services, principal, params: { key: "q", rule: "weight" }, query: { version: 1 } })).toMatchObject({ version: 2, changed: [] });
    expect(await read.handler({ services, principal, params: { key: "q" } })).toMatchObject({ version: 2, rules: { weight: 0 } });
  });
});

describe("after a restart", () => {
  it("they count as before, also where the code manages, and over what is configured anew", async () => {
    let at = await stage({ dataDir, acd: two({ maxWaitSeconds: 100 }) });
    await at.acd.changeQueueRules("q", { version: 0, rules: { strategy: "fewest-calls" } }, by);
    at = await restarted(at, { acd: two({ maxWaitSeconds: 100 }) });
    expect(at.acd.queueRules("q")).toMatchObject({ version: 1, rules: { strategy: "fewest-calls" }, changed: [{ rule: "strategy", by: "lead" }] });
    expect(at.acd.queue("q")?.strategy).toBe("fewest-calls");
    at = await restarted(at, { acd: { ...two({ maxWaitSeconds: 200, strategy: "round-robin" }), managed: "code" } });
    expect(at.acd.queueRules("q")).toMatchObject({ rules: { strategy: "fewest-calls", maxWaitSeconds: 200 }, configured: { strategy: "round-robin" } });
    expect(await at.acd.changeQueueRules("q", { version: 1, reset: ["strategy"] }, by)).toMatchObject({ rules: { strategy: "round-robin" } });
  });

  it("what can no longer be is left out, told with a code and shown in health; the rest counts, and the hotline starts", async () => {
    let at = await stage({ dataDir, acd: two() });
    await at.acd.changeQueueRules("q", { version: 0, rules: { wrapUpCodes: ["later"], overflow: [{ afterSeconds: 5, queues: ["r"] }], weight: 2, strategy: "most-skilled", skillWeights: { law: 2 } } }, by);
    // An upgrade knows a strategy no more, and a rule that was there; the other queue was removed by hand.
    await at.test.services.get(UNIT_OF_WORK).run(async ({ em }) => {
      const row = await em.findOneOrFail(QueueRulesEntity, { queue: "q" });
      em.assign(row, { changes: { ...row.changes, formerly: { value: 1, by: "lead", at: 1 } } });
      await em.flush();
      await em.execute("delete from acd_queue where key = 'r'");
      await em.insert(QueueRulesEntity, { queue: "gone", changes: { weight: { value: 1, by: "lead", at: 1 } }, edition: 1, updatedAt: 1 });
    });
    const warned: Record<string, unknown>[] = [];
    const { queues: [queue] = [], agents = [], wrapUpCodes: [code] = [], ...rest } = two();
    at = await restarted(at, { logger: logger(warned), acd: { ...rest, wrapUpCodes: code === undefined ? [] : [code], queues: queue === undefined ? [] : [queue], agents: agents.slice(0, 2) } });
    const rules = at.acd.queueRules("q");
    expect(rules.rules).toMatchObject({ weight: 2, strategy: "most-skilled", skillWeights: { law: 2 }, overflow: [] });
    expect(rules.rules).not.toHaveProperty("wrapUpCodes");
    expect(rules.leftOut).toEqual([
      { rule: "wrapUpCodes", by: "lead", at: expect.any(Number) as number, value: ["later"], why: expect.stringContaining("there is no wrap-up code later") as string },
      { rule: "overflow", by: "lead", at: expect.any(Number) as number, value: [{ afterSeconds: 5, queues: ["r"] }], why: expect.stringContaining("there is no queue r") as string },
      { rule: "formerly", by: "lead", at: 1, value: 1, why: expect.stringContaining("no such rule") as string },
    ]);
    expect(warned.map(({ queue: key, rule, err }) => [key, rule, (err as { code: string }).code])).toEqual([
      ["gone", "weight", "HTL_ACD_RULE_LEFT_OUT"],
      ...["wrapUpCodes", "overflow", "formerly"].map((rule) => ["q", rule, "HTL_ACD_RULE_LEFT_OUT"]),
    ]);
    const health = await at.test.hotline.health();
    expect(health.plugins.find(({ name }) => name === "acd")).toMatchObject({ ok: true, details: { rulesLeftOut: ["gone.weight", "q.wrapUpCodes", "q.overflow", "q.formerly"] } });
    // What does not count hinders no other change, and is done with by a new value or by taking it back.
    expect(await at.acd.changeQueueRules("q", { version: 1, rules: { weight: 3 } }, by)).toMatchObject({ leftOut: [{}, {}, {}] });
    const mended = await at.acd.changeQueueRules("q", { version: 2, rules: { wrapUpCodes: ["done"] }, reset: ["overflow", "formerly"] }, by);
    expect(mended).toMatchObject({ leftOut: [], rules: { wrapUpCodes: ["done"] } });
    expect(mended.changed.map(({ rule }) => rule).sort()).toEqual(["skillWeights", "strategy", "weight", "wrapUpCodes"]);
  });
});

describe.each([
  ["SQLite", false],
  ["PostgreSQL", true],
] as const)("on %s", (_name, onPostgres) => {
  const absent = onPostgres && !postgresPresent();
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (onPostgres && !absent) server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());

  it.skipIf(absent)("a change is there after a crash, whatever kind of value it has", async () => {
    const where = server === undefined ? { dataDir } : { databaseUrl: await server.database(), dataDir };
    const rules = { maxLength: null, divert: { ratio: 2, whileWaiting: true }, connectPrompt: false, overflow: [{ afterSeconds: 5, queues: ["r"] }], announce: { welcome: { text: "您好" } }, skillSteps: [], joinEmpty: ["offline"] };
    let at = await stage({ ...where, acd: two() });
    const changed = await at.acd.changeQueueRules("q", { version: 0, rules }, by);
    await at.acd.changeQueueRules("r", { version: 0, rules: { weight: 1 } }, by);
    at = await restarted(at, { ...where, acd: two() });
    expect(at.acd.queueRules("q")).toEqual({ ...changed, changed: expect.arrayContaining([...changed.changed]) as unknown });
    expect(at.acd.queueRules("r")).toMatchObject({ version: 1, rules: { weight: 1 } });
  });
});
