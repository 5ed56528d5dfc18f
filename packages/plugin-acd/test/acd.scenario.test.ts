import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, MEDIA, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import { SqlSchemaGenerator } from "@mikro-orm/knex";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentStateLogEntity } from "../src/entities/agent-state-log.entity.js";
import { QueueEntryEntity } from "../src/entities/queue-entry.entity.js";
import { closeStages, crash, stage, team } from "./stage.js";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await closeStages();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

const states = (at: Awaited<ReturnType<typeof stage>>): Record<string, string> => Object.fromEntries(at.acd.agents().map((agent) => [agent.number, agent.state]));
const isMusic = (text: string | undefined): boolean => /^[0-9a-f]{64}$/.test(text ?? "");

describe("a call", () => {
  it("waits with music, rings the agent, is told the number, talks; then wrap-up; facts, journal and events agree", async () => {
    const at = await stage();
    const phone = await at.phone("1001");
    expect(states(at)).toEqual({ "1001": "available", "1002": "unreachable" });
    const caller = await at.dial();
    expect(phone.ringing).toBe(true);
    expect(states(at)["1001"]).toBe("reserved");
    expect(phone.call?.from.number).toBe("13800138000");
    await at.test.advance(5_000);
    expect(isMusic(caller.hearing)).toBe(true);
    await phone.answer();
    expect(caller.hearing).toBe("工号1001为您服务。");
    expect(phone.call?.leg?.texts).toEqual(["tone:beep"]);
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    expect(states(at)["1001"]).toBe("busy");
    expect(at.acd.agent("1001")?.interactionId).toBe(at.events("acd.answered")[0]?.interactionId);
    await at.test.advance(60_000);
    await phone.hangup();
    await at.test.advance(500);
    expect(caller.end?.by).toBe("local");
    expect(states(at)["1001"]).toBe("wrap-up");
    await at.test.advance(10_000);
    expect(states(at)["1001"]).toBe("available");

    const [entry] = await at.entries();
    expect(entry).toMatchObject({ queue: "q", outcome: "answered", agent: "1001", offers: 1, inTime: true, businessDate: "2026-03-02", businessHour: 9 });
    expect(entry?.talkMs).toBeGreaterThan(60_000);
    expect(entry?.waitMs).toBeGreaterThan(5_000);
    expect((entry?.endedAt ?? 0) - (entry?.answeredAt ?? 0)).toBe(entry?.talkMs);
    expect(at.events("acd.answered")).toMatchObject([{ agent: "1001", waitMs: entry?.waitMs }]);
    expect(at.events("acd.ended")).toMatchObject([{ agent: "1001", talkMs: entry?.talkMs }]);
    expect(at.told.map((event) => event.name).filter((name) => name !== "acd.agent-state")).toEqual(["acd.queued", "acd.offered", "acd.answered", "acd.ended"]);
    const log = await at.test.services.get(READ_POOL).read((em) => em.find(AgentStateLogEntity, { agent: "1001" }, { orderBy: { at: "asc", id: "asc" } }));
    expect(log.map((row) => row.state)).toEqual(["unreachable", "available", "reserved", "busy", "wrap-up", "available"]);
    expect(log[4]?.previousMs).toBe(entry?.talkMs);
    const [interaction] = await at.test.services.get(READ_POOL).read((em) => em.getConnection().execute<{ queue: string; agent_id: string }[]>("select queue, agent_id from core_interaction"));
    expect(interaction).toEqual({ queue: "q", agent_id: "1001" });
    // One record from the first ring to the end of the after-call work.
    const timeline = await at.test.services.get(READ_POOL).read((em) => em.execute<{ type: string; data: string | object }[]>("select type, data from core_interaction_event where type like 'queue.%' order by at, id"));
    expect(timeline.map(({ type }) => type)).toEqual(["queue.entered", "queue.offered", "queue.answered", "queue.ended", "queue.wrapped-up"]);
    const { data } = timeline[4] ?? {};
    expect(typeof data === "string" ? JSON.parse(data) : data).toEqual({ queue: "q", agent: "1001", wrapUpMs: log[5]?.previousMs });
    expect(log[5]?.previousMs).toBeGreaterThan(9_000);
  });

  it("ends for the agent too when the citizen hangs up", async () => {
    const at = await stage();
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(5_000);
    const leg = phone.call;
    await caller.hangup();
    await at.test.advance(200);
    expect(leg?.state).toBe("ended");
    expect(states(at)["1001"]).toBe("wrap-up");
  });

  it("goes on in the flow after the agent has hung up", async () => {
    const at = await stage({ request: {} });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(10_000);
    await caller.press("15");
    await phone.hangup();
    await at.test.advance(200);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1001", callerGone: false }]);
    expect(caller.answered).toBe(true);
    // Keys of the talk must not answer the next question.
    const keys = caller.call.collect({ firstDigitTimeoutMs: 10 });
    await at.test.advance(20);
    expect((await keys).digits).toBe("");
  });

  it("hears words of regret when nobody is there", async () => {
    const at = await stage();
    const caller = await at.dial();
    expect(caller.heard).toEqual(["抱歉，当前没有坐席在岗，请稍后再拨。"]);
    await at.test.advance(10_000);
    expect(caller.end?.by).toBe("local");
    expect(await at.entries()).toMatchObject([{ outcome: "no-agents", waitMs: 0 }]);
    expect(at.events("acd.left")).toMatchObject([{ outcome: "no-agents" }]);
  });
});

