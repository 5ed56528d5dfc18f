import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MEDIA } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { agent, office, queue, talking } from "./routing-scene.js";
import { closeStages, crash, hear } from "./stage.js";

afterEach(closeStages);

const three = [agent("1001"), agent("1002"), agent("1003")];
/** Callers are told who serves them: that takes a moment, in which agent and caller are not joined yet. */
const spoken = { connectPrompt: { text: "请稍候，马上为您服务" } } as const;

describe("ring-progressively", () => {
  it("one more phone every `progressSeconds` while the others go on ringing; they stop when one talks, and nobody has missed it", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-progressively", progressSeconds: 7, ringTimeoutSeconds: 60, ...spoken })], agents: three });
    const { at } = here;
    const caller = await here.dial("111");
    expect(here.ringing()).toEqual(["1001"]);
    await at.test.advance(6_500);
    expect(here.ringing()).toEqual(["1001"]);
    await at.test.advance(400);
    expect(here.ringing()).toEqual(["1001", "1002"]);
    await at.test.advance(7_000);
    expect(here.ringing()).toEqual(["1001", "1002", "1003"]);
    await here.phone("1002").answer();
    await at.test.advance(100);
    expect(here.ringing()).toEqual(["1001", "1003"]);
    expect(hear(here.phone("1002"), caller)).toBe(false);
    await at.test.advance(5_000);
    expect(hear(here.phone("1002"), caller)).toBe(true);
    expect(here.ringing()).toEqual([]);
    for (const number of ["1001", "1003"]) expect(here.phone(number).calls[0]?.lastHangup?.reason).toBe("answered-elsewhere");
    expect(at.events("acd.requeued")).toEqual([]);
    expect(at.acd.agents().map(({ state }) => state)).toEqual(["available", "busy", "available"]);
    expect(await at.entries()).toMatchObject([{ outcome: "answered", agent: "1002", offers: 3 }]);
  });

  it("who declines is let go, the others ring on, and is not asked again while there is somebody new", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-progressively", progressSeconds: 5, ringTimeoutSeconds: 60, rejectDelaySeconds: 0 })], agents: three });
    const { at } = here;
    await here.dial("111");
    await at.test.advance(5_000);
    expect(here.ringing()).toEqual(["1001", "1002"]);
    await here.phone("1001").decline();
    expect(here.ringing()).toEqual(["1002"]);
    expect(at.acd.waiting("q")).toMatchObject([{ ringing: "1002" }]);
    await at.test.advance(5_000);
    expect(here.ringing()).toEqual(["1002", "1003"]);
    await at.test.advance(20_000);
    expect(here.ringing()).toEqual(["1002", "1003"]);
    // With nobody ringing any more it begins again, with whoever is free.
    await here.phone("1003").decline();
    await here.phone("1002").decline();
    await at.test.advance(200);
    expect(here.ringing()).toHaveLength(1);
  });
});

describe("ring-all", () => {
  it("the others ring on while the winner is joined; who answers then is let go, and when the winner is lost the next who lifts has the caller", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-all", ...spoken })], agents: three });
    const { at } = here;
    const caller = await here.dial("111");
    await here.phone("1001").answer();
    await at.test.advance(100);
    expect(here.ringing()).toEqual(["1002", "1003"]);
    await here.phone("1002").answer();
    await at.test.advance(100);
    expect(here.phone("1002").call).toBeUndefined();
    expect(here.ringing()).toEqual(["1003"]);
    await here.phone("1001").hangup();
    await at.test.advance(100);
    // 1002 was let go without blame, and is rung again beside the one who rings still.
    expect(here.ringing()).toEqual(["1002", "1003"]);
    await here.phone("1003").answer();
    await at.test.advance(5_000);
    expect(hear(here.phone("1003"), caller)).toBe(true);
    expect(here.ringing()).toEqual([]);
    expect(await at.entries()).toMatchObject([{ outcome: "answered", agent: "1003" }]);
    expect(at.events("acd.requeued").map((event) => event.agent)).toEqual(["1001"]);
  });

  it("the winner cannot be joined (media fails): those who still ring may take the caller, whose place is kept", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-all", ...spoken })], agents: three });
    const { at } = here;
    const media = at.test.services.get(MEDIA);
    const make = media.createBridge.bind(media);
    let failed = 0;
    media.createBridge = (options) => (failed++ === 0 ? Promise.reject(new Error("the worker died")) : make(options));
    const caller = await here.dial("111");
    await here.phone("1001").answer();
    await at.test.advance(4_000);
    expect(here.phone("1001").call).toBeUndefined();
    expect(here.ringing()).toEqual(["1002", "1003"]);
    await here.phone("1002").answer();
    await at.test.advance(5_000);
    expect(hear(here.phone("1002"), caller)).toBe(true);
    expect(here.ringing()).toEqual([]);
  });

  it("who becomes free meanwhile is rung along; all decline: all are rung again after their rest", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-all", rejectDelaySeconds: 2 })], agents: three });
    const { at } = here;
    await talking(here, "1001", "999");
    await here.dial("111");
    expect(here.ringing()).toEqual(["1002", "1003"]);
    await here.free("1001");
    expect(here.ringing()).toEqual(["1001", "1002", "1003"]);
    for (const number of ["1001", "1002", "1003"]) await here.phone(number).decline();
    expect(here.ringing()).toEqual([]);
    await at.test.advance(2_100);
    expect(here.ringing()).toEqual(["1001", "1002", "1003"]);
  });

  it("the caller hangs up: every phone stops at once, all are free", async () => {
    const here = await office({ queues: [queue("q", { strategy: "ring-all" })], agents: three });
    const caller = await here.dial("111");
    await caller.hangup();
    expect(here.ringing()).toEqual([]);
    expect(here.at.acd.agents().map(({ state }) => state)).toEqual(["available", "available", "available"]);
    expect(await here.at.entries()).toMatchObject([{ outcome: "abandoned", offers: 3 }]);
  });
});

