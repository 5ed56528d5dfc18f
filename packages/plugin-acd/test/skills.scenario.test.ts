import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import type { FakeCaller } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { agent, office, queue, talking } from "./routing-scene.js";
import { closeStages, hear } from "./stage.js";

afterEach(closeStages);

describe("levels", () => {
  it("only who has every skill of the queue at its level is rung, however long others are idle", async () => {
    const here = await office({
      queues: [queue("q", { skills: { law: 2 } })],
      agents: [agent("1001", { skills: { law: 1 } }), agent("1002", { skills: ["english"] }), agent("1003", { skills: { law: 2 } })],
    });
    const { at } = here;
    await talking(here, "1003", "111");
    const waits = await here.dial("222");
    await at.test.advance(60_000);
    expect(here.ringing()).toEqual([]);
    expect(at.acd.queue("q")).toMatchObject({ waiting: 1, available: 2, staffed: 3 });
    await here.free("1003");
    expect(here.ringing()).toEqual(["1003"]);
    expect(hear(await here.answer("1003"), waits)).toBe(true);
    expect(at.events("acd.offered").map((offer) => offer.agent)).toEqual(["1003", "1003"]);
  });

  it("the caller's own skills, from the flow's node, come besides those of the queue; who needs less and comes later is not held up", async () => {
    const flow: FlowDefinition = {
      id: "main",
      start: "menu",
      nodes: [
        { id: "menu", type: "menu", prompt: { text: "请选择" }, keys: "12", on: { "1": "english", "2": "plain", timeout: "end", invalid: "end" } },
        { id: "english", type: "queue", queue: "q", skills: { english: 2 }, on: { timeout: "end", full: "end", "no-agents": "end" }, next: "end" },
        { id: "plain", type: "queue", queue: "q", on: { timeout: "end", full: "end", "no-agents": "end" }, next: "end" },
        { id: "end", type: "hangup" },
      ],
    };
    const here = await office(
      { queues: [queue("q", { skills: ["law"] })], agents: [agent("1001", { skills: { law: 1, english: 1 } }), agent("1002", { skills: { english: 3 } }), agent("1003", { skills: { law: 1, english: 2 } })] },
      { plugins: [ivr({ flows: [flow] })], plan: { handler: "flow", target: "main" } },
    );
    const choose = async (from: string, key: string): Promise<FakeCaller> => {
      const caller = await here.dial(from);
      await caller.press(key);
      await here.at.test.advance(500);
      return caller;
    };
    await choose("111", "1");
    expect(here.ringing()).toEqual(["1003"]);
    await here.answer("1003");
    const english = await choose("222", "1");
    expect(here.ringing()).toEqual([]);
    const plain = await choose("333", "2");
    expect(here.ringing()).toEqual(["1001"]);
    expect(hear(await here.answer("1001"), plain)).toBe(true);
    expect(here.line()).toEqual(["222"]);
    await here.free("1003");
    expect(hear(await here.answer("1003"), english)).toBe(true);
  });

  it("an agent whose profile gets the skill gets the caller who already waits for it", async () => {
    const here = await office({ queues: [queue("q", { skills: { law: 2 } })], agents: [agent("1001"), agent("1002", { skills: { law: 2 } })], profiles: [{ key: "trainee", name: "实习", skills: { law: 1 } }] });
    const { at } = here;
    await talking(here, "1002", "111");
    await here.dial("222");
    await at.test.advance(10_000);
    await at.acd.assign("1001", { profile: "trainee" }, { actor: "system" });
    await at.test.advance(200);
    expect(here.ringing()).toEqual([]);
    await at.acd.setProfile({ key: "trainee", name: "律师", queues: [], skills: { law: 2 } }, { actor: "system" });
    await at.test.advance(200);
    expect(here.ringing()).toEqual(["1001"]);
  });
});

