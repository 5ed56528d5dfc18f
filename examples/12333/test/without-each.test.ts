import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSilentLogger } from "@hotlinejs/core";
import type { FlowDefinition, FlowNode } from "@hotlinejs/plugin-ivr/contract";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { afterEach, describe, expect, it } from "vitest";
import { mainFlow } from "../src/flow.js";
import { create12333, plugins } from "../src/hotline.js";
import { rawInvite } from "./support/raw-invite.js";
import { VirtualExample } from "./support/virtual-example.js";

const TODAY = "2026-03-02";
const MISSING = "这项服务暂时没有。";
const all = plugins({ today: TODAY }).map((plugin) => plugin.definition);
const names = all.map((definition) => definition.name);

/** The flow of the example with a word of regret wherever a node belongs to a plugin that is left out. */
function flowWithout(name: string): FlowDefinition {
  const flow = mainFlow(TODAY);
  const types = new Set(all.filter((definition) => definition.name !== name).flatMap((definition) => (definition.ivrNodes ?? []).map((node) => node.type)));
  const regret = ({ id, next, on }: FlowNode): FlowNode => ({ id, type: "play", prompt: { text: MISSING }, next: next ?? Object.values(on ?? {})[0] ?? "bye" });
  const nodes = flow.nodes.map((node) => (types.has(node.type) || name === "ivr" ? node : regret(node)));
  return { ...flow, nodes: reachable(flow, nodes) };
}

/** A flow must not hold nodes that nobody can get to. */
function reachable({ start, globals }: FlowDefinition, nodes: readonly FlowNode[]): readonly FlowNode[] {
  const found = new Set<string>();
  const visit = (id: string | undefined): void => {
    const node = nodes.find((each) => each.id === id);
    if (node === undefined || found.has(node.id)) return;
    found.add(node.id);
    for (const target of [node.next, ...Object.values(node.on ?? {})]) visit(target);
  };
  for (const id of [start, globals?.zero, globals?.fallback]) visit(id);
  return nodes.filter((node) => found.has(node.id));
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
      flow: flowWithout(name),
      environment: { HOTLINE_DATA_DIR: dataDir, HOTLINE_SIP_PORT: "0", HOTLINE_HTTP_PORT: "0" },
      hotline: { logger: createSilentLogger() },
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
    // What the fakes below cannot show: SIP without accounts answers its trunks, without media it refuses at once.
    const wanted: Readonly<Record<string, number>> = { directory: 200, media: 503 };
    if (port !== undefined && wanted[name] !== undefined) expect(await rawInvite(port)).toMatchObject({ status: wanted[name] });
    await hotline.stop({ drain: false });
    expect(hotline.state).toBe("stopped");
  });
});

/** What a caller who presses 1 with an agent at her phone, and then one who tries the rest, meets without a plugin. */
describe("calls without one plugin", () => {
  async function start(name: string): Promise<VirtualExample> {
    const example = await VirtualExample.start({ without: ["http", name], flow: flowWithout(name) });
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
    const caller = await example.call("1");
    await caller.hears(MISSING);
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
    ["recording", "22", MISSING],
    ["recording", "23", "录音没有保存成功"],
    ["tickets", "23", MISSING],
    ["tickets", "26", MISSING],
    ["surveys", "27", MISSING],
    ["fax", "242", MISSING],
    ["business", "28", MISSING],
  ])("without %s the keys %s are told to be out of service, and the menu goes on", async (name, keys, words) => {
    const example = await start(name);
    const caller = await example.call(keys);
    await caller.hears(words);
    await caller.hears("返回自动服务请按1");
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
