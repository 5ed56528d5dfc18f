import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INTERACTIONS, READ_POOL } from "@hotlinejs/core";
import { afterEach, expect, it, vi } from "vitest";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { addsUp } from "./adds-up.js";
import { closeStages, crash, stage, team } from "./stage.js";

afterEach(closeStages);

const day = { from: 0, to: Number.MAX_SAFE_INTEGER };

it("quarter hours add up with the entries, live and stored figures agree, a restart counts who was cut off; the caller's last agent comes first", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
  try {
    // Within its quarter of an hour whatever happens.
    const startAt = Date.UTC(2026, 10, 26, 2, 1);
    const acd = team({ stickyDays: 7, preferredSeconds: 60, connectPrompt: false, whisper: false }, ["1001", "1002"]);
    const at = await stage({ dataDir, startAt, acd });
    const [one, two] = [await at.phone("1001"), await at.phone("1002")];
    await at.acd.setAgentState("1001", "not-ready", { actor: "system", reason: "training" });
    const first = await at.dial("111");
    await at.test.advance(4_800);
    await two.answer();
    await at.test.advance(20_000);
    const short = await at.dial("222");
    await at.test.advance(1_000);
    await short.hangup();
    const long = await at.dial("333");
    await at.test.advance(30_000);
    await long.hangup();
    await at.test.advance(9_000);
    await first.hangup();
    // After-call work, then free.
    await at.test.advance(11_000);
    await at.acd.setAgentState("1001", "available", { actor: "system" });
    // 1001 has been idle for less long, 1002 spoke to 111 last.
    await at.acd.setAgentState("1002", "not-ready", { actor: "system" });
    await at.acd.setAgentState("1002", "available", { actor: "system" });
    await at.dial("111");
    expect([one.ringing, two.ringing]).toEqual([false, true]);
    await at.dial("444");
    expect(one.ringing).toBe(true);

    const today = at.acd.queue("q")?.today;
    expect(today).toMatchObject({ offered: 5, answered: 1, abandoned: 2, abandonedShort: 1, serviceLevel: 1, serviceLevel2: 2 / 3, asked: 2, connectRate: 0.5, abandonRate: 0.5 });
    const { total, intervals } = await at.acd.figures({ queue: "q", ...day });
    expect(total).toEqual(today);
    expect(intervals).toHaveLength(1);
    expect(intervals[0]).toMatchObject({ queue: "q", channel: "voice", startsAt: Date.UTC(2026, 10, 26, 2, 0), offered: 5 });
    expect(total.averageHandleMs).toBeGreaterThan(60_000);
    await addsUp(at);
    await expect(at.acd.figures({ queue: "nowhere", ...day })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_QUEUE" });
    const spans = await at.test.services.get(READ_POOL).read((em) => em.find(AgentIntervalEntity, { agent: "1002" }));
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({ wrapUpMs: 10_000, handled: 1 });
    expect(spans[0]?.busyMs).toBe((await at.entries()).find((entry) => entry.talkMs !== null)?.talkMs);

    // Live and stored tell the same of the agents, too; what lasts is in both.
    const own = await at.acd.agentFigures({ agent: "1002", ...day });
    expect(own.agents).toMatchObject([{ agent: "1002", handled: 1, wrapUpMs: 10_000 }]);
    const live = at.acd.agent("1002")?.today;
    expect(live).toEqual({ handled: own.total.handled, averageHandleMs: own.total.averageHandleMs, occupancy: own.total.occupancy });
    expect(own.total.averageHandleMs).toBe(total.averageHandleMs);
    // 4.8 s rung and the time after wrap-up were free for work; 1001 did nothing all the while.
    expect(live?.occupancy).toBeGreaterThan(0.8);
    expect(live?.occupancy).toBeLessThan(1);
    expect(at.acd.agent("1001")?.today).toMatchObject({ handled: 0, averageHandleMs: null, occupancy: 0 });
    const both = await at.acd.agentFigures({ queue: "q", ...day });
    expect(both.agents.map(({ agent }) => agent)).toEqual(["1001", "1002"]);
    expect(both.total.occupancy).toBe(at.acd.queue("q")?.occupancy);
    expect(at.acd.queue("q")).toMatchObject({ working: 2, available: 0 });
    await expect(at.acd.agentFigures({ agent: "9", ...day })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });

    await crash(at);
    const after = await stage({ dataDir, startAt: at.test.clock.now() + 60_000, acd });
    expect((await after.entries()).every((entry) => entry.outcome !== null)).toBe(true);
    await addsUp(after);
    // Who still waited counted in neither rate; who was cut off asked for a person in vain.
    expect(after.acd.queue("q")?.today).toMatchObject({ offered: 5, answered: 1, abandoned: 2, otherwise: 2, asked: 4, connectRate: 0.25, abandonRate: 0.25 });
    expect(after.acd.agent("1002")?.today).toMatchObject({ handled: 1, occupancy: live?.occupancy });
    await crash(after);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

it("who gives up at the very end of the short span is a short abandon; who was turned away asked for a person all the same", async () => {
  const at = await stage({ acd: team({ shortAbandonSeconds: 5, maxLength: 1 }, ["1001"]) });
  await at.phone("1001");
  await at.acd.setAgentState("1001", "not-ready", { actor: "system" });
  const first = await at.dial("111");
  const [entry] = await at.entries();
  const full = await at.dial("222");
  await at.test.advance((entry?.enteredAt ?? 0) + 5_000 - at.test.clock.now());
  await first.hangup();
  await at.test.advance(200);
  expect((await at.entries()).map(({ outcome, waitMs }) => [outcome, waitMs])).toEqual([["abandoned", 5_000], ["full", 0]]);
  expect(at.acd.queue("q")?.today).toMatchObject({ offered: 2, abandoned: 1, abandonedShort: 1, connectRate: 0, abandonRate: 0 });
  await full.hangup();
  await at.test.advance(1_000);
  const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ caller_number: string; queue: string | null }[]>("select caller_number, queue from core_interaction order by caller_number"));
  expect(rows).toEqual([{ caller_number: "111", queue: "q" }, { caller_number: "222", queue: "q" }]);
  await addsUp(at);
});