describe("the agent fails", () => {
  it.each([[603, "declined"], [486, "busy"]] as const)("%i: the next agent rings at once, the caller hears nothing of it", async (status, cause) => {
    const at = await stage();
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    const caller = await at.dial();
    await at.test.advance(5_000);
    const heard = caller.heard.length;
    await first.decline(status);
    expect(second.ringing).toBe(true);
    expect(at.events("acd.requeued")).toMatchObject([{ agent: "1001", cause }]);
    expect(states(at)).toEqual({ "1001": "held", "1002": "reserved" });
    expect(caller.heard.length).toBe(heard);
    await second.answer();
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    expect(await at.entries()).toMatchObject([{ agent: "1002", offers: 2 }]);
  });

  it("no answer: after the ring time the next agent rings and the first one's phone stops", async () => {
    const at = await stage({ acd: team({ ringTimeoutSeconds: 15 }) });
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    await at.dial();
    await at.test.advance(14_000);
    expect(first.ringing).toBe(true);
    await at.test.advance(1_100);
    expect(first.calls[0]?.lastHangup?.reason).toBe("cancelled");
    expect(first.ringing).toBe(false);
    expect(second.ringing).toBe(true);
  });

  it("the only agent does not answer: the caller waits on and is offered again, never lost", async () => {
    const at = await stage({ acd: team({ ringTimeoutSeconds: 10 }, ["1001"]) });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await at.test.advance(40_000);
    expect(phone.calls.length).toBeGreaterThanOrEqual(3);
    expect(caller.answered).toBe(true);
    await at.test.advance(15_000 - (40_000 % 15_000));
    while (!phone.ringing) await at.test.advance(1_000);
    await phone.answer();
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
  });

  it("the phone signs off while ringing: the next one; with nobody left the caller is sent on after the grace", async () => {
    const at = await stage({ acd: team({ emptyGraceSeconds: 30 }) });
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    const caller = await at.dial();
    await first.unplug();
    expect(second.ringing).toBe(true);
    expect(states(at)["1001"]).toBe("unreachable");
    await second.unplug();
    await at.test.advance(20_000);
    expect(caller.end).toBeUndefined();
    await at.test.advance(10_000);
    expect(caller.hearing).toContain("没有坐席");
    expect(await at.entries()).toMatchObject([{ outcome: "no-agents" }]);
  });

  it("is lost between answer and talk: the next one, music again meanwhile, the place kept", async () => {
    const at = await stage({ acd: team({ rejectDelaySeconds: 0 }, ["1001"]) });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(300);
    expect(caller.hearing).toContain("工号1001");
    await phone.hangup();
    await at.test.advance(100);
    expect(isMusic(caller.hearing)).toBe(true);
    await at.test.advance(1_500);
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    expect(await at.entries()).toMatchObject([{ outcome: "answered", offers: 2 }]);
  });

  it("cannot be joined (media fails once): the agent's leg ends, the next one gets the caller", async () => {
    const at = await stage();
    const media = at.test.services.get(MEDIA);
    const make = media.createBridge.bind(media);
    let failed = 0;
    media.createBridge = (options) => (failed++ === 0 ? Promise.reject(new Error("the worker died")) : make(options));
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    const caller = await at.dial();
    await first.answer();
    await at.test.advance(4_000);
    expect(first.calls[0]?.state).toBe("ended");
    expect(second.ringing).toBe(true);
    await second.answer();
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
  });

  it("may not be rung (outbound refused): the caller waits, the tries get rarer", async () => {
    let asked = 0;
    const guard = definePlugin({
      name: "guard",
      version: "0.1.0",
      core: ">=0.1.0 <1.0.0",
      config: z.strictObject({}),
      register({ hooks }) {
        hooks.callOutbound.tap(() => {
          asked += 1;
          return { refused: true, code: "not-permitted", message: "no" };
        });
      },
    });
    const at = await stage({ plugins: [guard()] });
    await at.phone("1001");
    const caller = await at.dial();
    await at.test.advance(60_000);
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(8);
    expect(caller.answered).toBe(true);
  });

  it("says not-ready while ringing: the next agent; it survives", async () => {
    const at = await stage();
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    await at.dial();
    const shown = await at.acd.setAgentState("1001", "not-ready", { actor: "u1", reason: "rest" });
    expect(shown).toMatchObject({ state: "not-ready", reason: "rest", reasonName: "小休：休息" });
    await at.test.advance(100);
    expect(first.ringing).toBe(false);
    expect(second.ringing).toBe(true);
  });

  it("is paused after missed calls where configured, and is back when the phone signs on again", async () => {
    const at = await stage({ acd: team({ pauseAfterMisses: 2, ringTimeoutSeconds: 10, noAnswerDelaySeconds: 0 }, ["1001"]) });
    const phone = await at.phone("1001");
    await at.dial();
    await at.test.advance(21_000);
    expect(at.acd.agent("1001")).toMatchObject({ state: "not-ready", reason: "no-answer" });
    await phone.unplug();
    await phone.plugIn();
    expect(phone.ringing).toBe(true);
  });
});

