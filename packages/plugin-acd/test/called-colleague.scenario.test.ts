import { CALL_PIPELINE, READ_POOL } from "@hotlinejs/core";
import type { FakeAgent, FakeCall } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCalls } from "../src/index.js";
import { closeStages, hear, stage, team, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let one: FakeAgent;
let two: FakeAgent;

const MELODY = /^[0-9a-f]{64}$/;
const types = async (): Promise<string[]> => (await at.test.services.get(READ_POOL).read((em) => em.execute<{ type: string }[]>("select type from core_interaction_event where type like 'leg.%' order by at, id"))).map(({ type }) => type);
const comesBack = async (): Promise<void> => {
  await two.plugIn();
  expect(two.ringing).toBe(true);
  await two.answer();
  await at.test.advance(500);
};

beforeEach(async () => {
  at = await stage({ acd: team({}, ["1001", "1002"], 5) });
  calls = at.test.services.get(AGENT_CALLS);
  one = await at.phone("1001");
  two = await at.phone("1002");
});
afterEach(closeStages);

describe("a colleague who was dialled from the desk and whose phone breaks off (the page is loaded anew)", () => {
  beforeEach(async () => {
    const dialled = calls.dial("1001", "1002", "test");
    await at.test.advance(300);
    await one.answer();
    await dialled;
    await at.test.advance(300);
    await two.answer();
    await at.test.advance(500);
    expect(hear(one, two)).toBe(true);
  });

  it("is called back: the agent hears music, then both talk on; it may break off again", async () => {
    for (let times = 0; times < 2; times++) {
      await two.unplug();
      await at.test.advance(500);
      expect(one.call?.leg?.texts.at(-1)).toMatch(MELODY);
      expect([at.acd.agent("1001")?.state, at.acd.agent("1002")?.state]).toEqual(["occupied", "occupied"]);
      await at.test.advance(10_000);
      await comesBack();
      expect(hear(one, two)).toBe(true);
    }
    expect(await types()).toEqual(["leg.held", "leg.retrieved", "leg.held", "leg.retrieved"].flatMap((type) => (type === "leg.held" ? ["leg.lost", type] : [type, "leg.reattached"])));
    // The commands of the agent mean the leg that is there now.
    const held = calls.hold("1001");
    await at.test.advance(300);
    await held;
    expect(two.call?.leg?.texts.at(-1)).toMatch(MELODY);
    await two.hangup();
    await at.test.advance(6_000);
    expect(one.call).toBeUndefined();
    expect([at.acd.agent("1001")?.state, at.acd.agent("1002")?.state]).toEqual(["available", "available"]);
    await at.test.advance(10_000);
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
    expect(await at.test.services.get(READ_POOL).read((em) => em.execute("select id from core_leg where ended_at is null"))).toEqual([]);
  });

  it("does not come back: after 30 s the agent is let go, and both are free", async () => {
    await two.unplug();
    await at.test.advance(29_000);
    expect(one.talking).toBe(true);
    await at.test.advance(8_000);
    expect(one.call).toBeUndefined();
    expect(calls.current("1001")).toBeUndefined();
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
    await at.test.advance(10_000);
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
  });

  it("is not called back once the agent has hung up, nor after a hang-up of the colleague's own", async () => {
    await two.unplug();
    await one.hangup();
    await at.test.advance(500);
    await two.plugIn();
    await at.test.advance(1_000);
    expect(two.ringing).toBe(false);
    await at.test.advance(10_000);
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
    expect(at.acd.agent("1002")?.state).toBe("available");
  });
});

describe("a colleague whom an agent's telephone has dialled and whose phone breaks off", () => {
  let mine: FakeCall;

  beforeEach(async () => {
    mine = await one.dial("1002");
    await at.test.advance(300);
    await two.answer();
    await at.test.advance(500);
    expect(hear(mine, two)).toBe(true);
  });

  it("is called back: who called hears music, then both talk on; it may break off again", async () => {
    for (let times = 0; times < 2; times++) {
      await two.unplug();
      await at.test.advance(500);
      expect(mine.leg?.texts.at(-1)).toMatch(MELODY);
      expect(at.acd.agent("1002")?.state).toBe("occupied");
      await at.test.advance(10_000);
      await comesBack();
      expect(hear(mine, two)).toBe(true);
    }
    mine.finish("remote-hangup", "remote");
    await at.test.advance(10_000);
    expect(two.call).toBeUndefined();
    expect(at.acd.agent("1002")?.state).toBe("available");
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
  });

  it("does not come back, or is not waited for: the call is over, both are free", async () => {
    await two.unplug();
    await at.test.advance(31_000);
    expect(mine.state).toBe("ended");
    await at.test.advance(10_000);
    expect(at.acd.agent("1001")?.state).toBe("available");
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
  });
});
