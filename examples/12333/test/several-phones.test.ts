import { READ_POOL } from "@hotlinejs/core";
import type { AgentState } from "@hotlinejs/plugin-acd/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QueueHotline, until } from "./support/queue-hotline.js";
import { pause } from "./support/rtp-probe.js";

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

let at: QueueHotline;

beforeEach(async () => {
  at = await QueueHotline.start(["1001", "1002", "1003"], { strategy: "ring-all" });
});
afterEach(() => at.stop());

const states = (): (AgentState | undefined)[] => ["1001", "1002", "1003"].map((number) => at.acd.agent(number)?.state);

it("ring-all: of two who lift in the same millisecond one has the caller, and to the others the call was completed elsewhere", { timeout: 60_000 }, async () => {
  const all = [await at.phone("1001"), await at.phone("1002"), await at.phone("1003")];
  await at.call();
  await until(() => all.every(({ ringing }) => ringing), "all ring");
  all[0]?.lift();
  all[1]?.lift();
  await until(() => states().filter((state) => state === "busy").length === 1 && states().filter((state) => state === "available").length === 2, "one talks");
  await until(() => all.filter(({ letGo }) => letGo.length > 0).length === 2, "the others are let go");
  const winner = states().indexOf("busy");
  expect(winner).toBeLessThan(2);
  expect(all.map(({ talking }) => talking)).toEqual([winner === 0, winner === 1, false]);
  // Who had lifted is hung up, who rang is cancelled.
  expect(all.flatMap(({ letGo }, index) => (index === winner ? letGo : []))).toEqual([]);
  expect(all[1 - winner]?.letGo).toEqual([{ method: "BYE", reason: ELSEWHERE }]);
  expect(all[2]?.letGo).toEqual([{ method: "CANCEL", reason: ELSEWHERE }]);
  expect(all.map(({ calls }) => calls)).toEqual([1, 1, 1]);
});

describe("an agent with two devices", () => {
  it("lifts one, and to the other the call was completed elsewhere; the other may then go away without harm", { timeout: 60_000 }, async () => {
    const [desk, browser] = [await at.phone("1001"), await at.phone("1001")];
    await at.call();
    await until(() => desk.ringing && browser.ringing, "both ring");
    browser.lift();
    await until(() => states()[0] === "busy" && desk.letGo.length > 0, "one talks, the other is let go");
    expect(desk.letGo).toEqual([{ method: "CANCEL", reason: ELSEWHERE }]);
    await desk.register(0);
    await pause(300);
    expect(at.acd.agent("1001")).toMatchObject({ state: "busy", reachable: true });
    expect([desk.calls, browser.calls, browser.talking]).toEqual([1, 1, true]);
  });

  it("lifts both in the same millisecond: one has the caller, the other is hung up", { timeout: 60_000 }, async () => {
    const devices = [await at.phone("1001"), await at.phone("1001")];
    await at.call();
    await until(() => devices.every(({ ringing }) => ringing), "both ring");
    for (const device of devices) device.lift();
    await until(() => states()[0] === "busy" && devices.some(({ letGo }) => letGo.length > 0), "one talks");
    await pause(500);
    expect(devices.map(({ talking }) => talking).sort()).toEqual([false, true]);
    expect(devices.flatMap(({ letGo }) => letGo)).toEqual([{ method: "BYE", reason: ELSEWHERE }]);
    expect(await at.hotline.services.get(READ_POOL).read((em) => em.execute("select id from core_leg where role = 'agent'"))).toHaveLength(1);
  });

  it("of which one is dead is reached by the other at once", { timeout: 60_000 }, async () => {
    const [dead, alive] = [await at.phone("1001"), await at.phone("1001")];
    dead.die();
    await at.call();
    await until(() => alive.ringing, "the living one rings");
    alive.lift();
    await until(() => states()[0] === "busy", "the agent talks");
    expect(alive.talking).toBe(true);
  });

  it("of which one signs off while both ring goes on ringing at the other; with the last one gone the caller waits on", { timeout: 60_000 }, async () => {
    const [first, second] = [await at.phone("1001"), await at.phone("1001")];
    await at.call();
    await until(() => first.ringing && second.ringing, "both ring");
    await first.register(0);
    await pause(500);
    expect([second.ringing, states()[0]]).toEqual([true, "reserved"]);
    await second.register(0);
    await until(() => !second.ringing && states()[0] === "unreachable", "nobody is rung any more");
    expect(at.acd.queue("q")).toMatchObject({ waiting: 1, ringing: 0 });
    await first.register();
    await until(() => first.ringing, "the phone that came back rings");
    first.lift();
    await until(() => states()[0] === "busy", "the agent talks");
  });
});
