import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, UNIT_OF_WORK } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCall } from "@hotlinejs/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { KeptPlaceEntity } from "../src/entities/kept-place.entity.js";
import { accept, BEFORE_CLOSING, CITIZEN, flow, MINUTE, OTHER, scene } from "./kept-place-scene.js";
import { closeStages, crash, database, stage, team } from "./stage.js";

afterEach(closeStages);

describe("a callback that keeps the place", () => {
  it("is told, confirmed by key, dialled when it is their turn with the agent reserved, accepted by key, and goes before who came later", async () => {
    const { at, one, rings, place, wish, free } = await scene();
    const since = at.test.clock.now();
    await wish();
    await at.dial("13700000009");
    await at.test.advance(MINUTE);
    // The place is kept in the line, nobody has been dialled.
    expect(at.acd.waiting("q").map(({ callerNumber, channel }) => [callerNumber, channel])).toEqual([[CITIZEN, "callback"], ["13700000009", "voice"]]);
    expect(rings).toHaveLength(0);
    expect(await at.acd.keptPlaces()).toMatchObject([{ number: CITIZEN, state: "waiting", attempts: 0 }]);
    expect((await place()).placeAt - since).toBeLessThan(1_000);
    await free();
    expect(at.acd.agent("1001")?.state).toBe("reserved");
    expect(one.ringing).toBe(false);
    expect(rings).toHaveLength(1);
    expect(rings[0]?.from.number).toBe("12333");
    expect(await place()).toMatchObject({ state: "calling", attempts: 1 });
    await accept(at, rings[0]);
    expect(one.ringing).toBe(true);
    await one.answer();
    await at.test.advance(1_000);
    expect([...(one.call?.leg?.bridgedWith ?? [])]).toContain(rings[0]?.leg);
    // The other one waits on.
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["13700000009"]);
    await free();
    expect(await place()).toMatchObject({ state: "closed", result: "reached", openKey: null });
    expect(one.ringing).toBe(true);
    expect(one.call?.from.number).toBe("13700000009");
    // The place itself is in no figures: the call is, once as left by key, once as answered.
    expect((await at.entries()).map(({ channel, outcome }) => [channel, outcome])).toEqual([["voice", "answered"], ["voice", "exit"], ["voice", null], ["voice", "answered"]]);
  });

  it("who was told that it could not be kept is not called, though the commit went through", async () => {
    const { at, rings, place, free } = await scene();
    const caller = await at.dial(CITIZEN);
    await caller.hears("请按1");
    await caller.press("1");
    await caller.hears(`回电号码是${CITIZEN}`);
    const link = database(at);
    link.state = "lost";
    await caller.press("1");
    await at.test.advance(5_000);
    link.state = "there";
    await caller.hangup();
    await at.test.advance(2 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "failed", openKey: null });
    await free();
    await at.test.advance(MINUTE);
    expect(rings).toHaveLength(0);
  });

  it("another number is keyed in; what may not be called is refused", async () => {
    const { at, rings, place, free } = await scene();
    const caller = await at.dial(CITIZEN);
    await caller.hears("请按1");
    await caller.press("1");
    await caller.hears("更换号码请按2");
    await caller.press("2");
    await caller.hears("请输入回电号码");
    await caller.press("0085212345678#");
    await caller.hears("不能回电");
    await caller.hears("请输入回电号码");
    await caller.press(`${OTHER}#`);
    await caller.hears(`回电号码是${OTHER}`);
    await caller.press("1");
    await caller.hears("已为您登记回电");
    await at.test.advance(20_000);
    await free();
    expect(rings[0]?.to.number).toBe(OTHER);
    expect(await place()).toMatchObject({ number: OTHER, state: "calling" });
  });

  it("declined by key the caller waits on in the old place; who hangs up unconfirmed keeps none", async () => {
    const { at, places } = await scene();
    const first = await at.dial(CITIZEN);
    await at.test.advance(2_000);
    await at.dial("13700000009");
    await first.press("1");
    await first.hears("不需要回电请按星号键");
    await first.press("*");
    await at.test.advance(1_000);
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual([CITIZEN, "13700000009"]);
    await first.press("1");
    await first.hears("不需要回电请按星号键");
    await first.hangup();
    await at.test.advance(1_000);
    expect(await places()).toEqual([]);
    expect(at.acd.queue("q")?.waiting).toBe(1);
  });

  it("nobody, then a machine: tried again with the place kept, the agent is free meanwhile; after the last try it is closed", async () => {
    const { at, one, rings, place, wish, free } = await scene({ callback: { maxAttempts: 2, waitMinutes: [10] } });
    await wish();
    const kept = (await place()).placeAt;
    await free();
    expect(rings).toHaveLength(1);
    await at.test.advance(31_000);
    expect(await place()).toMatchObject({ state: "waiting", attempts: 1, placeAt: kept });
    expect(at.acd.agent("1001")?.state).toBe("available");
    // Not held by a place whose time has not come.
    const caller = await at.dial("13700000009");
    expect(one.ringing).toBe(true);
    await caller.hangup();
    await at.test.advance(10 * MINUTE);
    expect(rings).toHaveLength(2);
    await rings[1]?.answer();
    await at.test.advance(MINUTE);
    expect(rings[1]?.state).toBe("ended");
    expect(await place()).toMatchObject({ state: "closed", result: "no-answer", attempts: 2 });
    expect(at.acd.agent("1001")).toMatchObject({ state: "available" });
    expect(at.acd.queue("q")).toMatchObject({ waiting: 0, ringing: 0 });
  });

  it("no longer needed, by key", async () => {
    const { at, rings, place, wish, free } = await scene();
    await wish();
    await free();
    await accept(at, rings[0], "2");
    await at.test.advance(5_000);
    expect(await place()).toMatchObject({ state: "closed", result: "not-needed" });
    expect(at.acd.agent("1001")?.state).toBe("available");
  });

  it("a second wish of the number keeps the earlier place; a dropped one is not dialled", async () => {
    const { at, rings, places, wish, free } = await scene();
    await wish();
    const [first] = await places();
    await wish();
    expect(await places()).toMatchObject([{ id: first?.id, placeAt: first?.placeAt }]);
    expect(at.acd.queue("q")?.waiting).toBe(1);
    expect(await at.acd.dropPlace(first?.id ?? "", { result: "reached", actor: "u1" })).toMatchObject({ id: first?.id, state: "closed", result: "reached" });
    expect(at.acd.queue("q")?.waiting).toBe(0);
    // Closed is closed: a second hand changes nothing, and is shown how it ended.
    expect(await at.acd.dropPlace(first?.id ?? "", { result: "not-needed", actor: "u2" })).toMatchObject({ state: "closed", result: "reached", closedBy: "u1" });
    await free();
    await at.test.advance(MINUTE);
    expect(rings).toEqual([]);
    expect(await at.acd.keptPlace(first?.id ?? "")).toMatchObject({ state: "closed", result: "reached", closedBy: "u1" });
  });

  it("is not dropped while the citizen is being called, nor where there is none: refused, not told as done", async () => {
    const { at, rings, place, wish, free } = await scene();
    await wish();
    await free();
    expect(rings).toHaveLength(1);
    const { id } = await place();
    await expect(at.acd.dropPlace(id, { result: "not-needed", actor: "u1" })).rejects.toMatchObject({ code: "HTL_ACD_PLACE_CALLING", status: 409 });
    expect(await place()).toMatchObject({ state: "calling" });
    await expect(at.acd.dropPlace("nothing", { result: "not-needed", actor: "u1" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_PLACE", status: 404 });
  });

  it("stays in the line where that it was dropped cannot be stored", async () => {
    const { at, rings, place, wish, free } = await scene();
    await wish();
    const { id } = await place();
    const unitOfWork = at.test.services.get(UNIT_OF_WORK);
    const run = vi.spyOn(unitOfWork, "run").mockRejectedValue(new Error("no space left on device"));
    await expect(at.acd.dropPlace(id, { result: "reached", actor: "u1" })).rejects.toThrow("no space left");
    run.mockRestore();
    expect(at.acd.queue("q")?.waiting).toBe(1);
    await free();
    expect(rings).toHaveLength(1);
  });

  it("goes on when its agent signs out while the citizen is dialled: who accepts stands first in line, and is served by who comes", async () => {
    const { at, one, rings, place, wish, free } = await scene();
    await wish();
    await free();
    expect(rings).toHaveLength(1);
    await at.acd.signOut("1001", { actor: "u1" });
    await at.test.advance(500);
    const after = await at.dial("13700000009");
    await accept(at, rings[0]);
    await at.test.advance(5_000);
    expect(rings[0]?.state).toBe("answered");
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual([CITIZEN, "13700000009"]);
    await at.acd.setAgentState("1001", "available", { actor: "u1" });
    await at.test.advance(1_000);
    await one.answer();
    await at.test.advance(5_000);
    expect(one.call?.leg?.bridgedWith.has(rings[0]?.leg as never)).toBe(true);
    await one.hangup();
    await at.test.advance(2_000);
    expect(await place()).toMatchObject({ state: "closed", result: "reached", attempts: 1 });
    await after.hangup();
  });

  it("who has rung again is not called meanwhile, and the next in line has the agent", async () => {
    const { at, one, rings, place, wish, free } = await scene();
    await wish();
    await at.dial("13700000009");
    const again = await at.dial(`+86${CITIZEN}`);
    await free();
    expect(rings).toEqual([]);
    expect(one.call?.from.number).toBe("13700000009");
    await again.hangup();
    await one.answer();
    await at.test.advance(5 * MINUTE);
    expect(await place()).toMatchObject({ state: "waiting", attempts: 0 });
    await free();
    expect(rings).toHaveLength(1);
  });

  it("stays whatever the queue's longest wait says", async () => {
    const { at, rings, wish, free } = await scene({ queue: { maxWaitSeconds: 60 } });
    await wish();
    await at.test.advance(10 * MINUTE);
    expect(at.acd.queue("q")?.waiting).toBe(1);
    await free();
    expect(rings).toHaveLength(1);
  });

  it.each<readonly [string, Record<string, unknown>, (at: Awaited<ReturnType<typeof scene>>["at"], one: Awaited<ReturnType<typeof scene>>["one"]) => Promise<unknown>]>([
    ["the agent declines, and the longest wait is over", { maxWaitSeconds: 30, rejectDelaySeconds: 600 }, (_, one) => one.decline()],
    ["the agent signs out, and nobody is there for longer than callers may wait so", { leaveEmpty: true, emptyGraceSeconds: 10 }, (at) => at.acd.signOut("1001", { actor: "u1" })],
  ])("who was called back and has come is not sent away where %s", async (_, queue, gone) => {
    const { at, one, rings, place, wish, free } = await scene({ queue });
    await wish();
    await free();
    await accept(at, rings[0]);
    await gone(at, one);
    await at.test.advance(5 * MINUTE);
    expect(rings[0]?.state).toBe("answered");
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual([CITIZEN]);
    await at.acd.setAgentState("1001", "available", { actor: "u1" });
    await at.test.advance(10 * MINUTE);
    if (one.ringing) await one.answer();
    await at.test.advance(1_000);
    expect(one.call?.leg?.bridgedWith.has(rings[0]?.leg as never)).toBe(true);
    expect(rings).toHaveLength(1);
    await one.hangup();
    await at.test.advance(2_000);
    expect(await place()).toMatchObject({ state: "closed", result: "reached" });
  });

  it("at closing time it is offered, and dialled at the next opening", async () => {
    const { at, one, rings, place } = await scene({ startAt: BEFORE_CLOSING, calendars: [{ key: "hours", week: { 1: [["09:00", "17:30"]], 2: [["09:00", "17:30"]] } }], queue: { calendar: "hours", atClosing: "callback", maxWaitSeconds: 0 } });
    const caller = await at.dial(CITIZEN);
    await caller.hears("轮到您时给您回电", 11 * MINUTE);
    await caller.press("1");
    await caller.hears("已为您登记回电");
    await at.test.advance(20_000);
    await one.hangup();
    await at.test.advance(10 * MINUTE);
    expect(rings).toEqual([]);
    expect(await place()).toMatchObject({ state: "waiting" });
    // Tuesday 09:00.
    await at.test.advance(BEFORE_CLOSING + 15.75 * 60 * MINUTE - at.test.clock.now());
    expect(rings).toHaveLength(1);
  });

  it("after a restart is dialled as soon as calls may go out, though the agent's phone was there before", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await scene({ dataDir });
      await before.wish();
      const startAt = before.at.test.clock.now() + 1_000;
      await crash(before.at);
      const rings: FakeCall[] = [];
      // Registrations outlive the process: phones are known while the hotline is still starting.
      const phones = definePlugin({
        name: "phones",
        version: "0.1.0",
        core: "*",
        after: ["acd"],
        config: z.strictObject({}),
        register: ({ services, onStart }) =>
          onStart(async () => {
            const network = services.get(FAKE_TELEPHONY);
            network.plug("sip:1001", () => undefined);
            network.plug(`tel:${CITIZEN}`, (call) => rings.push(call));
            // Other plugins take their time to start; a turn of now would be over by then.
            for (let unit = 0; unit < 20; unit++) await services.get(UNIT_OF_WORK).run(() => new Promise(setImmediate));
          }),
      });
      const after = await stage({ dataDir, startAt, acd: team({ joinEmpty: true, leaveEmpty: false }, ["1001"]), plugins: [ivr({ flows: [flow] }), phones()], plan: { handler: "flow", target: "main" } });
      await after.test.advance(1_000);
      expect(rings).toHaveLength(1);
      expect(await after.acd.keptPlaces()).toMatchObject([{ state: "calling", attempts: 1 }]);
      await crash(after);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("in a queue that is no longer there keeps nobody else from being called, and can be closed", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await scene({ dataDir });
      await before.wish();
      await before.wish(OTHER);
      await before.at.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(KeptPlaceEntity, { number: CITIZEN }, { queue: "gone" }));
      const startAt = before.at.test.clock.now() + 1_000;
      await crash(before.at);
      const { at, rings } = await scene({ dataDir, startAt, idle: true });
      await at.test.advance(5_000);
      expect(rings.map(({ to }) => to.number)).toEqual([OTHER]);
      const [lost] = (await at.acd.keptPlaces()).filter(({ queue }) => queue === "gone");
      expect(lost).toMatchObject({ state: "waiting", number: CITIZEN });
      await at.acd.dropPlace(lost?.id ?? "", { result: "not-needed", actor: "test" });
      expect((await at.acd.keptPlaces()).map(({ number }) => number)).toEqual([OTHER]);
      await crash(at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it.each(["waiting", "calling", "in line", "talking"] as const)("kill -9 while %s: nothing is lost, and who has talked is not called again", async (when) => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await scene({ dataDir });
      await before.wish();
      const kept = await before.place();
      if (when !== "waiting") await before.free();
      if (when === "in line" || when === "talking") await accept(before.at, before.rings[0]);
      if (when === "talking") {
        await before.one.answer();
        await before.at.test.advance(2_000);
      }
      const row = await before.place();
      expect(row.state).toBe(when === "waiting" ? "waiting" : "calling");
      await crash(before.at);
      const between = await stage({ dataDir, startAt: before.at.test.clock.now() + 1_000, acd: team(), plugins: [ivr({ flows: [flow] })] });
      // As a killed process leaves the row.
      await between.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(KeptPlaceEntity, {}, { state: row.state, result: null, openKey: row.openKey, attempts: row.attempts, nextAt: row.nextAt, callId: row.callId, closedAt: null }));
      await crash(between);
      const after = await scene({ dataDir, startAt: between.test.clock.now() + 1_000, idle: true });
      await after.at.test.advance(5_000);
      expect(after.rings).toHaveLength(when === "waiting" || when === "in line" ? 1 : 0);
      if (when === "calling") {
        expect(await after.place()).toMatchObject({ state: "waiting", attempts: 1, placeAt: kept.placeAt });
        await after.at.test.advance(30 * MINUTE);
        expect(after.rings).toHaveLength(1);
      }
      expect(await after.place()).toMatchObject(when === "talking" ? { state: "closed", result: "reached" } : { state: "calling", placeAt: kept.placeAt });
      await crash(after.at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!postgresPresent())("on PostgreSQL", () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it("a place is kept, moved to the earlier one by a second wish, dialled and closed", { timeout: 60_000 }, async () => {
    const databaseUrl = await server?.database();
    const { at, one, rings, places, wish, free } = await scene(databaseUrl === undefined ? {} : { databaseUrl });
    await wish();
    await wish();
    expect(await places()).toMatchObject([{ number: CITIZEN, state: "waiting", skills: {}, priority: 0 }]);
    await free();
    await accept(at, rings[0]);
    await one.answer();
    await at.test.advance(2_000);
    await free();
    expect(await places()).toMatchObject([{ state: "closed", result: "reached", attempts: 1, openKey: null }]);
    expect((await at.entries()).every(({ cutAt }) => cutAt === null)).toBe(true);
  });
});
