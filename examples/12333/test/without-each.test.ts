import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSilentLogger, IVR_NODE_TYPES, ROUTES } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { FLOWS } from "@hotlinejs/plugin-ivr/contract";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { afterEach, describe, expect, it } from "vitest";
import { NOT_OFFERED } from "../src/fit-flow.js";
import { create12333, plugins } from "../src/hotline.js";
import { rawInvite } from "./support/raw-invite.js";
import { VirtualExample } from "./support/virtual-example.js";

const TODAY = "2026-03-02";
const all = plugins({ today: TODAY }).map((plugin) => plugin.definition);
type Definition = (typeof all)[number];
const names = all.map((definition) => definition.name);

/** Permissions of every role, so that a console page that is missing is missing for want of its plugin. */
async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json", origin: url }, body: JSON.stringify({ username: "admin", password: "demo-admin" }) });
  expect(response.status).toBeLessThan(300);
  return (response.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? "";
}

/** A plugin that was left out has left nothing: no node, no choice of a menu, no route, no page. What belongs to the others is all there. */
async function expectGone({ services }: Hotline, name: string): Promise<void> {
  const rest = all.filter((definition) => definition.name !== name);
  const own = all.find((definition) => definition.name === name);

  expect([...services.get(IVR_NODE_TYPES).keys()].sort()).toEqual(rest.flatMap((definition) => (definition.ivrNodes ?? []).map((node) => node.type)).sort());
  const flow = services.optional(FLOWS)?.get("12333");
  expect(flow === undefined).toBe(name === "ivr");
  for (const node of flow?.nodes ?? []) {
    expect(services.get(IVR_NODE_TYPES).has(node.type)).toBe(true);
    if (node.type === "menu") for (const key of String(node.keys)) expect(flow?.nodes.find(({ id }) => id === (node.on?.[key] ?? node.next))?.prompt).not.toEqual({ text: NOT_OFFERED });
  }

  const routes = (definitions: readonly Definition[]): string[] => definitions.flatMap((definition) => (definition.routes ?? []).map(({ method, path }) => `${method} ${path}`)).sort();
  expect(services.get(ROUTES).map(({ route: { method, path } }) => `${method} ${path}`).sort()).toEqual(routes(rest));
  const pages = (definitions: readonly Definition[]): string[] => definitions.flatMap((definition) => (definition.consoleUi?.pages ?? []).map(({ path }) => path)).sort();

  const url = services.optional(HTTP_SERVER)?.url;
  expect(url === undefined).toBe(name === "http");
  // Without accounts nobody can sign in: then there is nothing to ask the web server for.
  if (url === undefined || name === "directory") return;
  const cookie = await signIn(url);
  const get = (path: string): Promise<Response> => fetch(`${url}${path}`, { headers: { cookie, connection: "close" } });
  const gone = (own?.routes ?? []).find(({ method, path }) => method === "GET" && !path.includes("*"));
  if (gone !== undefined) expect([gone.path, (await get(gone.path.replace(/:\w+/g, "x"))).status]).toEqual([gone.path, 404]);
  expect((await get("/api/health")).status).toBe(200);
  const session = await get("/api/console/session");
  expect(session.status).toBe(name === "console" ? 404 : 200);
  if (name === "console") return;
  const map = (await session.json()) as { pages: { path: string }[]; panels: { plugin: string }[]; scripts: { plugin: string }[] };
  expect(map.pages.map(({ path }) => path).sort()).toEqual(pages(rest));
  expect(map.scripts.map(({ plugin }) => plugin)).not.toContain(name);
  expect(map.panels.map(({ plugin }) => plugin)).not.toContain(name);
}

let stop: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

describe("each plugin can be left out", () => {
  it("knows each by a name of its own", () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(names.map((name) => [name]))("without %s the real composition starts, is healthy and stops", async (name) => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-without-"));
    const hotline = create12333({
      today: TODAY,
      without: [name],
      environment: { HOTLINE_DATA_DIR: dataDir, HOTLINE_SIP_PORT: "0", HOTLINE_HTTP_PORT: "0" },
      hotline: { logger: createSilentLogger(), durability: "process" },
    });
    stop = async () => {
      await hotline.stop({ drain: false });
      rmSync(dataDir, { recursive: true, force: true });
    };
    await hotline.start();
    const health = await hotline.health();
    // A hotline that has to speak and has no voice is not well, and says why.
    const voiceless = name === "espeak";
    expect(health.plugins.filter((plugin) => !plugin.ok)).toMatchObject(voiceless ? [{ name: "tts", message: "no speech provider" }] : []);
    expect(health.ok).toBe(!voiceless);
    expect(health.plugins.map((plugin) => plugin.name).sort()).toEqual(names.filter((other) => other !== name).sort());
    const port = hotline.services.optional(SIP)?.endpoints[0]?.port;
    expect(port === undefined).toBe(name === "sip");
    await expectGone(hotline, name);
    // What the fakes below cannot show: SIP without accounts answers its trunks, without media it refuses at once.
    const wanted: Readonly<Record<string, number>> = { directory: 200, media: 503 };
    if (port !== undefined && wanted[name] !== undefined) expect(await rawInvite(port)).toMatchObject({ status: wanted[name] });
    await hotline.stop({ drain: false });
    expect(hotline.state).toBe("stopped");
  }, 120_000);
});

