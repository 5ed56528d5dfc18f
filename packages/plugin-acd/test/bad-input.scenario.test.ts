import { CALL_CONTROL, CALL_PIPELINE, definePlugin } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ACD, AGENT_CALLS } from "../src/index.js";
import type { Acd, AgentCalls } from "../src/index.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

let at: Stage;

afterAll(closeStages);
beforeAll(async () => {
  at = await stage({ acd: team() });
});

/** As a program without types gives it. */
type Loose = Record<string, (...given: unknown[]) => unknown>;
const acd = (): Loose => at.acd as unknown as Loose;
const calls = (): Loose => at.test.services.get(AGENT_CALLS) as unknown as Loose;
const by = { actor: "test" };
const profile = { key: "p", name: "P", queues: ["q"], skills: {} };
const span = { from: 0, to: 1 };

describe("what code gives and cannot be is refused with a code and the place of the fault, and nothing is changed", () => {
  it.each<[keyof Acd, unknown[], RegExp]>([
    ["setProfile", [{ ...profile, queues: [{ queue: "q", weight: -1 }] }, by], /The profile p cannot be used as given: queues\.0/],
    ["setProfile", [{ ...profile, key: "no such key" }, by], /key/],
    ["setProfile", [{ ...profile, name: "" }, by], /name/],
    ["setProfile", [{ ...profile, wrapUp: 5 }, by], /wrapUp/],
    ["setProfile", [undefined, by], /The profile undefined cannot be used/],
    ["setAgentState", ["1001", "lunch", by], /"on-demand"/],
    ["assign", ["1001", { groups: "north" }, by], /groups/],
    ["setPriority", ["i", Number.NaN, by], /The priority of i/],
    ["extendWrapUp", ["1001", -5], /after-call work/],
    ["figures", [{ ...span, from: Number.NaN }], /from/],
    ["agentFigures", [{ ...span, to: "tomorrow" }], /to/],
    ["serveWork", [{ interactionId: "i", channel: "chat" }, { queue: "q", priority: 1.5 }], /priority/],
    ["serveWork", [{ interactionId: "i" }, { queue: "q" }], /channel/],
  ])("%s %j", async (method, given, message) => {
    const before = [at.acd.profiles(), at.acd.agents()];
    const done = Promise.resolve().then(() => acd()[method]?.(...given));
    await expect(done).rejects.toMatchObject({ code: "HTL_ACD_INPUT_INVALID", status: 422, message: expect.stringMatching(message) as string });
    expect([at.acd.profiles(), at.acd.agents()]).toEqual(before);
  });

  it("a profile that can be is made", async () => {
    await at.acd.setProfile({ ...profile, queues: [{ queue: "q", weight: 2 }] }, by);
    expect(at.acd.profiles()).toMatchObject([{ key: "p", queues: [{ queue: "q", weight: 2 }] }]);
  });

  it.each<[keyof AgentCalls, unknown[]]>([
    ["dtmf", ["1001", "call me"]],
    ["watch", ["1001", "spy", { by: "1002", actor: "test" }]],
  ])("%s %j", async (method, given) => {
    await expect(Promise.resolve().then(() => calls()[method]?.(...given))).rejects.toMatchObject({ code: "HTL_ACD_INPUT_INVALID" });
  });

  it("a caller's request is refused before the caller is asked anything", async () => {
    const session = await caller();
    for (const request of [{ queue: "q", priority: Number.NaN }, { queue: "q", placeAt: Number.NaN }, { queue: "q", exitKeys: "press one" }, { queue: "q", skills: { law: -1 } }]) await expect(at.acd.serve(session, request)).rejects.toMatchObject({ code: "HTL_ACD_INPUT_INVALID" });
    await expect(at.acd.offerCallback(session, { queue: "q", placeAt: Number.NaN })).rejects.toMatchObject({ code: "HTL_ACD_INPUT_INVALID" });
  });
});

async function caller(): Promise<CallSession> {
  await at.dial("13500000001");
  return (at.test.services.get(CALL_CONTROL) as unknown as { sessions(): readonly CallSession[] }).sessions()[0] as CallSession;
}

it("a caller who is asked for twice at the same time stands in the queue once", async () => {
  const outcomes: PromiseSettledResult<unknown>[] = [];
  const twice = definePlugin({
    name: "twice",
    version: "0.1.0",
    core: "*",
    after: ["acd"],
    config: z.strictObject({}),
    register: ({ services, onReady }) =>
      onReady(() =>
        services.get(CALL_PIPELINE).handler("twice", async (session) => {
          outcomes.push(...(await Promise.allSettled([1, 2].map(() => services.get(ACD).serve(session, { queue: "q" })))));
        }),
      ),
  });
  at = await stage({ acd: team({ joinEmpty: true, leaveEmpty: false }), plan: { handler: "twice", target: "" }, plugins: [twice()] });
  const caller = await at.dial("13500000001");
  expect(at.acd.waiting("q")).toHaveLength(1);
  await caller.hangup();
  await at.test.advance(200);
  expect(outcomes).toMatchObject([{ value: { outcome: "abandoned" } }, { reason: { code: "HTL_ACD_SERVED_ALREADY" } }]);
  expect(await at.entries()).toHaveLength(1);
});

it("an agent who is signed out and dials is told so, not that there is a call", async () => {
  at = await stage();
  await at.phone("1001");
  await at.acd.setAgentState("1001", "offline", by);
  await expect(at.test.services.get(AGENT_CALLS).dial("1001", "13500000001", "test")).rejects.toMatchObject({ code: "HTL_ACD_SIGNED_OUT" });
});
