import { READ_POOL } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { addsUp } from "./adds-up.js";
import { agent, office, queue, talking, type Office } from "./routing-scene.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

/** Who is given to the agent, one after the other, until nobody waits. */
async function served(here: Office, number: string, count: number): Promise<string[]> {
  const order: string[] = [];
  for (let i = 0; i < count; i++) {
    await here.free(number);
    order.push(here.phone(number).call?.from.number ?? "nobody");
    await here.answer(number);
  }
  return order;
}

const idOf = (here: Office, from: string, key = "q"): string => here.at.acd.waiting(key).find(({ callerNumber }) => callerNumber === from)?.interactionId ?? expect.fail(`${from} does not wait`);

describe("priority within a queue", () => {
  it("strict without `priorityWorthSeconds`: the higher first, however long the others have waited; within one by who came first", async () => {
    const here = await office({ queues: [queue("q")], agents: [agent("1001")] });
    await talking(here, "1001", "100");
    await here.dial("200");
    await here.at.test.advance("20m");
    await here.dial("201", { priority: 1 });
    await here.dial("202", { priority: 2 });
    await here.dial("203", { priority: 1 });
    await here.dial("204", { priority: -1 });
    await here.dial("205");
    expect(here.line()).toEqual(["202", "201", "203", "200", "205", "204"]);
    expect(await served(here, "1001", 6)).toEqual(["202", "201", "203", "200", "205", "204"]);
    await addsUp(here.at);
  });

  it("`priorityWorthSeconds`: who has waited longer than the step is worth goes before who is a step more urgent", async () => {
    const here = await office({ priorityWorthSeconds: 60, queues: [queue("q")], agents: [agent("1001")] });
    await talking(here, "1001", "100");
    await here.dial("200");
    await here.at.test.advance(30_000);
    await here.dial("201");
    await here.at.test.advance(31_000);
    // 200 has waited for 61 s and a bit, 201 for 31 s.
    await here.dial("202", { priority: 1 });
    expect(here.line()).toEqual(["200", "202", "201"]);
    await here.dial("203", { priority: 2 });
    expect(here.line()).toEqual(["203", "200", "202", "201"]);
    expect(await served(here, "1001", 4)).toEqual(["203", "200", "202", "201"]);
  });

  it("a queue's own `priority` is added to what the caller brings: it counts where an agent serves several queues", async () => {
    const here = await office({ priorityWorthSeconds: 60, weightWorthSeconds: 60, queues: [queue("q"), queue("urgent", { priority: 3 })], agents: [agent("1001", { queues: ["q", "urgent"] })] });
    await talking(here, "1001", "100");
    await here.dial("200", { priority: 1 });
    await here.at.test.advance(1_000);
    await here.dial("201", { queue: "urgent", priority: -1 });
    await here.dial("202", { queue: "urgent" });
    expect(here.at.acd.waiting("urgent").map(({ priority }) => priority)).toEqual([3, 2]);
    expect(await served(here, "1001", 3)).toEqual(["202", "201", "200"]);
    expect((await here.at.entries()).map(({ priority }) => priority)).toEqual([0, 1, 2, 3]);
  });
});

describe("live", () => {
  it("a supervisor's change moves the caller in the line at once, up and down; it is in the audit, and who is first is served first", async () => {
    const here = await office({ queues: [queue("q")], agents: [agent("1001")] });
    const { at } = here;
    await talking(here, "1001", "100");
    for (const from of ["200", "201", "202"]) await here.dial(from);
    const now = await at.acd.setPriority(idOf(here, "202"), 2, { actor: "u7" });
    expect(now).toMatchObject({ callerNumber: "202", priority: 2, ahead: 0 });
    expect(here.line()).toEqual(["202", "200", "201"]);
    await at.acd.setPriority(idOf(here, "200"), -1, { actor: "u7" });
    expect(here.line()).toEqual(["202", "201", "200"]);
    await at.acd.setPriority(idOf(here, "202"), 0, { actor: "u7" });
    expect(here.line()).toEqual(["201", "202", "200"]);
    const audited = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string }[]>("select actor from core_audit where action = 'acd.caller-priority'"));
    expect(audited).toEqual([{ actor: "u7" }, { actor: "u7" }, { actor: "u7" }]);
    expect(await served(here, "1001", 3)).toEqual(["201", "202", "200"]);
    await expect(at.acd.setPriority("nobody", 1, { actor: "u7" })).rejects.toMatchObject({ code: "HTL_ACD_NOT_WAITING" });
  });

  it("of who is being rung for: counts when the ring comes to nothing", async () => {
    const here = await office({ queues: [queue("q", { rejectDelaySeconds: 0 })], agents: [agent("1001")] });
    await here.dial("200");
    await here.dial("201", { priority: 1 });
    expect(here.phone("1001").call?.from.number).toBe("200");
    await here.at.acd.setPriority(idOf(here, "200"), 2, { actor: "u7" });
    await here.phone("1001").decline();
    expect(here.phone("1001").call?.from.number).toBe("200");
    await here.at.acd.setPriority(idOf(here, "200"), 0, { actor: "u7" });
    await here.phone("1001").decline();
    expect(here.phone("1001").call?.from.number).toBe("201");
  });

  it("who is moved has the priority of the new queue with what they brought, not that of the old one", async () => {
    const here = await office({ queues: [queue("q"), queue("urgent", { priority: 5 }), queue("late", { priority: -5 })], agents: [agent("1001", { queues: ["q", "urgent", "late"] })] });
    const { at } = here;
    await talking(here, "1001", "100");
    await here.dial("200", { priority: 1 });
    await here.dial("201", { queue: "urgent" });
    await here.dial("202", { queue: "urgent" });
    expect(await at.acd.move(idOf(here, "201", "urgent"), "q", { actor: "u7" })).toMatchObject({ priority: 0, ahead: 1 });
    expect(here.line()).toEqual(["200", "201"]);
    expect(await at.acd.move(idOf(here, "200"), "urgent", { actor: "u7" })).toMatchObject({ priority: 6, ahead: 0 });
    expect(here.line("urgent")).toEqual(["200", "202"]);
    // What a supervisor has set goes along.
    await at.acd.setPriority(idOf(here, "202", "urgent"), 9, { actor: "u7" });
    expect(await at.acd.move(idOf(here, "202", "urgent"), "late", { actor: "u7" })).toMatchObject({ priority: -1 });
    await at.test.advance(100);
    expect((await at.entries()).filter(({ outcome }) => outcome === null).map(({ queue: key, priority }) => [key, priority]).sort()).toEqual([["late", -1], ["q", 0], ["urgent", 6]]);
  });
});

