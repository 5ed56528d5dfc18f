import { ACD } from "@hotlinejs/plugin-acd";
import { afterEach, describe, expect, it } from "vitest";
import { CAMPAIGNS } from "../src/index.js";
import { CITIZEN, closeStages, HOUR, MINUTE, stage } from "./stage.js";

afterEach(closeStages);

describe("the plan", () => {
  it("calls back as soon as an agent is free and nobody waits, and again by the rule", async () => {
    const at = await stage({ callbacks: { automatic: true } });
    await at.abandons();
    expect(at.asked).toEqual([]);
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(8_000);
    at.rings[0]?.finish("busy", "remote", 486);
    await at.test.advance(29 * MINUTE);
    expect(agent.calls).toHaveLength(1);
    await at.test.advance(2 * MINUTE);
    expect(agent.calls).toHaveLength(2);
    await at.test.advance(1_000);
    const attempts = await at.attempts();
    expect(attempts.map(({ actor }) => actor)).toEqual(["plugin:callbacks", "plugin:callbacks"]);
  });

  it("leaves an agent alone who is not ready, and one who did not pick up for a while", async () => {
    const at = await stage({ callbacks: { automatic: true } });
    await at.abandons();
    const acd = at.test.services.get(ACD);
    await acd.setAgentState("1001", "not-ready", { actor: "system" });
    const agent = await at.phone();
    await at.test.advance(MINUTE);
    expect(agent.calls).toHaveLength(0);
    await acd.setAgentState("1001", "available", { actor: "system" });
    await at.test.advance(21_000);
    expect(await at.attempts()).toMatchObject([{ result: "no-agent" }]);
    await at.test.advance(30_000);
    expect(agent.calls).toHaveLength(1);
    await at.test.advance(35_000);
    expect(agent.calls).toHaveLength(2);
  });

  it("serves who waits first, and at most so many at once", async () => {
    const at = await stage({ callbacks: { automatic: true, atOnce: 1 } });
    await at.abandons();
    await at.abandons("13900139000");
    const waits = await at.test.dial("12333", { from: "13700137000" });
    const one = await at.phone("1001");
    await at.test.advance(1_000);
    // The caller on the line, not the callback.
    expect(one.call?.from.number).toBe("13700137000");
    await one.answer();
    const two = await at.phone("1002");
    await at.test.advance(1_000);
    // The caller is not yet joined with her agent: she might need another.
    expect(two.calls).toHaveLength(0);
    await at.test.advance(5_000);
    expect(two.call?.from.number).toBe(CITIZEN);
    await waits.hangup();
    await at.test.advance(15_000);
    // One callback is under way: the other waits for it.
    expect(one.calls).toHaveLength(1);
    await two.decline();
    await at.test.advance(2_000);
    expect(one.calls).toHaveLength(2);
  });

  it("takes an agent who cannot be given any of those who wait", async () => {
    const at = await stage({ callbacks: { automatic: true } });
    await at.abandons();
    const acd = at.test.services.get(ACD);
    const never = new Promise<void>(() => undefined);
    const chat = { interactionId: "chat-1", channel: "chat", offer: () => never as Promise<never>, connected: () => undefined, ended: never };
    void acd.serveWork(chat, { queue: "q", skills: { pension: 1 } }).catch(() => undefined);
    await at.test.advance(100);
    const agent = await at.phone("1001");
    await at.test.advance(1_000);
    expect(acd.queue("q")).toMatchObject({ waiting: 1 });
    expect(acd.wanted("1001")).toBe(false);
    expect(agent.call?.from.number).toBe(CITIZEN);
    expect(() => acd.wanted("9999")).toThrow(expect.objectContaining({ code: "HTL_ACD_UNKNOWN_AGENT" }));
  });

  it("does not ring citizens in the quiet hours, and begins in the morning without being asked", async () => {
    const at = await stage({ callbacks: { automatic: true }, startAt: Date.parse("2026-03-02T20:59:00+08:00") });
    await at.abandons();
    // The clock strikes nine before anybody is free.
    await at.test.advance(5 * MINUTE);
    const agent = await at.phone();
    await at.test.advance(10 * HOUR);
    expect(agent.calls).toHaveLength(0);
    await at.test.advance(HOUR);
    expect(agent.calls.length).toBeGreaterThan(0);
  });

  it("does not call a citizen who is on the line right now", async () => {
    const at = await stage({ callbacks: { automatic: true }, queue: { regainSeconds: 0 } });
    await at.abandons();
    const caller = await at.test.dial("12333", { from: CITIZEN });
    const agent = await at.phone("1001");
    await at.test.advance(1_000);
    await agent.answer();
    const other = await at.phone("1002");
    await at.test.advance(10_000);
    expect(other.calls).toHaveLength(0);
    await caller.hangup();
    await at.test.advance(20 * MINUTE);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
    expect(at.rings).toHaveLength(0);
  });

  describe("looks once more when the agent is on the line", () => {
    const chosen = async (startAt?: number) => {
      const at = await stage({ callbacks: { automatic: true }, ...(startAt === undefined ? {} : { startAt }) });
      await at.abandons();
      const agent = await at.phone();
      await at.test.advance(500);
      expect(agent.ringing).toBe(true);
      return { at, agent };
    };

    it("a number that was put on the do-not-call list meanwhile is not dialled", async () => {
      const { at, agent } = await chosen();
      await at.test.services.get(CAMPAIGNS).addDoNotCall(CITIZEN, { actor: "user-leader" });
      await agent.answer();
      await at.test.advance(MINUTE);
      expect(at.rings).toHaveLength(0);
      expect(await at.task()).toMatchObject({ status: "closed", result: "refused" });
      expect(await at.attempts()).toMatchObject([{ result: "refused", dialledAt: null }]);
    });

    it("nor is anybody once the quiet hours have begun: it is no attempt, and made in the morning", async () => {
      const { at, agent } = await chosen(Date.parse("2026-03-02T20:59:30+08:00"));
      await at.test.advance(15_000);
      await agent.answer();
      await at.test.advance(MINUTE);
      expect(at.rings).toHaveLength(0);
      expect(await at.task()).toMatchObject({ status: "open", attempts: 0, nextAt: Date.parse("2026-03-03T08:00:00+08:00") });
    });

    it("nor is who rings in just now: the agent takes their call", async () => {
      const { at, agent } = await chosen();
      const caller = await at.test.dial("12333", { from: CITIZEN });
      await agent.answer();
      await at.test.advance(9_000);
      expect(at.rings).toHaveLength(0);
      expect(await at.task()).toMatchObject({ status: "open", attempts: 0 });
      await at.test.advance(1_000);
      expect(agent.call?.from.number).toBe(CITIZEN);
      await agent.answer();
      await at.test.advance(5_000);
      await caller.hangup();
      await at.test.advance(MINUTE);
      expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
    });
  });

  it("begins nothing while the hotline drains; what is under way ends in peace", async () => {
    const at = await stage({ callbacks: { automatic: true } });
    await at.abandons();
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(8_000);
    await at.rings[0]?.answer();
    await at.abandons("13900139000", 100);
    const stopped = at.test.hotline.stop({ drain: true });
    await at.test.advance(5_000);
    expect(agent.talking).toBe(true);
    const other = await at.phone("1002");
    await at.test.advance(5_000);
    expect(other.calls).toHaveLength(0);
    await agent.hangup();
    await at.test.advance(1_000);
    await at.test.advance(10_000);
    await stopped;
    expect(at.told.slice(-2)).toEqual([{ name: "callback.closed", result: "reached" }, { name: "callback.attempted", result: "answered" }]);
  });
});