describe("the caller goes", () => {
  it("while the phone rings: the agent's leg is cancelled at once, no wrap-up", async () => {
    const at = await stage();
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await caller.hangup();
    expect(phone.calls[0]).toMatchObject({ state: "ended", lastHangup: { reason: "cancelled" } });
    expect(states(at)["1001"]).toBe("available");
    await at.test.advance(100);
    expect(await at.entries()).toMatchObject([{ outcome: "abandoned", agent: null }]);
    expect(at.events("acd.abandoned")).toHaveLength(1);
  });

  it.each(["caller first", "agent first"])("at the moment of the answer, %s: no ghost call, the agent is free", async (order) => {
    const at = await stage();
    const phone = await at.phone("1001");
    const caller = await at.dial();
    const leg = phone.call;
    if (order === "caller first") {
      caller.call.finish("remote-hangup", "remote");
      await leg?.answer().catch(() => undefined);
    } else {
      await leg?.answer();
      caller.call.finish("remote-hangup", "remote");
    }
    await at.test.advance(200);
    expect(leg?.state).toBe("ended");
    expect(states(at)["1001"]).toBe("available");
    expect(await at.entries()).toMatchObject([{ outcome: "abandoned" }]);
  });

  it("while the number of the agent is told: the agent's leg ends, no wrap-up", async () => {
    const at = await stage();
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(300);
    const leg = phone.call;
    await caller.hangup();
    await at.test.advance(100);
    expect(leg?.state).toBe("ended");
    expect(states(at)["1001"]).toBe("available");
  });

  it("by an exit key; keys pressed before do not count, others are ignored", async () => {
    const at = await stage({ request: { exitKeys: "0*" } });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await caller.press("57");
    expect(at.results).toEqual([]);
    await caller.press("*");
    expect(at.results).toMatchObject([{ outcome: "exit", key: "*", callerGone: false }]);
    expect(phone.calls[0]?.state).toBe("ended");
    expect(await at.entries()).toMatchObject([{ outcome: "exit" }]);
  });

  it("when whoever asked takes the request back, and not any more once an agent talks", async () => {
    const abort = new AbortController();
    const at = await stage({ request: { signal: abort.signal } });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(5_000);
    abort.abort();
    await at.test.advance(100);
    expect(at.results).toEqual([]);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);

    const early = new AbortController();
    const other = await stage({ request: { signal: early.signal } });
    await other.phone("1001");
    await other.dial();
    early.abort();
    await other.test.advance(100);
    expect(other.results).toMatchObject([{ outcome: "exit" }]);
  });

  it("and rings back in time: the old place", async () => {
    const at = await stage({ acd: team({ joinEmpty: true, leaveEmpty: false }) });
    const first = await at.dial("111");
    await at.dial("222");
    await first.hangup();
    await at.test.advance(30_000);
    await at.dial("111");
    expect(at.events("acd.queued").map((event) => event.ahead)).toEqual([0, 1, 0]);
  });
});