describe("between the queues of one agent", () => {
  it("strict without `weightWorthSeconds`: a heavier queue's callers go first, however long those of a lighter one wait", async () => {
    const here = await office({ queues: [queue("q"), queue("heavy", { weight: 1 })], agents: [agent("1001", { queues: ["q", "heavy"] })] });
    await talking(here, "1001", "100");
    await here.dial("200");
    await here.at.test.advance("20m");
    await here.dial("201", { queue: "heavy" });
    await here.dial("202", { queue: "heavy" });
    expect(await served(here, "1001", 3)).toEqual(["201", "202", "200"]);
  });

  it("`weightWorthSeconds`: a light queue does not starve: who has waited longer than the weight is worth goes first", async () => {
    const here = await office({ weightWorthSeconds: 30, queues: [queue("q"), queue("heavy", { weight: 2 })], agents: [agent("1001", { queues: ["q", "heavy"] })] });
    await talking(here, "1001", "100");
    await here.dial("200");
    await here.at.test.advance(10_000);
    await here.dial("201");
    await here.at.test.advance(50_500);
    // Two steps of weight are worth a minute: 200 has waited longer, 201 has not.
    await here.dial("202", { queue: "heavy" });
    expect(await served(here, "1001", 3)).toEqual(["200", "202", "201"]);
  });

  it("queues of one weight: by who came first, unless the agent serves one of them first (its `weight` or `tier` there)", async () => {
    const here = await office({
      queues: [queue("q"), queue("r")],
      agents: [agent("1001", { queues: ["q", "r"] }), agent("1002", { queues: ["q", { queue: "r", weight: 2 }] }), agent("1003", { queues: [{ queue: "q", tier: 1 }, "r"] })],
    });
    for (const [index, number] of ["1001", "1002", "1003"].entries()) await talking(here, number, `10${index}`, { preferredAgent: number });
    for (const [from, key] of [["200", "q"], ["201", "r"], ["202", "r"], ["203", "q"], ["204", "q"], ["205", "r"]] as const) await here.dial(from, { queue: key });
    expect(await served(here, "1001", 1)).toEqual(["200"]);
    expect(await served(here, "1002", 1)).toEqual(["201"]);
    expect(await served(here, "1003", 1)).toEqual(["202"]);
    expect(await served(here, "1001", 1)).toEqual(["203"]);
    expect(await served(here, "1002", 2)).toEqual(["205", "204"]);
  });

  it("one after-call work over all queues: until it is over neither queue rings the agent", async () => {
    const here = await office({ queues: [queue("q", { wrapUpSeconds: 20 }), queue("r", { wrapUpSeconds: 5 })], agents: [agent("1001", { queues: ["q", "r"] })] });
    await talking(here, "1001", "100");
    await here.dial("200", { queue: "r" });
    await here.free("1001");
    await here.at.test.advance(19_000);
    expect(here.ringing()).toEqual([]);
    await here.at.test.advance(1_000);
    expect(here.phone("1001").call?.from.number).toBe("200");
    await here.answer("1001");
    await here.dial("101");
    await here.free("1001");
    await here.at.test.advance(4_500);
    expect(here.ringing()).toEqual([]);
    await here.at.test.advance(500);
    expect(here.phone("1001").call?.from.number).toBe("101");
  });
});
