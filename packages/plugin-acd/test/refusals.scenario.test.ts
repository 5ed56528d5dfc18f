import { READ_POOL } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import { FLOWS, type FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { afterEach, describe, expect, it } from "vitest";
import { acdRoutes } from "../src/http/routes.js";
import { AGENT_CALLS } from "../src/index.js";
import { closeStages, stage, team, type StageOptions } from "./stage.js";

afterEach(closeStages);

const two = (): NonNullable<StageOptions["acd"]> => ({ wrapUp: 10, queues: [{ key: "q", name: "Q" }, { key: "second", name: "S" }], agents: [{ number: "1001", name: "A", queues: ["q"] }] });
const flow = (node: object): FlowDefinition => ({ id: "main", start: "wait", nodes: [{ id: "wait", type: "queue", queue: "q", ...node, next: "end" }, { id: "end", type: "hangup" }] });

it("while queues are frozen nobody is moved, and an agent keeps the caller: refused, not told as done", async () => {
  const at = await stage({ acd: two() });
  const phone = await at.phone("1001");
  await at.dial("111");
  await phone.answer();
  await at.test.advance(3_000);
  const waiting = await at.dial("222");
  const [caller] = at.acd.waiting("q");
  const stopped = at.test.hotline.stop({ drain: true });
  await at.test.advance(100);
  expect(at.acd.queue("second")?.frozen).toBe(true);
  await expect(at.acd.move(caller?.interactionId ?? "", "second", { actor: "u" })).rejects.toMatchObject({ code: "HTL_ACD_QUEUE_FROZEN", status: 503 });
  expect(at.acd.waiting("q")).toMatchObject([{ interactionId: caller?.interactionId }]);
  await expect(at.test.services.get(AGENT_CALLS).toQueue("1001", "second", "u")).rejects.toMatchObject({ code: "HTL_ACD_QUEUE_FROZEN" });
  expect(at.acd.agent("1001")?.state).toBe("busy");
  // Nothing was done, so nothing is in the audit.
  expect(await at.test.services.get(READ_POOL).read((em) => em.execute("select action from core_audit where action in ('acd.caller-moved', 'acd.to-queue')"))).toEqual([]);
  await waiting.hangup();
  await phone.hangup();
  await at.test.advance(20_000);
  await stopped;
});

it("who waits in the queue already is not moved into it", async () => {
  const at = await stage({ acd: { ...two(), agents: [{ number: "1001", name: "A", queues: ["q", "second"] }] } });
  await at.phone("1001");
  await at.dial("111");
  const [caller] = at.acd.waiting("q");
  await expect(at.acd.move(caller?.interactionId ?? "", "q", { actor: "u" })).rejects.toMatchObject({ code: "HTL_ACD_ALREADY_THERE", status: 409 });
  expect(await at.acd.move(caller?.interactionId ?? "", "second", { actor: "u" })).toMatchObject({ queue: "second" });
});

it("after-call work that is over is not extended", async () => {
  const at = await stage({ acd: team({}, ["1001"]) });
  const phone = await at.phone("1001");
  expect(() => at.acd.extendWrapUp("1001", 60_000)).toThrow(expect.objectContaining({ code: "HTL_ACD_NOT_IN_WRAP_UP", status: 409 }) as Error);
  const caller = await at.dial();
  await phone.answer();
  await at.test.advance(3_000);
  await caller.hangup();
  await at.test.advance(500);
  const { wrapUpUntil } = at.acd.extendWrapUp("1001", 60_000);
  expect(wrapUpUntil).toBeGreaterThan(at.test.clock.now() + 60_000);
});

it("a profile with a queue twice is refused, and the old one holds", async () => {
  const at = await stage({ acd: { ...team(), profiles: [{ key: "p", name: "P", queues: ["q"] }] } });
  await expect(at.acd.setProfile({ key: "p", name: "P", queues: ["q", { queue: "q", tier: 1 }], skills: {} }, { actor: "u" })).rejects.toMatchObject({ code: "HTL_ACD_QUEUE_TWICE", status: 422 });
  expect(at.acd.profiles()).toMatchObject([{ key: "p", queues: ["q"] }]);
});

it.each<[string, object, string]>([
  ["an unknown queue", { queue: "genral" }, 'flows[0].nodes[0].queue: there is no queue "genral"; known are q (node "wait" of flow "main")'],
  ["an unknown agent", { agent: "1003" }, 'flows[0].nodes[0].agent: there is no agent "1003" (node "wait" of flow "main")'],
])("%s in a flow keeps the hotline from starting", async (_name, node, message) => {
  await expect(stage({ plugins: [ivr({ flows: [flow(node)] })] })).rejects.toMatchObject({ code: "HTL_IVR_FLOW_INVALID", message: expect.stringContaining(message) as string });
});

it("an agent who does not serve the queue is refused too, as is a flow that is put later; a good one is taken", async () => {
  const at = await stage({ acd: two(), plugins: [ivr({ flows: [flow({ agent: "1001" })] })] });
  const flows = at.test.services.get(FLOWS);
  expect(() => flows.put(flow({ queue: "nowhere" }))).toThrow(/there is no queue "nowhere"; known are q, second/);
  expect(() => flows.put(flow({ queue: "second", agent: "1001" }))).toThrow(/agent "1001" does not serve the queue "second"/);
  expect(flows.get("main")?.nodes[0]).toMatchObject({ queue: "q" });
  expect(flows.put(flow({ queue: "second" }))).toMatchObject({ id: "main" });
});

describe("work for one agent alone", () => {
  const work = (offer: () => Promise<"accepted" | "declined"> = () => new Promise(() => undefined)) => ({ interactionId: "c1", channel: "chat", ended: new Promise<void>(() => undefined), offer, connected: () => undefined });

  it("is refused where that agent could never be asked: unknown, or of another queue", async () => {
    const at = await stage({ acd: two() });
    await at.phone("1001");
    await expect(at.acd.serveWork(work(), { queue: "q", onlyAgent: "9999", patient: true })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT", status: 404 });
    await expect(at.acd.serveWork(work(), { queue: "second", onlyAgent: "1001", patient: true })).rejects.toMatchObject({ code: "HTL_ACD_AGENT_NOT_IN_QUEUE", status: 422 });
    expect([...at.acd.waiting("q"), ...at.acd.waiting("second")]).toEqual([]);
    // Refused, it is in no figures.
    expect(await at.entries()).toEqual([]);
  });

  it("waits for an agent of a queue that the own one overflows into", async () => {
    const at = await stage({ acd: { ...two(), queues: [{ key: "q", name: "Q" }, { key: "second", name: "S", overflow: [{ afterSeconds: 5, queues: ["q"] }] }] } });
    await at.phone("1001");
    const offers: string[] = [];
    void at.acd.serveWork(work(() => (offers.push("asked"), Promise.resolve("accepted"))), { queue: "second", onlyAgent: "1001", patient: true });
    await at.test.advance(4_000);
    expect(offers).toEqual([]);
    await at.test.advance(2_000);
    expect(offers).toEqual(["asked"]);
  });

  it("is not moved into a queue which that agent does not serve, and leaves when the agent serves its queue no more", async () => {
    const at = await stage({ acd: { ...two(), profiles: [{ key: "p", name: "P", queues: ["q"] }], agents: [{ number: "1001", name: "A", profile: "p" }] } });
    await at.phone("1001");
    await at.acd.setAgentState("1001", "not-ready", { actor: "u", reason: "rest" });
    const result = at.acd.serveWork(work(), { queue: "q", onlyAgent: "1001", patient: true });
    await at.test.advance(100);
    await expect(at.acd.move("c1", "second", { actor: "u" })).rejects.toMatchObject({ code: "HTL_ACD_AGENT_NOT_IN_QUEUE", status: 422 });
    expect(at.acd.waiting("q")).toMatchObject([{ interactionId: "c1" }]);
    expect(await at.test.services.get(READ_POOL).read((em) => em.execute("select action from core_audit where action = 'acd.caller-moved'"))).toEqual([]);
    await at.acd.setProfile({ key: "p", name: "P", queues: ["second"], skills: {} }, { actor: "u" });
    await expect(result).resolves.toMatchObject({ outcome: "no-agents", callerGone: false });
    expect(at.acd.waiting("q")).toEqual([]);
  });
});

it("after-call work that is over already is as it was wanted: ending it again changes nothing", async () => {
  const at = await stage({ acd: team({}, ["1001"]) });
  const phone = await at.phone("1001");
  const caller = await at.dial();
  await phone.answer();
  await at.test.advance(3_000);
  await caller.hangup();
  await at.test.advance(500);
  expect(at.acd.agent("1001")?.state).toBe("wrap-up");
  expect(at.acd.finishWrapUp("1001")).toMatchObject({ state: "available", wrapUpUntil: null });
  expect(at.acd.finishWrapUp("1001")).toMatchObject({ state: "available", wrapUpUntil: null });
});

describe("the name __proto__, which a record loses without a word", () => {
  const levels = JSON.parse('{"__proto__": 2, "cantonese": 1}') as Record<string, number>;

  it.each<[string, NonNullable<StageOptions["acd"]>, string]>([
    ["skills of an agent", { ...two(), agents: [{ number: "1001", name: "A", queues: ["q"], skills: levels }] }, "agents.0.skills.__proto__"],
    ["skills of a queue", { ...two(), queues: [{ key: "q", name: "Q", skills: levels }] }, "queues.0.skills.__proto__"],
    ["steps of a queue", { ...two(), queues: [{ key: "q", name: "Q", skillSteps: [{ afterSeconds: 1, skills: levels }] }] }, "queues.0.skillSteps.0.skills.__proto__"],
    ["channels of a capacity", { ...two(), capacity: { channels: JSON.parse('{"__proto__": 1}') as Record<string, number>, rules: [] } }, "capacity.channels.__proto__"],
  ])("as one of the %s keeps the hotline from starting", async (_where, options, path) => {
    await expect(stage({ acd: options })).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID", message: expect.stringContaining(path) as string });
  });

  it("as a skill of a profile, or of a node, is refused", async () => {
    const at = await stage({ acd: two(), plugins: [ivr({ flows: [flow({})] })] });
    await expect(at.acd.setProfile({ key: "p", name: "P", queues: ["q"], skills: levels }, { actor: "u" })).rejects.toThrow("__proto__");
    expect(at.acd.profiles()).toEqual([]);
    expect(() => at.test.services.get(FLOWS).put(flow({ skills: levels }))).toThrow(expect.objectContaining({ code: "HTL_IVR_FLOW_INVALID", message: expect.stringContaining("__proto__") as string }) as Error);
  });
});

it.each([[5, 1], [5, 5], [0, 32 * 86_400_000]])("figures from %i to %i are refused with what the end must be", (from, to) => {
  for (const path of ["/api/queues/figures", "/api/agents/figures"]) {
    const query = acdRoutes.find((route) => route.path === path)?.query;
    expect(query?.safeParse({ from: String(from), to: String(to) }).error?.issues).toMatchObject([{ path: ["to"], message: "later than `from`, by at most 31 days" }]);
  }
});
