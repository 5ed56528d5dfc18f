import { afterEach, describe, expect, it } from "vitest";
import { BEFORE_CLOSING, CITIZEN, MINUTE, OTHER, scene, type Scene } from "./kept-place-scene.js";
import { queueSettings } from "../src/config.js";
import { keptUntil } from "../src/domain/kept-place-rule.js";
import { closeStages, database } from "./stage.js";

afterEach(closeStages);

const HOUR = 60 * MINUTE;
const by = { actor: "lead" };

/** Somebody lists who is given over. */
async function listed(options: Parameters<typeof scene>[0] = {}): Promise<Scene> {
  const made = await scene(options);
  made.at.acd.handOverPlaces();
  return made;
}

describe("a place that is kept as long as the queue allows", () => {
  it("is given over to the list of callbacks, out of the line, and the citizen is not called from it any more", async () => {
    const { at, rings, wish, free, place } = await listed({ queue: { keptPlaceHours: 1 } });
    await wish();
    await at.test.advance(HOUR - 3 * MINUTE);
    expect(await place()).toMatchObject({ state: "waiting" });
    expect(at.acd.queue("q")).toMatchObject({ waiting: 1 });
    await at.test.advance(3 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "expired", attempts: 0, closedBy: "plugin:acd", openKey: null });
    expect(at.acd.queue("q")).toMatchObject({ waiting: 0, ringing: 0 });
    expect(at.events("acd.place-kept").map(({ state, result }) => [state, result])).toEqual([["waiting", null], ["closed", "expired"]]);
    await free();
    expect(rings).toEqual([]);
    // One number, one place: a later wish is a new one.
    await wish();
    expect((await at.acd.keptPlaces()).map(({ number }) => number)).toEqual([CITIZEN]);
  });

  it("is 24 hours by default, any time with 0 or where the queue hardly ever opens", () => {
    expect(queueSettings.parse({}).keptPlaceHours).toBe(24);
    expect(keptUntil(1_000, 24, undefined)).toBe(1_000 + 24 * HOUR);
    expect(keptUntil(1_000, 0, undefined)).toBe(Infinity);
    const never = { addWorkingMinutes: () => { throw new RangeError("no hours"); } };
    expect(keptUntil(1_000, 24, never)).toBe(Infinity);
  });

  it("stays where nobody lists such citizens", async () => {
    const nobody = await scene({ queue: { keptPlaceHours: 1 } });
    await nobody.wish();
    await nobody.at.test.advance(2 * HOUR);
    expect(await nobody.place()).toMatchObject({ state: "waiting" });
    // From the moment on at which somebody does, those that are too old by then are given over.
    nobody.at.acd.handOverPlaces();
    await nobody.at.test.advance(1_000);
    expect(await nobody.place()).toMatchObject({ state: "closed", result: "expired" });
  });

  it("only the hours count in which the queue is open: nobody who asked just before it closes is given over while it is closed", async () => {
    const office = { calendars: [{ key: "hours", week: { 1: [["09:00", "17:30"] as const, ["18:30", "20:00"] as const] } }], queue: { calendar: "hours", atClosing: "callback" as const, maxWaitSeconds: 0, keptPlaceHours: 0.5 } };
    const { at, wish, place } = await listed({ startAt: BEFORE_CLOSING, ...office });
    await wish();
    await at.test.advance(BEFORE_CLOSING + 88 * MINUTE - at.test.clock.now());
    // 18:48: ten minutes before the break and eighteen after it.
    expect(await place()).toMatchObject({ state: "waiting" });
    await at.test.advance(3 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "expired" });
  });

  it("while the citizen is being called is not taken away: who accepts is served", async () => {
    const { at, one, rings, wish, free, place } = await listed({ queue: { keptPlaceHours: 0.1 } });
    await wish();
    await at.test.advance(5 * MINUTE);
    await free();
    expect(rings).toHaveLength(1);
    await at.test.advance(25_000);
    await rings[0]?.answer();
    await at.test.advance(5_000);
    rings[0]?.leg?.injectDtmf("1");
    await at.test.advance(500);
    await one.answer();
    await at.test.advance(60_000);
    await one.hangup();
    await at.test.advance(1_000);
    expect(await place()).toMatchObject({ state: "closed", result: "reached" });
  });

  it("and not reached by then, is given over with the attempts made", async () => {
    const { at, rings, wish, free, place } = await listed({ queue: { keptPlaceHours: 0.5 }, callback: { waitMinutes: [60] } });
    await wish();
    await free();
    expect(rings).toHaveLength(1);
    await at.test.advance(31 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "expired", attempts: 1 });
    expect(rings).toHaveLength(1);
  });

  it("goes by the rules as they are changed: at once where the time is over by the new ones", async () => {
    const { at, wish, places } = await listed();
    await wish(CITIZEN);
    await at.test.advance(1.5 * HOUR);
    await wish(OTHER);
    await at.acd.changeQueueRules("q", { version: 0, rules: { keptPlaceHours: 1 } }, by);
    await at.test.advance(1_000);
    expect((await places()).map(({ number, result }) => [number, result])).toEqual([[CITIZEN, "expired"], [OTHER, null]]);
    await at.acd.changeQueueRules("q", { version: 1, reset: ["keptPlaceHours"] }, by);
    await at.test.advance(2 * HOUR);
    expect((await at.acd.keptPlaces()).map(({ number }) => number)).toEqual([OTHER]);
  });

  it.each([-HOUR, HOUR])("a clock that is set by %s ms makes none older", async (leap) => {
    const { at, wish, place } = await listed({ queue: { keptPlaceHours: 3 } });
    await wish();
    await at.test.advance(HOUR);
    at.test.clock.set(leap);
    await at.test.advance(HOUR + 50 * MINUTE);
    expect(await place()).toMatchObject({ state: "waiting" });
    await at.test.advance(10 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "expired" });
  });

  it("that cannot be written stays, and is given over as soon as it can", async () => {
    const { at, wish, place, free, rings } = await listed({ queue: { keptPlaceHours: 1 } });
    await wish();
    await at.test.advance(50 * MINUTE);
    const link = database(at);
    link.state = "away";
    await at.test.advance(20 * MINUTE);
    link.state = "there";
    expect(await place()).toMatchObject({ state: "waiting" });
    await at.test.advance(2 * MINUTE);
    expect(await place()).toMatchObject({ state: "closed", result: "expired" });
    await free();
    expect(rings).toEqual([]);
  });
});
