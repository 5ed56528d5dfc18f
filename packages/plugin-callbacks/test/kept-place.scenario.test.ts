import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNIT_OF_WORK } from "@hotlinejs/core";
import { ACD } from "@hotlinejs/plugin-acd";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CallbackTaskEntity } from "../src/entities/callback-task.entity.js";
import { outcomeOf } from "../src/domain/missed-call.js";
import { CALLBACKS } from "../src/index.js";
import { CITIZEN, closeStages, crash, HOUR, MINUTE, stage } from "./stage.js";
import type { Stage } from "./stage.js";

afterEach(closeStages);

const flow: FlowDefinition = { id: "main", start: "wait", nodes: [{ id: "wait", type: "queue", queue: "q", callback: { key: "1" }, on: { kept: "end", timeout: "end", full: "end", "no-agents": "end" }, next: "end" }, { id: "end", type: "hangup" }] };

let at: Stage;

const open = (dataDir?: string, options: Parameters<typeof stage>[0] = {}): Promise<Stage> => stage({ plugins: [ivr({ flows: [flow] })], plan: { handler: "flow", target: "main" }, callbacks: { automatic: true }, ...(dataDir === undefined ? {} : { dataDir }), ...options });

/** An agent talks; nobody else is there. */
beforeEach(async () => {
  at = await open();
  const agent = await at.phone();
  await at.test.dial("12333", { from: "13500000000" });
  await at.test.advance(1_000);
  await agent.answer();
  await at.test.advance(5_000);
});

async function wish(): Promise<void> {
  const caller = await at.test.dial("12333", { from: CITIZEN });
  await caller.hears("请按1");
  await caller.press("1");
  await caller.hears("回电号码是");
  await caller.press("1");
  await caller.hears("已为您登记回电");
  await at.test.advance(15_000);
}

