import { afterEach, describe, expect, it } from "vitest";
import { UNIT_OF_WORK } from "@hotlinejs/core";
import { outcomeOf } from "../src/domain/missed-call.js";
import { CallbackTaskEntity } from "../src/entities/callback-task.entity.js";
import { CITIZEN, closeStages, HOUR, MONDAY_10, stage } from "./stage.js";

afterEach(closeStages);

describe("the list", () => {
  it("an abandoned call is on it, due within a day; repeated ones of the number come together", async () => {
    const at = await stage();
    await at.abandons();
    const first = await at.task();
    expect(first).toMatchObject({ number: CITIZEN, reason: "abandoned", queue: "q", status: "open", missed: 1, attempts: 0, result: null });
    expect(first.dueAt - first.firstMissedAt).toBe(24 * HOUR);
    await at.test.advance(HOUR);
    await at.abandons(`+86${CITIZEN}`);
    await at.abandons("13900139000");
    const [merged, other] = await at.tasks();
    expect(merged).toMatchObject({ id: first.id, missed: 2, dueAt: first.dueAt });
    expect(merged?.lastMissedAt).toBeGreaterThan(first.lastMissedAt + HOUR);
    expect(other?.number).toBe("13900139000");
    expect(at.told.map(({ name }) => name)).toEqual(["callback.created", "callback.created"]);
    expect(await at.rows("select reason, task_id from callbacks_missed_call where task_id is not null")).toHaveLength(3);
  });

  it("tells who asks for the attempts of one that is not there that it is not", async () => {
    const at = await stage();
    await expect(at.route("GET", "/api/callbacks/:id/attempts", { params: { id: "unknown" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_FOUND", status: 404 });
    await at.abandons();
    expect(await at.route("GET", "/api/callbacks/:id/attempts", { params: { id: (await at.task()).id } })).toMatchObject({ items: [] });
  });

  it("so are callers who waited too long, found the queue full or nobody there, and no message left", async () => {
    const at = await stage({ queue: { maxWaitSeconds: 30, maxLength: 1, joinEmpty: true } });
    const waits = await at.test.dial("12333", { from: "13800138011" });
    const full = await at.test.dial("12333", { from: "13800138012" });
    await at.test.advance(60_000);
    expect([waits.end?.by, full.end?.by]).toEqual(["local", "local"]);
    expect((await at.tasks()).map(({ number, reason }) => `${number} ${reason}`).sort()).toEqual(["13800138011 timeout", "13800138012 full"]);
  });

  it("a caller who left a message, or whom an agent answered, is not on it", async () => {
    const at = await stage();
    const agent = await at.phone();
    const caller = await at.test.dial("12333", { from: CITIZEN });
    await at.test.advance(1_000);
    await agent.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(await at.tasks()).toEqual([]);
    const event = (type: string, data: Record<string, unknown> = {}) => ({ type, data });
    const left = [event("queue.entered", { queue: "q" }), event("queue.left", { queue: "q", outcome: "timeout", waitMs: 300_000 })];
    expect(outcomeOf({ endReason: "hangup", talked: false, events: left })).toMatchObject({ kind: "missed", reason: "timeout", queue: "q" });
    expect(outcomeOf({ endReason: "hangup", talked: false, events: [...left, event("voicemail.left")] })).toEqual({ kind: "none" });
    expect(outcomeOf({ endReason: "remote-hangup", talked: false, events: [event("queue.left", { outcome: "exit" })] })).toEqual({ kind: "none" });
    expect(outcomeOf({ endReason: "remote-hangup", talked: false, events: [] })).toEqual({ kind: "none" });
    expect(outcomeOf({ endReason: "process_restart", talked: false, events: [event("queue.entered", { queue: "q" })] })).toMatchObject({ reason: "cut", queue: "q" });
  });

  it("a later call that an agent answered settles it", async () => {
    const at = await stage();
    await at.abandons();
    const agent = await at.phone();
    await at.test.advance(1_000);
    const caller = await at.test.dial("12333", { from: CITIZEN });
    await at.test.advance(1_000);
    await agent.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached", closedBy: "plugin:callbacks" });
    expect(at.told.at(-1)).toEqual({ name: "callback.closed", result: "reached" });
    // Missed anew, it is a new one.
    await agent.unplug();
    await at.test.advance(20_000);
    await at.abandons();
    expect(await at.tasks()).toHaveLength(2);
  });

  it.each([
    ["a landline with and without the 0 of the area code", "057388881234", "57388881234"],
    ["a mobile number with and without the 0 for calls from elsewhere", "13800138001", "013800138001"],
  ])("one telephone is one callback, and a call from it settles it: %s", async (_what, one, other) => {
    const at = await stage();
    await at.abandons(one);
    await at.abandons(other);
    expect(await at.task()).toMatchObject({ number: one, missed: 2 });
    const agent = await at.phone();
    await at.test.advance(1_000);
    const caller = await at.test.dial("12333", { from: other });
    await at.test.advance(1_000);
    await agent.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
  });

  it("a callback that was noted before telephones were told apart, by the number as it was written, is found", async () => {
    const at = await stage();
    await at.abandons("057388881234");
    const { id } = await at.task();
    await at.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(CallbackTaskEntity, { id }, { openKey: "057388881234" }));
    await at.abandons("57388881234");
    expect(await at.task()).toMatchObject({ id, missed: 2 });
  });

  it("withheld numbers and extensions are counted, nobody is called back there", async () => {
    const at = await stage();
    await at.abandons("");
    await at.abandons("1003");
    expect(await at.tasks()).toEqual([]);
    expect(await at.rows("select reason, withheld from callbacks_missed_call order by at")).toMatchObject([{ withheld: 1 }, { withheld: 0 }]);
  });

  it("who gave up at once has not waited, where that is the rule", async () => {
    const at = await stage({ callbacks: { minWaitSeconds: 5 } });
    await at.abandons(CITIZEN, 2_000);
    await at.abandons("13900139000", 6_000);
    expect((await at.tasks()).map(({ number }) => number)).toEqual(["13900139000"]);
  });

  it("a caller refused while the hotline drains is on it after the restart", async () => {
    const at = await stage();
    const inside = await at.test.dial("12333", { from: "13700137000" });
    const stopped = at.test.hotline.stop({ drain: true });
    await at.test.advance(0);
    await at.test.dial("12333", { from: CITIZEN });
    await at.test.advance(1_000);
    expect((await at.tasks()).map(({ number, reason }) => [number, reason])).toEqual([[CITIZEN, "refused"]]);
    await inside.hangup();
    await at.test.advance(10_000);
    await stopped;
  });

  it("a miss in the quiet hours is called back in the morning", async () => {
    const at = await stage({ startAt: Date.parse("2026-03-02T22:30:00+08:00") });
    await at.abandons();
    expect(new Date((await at.task()).nextAt).toISOString()).toBe("2026-03-03T00:00:00.000Z");
  });
});

describe("routes", () => {
  it("list with the earliest due first, page by page, numbers masked for who may not call", async () => {
    const at = await stage();
    for (const last of [1, 2, 3]) await at.abandons(`1380013800${last}`);
    const page = async (query: object, permissions: string[] = ["callbacks.call"]) => (await at.route("GET", "/api/callbacks", { query, permissions })) as { items: { id: string; number: string }[]; next: string | null };
    const one = await page({ limit: "2" });
    expect(one.items.map(({ number }) => number)).toEqual(["13800138001", "13800138002"]);
    const two = await page({ limit: "2", cursor: one.next });
    expect([two.items.map(({ number }) => number), two.next]).toEqual([["13800138003"], null]);
    expect((await page({}, [])).items[0]?.number).toBe("138****8001");
    expect((await page({ status: "closed" })).items).toEqual([]);
    expect((await page({ dueBefore: String(MONDAY_10) })).items).toEqual([]);
    await expect(page({ cursor: "nonsense" })).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_CURSOR" });
  });

  it("a wish is noted by hand, taken up in the open one, and closed by hand", async () => {
    const at = await stage();
    const made = (await at.route("POST", "/api/callbacks", { body: { number: "+86 138 0013 8001", note: "问工伤" }, permissions: ["callbacks.call"] })) as { status: number; body: { id: string; number: string } };
    expect(made).toMatchObject({ status: 201, body: { number: CITIZEN, reason: "wish", note: "问工伤", missed: 0 } });
    await at.abandons();
    const task = await at.task();
    expect(task).toMatchObject({ id: made.body.id, missed: 1, reason: "wish" });
    await expect(at.route("POST", "/api/callbacks", { body: { number: "123" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_NUMBER" });
    for (const time of [Number.MAX_SAFE_INTEGER, at.test.clock.now() + 367 * 24 * HOUR]) await expect(at.route("POST", "/api/callbacks", { body: { number: CITIZEN, at: time } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_TIME", status: 400 });
    await expect(at.route("POST", "/api/callbacks", { body: { number: CITIZEN, queue: "nope" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_UNKNOWN_QUEUE", status: 400 });
    expect(await at.route("POST", "/api/callbacks/:id/close", { params: { id: task.id }, body: { result: "not-needed" } })).toMatchObject({ status: "closed", result: "not-needed", closedBy: "u1" });
    await expect(at.route("POST", "/api/callbacks/:id/close", { params: { id: task.id }, body: { result: "not-needed" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_OPEN" });
    await expect(at.route("POST", "/api/callbacks/:id/call", { params: { id: task.id } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NO_AGENT_NUMBER" });
  });
});