/** What a caller who presses 1 with an agent at her phone, and then one who tries the rest, meets without a plugin. */
describe("calls without one plugin", () => {
  async function start(name: string): Promise<VirtualExample> {
    const example = await VirtualExample.start({ without: ["http", name] });
    stop = () => example.close();
    return example;
  }

  const others = names.filter((name) => !["media", "sip", "ivr", "acd", "tts"].includes(name));
  it.each(others.map((name) => [name]))("without %s a caller reaches the agent", async (name) => {
    const example = await start(name);
    const phone = await example.test.agent("1001");
    const caller = await example.call("1");
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await example.test.advance(4_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await phone.hangup();
    await caller.hears("感谢您的来电");
    await example.test.advance(20_000);
    expect(caller.end).toMatchObject({ by: "local" });
    expect((await example.test.hotline.health()).ok).toBe(true);
    expect(example.complaints).toEqual([]);
  });

  it("without acd a caller leaves a message", async () => {
    const example = await start("acd");
    const caller = await example.test.dial("12333");
    await caller.hears("自动服务请按2");
    // Silence leads to people; there are none, which is said, and then to the mailbox.
    await caller.hears(NOT_OFFERED);
    await caller.hears("tone:beep");
    await example.test.advance(3_000);
    await caller.press("#");
    await caller.hears(/流水号\d{12}/);
    await caller.hangup();
    await example.test.advance(6_000);
    expect(await example.tickets()).toHaveLength(1);
    expect(example.complaints).toEqual([]);
  });

  it("without ivr the hotline's fallback takes the caller to an agent", async () => {
    const example = await start("ivr");
    const phone = await example.test.agent("1001");
    const caller = await example.test.dial("12333");
    await caller.hears("正在为您转接人工坐席");
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await example.test.advance(4_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await caller.hangup();
  });

  it("without tts nobody speaks, but keys work, agents talk and messages become tickets", async () => {
    const example = await start("tts");
    const phone = await example.test.agent("1001");
    const caller = await example.test.dial("12333");
    await caller.press("1");
    await example.test.advance(2_000);
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await example.test.advance(2_000);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await caller.hangup();
    await example.test.advance(20_000);
    const second = await example.test.dial("12333");
    await second.press("2");
    await example.test.advance(500);
    await second.press("2");
    await second.hears("tone:beep");
    await example.test.advance(3_000);
    await second.press("#");
    await example.test.advance(1_000);
    expect(await example.tickets()).toHaveLength(1);
    await second.hangup();
  });

  it.each([
    ["recording", "2", "留言信箱请按2", "22"],
    ["tickets", "2", "批评建议和投诉举报请按3", "23"],
    ["tickets", "2", "投诉处理结果查询请按6", "26"],
    ["surveys", "2", "民意调查请按7", "27"],
    ["fax", "2", "传真操作请按4", "24"],
    ["business", "2", "社保账户查询请按8", "28"],
    ["acd", "", "人工服务请按1", "1"],
  ])("without %s the menu at the keys %j does not offer «%s», and the key is a wrong one", async (name, before, words, keys) => {
    const example = await start(name);
    const caller = await example.test.dial("12333");
    await caller.hears("自动服务请按2");
    for (const key of before) await caller.press(key);
    if (before !== "") await caller.hears("服务咨询请按1");
    expect(caller.hearing).toContain("请按");
    expect(caller.heard.join()).not.toContain(words);
    await caller.press(keys.slice(before.length));
    await caller.hears("输入有误");
    await caller.hangup();
    await example.test.advance(6_000);
    expect(example.complaints).toEqual([]);
  });

  it("without recording a caller who is led to the mailbox is told, and the menu goes on", async () => {
    const example = await start("recording");
    const caller = await example.call("1");
    await caller.hears("当前没有坐席在岗");
    await caller.hears(NOT_OFFERED);
    await caller.hears("返回自动服务请按1");
    await caller.hangup();
    await example.test.advance(6_000);
    expect(example.complaints).toEqual([]);
  });

  it("without recording a complaint is still taken, and said to be without sound", async () => {
    const example = await start("recording");
    const caller = await example.call("23");
    await caller.hears("录音没有保存成功");
    await caller.hangup();
    await example.test.advance(6_000);
    expect(example.complaints).toEqual([]);
  });

  it("without tickets a message is still taken, and said to be", async () => {
    const example = await start("tickets");
    const caller = await example.call("22");
    await caller.hears("tone:beep");
    await example.test.advance(3_000);
    await caller.press("#");
    await caller.hears("留言已保存");
    await caller.hangup();
    await example.test.advance(6_000);
    expect(await example.rows("select kind from recording_recording order by kind")).toEqual([{ kind: "call" }, { kind: "voicemail" }]);
  });
});
