import { CALL_PIPELINE, defineEvent, definePlugin, READ_POOL } from "@hotlinejs/core";
import type { EventMap, EventName, LaunchedCall } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";

const demo = definePlugin({
  name: "demo",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  events: [defineEvent("demo.late" as EventName)],
  register({ services, hooks, events }) {
    hooks.callRoute.tap(() => ({ handler: "demo", target: "" }));
    services.get(CALL_PIPELINE).handler("demo", async ({ call, interaction }) => {
      await call.answer();
      interaction.event("demo.seen", { n: 1 });
      await test.clock.sleep(90_000);
      events.publish("demo.late" as EventName, { after: 90 } as unknown as EventMap[EventName]);
    });
  },
});

let test: TestHotline;
beforeEach(async () => {
  test = await createTestHotline({ plugins: [demo()] });
});
afterEach(() => test.close());

async function launch(number: string, timeoutMs = 30_000): Promise<LaunchedCall> {
  const launched = await test.services.get(CALL_PIPELINE).launch({ to: `tel:${number}`, purpose: "callback", actor: "test", plan: { handler: "demo", target: "" }, timeoutMs });
  await test.advance(10);
  return launched;
}

describe("the network of a test", () => {
  it("has a trunk that does what the script says, try by try", async () => {
    const trunk = test.trunk("pstn").when("13800138000", { rings: "3s", then: "busy" }, { then: "declines" }, { rings: "2s", then: "answers", talks: "1m" }).otherwise({ then: "unreachable" });
    for (const [number, reason] of [["13800138000", "busy"], ["13800138000", "declined"], ["13900139000", "unreachable"]] as const) {
      const launched = await launch(number);
      await test.advance("3s");
      expect((await launched.finished).reason).toBe(reason);
    }
    const launched = await launch("13800138000");
    expect(trunk.active).toBe(1);
    await test.advance("2s");
    expect(await launched.answered).toBe(true);
    expect(launched.call.via).toEqual({ kind: "trunk", key: "pstn" });
    const citizen = trunk.called("13800138000");
    expect(citizen.answered).toBe(true);
    await test.advance("61s");
    expect(citizen.end ?? (await launched.finished)).toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(trunk.attempts.map(({ outcome }) => outcome)).toEqual(["busy", "declined", "unreachable", "answered"]);
    expect(trunk.active).toBe(0);
    expect(() => trunk.called("13800138000")).toThrow(expect.objectContaining({ code: "HTL_TESTING_NO_CALL" }));
  });

  it("rings on until somebody answers, the hotline gives up, or it gives up early", async () => {
    const trunk = test.trunk("pstn");
    const first = await launch("1", 5_000);
    await test.advance("5s");
    expect((await first.finished).reason).toBe("no-answer");
    const second = await launch("2");
    await test.advance("1s");
    await trunk.called("2").call.answer();
    expect(await second.answered).toBe(true);
    await trunk.called("2").hangup();
    expect(trunk.attempts.map(({ outcome }) => outcome)).toEqual(["no-answer", "answered"]);
  });

  it("goes to the next trunk when one fails, is down, is full or does not carry the number", async () => {
    const broken = test.trunk("broken").otherwise({ rings: "1s", then: "fails" });
    const local = test.trunk("local", { carries: /^0592/ }).otherwise({ then: "answers" });
    const small = test.trunk("small", { channels: 1 }).otherwise({ then: "answers" });
    const last = test.trunk("last").otherwise({ then: "answers" });
    const calls = [await launch("13800138000"), await launch("13900139000")];
    await test.advance("1s");
    expect(await Promise.all(calls.map((each) => each.answered))).toEqual([true, true]);
    expect([broken, local, small, last].map((each) => each.attempts.map(({ outcome }) => outcome))).toEqual([["failed", "failed"], [], ["answered", "refused"], ["answered"]]);
    for (const each of [broken, small, last]) each.down = true;
    const nobody = await launch("13700137000");
    expect(await nobody.finished).toMatchObject({ reason: "failed", status: 503 });
  });
});

describe("what happened", () => {
  it("is in the journal, with legs and their states in order, and in the events", async () => {
    const caller = await test.dial("12333", { trunk: "mobile" });
    expect(caller.call.via.key).toBe("mobile");
    expect(test.journal.open).toHaveLength(1);
    const late = await test.events.next("demo.late" as EventName, { within: "2m" });
    expect(late).toEqual({ after: 90 });
    await test.advance("1s");
    const { from, to, reason, legs, startedAt, answeredAt, endedAt } = test.journal.of(caller);
    expect({ from, to, reason }).toEqual({ from: "13800138000", to: "12333", reason: "hangup" });
    expect(legs).toMatchObject([{ role: "citizen", states: ["answered", "ended"], reason: "hangup" }]);
    expect([startedAt <= (answeredAt ?? 0), (answeredAt ?? 0) < (endedAt ?? 0)]).toEqual([true, true]);
    expect(test.journal.open).toEqual([]);
    expect((await test.journal.timeline(caller)).map(({ type }) => type)).toEqual(["call.routed", "demo.seen"]);
    expect(test.events.of("leg.ended")).toMatchObject([{ role: "citizen", reason: "hangup" }]);
    test.events.inOrder("interaction.started", { name: "leg.started", where: ({ role }) => role === "citizen" }, "interaction.answered", "demo.late" as EventName, "interaction.ended");
    expect(() => test.events.inOrder("interaction.ended", "interaction.started")).toThrow(expect.objectContaining({ code: "HTL_TESTING_EVENT_ORDER" }));
    expect(() => test.journal.of("nobody")).toThrow(expect.objectContaining({ code: "HTL_TESTING_NO_INTERACTION" }));
  });

  it("tells how good the sound of a leg was, and keeps it with the leg", async () => {
    const caller = await test.dial("12333");
    const stream = { packets: 3_000, lost: 60, discarded: 0, lossPercent: 2, burstRatio: 1, jitterMs: 6, maxJitterMs: 20, rating: 86, mos: 4.22 };
    const leg = caller.call.leg;
    if (leg === undefined) throw new Error("the caller has no sound");
    leg.quality = { mos: 4.22, received: stream, roundTripMs: 52 };
    await caller.hangup();
    await test.advance("1s");
    expect(test.events.of("leg.quality")).toMatchObject([{ role: "citizen", legId: caller.call.id, quality: { mos: 4.22, received: { lost: 60 } } }]);
    const kept = await test.hotline.services.get(READ_POOL).read((em) => em.execute<object[]>("select mos, round_trip_ms, received_loss_percent, sent_mos, end_reason from core_leg"));
    expect(kept).toEqual([{ mos: 4.22, round_trip_ms: 52, received_loss_percent: 2, sent_mos: null, end_reason: "remote-hangup" }]);
  });

  it("is waited for event by event, and no longer than told", async () => {
    await test.dial("12333", { from: "1" });
    await test.dial("12333", { from: "2" });
    expect((await test.events.next("interaction.started")).callerNumber).toBe("1");
    expect((await test.events.next("interaction.started")).callerNumber).toBe("2");
    const before = test.clock.now();
    await expect(test.events.next("interaction.started", { within: "3s" })).rejects.toMatchObject({ code: "HTL_TESTING_EVENT_MISSING" });
    expect(test.clock.now() - before).toBe(3_000);
    test.events.clear();
    expect(test.events.all).toEqual([]);
  });
});