describe("the preferred agent", () => {
  it("is rung first when free, though others are idle longer; who declines is not asked again before the others", async () => {
    const here = await office({ queues: [queue("q")], agents: three });
    await here.dial("111", { preferredAgent: "1003" });
    expect(here.ringing()).toEqual(["1003"]);
    await here.phone("1003").decline();
    expect(here.ringing()).toEqual(["1001"]);
  });

  it.each(["round-robin", "most-skilled", "random", "ring-all"])("also with the strategy %s", async (strategy) => {
    const here = await office({ queues: [queue("q", { strategy })], agents: three });
    await here.dial("111", { preferredAgent: "1003" });
    expect(here.at.events("acd.offered")[0]).toMatchObject({ agent: "1003", attempt: 1 });
  });

  it("is waited for `preferredSeconds` while at work, then anybody serves; at once when the agent goes away", async () => {
    const here = await office({ queues: [queue("q", { preferredSeconds: 30 })], agents: three });
    const { at } = here;
    await talking(here, "1001", "999");
    const first = await here.dial("111", { preferredAgent: "1001" });
    await at.test.advance(29_500);
    expect(here.ringing()).toEqual([]);
    await at.test.advance(500);
    expect(here.ringing()).toEqual(["1002"]);
    await first.hangup();
    const second = await here.dial("222", { preferredAgent: "1001" });
    await at.test.advance(5_000);
    await here.free("1001");
    expect(hear(await here.answer("1001"), second)).toBe(true);
    await here.dial("333", { preferredAgent: "1001" });
    await at.test.advance(1_000);
    expect(here.ringing()).toEqual([]);
    // Signs off in the talk, and is gone when it ends.
    await at.acd.setAgentState("1001", "not-ready", { actor: "t", reason: "rest" });
    await here.free("1001");
    expect(here.ringing()).toEqual(["1002"]);
  });

  it("who is not there, does not serve the queue or lacks the skill is waited for by nobody", async () => {
    const here = await office({ queues: [queue("q", { preferredSeconds: 30, skills: ["law"] })], agents: [agent("1001", { skills: ["law"] }), agent("1002", { skills: ["law"] }), agent("1003", { queues: [] }), agent("1004")] });
    await here.at.acd.setAgentState("1002", "not-ready", { actor: "t", reason: "rest" });
    for (const [index, preferredAgent] of ["1002", "1003", "1004", "9999"].entries()) {
      const caller = await here.dial(`11${index}`, { preferredAgent });
      expect([preferredAgent, here.ringing()]).toEqual([preferredAgent, ["1001"]]);
      await caller.hangup();
    }
  });
});

describe("sticky", () => {
  const acd = { queues: [queue("q", { stickyDays: 1, preferredSeconds: 60 })], agents: three };

  it("who spoke to the caller last is waited for; for a withheld number anybody will do", async () => {
    const here = await office(acd);
    for (const from of ["111", ""]) await (await talking(here, "1001", from, { preferredAgent: "1001" })).hangup();
    await here.at.test.advance(1_000);
    await talking(here, "1002", "222");
    await talking(here, "1003", "333");
    await talking(here, "1001", "444");
    await here.dial("111");
    await here.free("1002");
    expect(here.ringing()).toEqual([]);
    await here.dial("");
    expect(here.ringing()).toEqual(["1002"]);
    await here.free("1001");
    expect([here.ringing(), here.phone("1001").call?.from.number]).toEqual([["1001", "1002"], "111"]);
  });

  it.each([[23, ["1003"]], [25, ["1001"]]])("%i hours later, after a restart, with one day of memory: %j is rung", async (hours, rung) => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const before = await office(acd, { dataDir });
      await talking(before, "1003", "111", { preferredAgent: "1003" });
      await before.free("1003");
      const now = before.at.test.clock.now();
      await crash(before.at);
      const after = await office(acd, { dataDir, startAt: now + hours * 3_600_000 });
      await after.dial("111");
      expect(after.ringing()).toEqual(rung);
      await crash(after.at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
