import { READ_POOL } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { afterEach, describe, expect, it } from "vitest";
import { addsUp } from "./adds-up.js";
import { agent, office, queue, talking } from "./routing-scene.js";
import { closeStages, hear, stage, team } from "./stage.js";

afterEach(closeStages);

const day = { from: 0, to: Number.MAX_SAFE_INTEGER };
const out = (here: { readonly at: Awaited<ReturnType<typeof stage>> }) => here.at.test.services.get(READ_POOL).read((em) => em.execute<{ data: string | object }[]>("select data from core_interaction_event where type = 'queue.overflowed' order by at, id"));

describe("overflow", () => {
  const chain = {
    queues: [queue("q", { overflow: [{ afterSeconds: 10, queues: ["second"] }, { afterSeconds: 20, queues: ["third"] }] }), queue("second"), queue("third")],
    agents: [agent("1001"), agent("2001", { queues: ["second"] }), agent("3001", { queues: ["third"] })],
  };

  it("step by step, agents of further queues serve too; the caller stays in the own queue, whose figures count the answer", async () => {
    const here = await office(chain);
    const { at } = here;
    await talking(here, "1001", "111");
    await talking(here, "2001", "211", { queue: "second" });
    const caller = await here.dial("112");
    await at.test.advance(9_000);
    await here.free("2001");
    expect(here.ringing()).toEqual([]);
    await talking(here, "2001", "212", { queue: "second" });
    await at.test.advance(2_000);
    // 2001 talks; those of the third are not asked yet.
    expect(here.ringing()).toEqual([]);
    await at.test.advance(8_000);
    expect(here.ringing()).toEqual(["3001"]);
    expect(hear(await here.answer("3001"), caller)).toBe(true);
    const told = (await out(here)).map(({ data }) => (typeof data === "string" ? JSON.parse(data) : data) as object);
    expect(told).toEqual([{ queues: ["second"] }, { queues: ["third"] }]);
    const [entry] = (await at.entries()).filter(({ agent: by }) => by === "3001");
    expect(entry).toMatchObject({ queue: "q", outcome: "answered", offers: 1 });
    expect((await at.acd.figures({ queue: "q", ...day })).total).toMatchObject({ offered: 2, answered: 2 });
    expect((await at.acd.figures({ queue: "third", ...day })).total).toMatchObject({ offered: 0, answered: 0 });
    await addsUp(at);
  });

  it("an agent who becomes free takes who came first, whether own or from another queue; the own agents still may, too", async () => {
    const here = await office(chain);
    const { at } = here;
    await talking(here, "1001", "111");
    await talking(here, "2001", "211", { queue: "second" });
    await here.dial("112");
    await at.test.advance(1_000);
    await here.dial("212", { queue: "second" });
    await here.dial("113");
    await at.test.advance(12_000);
    expect(here.phone("3001").calls).toHaveLength(0);
    await here.free("2001");
    expect(here.phone("2001").call?.from.number).toBe("112");
    await here.free("1001");
    expect(here.phone("1001").call?.from.number).toBe("113");
    await here.answer("2001");
    await here.free("2001");
    expect(here.phone("2001").call?.from.number).toBe("212");
  });

  it("a heavier queue's own callers go before guests; a guest stays whatever the other queue does with its own", async () => {
    const here = await office({ ...chain, queues: [chain.queues[0] as never, queue("second", { weight: 1, leaveEmpty: true, emptyGraceSeconds: 5, divert: { ratio: 0.1, whileWaiting: true } }), queue("third")] });
    const { at } = here;
    await talking(here, "1001", "111");
    await talking(here, "2001", "211", { queue: "second" });
    await talking(here, "3001", "311", { queue: "third" });
    await here.dial("112");
    await at.test.advance(25_000);
    await at.acd.setAgentState("2001", "offline", { actor: "t" });
    await here.free("2001");
    await at.test.advance(60_000);
    expect(here.line()).toEqual(["112"]);
    await here.free("3001");
    expect(here.phone("3001").call?.from.number).toBe("112");
  });
});