it("a talk that the process ends is handled, with the time it lasted", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
  try {
    const startAt = Date.UTC(2026, 10, 26, 2, 1);
    const acd = team({ connectPrompt: false, whisper: false }, ["1001"]);
    const at = await stage({ dataDir, startAt, acd });
    const phone = await at.phone("1001");
    await at.dial("111");
    await phone.answer();
    await at.test.advance(20_000);
    await at.dial("222");
    await at.test.advance(3_000);
    const since = at.events("acd.answered")[0]?.at ?? 0;
    const stoppedAt = at.test.clock.now();
    await crash(at);
    const after = await stage({ dataDir, startAt: stoppedAt + 60_000, acd });
    const entries = await after.entries();
    expect(entries).toMatchObject([
      { outcome: "answered", agent: "1001" },
      { outcome: "cut" },
    ]);
    expect(entries[0]?.talkMs).toBe((entries[0]?.endedAt ?? 0) - since);
    expect(entries[1]?.waitMs).toBe((entries[1]?.leftAt ?? 0) - (entries[1]?.enteredAt ?? 0));
    expect(entries[0]?.endedAt).toBeLessThanOrEqual(stoppedAt + 10_000);
    await addsUp(after);
    const { total } = await after.acd.figures({ queue: "q", ...day });
    expect(total).toMatchObject({ offered: 2, answered: 1, otherwise: 1, averageHandleMs: entries[0]?.talkMs, longestWaitMs: entries[1]?.waitMs });
    await crash(after);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

it("ring-all: every phone rings until the winner talks; nobody has missed anything", async () => {
  const at = await stage({ acd: team({ strategy: "ring-all" }, ["1001", "1002", "1003"]) });
  const phones = await Promise.all(["1001", "1002", "1003"].map((number) => at.phone(number)));
  await at.dial();
  expect(phones.map((phone) => phone.ringing)).toEqual([true, true, true]);
  // Two answer at the same moment: one has the caller, the other's leg ends.
  await Promise.all([phones[1]?.answer(), phones[2]?.answer()]);
  await at.test.advance(5_000);
  expect(phones.map((phone) => phone.ringing)).toEqual([false, false, false]);
  expect(at.events("acd.answered")).toHaveLength(1);
  expect(at.acd.agents().map((agent) => agent.state).sort()).toEqual(["available", "available", "busy"]);
  expect(at.events("acd.requeued")).toEqual([]);
  // Their telephones list no missed call.
  const winner = at.acd.agents().findIndex(({ state }) => state === "busy");
  const losers = phones.filter((_, index) => index !== winner).flatMap(({ calls }) => calls);
  expect(await Promise.all(losers.map(({ ended }) => ended))).toMatchObject([{ reason: "answered-elsewhere", by: "local" }, { reason: "answered-elsewhere", by: "local" }]);
  expect(await at.entries()).toMatchObject([{ outcome: "answered", offers: 3 }]);
  const withdrawn = await at.test.services.get(READ_POOL).read((em) => em.execute<{ data: string | object }[]>("select data from core_interaction_event where type = 'queue.withdrawn' order by at, id"));
  const letGo = withdrawn.map(({ data }) => (typeof data === "string" ? JSON.parse(data) : data) as { agent: string; reason: string });
  expect(letGo.sort((a, b) => a.agent.localeCompare(b.agent))).toEqual(at.acd.agents().flatMap(({ number, state }) => (state === "busy" ? [] : [{ agent: number, reason: "answered-elsewhere" }])));
});

it("after-call work of what is no call stands in its record too, after its end", async () => {
  const at = await stage({ acd: team({ wrapUpSeconds: 30 }, ["1001"]) });
  await at.phone("1001");
  const record = at.test.services.get(INTERACTIONS).open({ channel: "chat", direction: "inbound", from: "citizen", to: "chat" });
  let end = (): void => undefined;
  const served = at.acd.serveWork({ interactionId: record.id, channel: "chat", ended: new Promise((resolve) => (end = resolve)), offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "q" });
  await at.test.advance(60_000);
  end();
  await served;
  record.close("completed");
  await at.test.advance(12_000);
  at.acd.finishWrapUp("1001");
  await at.test.advance(1_000);
  const told = await at.test.services.get(READ_POOL).read((em) => em.execute<{ interaction_id: string; data: string | object }[]>("select interaction_id, data from core_interaction_event where type = 'queue.wrapped-up'"));
  expect(told.map(({ interaction_id: id, data }) => [id, typeof data === "string" ? (JSON.parse(data) as object) : data])).toEqual([[record.id, { queue: "q", agent: "1001", wrapUpMs: 12_000 }]]);
});

it("a database that does not tell the caller's last agent keeps nobody waiting for longer than a second", async () => {
  const at = await stage({ acd: team({ stickyDays: 7, preferredSeconds: 60, connectPrompt: false, whisper: false }, ["1001"]) });
  const phone = await at.phone("1001");
  const reads = vi.spyOn(at.test.services.get(READ_POOL), "read").mockImplementation(() => new Promise(() => undefined));
  await at.dial("111");
  expect(phone.ringing).toBe(false);
  await at.test.advance(1_000);
  expect(reads).toHaveBeenCalled();
  expect(phone.ringing).toBe(true);
  reads.mockRejectedValue(new Error("the database is away"));
  await phone.answer();
  await at.test.advance(2_000);
  const second = await at.phone("1002");
  await at.dial("222");
  expect(at.acd.waiting("q")).toHaveLength(1);
  expect(second.ringing).toBe(false);
  reads.mockRestore();
});