describe("many callers", () => {
  it("two callers, one agent: the second hears the place and is served after the wrap-up", async () => {
    const at = await stage({ acd: team({ announce: { firstSeconds: 10, everySeconds: 20 } }, ["1001"]) });
    const phone = await at.phone("1001");
    await at.dial("111");
    const second = await at.dial("222");
    const third = await at.dial("333");
    await phone.answer();
    await at.test.advance(11_000);
    expect(second.heard).toContain("您是下一位，预计等待3，请稍候。");
    expect(third.heard).toContain("您前面还有1位，预计等待6，请稍候。");
    await at.test.advance(9_000);
    expect(isMusic(second.hearing)).toBe(true);
    expect(at.acd.queue("q")).toMatchObject({ waiting: 2, ringing: 0, available: 0, staffed: 1 });
    expect(at.acd.queue("q")?.oldestWaitMs).toBeGreaterThan(20_000);
    await phone.hangup();
    await at.test.advance(9_900);
    expect(phone.ringing).toBe(false);
    await at.test.advance(200);
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await at.test.advance(5_000);
    expect(second.call.leg?.bridgedWith.size).toBe(1);
    expect(third.call.leg?.bridgedWith.size).toBe(0);
  });

  it("exactly one agent gets each call", async () => {
    const numbers = ["1001", "1002", "1003", "1004"];
    const at = await stage({ acd: team({}, numbers) });
    const phones = await Promise.all(numbers.map((number) => at.phone(number)));
    for (let i = 0; i < 4; i++) await at.dial(`10${i}`);
    expect(phones.map((phone) => phone.calls.length)).toEqual([1, 1, 1, 1]);
    await Promise.all(phones.map((phone) => phone.answer()));
    await at.test.advance(5_000);
    expect(phones.map((phone) => phone.call?.leg?.bridgedWith.size)).toEqual([1, 1, 1, 1]);
  });

  it("full, and too long: regret", async () => {
    const at = await stage({ acd: team({ maxLength: 1, maxWaitSeconds: 60 }, ["1001"]) });
    const phone = await at.phone("1001");
    await at.dial("1");
    await phone.answer();
    await at.test.advance(5_000);
    const waiting = await at.dial("2");
    const refused = await at.dial("3");
    expect(refused.hearing).toContain("来电较多");
    await at.test.advance(59_900);
    expect(waiting.hearing).toContain("坐席全忙");
    expect((await at.entries()).map((entry) => entry.outcome)).toEqual(["answered", "timeout", "full"]);
  });

  it("wrap-up: HOTLINE_ACD_WRAP_UP wins over the default, a queue's own value over both", async () => {
    const at = await stage({ acd: team({}, ["1001"], 3) });
    const phone = await at.phone("1001");
    await at.dial();
    await phone.answer();
    await at.test.advance(5_000);
    await phone.hangup();
    await at.test.advance(2_900);
    expect(states(at)["1001"]).toBe("wrap-up");
    await at.test.advance(100);
    expect(states(at)["1001"]).toBe("available");
    expect(() => at.acd.finishWrapUp("9")).toThrow(expect.objectContaining({ code: "HTL_ACD_UNKNOWN_AGENT" }) as Error);
  });
});

