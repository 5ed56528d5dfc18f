import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHotline, definePlugin, DIGEST_CREDENTIALS, READ_POOL, type Hotline } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD, type Acd, type AgentState } from "@hotlinejs/plugin-acd/contract";
import { sip } from "@hotlinejs/plugin-sip";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { freePort, rtpRange } from "./support/free-ports.js";
import { RawCaller } from "./support/raw-caller.js";
import { RawPhone } from "./support/raw-phone.js";
import { pause } from "./support/rtp-probe.js";

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';
const REALM = "hotline";
const hash = (kind: "md5" | "sha256", user: string): string => createHash(kind).update(`${user}:${REALM}:secret`).digest("hex");

/** The agents, with the password `secret`. */
const accounts = definePlugin({ name: "directory", version: "0.1.0", core: "*", config: z.strictObject({}), provides: [DIGEST_CREDENTIALS], register: ({ services }) => services.provide(DIGEST_CREDENTIALS, () => ({ realm: REALM, find: (username) => Promise.resolve(!username.startsWith("100") ? undefined : { username, md5: hash("md5", username), sha256: hash("sha256", username) }) })) });

let hotline: Hotline;
let queues: Acd;
let sipPort: number;
let folder: string;
const phones: RawPhone[] = [];
const callers: RawCaller[] = [];

/** Kernel, database, media, SIP and ACD as they stand in every hotline; the agents' phones by hand, over UDP. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hotline-phones-"));
  sipPort = await freePort();
  const quiet = { connectPrompt: false as const, whisper: false as const, announce: { welcome: false as const, everySeconds: 0 as const } };
  hotline = createHotline({
    name: "phones",
    dataDir: folder,
    log: "error",
    calls: { initial: { handler: "queue", target: "all" } },
    plugins: [
      accounts(),
      media({ rtpPorts: rtpRange() }),
      sip({ port: sipPort, trunks: [{ key: "all", match: ["127.0.0.1"] }] }),
      acd({ wrapUp: 0, queues: [{ key: "all", name: "同振", strategy: "ring-all", ...quiet }], agents: ["1001", "1002", "1003"].map((number) => ({ number, name: number, queues: ["all"] })) }),
    ],
  });
  await hotline.start();
  queues = hotline.services.get(ACD);
});

afterEach(async () => {
  await hotline.stop({ drain: false });
  for (const phone of phones.splice(0)) phone.die();
  for (const caller of callers.splice(0)) caller.close();
  rmSync(folder, { recursive: true, force: true });
});

async function phone(user: string): Promise<RawPhone> {
  const made = await RawPhone.open(user, "secret", sipPort);
  phones.push(made);
  await made.register();
  return made;
}

async function call(): Promise<RawCaller> {
  const caller = new RawCaller(sipPort);
  callers.push(caller);
  expect((await caller.dial()).status).toBe(200);
  return caller;
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); ) {
    if (performance.now() > end) throw new Error(`did not come about: ${what}`);
    await pause(10);
  }
}

const states = (): (AgentState | undefined)[] => ["1001", "1002", "1003"].map((number) => queues.agent(number)?.state);

it("ring-all: of two who lift in the same millisecond one has the caller, and to the others the call was completed elsewhere", { timeout: 60_000 }, async () => {
  const all = [await phone("1001"), await phone("1002"), await phone("1003")];
  await call();
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
    const [desk, browser] = [await phone("1001"), await phone("1001")];
    await call();
    await until(() => desk.ringing && browser.ringing, "both ring");
    browser.lift();
    await until(() => states()[0] === "busy" && desk.letGo.length > 0, "one talks, the other is let go");
    expect(desk.letGo).toEqual([{ method: "CANCEL", reason: ELSEWHERE }]);
    await desk.register(0);
    await pause(300);
    expect(queues.agent("1001")).toMatchObject({ state: "busy", reachable: true });
    expect([desk.calls, browser.calls, browser.talking]).toEqual([1, 1, true]);
  });

  it("lifts both in the same millisecond: one has the caller, the other is hung up", { timeout: 60_000 }, async () => {
    const devices = [await phone("1001"), await phone("1001")];
    await call();
    await until(() => devices.every(({ ringing }) => ringing), "both ring");
    for (const device of devices) device.lift();
    await until(() => states()[0] === "busy" && devices.some(({ letGo }) => letGo.length > 0), "one talks");
    await pause(500);
    expect(devices.map(({ talking }) => talking).sort()).toEqual([false, true]);
    expect(devices.flatMap(({ letGo }) => letGo)).toEqual([{ method: "BYE", reason: ELSEWHERE }]);
    expect(await hotline.services.get(READ_POOL).read((em) => em.execute("select id from core_leg where role = 'agent'"))).toHaveLength(1);
  });

  it("of which one is dead is reached by the other at once", { timeout: 60_000 }, async () => {
    const [dead, alive] = [await phone("1001"), await phone("1001")];
    dead.die();
    phones.splice(phones.indexOf(dead), 1);
    await call();
    await until(() => alive.ringing, "the living one rings");
    alive.lift();
    await until(() => states()[0] === "busy", "the agent talks");
    expect(alive.talking).toBe(true);
  });

  it("of which one signs off while both ring goes on ringing at the other; with the last one gone the caller waits on", { timeout: 60_000 }, async () => {
    const [first, second] = [await phone("1001"), await phone("1001")];
    await call();
    await until(() => first.ringing && second.ringing, "both ring");
    await first.register(0);
    await pause(500);
    expect([second.ringing, states()[0]]).toEqual([true, "reserved"]);
    await second.register(0);
    await until(() => !second.ringing && states()[0] === "unreachable", "nobody is rung any more");
    expect(queues.queue("all")).toMatchObject({ waiting: 1, ringing: 0 });
    await first.register();
    await until(() => first.ringing, "the phone that came back rings");
    first.lift();
    await until(() => states()[0] === "busy", "the agent talks");
  });
});