describe("as the wait grows", () => {
  it("after `relaxSkillsAfterSeconds` anybody of the queue is rung for who already waits, and not a moment before; who comes later needs the skill as ever", async () => {
    const here = await office({ queues: [queue("q", { skills: ["law"], relaxSkillsAfterSeconds: 30 })], agents: [agent("1001", { skills: ["english"] }), agent("1002", { skills: ["law"] })] });
    const { at } = here;
    await talking(here, "1002", "111");
    const waits = await here.dial("222");
    await at.test.advance(29_700);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(200);
    expect(here.ringing()).toEqual(["1001"]);
    expect(hear(await here.answer("1001"), waits)).toBe(true);
    await here.dial("333");
    await here.free("1001");
    await at.test.advance(20_000);
    expect(here.ringing()).toEqual([]);
    const [, second] = await at.entries();
    expect(second).toMatchObject({ agent: "1001", offers: 1, firstOfferedAt: (second?.enteredAt ?? 0) + 30_000 });
  });

  it("who waited so long while everybody was busy goes to whoever is free first, skilled or not", async () => {
    const here = await office({
      queues: [queue("q", { skills: ["law"], relaxSkillsAfterSeconds: 30 }), queue("plain")],
      agents: [agent("1001", { queues: ["q", "plain"] }), agent("1002", { skills: ["law"] })],
    });
    await talking(here, "1001", "999", { queue: "plain" });
    await talking(here, "1002", "111");
    const waits = await here.dial("222");
    await here.at.test.advance(20_000);
    const later = await here.dial("333");
    await here.at.test.advance(11_000);
    expect(here.ringing()).toEqual([]);
    await here.free("1001");
    expect(hear(await here.answer("1001"), waits)).toBe(true);
    // The other one has not waited so long.
    await here.free("1001");
    expect(here.ringing()).toEqual([]);
    await here.free("1002");
    expect(hear(await here.answer("1002"), later)).toBe(true);
  });

  it("`skillSteps` lower the level one by one, and take the skill away", async () => {
    const here = await office({
      queues: [queue("q", { skills: { law: 3 }, skillSteps: [{ afterSeconds: 10, skills: { law: 2 } }, { afterSeconds: 20, skills: { law: 0 } }], rejectDelaySeconds: 600 })],
      agents: [agent("1001", { skills: ["english"] }), agent("1002", { skills: { law: 2 } }), agent("1003", { skills: { law: 3 } })],
    });
    const { at } = here;
    await talking(here, "1003", "111");
    await here.dial("222");
    await at.test.advance(9_700);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(200);
    expect(here.ringing()).toEqual(["1002"]);
    await here.phone("1002").decline();
    await at.test.advance(9_000);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(1_000);
    expect(here.ringing()).toEqual(["1001"]);
  });
});

describe("most-skilled", () => {
  const agents = [agent("1001", { skills: { law: 1, english: 2 } }), agent("1002", { skills: { law: 3, english: 1 } }), agent("1003", { skills: { law: 1, english: 1, dance: 9 } })];
  const skills = ["law", "english"];

  it("rings who has most of what is needed, then the others in that order as they decline; a skill nobody asked for counts nothing", async () => {
    const here = await office({ queues: [queue("q", { strategy: "most-skilled", skills, rejectDelaySeconds: 600 })], agents });
    await here.dial("111");
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      order.push(...here.ringing());
      await here.phone(order.at(-1) ?? "").decline();
    }
    expect(order).toEqual(["1002", "1001", "1003"]);
  });

  it.each([
    [{ english: 3 }, "1001"],
    [{ law: 3 }, "1002"],
    [{ law: 0 }, "1001"],
  ])("`skillWeights` %j: 1001 has 2 of English and 1 of law, 1002 has 1 and 3", async (skillWeights, first) => {
    const here = await office({ queues: [queue("q", { strategy: "most-skilled", skills, skillWeights })], agents });
    await here.dial("111");
    expect(here.ringing()).toEqual([first]);
  });

  it("what the caller asks for counts too; equal sums go to who is idle longest", async () => {
    const here = await office({ queues: [queue("q", { strategy: "most-skilled", skills: ["law"] })], agents: [agent("1009", { skills: { law: 2 } }), agent("1001", { skills: { law: 2, english: 1 } }), agent("1002", { skills: { law: 1, english: 9 } })] });
    await here.dial("111");
    expect(here.ringing()).toEqual(["1009"]);
    await here.dial("222", { skills: { english: 1 } });
    expect(here.ringing()).toEqual(["1002", "1009"]);
  });
});