describe("agents on demand", () => {
  const by = { actor: "system" };

  it("call back when nobody else is free, and only then", async () => {
    const at = await stage({ callbacks: { automatic: true } });
    await at.abandons();
    const acd = at.test.services.get(ACD);
    await acd.setAgentState("1002", "not-ready", by);
    const other = await at.phone("1002");
    await acd.setAgentState("1001", "on-demand", by);
    const onDemand = await at.phone("1001");
    await at.test.advance(500);
    expect(onDemand.calls).toHaveLength(1);
    await onDemand.answer();
    await at.test.advance(8_000);
    at.rings[0]?.finish("busy", "remote", 486);
    await at.test.advance(10 * MINUTE);
    expect(at.state("1001")).toBe("on-demand");
    // The next attempt is the other's, who is free by now and has been so for a shorter time.
    await acd.setAgentState("1002", "available", by);
    await at.test.advance(21 * MINUTE);
    expect(onDemand.calls).toHaveLength(1);
    expect(other.calls).toHaveLength(1);
  });

  it("wait as long for it as the queue says", async () => {
    const at = await stage({ callbacks: { automatic: true }, queue: { onDemandAfterSeconds: 120 } });
    const acd = at.test.services.get(ACD);
    await acd.setAgentState("1001", "on-demand", by);
    await at.abandons();
    const { nextAt } = await at.task();
    const agent = await at.phone("1001");
    await at.test.advance(nextAt + 119_000 - at.test.clock.now());
    expect(agent.calls).toHaveLength(0);
    await at.test.advance(2_000);
    expect(agent.calls).toHaveLength(1);
  });

  it("call nobody back where the queue gives them only what is directed at them, but by a click of their own", async () => {
    const at = await stage({ callbacks: { automatic: true }, queue: { onDemandAfterSeconds: null } });
    await at.abandons();
    await at.test.services.get(ACD).setAgentState("1001", "on-demand", by);
    const agent = await at.phone("1001");
    await at.test.advance(HOUR);
    expect(agent.calls).toHaveLength(0);
    await at.click((await at.task()).id);
    await at.test.advance(500);
    expect(agent.calls).toHaveLength(1);
  });
});
