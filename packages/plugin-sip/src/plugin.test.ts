import { mkdtemp, rm } from "node:fs/promises";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, createHotline, createSilentLogger, definePlugin, METRICS, READ_POOL } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FakeMedia } from "../test/support/fake-media.js";
import { until } from "../test/support/hotline-side.js";
import { Phone } from "../test/support/phone.js";
import { stubDirectory, stubMedia } from "../test/support/stub-plugins.js";
import { SIP } from "./contract.js";
import { sip } from "./plugin.js";

let dataDir: string;
let phone: Phone;
let media: FakeMedia;
let told: string[];
const live: Hotline[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "hotline-sip-"));
  phone = await new Phone("1001", { password: "demo-1001" }).start();
  media = new FakeMedia();
  told = [];
});

afterEach(async () => {
  await Promise.all(live.splice(0).map((hotline) => hotline.stop({ drain: false })));
  await phone.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Answers every call and notes what is told of phones. */
const watcher = () =>
  definePlugin({
    name: "watcher",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    register({ events, services, hooks }) {
      events.handle("endpoint.reachable", ({ address }) => void told.push(`reachable ${address}`));
      events.handle("endpoint.unreachable", ({ address }) => void told.push(`unreachable ${address}`));
      events.handle("sip.registered", ({ account }) => void told.push(`registered ${account}`));
      hooks.callRoute.tap(() => ({ handler: "test", target: "" }));
      services.get(CALL_PIPELINE).handler("test", async ({ call }) => {
        await call.answer();
        await call.ended;
      });
    },
  })();

/** Calls are let in however long the machine, busy with other tests, keeps what comes waiting. */
const PATIENT = { settingUp: { maxWaitMs: 0 } };

async function run(port = 0, accounts = true, options: Record<string, unknown> = {}): Promise<Hotline> {
  const hotline = createHotline({
    dataDir,
    logger: createSilentLogger(),
    environment: { HOTLINE_SIP_PORT: String(port) },
    plugins: [watcher(), stubMedia(media), ...(accounts ? [stubDirectory()] : []), sip({ transports: ["udp"], trunks: [{ key: "demo", match: ["127.0.0.1"] }], ...PATIENT, ...options })],
  });
  live.push(hotline);
  await hotline.start();
  return hotline;
}

const portOf = (hotline: Hotline): number => hotline.services.get(SIP).endpoints[0]?.port ?? 0;

describe("the sip plugin in a hotline", () => {
  it("does not start with hours for calls out that are nowhere told", async () => {
    const hotline = createHotline({ dataDir, logger: createSilentLogger(), environment: {}, plugins: [watcher(), stubMedia(media), sip({ transports: ["udp"], port: 0, toll: { calendar: "nights" } })] });
    await expect(hotline.start()).rejects.toMatchObject({ message: expect.stringContaining("nights") });
  });

  it("tells of a phone that does not answer any more, shows it so, and can ring another of the account", { timeout: 90_000 }, async () => {
    const hotline = await run(0, true, { registrar: { keepAliveSeconds: 10, keepAliveMisses: 1 } });
    const { registrations, stats } = hotline.services.get(SIP);
    const gone = await new Phone("1001", { password: "demo-1001" }).start();
    gone.onRequest = (request) => request.respond({ status: 405 });
    expect((await gone.register(portOf(hotline))).status).toBe(200);
    const { received } = stats();
    await until(() => stats().keepAlives.asked === 1, "the first question", 20);
    // Gone before the answer has come it would never have been there.
    await until(() => stats().received > received, "its answer", 5);
    expect([registrations("1001")[0]?.reachable, stats().silentPhones]).toEqual([true, 0]);
    await gone.stop();
    await until(() => told.includes("unreachable sip:1001"), "the silent phone", 40);
    expect([registrations("1001")[0]?.reachable, stats().silentPhones, stats().keepAlives]).toEqual([false, 1, { asked: 2, missed: 1 }]);
    expect((await phone.register(portOf(hotline))).status).toBe(200);
    await until(() => told.at(-1) === "reachable sip:1001", "another phone of the account");
    expect(registrations("1001").map(({ reachable }) => reachable).sort()).toEqual([false, true]);
    expect(told.filter((each) => !each.startsWith("registered"))).toEqual(["reachable sip:1001", "unreachable sip:1001", "reachable sip:1001"]);
  });

  it("takes calls, lists phones, and knows them again after a restart", async () => {
    const first = await run();
    const port = portOf(first);
    expect((await phone.register(port)).status).toBe(200);
    const service = first.services.get(SIP);
    expect(service.registrations("1001")).toMatchObject([{ account: "1001", address: `udp:127.0.0.1:${phone.port}`, userAgent: "test-phone" }]);
    expect(service.registrations("1002")).toEqual([]);
    expect(service.trunks()).toEqual([{ key: "demo", state: "static", status: null, up: null, channels: 0, maxChannels: null, priority: null, restsUntil: null, disabled: null, lastFailure: null, outbound: { calls: 0, lastMinute: 0, maxCallsPerSecond: null }, inbound: { calls: 0, lastMinute: 0, maxCallsPerSecond: null } }]);
    const caller = await new Phone("13800138000").start();
    const { session } = await caller.reach(port);
    expect(service.stats()).toMatchObject({ calls: 1, registrations: 1 });
    const metrics = Object.fromEntries((await first.services.get(METRICS).read()).flatMap(({ name, samples }) => samples.map(({ value, labels = {} }) => [[name, ...Object.values(labels)].join(" "), value])));
    expect(metrics).toMatchObject({ hotline_sip_calls: 1, hotline_sip_registrations: 1, "hotline_sip_trunk_up demo": 1, "hotline_sip_trunk_channels demo": 1, "hotline_sip_trunk_calls_total demo inbound": 1, "hotline_sip_turned_away_total banned": 0, "hotline_sip_turned_away_total stranger": 0, hotline_sip_banned_addresses: 0, hotline_sip_wrong_passwords_total: 0, hotline_sip_auth_waits_total: 0 });
    expect(metrics["hotline_sip_messages_total received"]).toBeGreaterThan(2);
    // Without a limit of its channels there is none to tell.
    expect(metrics).not.toHaveProperty(["hotline_sip_trunk_channels_max demo"]);
    const health = await first.health();
    expect(health.plugins.find((p) => p.name === "sip")).toMatchObject({ ok: true, details: { calls: 1, registrations: 1 } });
    await session.bye();
    await until(() => service.stats().calls === 0, "the end of the call");
    await until(() => told.includes("reachable sip:1001") && told.includes("registered 1001"), "the events");
    await first.stop();
    live.length = 0;
    expect((await caller.call(port, { timeoutMs: 300 }).outcome).answered).toBe(false);

    told = [];
    // On another port: the old one may be somebody else's by now.
    const second = await run();
    await until(() => told.includes("reachable sip:1001"), "the phone to be known again");
    expect(second.services.get(SIP).registrations("1001")).toHaveLength(1);
    // It is rung where it is, without having registered again.
    const call = await second.services.get(CALL_PIPELINE).adapters[0]?.originate("sip:1001");
    await until(() => phone.invites.length === 1, "the phone to ring");
    await call?.hangup();
    expect((await phone.register(portOf(second), { expires: 0 })).status).toBe(200);
    await until(() => told.includes("unreachable sip:1001"), "the phone to be gone");
    await caller.stop();
    await second.stop();
    live.length = 0;
    told = [];
    const third = await run();
    expect(third.services.get(SIP).registrations()).toEqual([]);
    expect(told).toEqual([]);
  });

  it("keeps a trunk disabled over a restart, with who did it in the audit, and is well all the same", async () => {
    const first = await run();
    const service = first.services.get(SIP);
    await service.switchTrunk("demo", { enabled: false, reason: "the carrier works on it", actor: "u-1" });
    await expect(service.switchTrunk("nobody", { enabled: false, actor: "u-1" })).rejects.toMatchObject({ code: "HTL_SIP_NO_TRUNK", status: 404 });
    await first.stop();
    live.length = 0;
    const second = await run();
    const again = second.services.get(SIP);
    expect(again.trunks()).toMatchObject([{ key: "demo", disabled: { actor: "u-1", reason: "the carrier works on it" } }]);
    expect((await second.services.get(METRICS).read()).find(({ name }) => name === "hotline_sip_trunk_up")?.samples).toEqual([{ value: 0, labels: { trunk: "demo" } }]);
    const caller = await new Phone("13800138000").start();
    expect(await caller.call(portOf(second)).outcome).toMatchObject({ answered: false, status: 503 });
    expect((await second.health()).ok).toBe(true);
    await again.switchTrunk("demo", { enabled: true, actor: "u-2" });
    await again.switchTrunk("demo", { enabled: true, actor: "u-3" });
    await (await caller.reach(portOf(second))).session.bye();
    await caller.stop();
    const audit = await second.services.get(READ_POOL).read((em) => em.execute<{ action: string; actor: string; subject_id: string }[]>("select action, actor, subject_id from core_audit where action like 'sip.trunk%' order by at"));
    expect(audit).toEqual([{ action: "sip.trunk-disabled", actor: "u-1", subject_id: "demo" }, { action: "sip.trunk-enabled", actor: "u-2", subject_id: "demo" }]);
    await second.stop();
    live.length = 0;
    const third = await run();
    expect(third.services.get(SIP).trunks()).toMatchObject([{ disabled: null }]);
  });

  it("works with trunks alone: without a directory nobody registers, and callers get in", async () => {
    const hotline = await run(0, false);
    const port = portOf(hotline);
    expect((await phone.register(port)).status).toBe(403);
    const caller = await new Phone("13800138000").start();
    const { session } = await caller.reach(port);
    await session.bye();
    await caller.stop();
    expect((await hotline.health()).ok).toBe(true);
  });

  it("fails the start with a clear error when the port is taken", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    await expect(run(socket.address().port)).rejects.toMatchObject({ code: "HTL_SIP_PORT_IN_USE" });
    socket.close();
  });

  it.each([
    [{ trunks: [{ key: "x" }] }, "trunks.0"],
    [{ trunks: [{ key: "x", match: ["10.0.0.0/40"] }] }, "trunks.0.match.0"],
    [{ trunks: [{ key: "x", outbound: {} }] }, "outbound.host"],
    [{ prot: 5060 }, "prot"],
    [{ port: 70_000 }, "port"],
  ])("refuses the options %j", (options, path) => {
    const parsed = sip.definition.config.safeParse(options);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(path.split(".").at(-1) ?? "");
  });
});
