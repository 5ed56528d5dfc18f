import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCall } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { accept, BEFORE_CLOSING, CITIZEN, MINUTE, OTHER, scene } from "./kept-place-scene.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

const HOUR = 60 * MINUTE;
const office = { calendars: [{ key: "hours", week: { 1: [["09:00", "17:30"] as const], 2: [["09:00", "17:30"] as const] } }], queue: { calendar: "hours", atClosing: "callback" as const, maxWaitSeconds: 0 } };

describe("closing time and kept places", () => {
  it("a callback that is being dialled goes on: who accepts is served out of hours", async () => {
    const { at, one, rings, place, wish, free } = await scene({ startAt: BEFORE_CLOSING, ...office });
    await wish();
    await at.test.advance(BEFORE_CLOSING + 10 * MINUTE - 15_000 - at.test.clock.now());
    await free();
    expect(rings).toHaveLength(1);
    await at.test.advance(12_000);
    expect(at.test.clock.now()).toBeGreaterThan(BEFORE_CLOSING + 10 * MINUTE);
    expect(at.acd.agent("1001")?.state).toBe("reserved");
    await accept(at, rings[0]);
    await one.answer();
    await at.test.advance(1_000);
    expect([...(one.call?.leg?.bridgedWith ?? [])]).toContain(rings[0]?.leg);
    await one.hangup();
    await at.test.advance(1_000);
    expect(await place()).toMatchObject({ state: "closed", result: "reached" });
  });

  it("one that loses its agent over closing time is served by who is there next", async () => {
    const { at, one, rings, wish, free } = await scene({ startAt: BEFORE_CLOSING, ...office });
    await wish();
    await at.test.advance(BEFORE_CLOSING + 10 * MINUTE - 15_000 - at.test.clock.now());
    await free();
    await at.test.advance(12_000);
    await at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await accept(at, rings[0]);
    expect(at.acd.waiting("q")).toMatchObject([{ channel: "voice" }]);
    await at.acd.setAgentState("1001", "available", { actor: "test" });
    await at.test.advance(500);
    expect(one.ringing).toBe(true);
  });

  it("one that reaches nobody is tried again from the next opening on; one whose turn did not come, too", async () => {
    const { at, rings, wish, free, place } = await scene({ startAt: BEFORE_CLOSING, ...office });
    await wish(CITIZEN);
    await wish(OTHER);
    await at.test.advance(BEFORE_CLOSING + 10 * MINUTE - 15_000 - at.test.clock.now());
    await free();
    await at.test.advance(10 * HOUR);
    expect(rings).toHaveLength(1);
    expect(at.acd.queue("q")).toMatchObject({ waiting: 0, ringing: 0 });
    expect(at.acd.agent("1001")?.state).toBe("available");
    expect(await place()).toMatchObject({ state: "waiting", attempts: 1 });
    // Tuesday 09:00.
    await at.test.advance(BEFORE_CLOSING + 15.75 * HOUR - at.test.clock.now());
    expect(rings.map(({ to }) => to.number)).toEqual([CITIZEN, CITIZEN, OTHER]);
  });
});

describe.each([-HOUR, HOUR])("the clock is set by %s ms while places are kept", (leap) => {
  it("a citizen who was not reached is called again after the wait that has passed, and stands where they stood", async () => {
    const { at, rings, wish, free } = await scene({ callback: { waitMinutes: [30] } });
    await wish();
    await free();
    expect(rings).toHaveLength(1);
    await at.test.advance(12 * MINUTE);
    at.test.clock.set(leap);
    await at.test.advance(17 * MINUTE);
    expect(rings).toHaveLength(1);
    await at.test.advance(2 * MINUTE);
    expect(rings).toHaveLength(2);
    const [place] = await at.acd.keptPlaces();
    const age = at.test.clock.now() - (place?.placeAt ?? 0);
    expect(age).toBeGreaterThan(30 * MINUTE);
    expect(age).toBeLessThan(35 * MINUTE);
  });

  it("opening hours are those of the clock", async () => {
    const { at, rings, wish, free } = await scene({ startAt: BEFORE_CLOSING, ...office });
    await wish();
    await at.test.advance(11 * MINUTE);
    await free();
    await at.test.advance(MINUTE);
    expect(rings).toEqual([]);
    at.test.clock.set(leap);
    await at.test.advance(MINUTE);
    // Set back, the office is open again; forward, it opens so much sooner.
    if (leap < 0) expect(rings).toHaveLength(1);
    else {
      await at.test.advance(BEFORE_CLOSING + 15.5 * HOUR - at.test.clock.now());
      expect(rings).toEqual([]);
      await at.test.advance(0.25 * HOUR);
      expect(rings).toHaveLength(1);
    }
  });
});

describe("kept places of the same millisecond", () => {
  const numbers = ["13800138001", "13800138002", "13800138003"];

  it("keep their order: out of the line and in again, and accepted among those who wait", async () => {
    const { at, one, free } = await scene();
    const rings: FakeCall[] = [];
    const [, second = "", third = ""] = numbers;
    at.test.services.get(FAKE_TELEPHONY).plug(`tel:${second}`, (call) => rings.push(call));
    // All three come in the same millisecond; the one in the middle asks for a callback.
    const callers = await Promise.all(numbers.map((from) => at.test.dial("12333", { from })));
    await at.test.advance(200);
    const waiting = (): readonly string[] => at.acd.waiting("q").map(({ callerNumber }) => callerNumber);
    expect(new Set(at.acd.waiting("q").map(({ placeAt }) => placeAt)).size).toBe(1);
    expect(waiting()).toEqual(numbers);
    await callers[1]?.hears("请按1");
    await callers[1]?.press("1");
    await callers[1]?.hears(`回电号码是${second}`);
    await callers[1]?.press("1");
    await callers[1]?.hears("已为您登记回电");
    await at.test.advance(20_000);
    expect(waiting()).toEqual(numbers);
    // The first is served; then it is the turn of the one in the middle, who is dialled and accepts.
    await free();
    await one.answer();
    await at.test.advance(1_000);
    expect(waiting()).toEqual([second, third]);
    await free();
    expect(rings).toHaveLength(1);
    await accept(at, rings[0]);
    expect(one.ringing).toBe(true);
    expect(one.call?.from.number).toBe(second);
    expect(waiting()).toEqual([second, third]);
  });
});