describe("a place that call distribution keeps", () => {
  it("is on the list with its state, and is dialled by nobody else", async () => {
    await at.abandons();
    await at.test.advance(MINUTE);
    const [missed] = await at.tasks();
    expect(missed).toMatchObject({ status: "open", reason: "abandoned" });
    await wish();
    // The wish takes up the missed call: it is one callback.
    expect(await at.task()).toMatchObject({ id: missed?.id, status: "kept", reason: "wish", queue: "q", missed: 1, attempts: 0 });
    await at.test.services.get(ACD).setAgentState("1002", "not-ready", { actor: "u1" });
    await at.phone("1002");
    await expect(at.click(missed?.id ?? "", { agent: "1002" })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_OPEN" });
    await at.test.advance(HOUR);
    expect(at.rings).toHaveLength(0);
  });

  it("is called once, by call distribution, and closed with its result", async () => {
    await wish();
    const second = await at.phone("1002");
    await at.test.advance(1_000);
    expect(at.rings).toHaveLength(1);
    expect(await at.task()).toMatchObject({ status: "calling", attempts: 1 });
    await at.rings[0]?.answer();
    await at.test.advance(1_000);
    at.rings[0]?.leg?.injectDtmf("1");
    await at.test.advance(1_000);
    await second.answer();
    await at.test.advance(5_000);
    await second.hangup();
    await at.test.advance(HOUR);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached", attempts: 1 });
    expect(at.rings).toHaveLength(1);
    expect(at.asked.filter((asked) => asked.startsWith("callback"))).toEqual([`callback tel:${CITIZEN}`]);
    expect(await at.rows("select * from callbacks_attempt")).toEqual([]);
  });

  it("is listed at the next start where the process died before it was", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "callbacks-"));
    try {
      await closeStages();
      at = await open(dataDir);
      await wish();
      const { id, placeId } = await at.task();
      await at.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeDelete(CallbackTaskEntity, { id }));
      const startAt = at.test.clock.now() + 1_000;
      await crash(at);
      at = await open(dataDir, { startAt, seed: 2, queue: { joinEmpty: true } });
      expect(await at.task()).toMatchObject({ number: CITIZEN, status: "kept", placeId });
      await crash(at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("is not closed by hand when their turn has just come and the list does not know it yet", async () => {
    await wish();
    const { id } = await at.task();
    await at.phone("1002");
    await at.test.advance(1_000);
    expect(at.rings).toHaveLength(1);
    await at.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(CallbackTaskEntity, { id }, { status: "kept" }));
    await expect(at.test.services.get(CALLBACKS).close(id, { result: "not-needed", actor: "u1" })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_OPEN", status: 409 });
    expect(await at.task()).toMatchObject({ status: "kept", result: null });
  });

  it("kept as long as the queue allows is a callback like any other from then on: called by the plan, once", async () => {
    await closeStages();
    at = await open(undefined, { queue: { keptPlaceHours: 0.5 } });
    const agent = await at.phone();
    await at.test.dial("12333", { from: "13500000000" });
    await at.test.advance(1_000);
    await agent.answer();
    await at.test.advance(5_000);
    await wish();
    const { id, placeId, dueAt } = await at.task();
    await at.test.advance(31 * MINUTE);
    expect(await at.test.services.get(ACD).keptPlace(placeId ?? "")).toMatchObject({ state: "closed", result: "expired" });
    // The time by which the citizen is to be called is still that of the wish.
    expect(await at.task()).toMatchObject({ id, status: "open", result: null, placeId: null, attempts: 0, dueAt });
    expect(at.asked.filter((asked) => asked.startsWith("callback"))).toEqual([]);
    const second = await at.phone("1002");
    await at.test.advance(1_000);
    expect(second.call?.from.number).toBe(CITIZEN);
    await second.answer();
    await at.test.advance(8_000);
    await at.rings[0]?.answer();
    await at.test.advance(20_000);
    await second.hangup();
    await at.test.advance(HOUR);
    expect(await at.task()).toMatchObject({ id, status: "closed", result: "reached", attempts: 1 });
    expect(at.rings).toHaveLength(1);
  });

  it("that became too old while nothing could be listed is taken over at the next start", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "callbacks-"));
    try {
      await closeStages();
      at = await open(dataDir, { queue: { keptPlaceHours: 0.5, joinEmpty: true } });
      await wish();
      const { id, placeId } = await at.task();
      await at.test.services.get(UNIT_OF_WORK).run(({ em }) => em.execute("update acd_kept_place set state = 'closed', result = 'expired', open_key = null, closed_at = created_at"));
      const startAt = at.test.clock.now() + 1_000;
      await crash(at);
      at = await open(dataDir, { startAt, seed: 2, queue: { joinEmpty: true } });
      expect(placeId).not.toBeNull();
      expect(await at.task()).toMatchObject({ id, status: "open", placeId: null });
      await crash(at);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("closed by hand it is given up; so it is when the citizen reaches an agent by another call", async () => {
    await wish();
    const { id } = await at.task();
    expect(await at.test.services.get(CALLBACKS).close(id, { result: "not-needed", actor: "u1" })).toMatchObject({ status: "closed", result: "not-needed", closedBy: "u1" });
    expect(await at.test.services.get(ACD).keptPlaces()).toEqual([]);
    await wish();
    const caller = await at.test.dial("12333", { from: CITIZEN });
    await at.test.services.get(ACD).setAgentState("1002", "not-ready", { actor: "u1" });
    const second = await at.phone("1002");
    const waiting = at.test.services.get(ACD).waiting("q").find(({ channel }) => channel === "voice");
    await at.test.services.get(ACD).setPriority(waiting?.interactionId ?? "", 5, { actor: "u1" });
    await at.test.services.get(ACD).setAgentState("1002", "available", { actor: "u1" });
    await at.test.advance(500);
    await second.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(await at.test.services.get(ACD).keptPlaces()).toEqual([]);
    await at.test.advance(HOUR);
    expect(at.rings).toEqual([]);
    expect((await at.tasks()).map(({ status, result }) => [status, result])).toEqual([["closed", "not-needed"], ["closed", "reached"]]);
  });
});

describe("who asked for a callback and hung up before confirming", () => {
  it("is a missed call", () => {
    const events = [{ type: "queue.entered", data: { queue: "q" } }, { type: "queue.left", data: { queue: "q", outcome: "exit", waitMs: 9_000 } }, { type: "queue.callback-asked", data: { queue: "q" } }];
    expect(outcomeOf({ endReason: "remote-hangup", talked: false, events })).toMatchObject({ kind: "missed", reason: "abandoned", queue: "q" });
    expect(outcomeOf({ endReason: "hangup", talked: false, events: [...events, { type: "queue.place-kept", data: {} }] })).toEqual({ kind: "none" });
    expect(outcomeOf({ endReason: "remote-hangup", talked: false, events: [...events, { type: "queue.entered", data: {} }, { type: "queue.left", data: { outcome: "exit" } }] })).toEqual({ kind: "none" });
  });
});