describe("life of the hotline", () => {
  it("restart: choices survive, configured data is not seeded again, a caller who was cut off regains the place", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await stage({ dataDir, acd: team({ joinEmpty: true, leaveEmpty: false }) });
      await before.acd.setAgentState("1001", "not-ready", { actor: "u1", reason: "meal" });
      await before.dial("111");
      await before.test.advance(60_000);
      await before.dial("222");
      await crash(before);

      const now = before.test.clock.now() + 5_000;
      const after = await stage({ dataDir, startAt: now, acd: { ...team({ joinEmpty: true, leaveEmpty: false }), queues: [{ key: "q", name: "另一个名字" }] } });
      expect(after.acd.queue("q")?.name).toBe("综合咨询");
      const phone = await after.phone("1001");
      expect(after.acd.agent("1001")).toMatchObject({ state: "not-ready", reason: "meal" });
      expect((await after.entries()).map((entry) => entry.outcome)).toEqual(["cut", "cut"]);
      await after.dial("333");
      await after.dial("222");
      await after.dial("111");
      expect(after.events("acd.queued").map((event) => event.ahead)).toEqual([0, 0, 0]);
      await after.acd.setAgentState("1001", "available", { actor: "u1" });
      await after.test.advance(100);
      expect(phone.call?.from.number).toBe("111");
      await crash(after);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("crash: entries left open are closed with the reason, and the place is kept", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const open = { joinEmpty: true, leaveEmpty: false };
      const before = await stage({ dataDir, acd: team(open) });
      await before.dial("111");
      await before.dial("222");
      await crash(before);
      const again = await stage({ dataDir, startAt: before.test.clock.now(), acd: team(open) });
      // As a killed process leaves its rows.
      await again.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(QueueEntryEntity, {}, { outcome: null, leftAt: null, endedAt: null }));
      await crash(again);
      const after = await stage({ dataDir, startAt: again.test.clock.now() + 10_000, acd: team(open) });
      expect((await after.entries()).map((entry) => entry.outcome)).toEqual(["process_restart", "process_restart"]);
      await after.dial("222");
      await after.dial("111");
      expect(after.events("acd.queued").map((event) => event.ahead)).toEqual([0, 0]);
      await crash(after);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("drain: nobody new comes in, those inside are served", async () => {
    const at = await stage();
    const phone = await at.phone("1001");
    const caller = await at.dial();
    const stopped = at.test.hotline.stop({ drain: true });
    await at.test.advance(100);
    expect(at.acd.queue("q")?.frozen).toBe(true);
    await phone.answer();
    await at.test.advance(5_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await phone.hangup();
    await at.test.advance(5_000);
    await stopped;
    expect(caller.end?.by).toBe("local");
  });

  it("stop in the middle of everything: all legs end, all promises settle", async () => {
    const at = await stage();
    const first = await at.phone("1001");
    const second = await at.phone("1002");
    const callers = [await at.dial("1"), await at.dial("2"), await at.dial("3")];
    await first.answer();
    await at.test.advance(300);
    await crash(at);
    for (const caller of callers) expect(caller.call.state).toBe("ended");
    for (const phone of [first, second]) expect(phone.calls.every((call) => call.state === "ended")).toBe(true);
  });

  it("entities and migration agree", async () => {
    const at = await stage();
    const sql = await at.test.services.get(READ_POOL).read((em) => new SqlSchemaGenerator(em).getUpdateSchemaSQL({ wrap: false, dropTables: false }));
    expect(sql).not.toContain("acd_");
  });

  it("knows phones that were there before it started", async () => {
    const at = await stage();
    await at.phone("1001");
    expect(states(at)["1001"]).toBe("available");
    expect((await at.test.hotline.health()).plugins.find((plugin) => plugin.name === "acd")).toMatchObject({ ok: true, details: { agents: 2, available: 1, waiting: 0 } });
  });
});
