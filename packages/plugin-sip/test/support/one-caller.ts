import type { Call, Clock } from "@hotlinejs/core";
import { afterEach, beforeEach, expect } from "vitest";
import { HotlineSide } from "./hotline-side.js";
import { Phone } from "./phone.js";

/** Both stand anew for each test of a file that has called `oneCaller`; `hotline` from `begin` on. */
export let hotline: HotlineSide;
export let caller: Phone;

/** A caller on a trunk, and a check that nothing is left of the calls. */
export function oneCaller(): void {
  beforeEach(async () => {
    caller = await new Phone("13800138000").start();
  });
  afterEach(async () => {
    await hotline.stop();
    await caller.stop();
    expect(hotline.media.open).toBe(0);
    expect(hotline.adapter.calls).toBe(0);
    expect(hotline.trunks.trunks.every((trunk) => trunk.describe(hotline.clock).channels === 0)).toBe(true);
  });
}

export async function begin(options: Record<string, unknown> = {}, clock?: Clock): Promise<void> {
  hotline = await new HotlineSide(options, clock).start();
}

/** A call that is up. */
export async function connected(): Promise<{ call: Call } & Awaited<ReturnType<Phone["reach"]>>> {
  const arriving = hotline.next();
  const reached = caller.reach(hotline.port);
  const call = await arriving;
  await call.answer();
  return { call, ...(await reached) };
}
