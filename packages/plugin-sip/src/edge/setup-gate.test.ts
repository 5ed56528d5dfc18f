import { beforeEach, describe, expect, it } from "vitest";
import { SetupGate } from "./setup-gate.js";
import type { Setup } from "./setup-gate.js";

let now: number;
let lag: number;
let soundLate: number;
let busy: number;
beforeEach(() => {
  busy = 0;
  now = 0;
  lag = 0;
  soundLate = 0;
});

const gate = (options: Partial<{ maxWaitMs: number; max: number; maxSoundLateMs: number; maxSoundBusy: number }> = {}): SetupGate => new SetupGate({ maxWaitMs: 1_500, max: 1_000, maxSoundLateMs: 40, maxSoundBusy: 0.8, soundBusy: () => busy, ...options, now: () => now, lagMs: () => lag, soundLateMs: () => soundLate });
const enter = (at: SetupGate, count: number, strangers = false): Setup[] => Array.from({ length: count }, () => at.enter(strangers));

describe("the gate for calls that come in", () => {
  it("lets a burst in whole, and closes only where a crowd of it waits for too long", () => {
    const to = gate();
    const burst: Setup[] = [];
    for (let i = 0; i < 800; i++) {
      expect(to.open).toBe(true);
      burst.push(to.enter());
    }
    now = 1_499;
    expect(to.open).toBe(true);
    now = 1_500;
    expect(to.open).toBe(false);
    for (const setup of burst.slice(0, 780)) setup.done();
    expect(to.open).toBe(false);
    burst[780]?.done();
    expect(to.open).toBe(true);
    expect(to.size).toBe(19);
  });

  it("is not shut by a few whose decision takes long, nor by any that ring", () => {
    const to = gate();
    enter(to, 19);
    now = 60_000;
    for (const setup of enter(to, 500)) setup.done();
    enter(to, 500);
    expect(to.open).toBe(true);
    expect(to.size).toBe(519);
  });

  it("counts one that is answered after it rang from then on, and none that is over", () => {
    const to = gate();
    const ringing = enter(to, 20);
    for (const setup of ringing) setup.done();
    now = 10_000;
    for (const setup of ringing) setup.again();
    now = 11_499;
    expect(to.open).toBe(true);
    now = 11_500;
    expect(to.open).toBe(false);
    for (const setup of ringing) {
      setup.done();
      setup.done();
    }
    expect(to.size).toBe(0);
  });

  it("one that is answered without having rung waits since it came", () => {
    const to = gate();
    const setups = enter(to, 20);
    now = 1_000;
    for (const setup of setups) setup.again();
    now = 1_500;
    expect(to.open).toBe(false);
  });

  it("counts what a call has waited unread, and takes none that has lost half its patience by then", () => {
    const to = gate();
    lag = 749;
    expect(to.open).toBe(true);
    enter(to, 19);
    lag = 374;
    enter(to, 1);
    now = 1_126;
    expect(to.open).toBe(false);
    now = 1_125;
    expect(to.open).toBe(true);
    now = 0;
    lag = 750;
    expect(to.open).toBe(false);
    expect(gate({ maxWaitMs: 0 }).open).toBe(true);
  });

  it("keeps a part of the places from strangers, who shut out nobody but themselves", () => {
    const to = gate({ max: 40 });
    const strangers = enter(to, 20, true);
    expect(to.openToStrangers).toBe(false);
    expect(to.open).toBe(true);
    now = 60_000;
    expect(to.open).toBe(true);
    enter(to, 20);
    expect(to.open).toBe(false);
    for (const each of strangers) each.done();
    expect(to.open).toBe(true);
    expect(to.openToStrangers).toBe(true);
  });

  it("turns strangers away at half the wait, whoever waits", () => {
    const to = gate();
    enter(to, 10);
    now = 749;
    expect(to.openToStrangers).toBe(true);
    now = 750;
    expect(to.openToStrangers).toBe(false);
    expect(to.open).toBe(true);
    now = 0;
    lag = 375;
    expect(to.openToStrangers).toBe(false);
    expect(to.open).toBe(true);
    lag = 0;
    const own = gate();
    enter(own, 5, true);
    enter(own, 5);
    now = 750;
    expect(own.openToStrangers).toBe(false);
  });

  it("is not shut by a standstill, but where call after call is read late", () => {
    const to = gate();
    lag = 400;
    for (const each of enter(to, 19)) each.done();
    expect(to.open).toBe(true);
    lag = 10;
    for (const each of enter(to, 1)) each.done();
    lag = 375;
    for (const each of enter(to, 19)) each.done();
    expect(to.open).toBe(true);
    for (const each of enter(to, 1)) each.done();
    expect(to.open).toBe(false);
    lag = 374;
    expect(to.open).toBe(true);
  });

  it("closes where what makes the sound has hardly time left, to strangers earlier, and opens when it has", () => {
    const to = gate();
    busy = 0.71;
    expect([to.open, to.openToStrangers]).toEqual([true, true]);
    busy = 0.73;
    expect([to.open, to.openToStrangers]).toEqual([true, false]);
    busy = 0.8;
    expect([to.open, to.openToStrangers]).toEqual([false, false]);
    expect(gate({ maxSoundBusy: 0 }).open).toBe(true);
    busy = 0.5;
    expect([to.open, to.openToStrangers]).toEqual([true, true]);
  });

  it("closes where the sound of calls comes late though none came, to strangers earlier, whatever waits", () => {
    const to = gate();
    soundLate = 19;
    expect(to.openToStrangers).toBe(true);
    soundLate = 20;
    expect([to.open, to.openToStrangers]).toEqual([true, false]);
    soundLate = 40;
    expect(to.open).toBe(false);
    expect(gate({ maxWaitMs: 0 }).open).toBe(false);
    expect(gate({ maxSoundLateMs: 0 }).open).toBe(true);
    soundLate = 0;
    now += 1_200;
    expect([to.open, to.openToStrangers]).toEqual([false, false]);
    now += 1_200;
    expect([to.open, to.openToStrangers]).toEqual([true, false]);
    now += 1_200;
    expect([to.open, to.openToStrangers]).toEqual([true, true]);
  });

  it("has a hard limit, and where told only that", () => {
    const to = gate({ maxWaitMs: 0, max: 30 });
    const [first] = enter(to, 30);
    expect(to.open).toBe(false);
    first?.done();
    now = 600_000;
    expect(to.open).toBe(true);
  });
});
