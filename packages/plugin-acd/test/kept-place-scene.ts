import { READ_POOL } from "@hotlinejs/core";
import type { Plugin } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeAgent, FakeCall, FakeCaller } from "@hotlinejs/testing";
import { expect } from "vitest";
import { KeptPlaceEntity, type KeptPlaceRow } from "../src/entities/kept-place.entity.js";
import { stage, team } from "./stage.js";
import type { Stage, StageOptions } from "./stage.js";

export const CITIZEN = "13800138001";
export const OTHER = "13900139002";
export const MINUTE = 60_000;
/** Monday 2026-03-02, 17:20 in Shanghai: the office closes at 17:30 in the calendar below. */
export const BEFORE_CLOSING = Date.UTC(2026, 2, 2, 9, 20);

export const flow: FlowDefinition = {
  id: "main",
  start: "wait",
  nodes: [
    { id: "wait", type: "queue", queue: "q", callback: { key: "1", on: ["closed", "diverted"] }, on: { kept: "end", timeout: "sorry", full: "sorry", "no-agents": "sorry" }, next: "end" },
    { id: "sorry", type: "play", prompt: { text: "抱歉" }, next: "end" },
    { id: "end", type: "hangup" },
  ],
};

export interface Scene {
  readonly at: Stage;
  readonly one: FakeAgent;
  /** Calls at the citizens' phones. */
  readonly rings: FakeCall[];
  places(): Promise<KeptPlaceRow[]>;
  place(): Promise<KeptPlaceRow>;
  /** A caller who presses the callback key and confirms the own number. */
  wish(from?: string): Promise<FakeCaller>;
  /** The agent's talk ends; the agent is free after wrap-up. */
  free(): Promise<void>;
}

/** 1001 is the only agent; unless `idle` a first caller talks with 1001. */
export async function scene(options: StageOptions & { queue?: Parameters<typeof team>[0]; callback?: NonNullable<StageOptions["acd"]>["callback"]; idle?: boolean; rule?: Plugin } = {}): Promise<Scene> {
  const { queue, callback, idle, rule, ...rest } = options;
  const rings: FakeCall[] = [];
  const at = await stage({
    ...rest,
    acd: { ...team({ joinEmpty: true, leaveEmpty: false, connectPrompt: false, whisper: false, ...queue }, ["1001"], 5), callback: { callerId: "12333", ...callback } },
    plugins: [ivr({ flows: [flow] }), ...(rule === undefined ? [] : [rule])],
    plan: { handler: "flow", target: "main" },
  });
  for (const number of [CITIZEN, OTHER]) at.test.services.get(FAKE_TELEPHONY).plug(`tel:${number}`, (call) => rings.push(call));
  const one = await at.phone("1001");
  if (idle !== true) {
    await at.dial("13500000000");
    await one.answer();
    await at.test.advance(3_000);
  }
  const places = (): Promise<KeptPlaceRow[]> => at.test.services.get(READ_POOL).read((em) => em.find(KeptPlaceEntity, {}, { orderBy: { createdAt: "asc" } }));
  return {
    at,
    one,
    rings,
    places,
    place: async () => (await places())[0] as KeptPlaceRow,
    wish: async (from = CITIZEN) => {
      const caller = await at.dial(from);
      await caller.hears("保留排队位置由我们给您回电，请按1");
      await caller.press("1");
      await caller.hears(`回电号码是${from}`);
      await caller.press("1");
      await caller.hears("已为您登记回电");
      await at.test.advance(20_000);
      expect(caller.end?.by).toBe("local");
      return caller;
    },
    free: async () => {
      await one.hangup();
      await at.test.advance(6_000);
    },
  };
}

export async function accept(at: Stage, call: FakeCall | undefined, key = "1"): Promise<void> {
  await call?.answer();
  await at.test.advance(1_000);
  call?.leg?.injectDtmf(key as "1");
  await at.test.advance(500);
}
