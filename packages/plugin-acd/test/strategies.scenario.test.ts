import { afterEach, describe, expect, it } from "vitest";
import { agent, office, queue, talking, type Office } from "./routing-scene.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

/** One caller after the other, who hangs up as soon as somebody rings: who would have been asked. Nothing comes of it for anybody. */
async function asked(here: Office, calls: number, from = 0): Promise<string[]> {
  const rung: string[] = [];
  for (let i = 0; i < calls; i++) {
    const caller = await here.dial(`139${String(from + i).padStart(8, "0")}`);
    rung.push(...here.ringing());
    await caller.hangup();
  }
  return rung;
}

/** A talk with this agent, whoever else is free. */
async function served(here: Office, number: string, seconds: number): Promise<void> {
  await talking(here, number, `138${number}${seconds}`, { preferredAgent: number });
  await here.at.test.advance(seconds * 1_000);
  await here.free(number);
}

const three = [agent("1001"), agent("1002"), agent("1003")];

describe("who is rung first", () => {
  it("longest-idle (the default): who has been free longest; a break begins it anew, being rung in vain by who hangs up does not", async () => {
    const here = await office({ queues: [queue("q")], agents: three });
    expect(await asked(here, 2)).toEqual(["1001", "1001"]);
    await served(here, "1001", 5);
    expect(await asked(here, 1, 10)).toEqual(["1002"]);
    await here.at.acd.setAgentState("1002", "not-ready", { actor: "t", reason: "rest" });
    await here.at.acd.setAgentState("1002", "available", { actor: "t" });
    expect(await asked(here, 1, 20)).toEqual(["1003"]);
    await served(here, "1003", 5);
    expect(await asked(here, 1, 30)).toEqual(["1001"]);
  });

  it.each(["least-recent", "leastrecent"])("%s: whose last talk ended longest ago, whatever breaks there were", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: three });
    for (const number of ["1002", "1003", "1001"]) await served(here, number, 5);
    await here.at.acd.setAgentState("1002", "not-ready", { actor: "t", reason: "rest" });
    await here.at.acd.setAgentState("1002", "available", { actor: "t" });
    expect(await asked(here, 2)).toEqual(["1002", "1002"]);
  });

  it.each(["fewest-calls", "agent-with-fewest-calls"])("%s: who has taken the fewest, however long they lasted", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: three });
    await served(here, "1001", 5);
    await served(here, "1001", 5);
    await served(here, "1002", 60);
    await served(here, "1003", 5);
    await served(here, "1003", 5);
    expect(await asked(here, 2)).toEqual(["1002", "1002"]);
    await served(here, "1002", 5);
    expect(await asked(here, 1, 10)).toEqual(["1001"]);
  });

  it.each(["least-talk-time", "agent-with-least-talk-time"])("%s: who has talked least in all, in however many talks", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: three });
    await served(here, "1001", 60);
    await served(here, "1002", 10);
    await served(here, "1002", 10);
    await served(here, "1003", 40);
    expect(await asked(here, 1)).toEqual(["1002"]);
    await served(here, "1002", 30);
    expect(await asked(here, 1, 10)).toEqual(["1003"]);
  });

  it.each(["round-robin", "rrmemory"])("%s: one after the other by `order`, from behind the one who was rung last; who is away is left out", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: [agent("1001", { order: 3 }), agent("1002", { order: 1 }), agent("1003", { order: 2 })] });
    expect(await asked(here, 4)).toEqual(["1002", "1003", "1001", "1002"]);
    await here.at.acd.setAgentState("1003", "not-ready", { actor: "t", reason: "rest" });
    expect(await asked(here, 2, 10)).toEqual(["1001", "1002"]);
  });

  it.each(["top-down", "linear", "sequentially-by-agent-order"])("%s: always the first by `order` who is free", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: [agent("1001", { order: 3 }), agent("1002", { order: 1 }), agent("1003", { order: 2 })] });
    expect(await asked(here, 2)).toEqual(["1002", "1002"]);
    await talking(here, "1002", "111");
    expect(await asked(here, 2, 10)).toEqual(["1003", "1003"]);
    await here.free("1002");
    expect(await asked(here, 1, 20)).toEqual(["1002"]);
  });

  it("without `order` the team's order is that of the numbers", async () => {
    const here = await office({ queues: [queue("q", { strategy: "top-down" })], agents: [agent("1003"), agent("1001"), agent("1002")] });
    expect(await asked(here, 2)).toEqual(["1001", "1001"]);
  });

  it("random: everybody about as often, in no order", async () => {
    const here = await office({ queues: [queue("q", { strategy: "random" })], agents: three });
    const rung = await asked(here, 90);
    for (const { number } of three) {
      const share = rung.filter((each) => each === number).length;
      expect([number, share > 18 && share < 42]).toEqual([number, true]);
    }
    // After each of them each of them came, oneself too.
    expect(new Set(rung.slice(1).map((next, i) => `${rung[i] ?? ""}>${next}`)).size).toBe(9);
  });

  it.each(["weighted-random", "wrandom"])("%s: by the weights the agents have in the queue", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: [agent("1001", { queues: [{ queue: "q", weight: 6 }] }), agent("1002", { queues: [{ queue: "q", weight: 3 }] }), agent("1003")] });
    const rung = await asked(here, 100);
    const share = (number: string): number => rung.filter((each) => each === number).length;
    expect([share("1001") > 45 && share("1001") < 75, share("1002") > 18 && share("1002") < 42, share("1003") > 2 && share("1003") < 20]).toEqual([true, true, true]);
  });
});

describe("the reserve", () => {
  it("`tiersAfterSeconds`: agents of a higher tier are rung only for who has waited so long, also who waits already; tiers beyond the list with its last", async () => {
    const here = await office({
      queues: [queue("q", { tiersAfterSeconds: [20, 40] })],
      agents: [agent("1009", { queues: [{ queue: "q", tier: 3 }] }), agent("1008", { queues: [{ queue: "q", tier: 1 }] }), agent("1001")],
    });
    const { at } = here;
    await talking(here, "1001", "111");
    await here.dial("222");
    await at.test.advance(10_000);
    await here.dial("333");
    await at.test.advance(9_300);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(400);
    expect(here.ringing()).toEqual(["1008"]);
    await here.answer("1008");
    // 333 waits since 10 s, too short for the last reserve.
    await at.test.advance(28_500);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(1_000);
    expect(here.ringing()).toEqual(["1009"]);
    expect((await at.entries()).map(({ firstOfferedAt, enteredAt }) => (firstOfferedAt ?? 0) - enteredAt)).toEqual([0, 20_000, 40_000]);
  });

  it.each(["longest-idle", "most-skilled"])("%s: without waits the reserve is rung at once, but after the front line", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: [agent("1008", { queues: [{ queue: "q", tier: 1 }] }), agent("1001")] });
    await here.dial("111");
    expect(here.ringing()).toEqual(["1001"]);
    await here.dial("222");
    expect(here.ringing()).toEqual(["1001", "1008"]);
  });
});