describe("from queue to queue by the flow", () => {
  it("who waited too long goes on in the next queue, then to what comes after; each stay is an entry with its own outcome", async () => {
    const flow: FlowDefinition = {
      id: "main",
      start: "first",
      nodes: [
        { id: "first", type: "queue", queue: "q", on: { timeout: "next", full: "next", "no-agents": "next" }, next: "end" },
        { id: "next", type: "queue", queue: "second", on: { timeout: "sorry", full: "sorry", "no-agents": "sorry" }, next: "end" },
        { id: "sorry", type: "play", prompt: { text: "请留言" }, next: "end" },
        { id: "end", type: "hangup" },
      ],
    };
    const here = await office(
      { queues: [queue("q", { maxWaitSeconds: 15, maxLength: 1 }), queue("second", { maxWaitSeconds: 10 })], agents: [agent("1001"), agent("2001", { queues: ["second"] })] },
      { plugins: [ivr({ flows: [flow] })], plan: { handler: "flow", target: "main" } },
    );
    const { at } = here;
    await talking(here, "1001", "111");
    const caller = await here.dial("112");
    // The first queue is full: the next one at once, where somebody is free.
    const lucky = await here.dial("113");
    expect(here.ringing()).toEqual(["2001"]);
    expect(hear(await here.answer("2001"), lucky)).toBe(true);
    await at.test.advance(13_000);
    expect(here.line()).toEqual(["112"]);
    await at.test.advance(1_500);
    expect([here.line(), here.line("second")]).toEqual([[], ["112"]]);
    await caller.hears("请留言", 12_000);
    const entries = await at.entries();
    expect(entries.map(({ queue: key, outcome }) => [key, outcome])).toEqual([["q", "answered"], ["q", "timeout"], ["q", "full"], ["second", "answered"], ["second", "timeout"]]);
    expect(entries.filter(({ interactionId }) => interactionId === entries[1]?.interactionId).map(({ waitMs }) => waitMs)).toEqual([15_000, 10_000]);
    await addsUp(at);
  });
});

describe("out of hours", () => {
  const week = { 1: [["09:00", "12:00"], ["14:00", "17:30"]], 2: [["09:00", "17:30"]], 3: [["09:00", "17:30"]] } as const;
  const calendars = [{ key: "hours", week, exceptions: [{ date: "2026-03-03", kind: "holiday" }, { date: "2026-03-07", kind: "workday", slots: [["10:00", "11:00"]] }] }] as const;
  /** Of March 2026, in Shanghai; the 2nd is a Monday. */
  const moment = (date: number, hour: number, minute = 0): number => Date.UTC(2026, 2, date, hour - 8, minute);

  it.each<[string, number, boolean]>([
    ["Monday morning", moment(2, 9), true],
    ["a minute before", moment(2, 8, 59), false],
    ["over noon", moment(2, 13), false],
    ["in the afternoon", moment(2, 17, 29), true],
    ["at closing time", moment(2, 17, 30), false],
    ["on a holiday", moment(3, 10), false],
    ["on Saturday, which is worked", moment(7, 10, 30), true],
    ["and only then", moment(7, 11, 30), false],
    ["on Sunday", moment(8, 10), false],
  ])("%s: by the queue's calendar nobody is let in outside its hours, though agents are free", async (_, startAt, opened) => {
    const at = await stage({ startAt, calendars, acd: team({ calendar: "hours" }, ["1001"]) });
    const phone = await at.phone("1001");
    const caller = await at.dial("111");
    expect(phone.ringing).toBe(opened);
    if (opened) return;
    expect(caller.hearing).toContain("服务时间");
    await at.test.advance(10_000);
    expect(caller.end?.by).toBe("local");
    expect(await at.entries()).toMatchObject([{ outcome: "closed", waitMs: 0 }]);
    expect(at.events("acd.left")).toMatchObject([{ outcome: "closed" }]);
    expect((await at.acd.figures({ queue: "q", ...day })).total).toMatchObject({ offered: 1, answered: 0, otherwise: 1 });
    await addsUp(at);
  });

  it("the flow tells `closed` apart where it wants to; who came in time is served after hours; in the morning it is open again", async () => {
    const flow: FlowDefinition = {
      id: "main",
      start: "wait",
      nodes: [
        { id: "wait", type: "queue", queue: "q", distinguish: ["closed"], on: { closed: "night", timeout: "end", full: "end", "no-agents": "end" }, next: "end" },
        { id: "night", type: "queue", queue: "night", on: { timeout: "end", full: "end", "no-agents": "end" }, next: "end" },
        { id: "end", type: "hangup" },
      ],
    };
    const here = await office(
      { queues: [queue("q", { calendar: "hours" }), queue("night")], agents: [agent("1001"), agent("9001", { queues: ["night"] })] },
      { startAt: moment(2, 17, 25), calendars, plugins: [ivr({ flows: [flow] })], plan: { handler: "flow", target: "main" } },
    );
    const { at } = here;
    await talking(here, "1001", "111");
    const inTime = await here.dial("112");
    await at.test.advance("10m");
    const late = await here.dial("113");
    expect(here.ringing()).toEqual(["9001"]);
    expect(hear(await here.answer("9001"), late)).toBe(true);
    await here.free("1001");
    expect(hear(await here.answer("1001"), inTime)).toBe(true);
    await here.free("1001");
    expect((await at.entries()).map(({ queue: key, outcome }) => [key, outcome])).toEqual([["q", "answered"], ["q", "answered"], ["q", "closed"], ["night", "answered"]]);
  });

  it("a calendar there is not is refused at start, with those there are", async () => {
    await expect(stage({ calendars, acd: team({ calendar: "hors" }, ["1001"]) })).rejects.toMatchObject({ code: "HTL_ACD_QUEUE_UNUSABLE", message: expect.stringContaining("hours") as string });
  });
});
