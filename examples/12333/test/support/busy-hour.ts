import { setMaxListeners } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Example } from "./example.js";
import { freePort } from "./free-ports.js";
import { pause, RtpProbe } from "./rtp-probe.js";
import { type AgentManner, type AgentRing, type CallerEnd, type CrowdMember, SippAgents, SippCrowd } from "./sipp.js";

export interface BusyHourOptions {
  readonly agents: number;
  readonly callers: number;
  /** In which the callers come. */
  readonly ms: number;
  readonly seed: number;
  readonly queue: Readonly<Record<string, unknown>> & { readonly serviceLevelSeconds: number; readonly shortAbandonSeconds: number };
  readonly manners: readonly AgentManner[];
  /** Shortest and longest stay of a caller. */
  readonly stayMs: readonly [number, number];
  readonly wrapUpSeconds: number;
}

/** What the peers saw of it. */
export interface BusyHour {
  readonly example: Example;
  readonly agents: readonly string[];
  readonly callers: readonly (CrowdMember & { readonly pressed: boolean })[];
  readonly ends: ReadonlyMap<string, CallerEnd>;
  readonly rings: readonly AgentRing[];
  readonly from: number;
  readonly to: number;
}

const FLOW = {
  id: "busy",
  title: "忙时",
  start: "main",
  language: "zh-CN",
  nodes: [
    { id: "main", type: "menu", prompt: { text: "人工服务请按1。" }, keys: "1", maxTries: 5, on: { "1": "agent", timeout: "bye", invalid: "bye" } },
    { id: "agent", type: "queue", queue: "general", on: { answered: "bye", timeout: "sorry", full: "sorry", "no-agents": "sorry" } },
    { id: "sorry", type: "play", prompt: { text: "坐席忙，请稍后再拨。" }, next: "bye" },
    { id: "bye", type: "hangup" },
  ],
};

/**
 * Writes a flow whose key 1 leads to the queue `general` at once; without greeting, callers are there within two seconds. Returns its path.
 *
 * @param queue further settings of the queue node
 */
export function shortFlow(folder: string, queue: { readonly callback?: { readonly key: string }; readonly on?: Readonly<Record<string, string>> } = {}): string {
  const file = join(folder, "flow.json");
  const nodes = FLOW.nodes.map((node) => (node.type === "queue" ? { ...node, ...queue, on: { ...node.on, ...queue.on } } : node));
  writeFileSync(file, JSON.stringify({ ...FLOW, nodes }));
  return file;
}

/** Options of an example with `numbers` at the queue `general`, reached by key 1. */
export function staffedBy(numbers: readonly string[], folder: string, options: Pick<BusyHourOptions, "queue" | "wrapUpSeconds">): Record<string, string> {
  const users = numbers.map((number) => ({ username: number, password: passwordOf(number), displayName: `坐席${number}`, roles: ["agent"], agentNumber: number, departmentCode: "201", demo: true }));
  return {
    HOTLINE_FLOW_FILE: shortFlow(folder),
    HOTLINE_REPORTS_ANSWER_WITHIN_SECONDS: String(options.queue.serviceLevelSeconds),
    HOTLINE_REPORTS_SHORT_ABANDON_SECONDS: String(options.queue.shortAbandonSeconds),
    HOTLINE_ACD_WRAP_UP: String(options.wrapUpSeconds),
    HOTLINE_ACD_QUEUES: JSON.stringify([
      { key: "general", name: "综合咨询", ...options.queue },
      { key: "second", name: "二线", ...options.queue },
      // Of the letters that the example queues.
      { key: "written", name: "书面来件" },
    ]),
    HOTLINE_ACD_AGENTS: JSON.stringify(numbers.map((number) => ({ number, name: `坐席${number}`, queues: ["general", "second"] }))),
    HOTLINE_DIRECTORY_USERS: JSON.stringify([{ username: "admin", password: "demo-admin", displayName: "系统管理员", roles: ["admin"], demo: true }, ...users]),
  };
}

export const passwordOf = (number: string): string => `phone-of-${number}`;
export const agentNumbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(1801 + index));

/** Agents and callers of SIPp at one hotline, until all have hung up. The hotline still runs; `dispose` ends it. */
export async function busyHour(options: BusyHourOptions): Promise<{ hour: BusyHour; dispose: () => Promise<void> }> {
  const random = mulberry(options.seed);
  const folder = mkdtempSync(join(tmpdir(), "busy-hour-"));
  const numbers = agentNumbers(options.agents);
  const example = await Example.start({ environment: staffedBy(numbers, folder, options) });
  const media = await RtpProbe.open();
  const between = ([low, high]: readonly [number, number]): number => low + random() * (high - low);
  const callers = Array.from({ length: options.callers }, (_, index) => ({ number: `139${String(index).padStart(8, "0")}`, arrivesMs: random() * options.ms, staysMs: between(options.stayMs), pressed: random() < 0.85, pressAfterMs: random() * 800 }));
  const probes: RtpProbe[] = [];
  let phones: SippAgents | undefined;
  let crowd: SippCrowd | undefined;
  const dispose = async (): Promise<void> => {
    crowd?.dispose();
    phones?.dispose();
    for (const probe of probes) probe.close();
    media.close();
    await example.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const from = Date.now();
    phones = await SippAgents.start({ sipPort: example.sipPort, port: await freePort(), mediaPort: media.port, agents: numbers.map((number) => ({ number, password: passwordOf(number) })), manners: options.manners });
    const members = await Promise.all(
      callers.map(async (caller) => {
        const probe = await RtpProbe.open();
        probes.push(probe);
        return { ...caller, mediaPort: probe.port };
      }),
    );
    crowd = await SippCrowd.start({ sipPort: example.sipPort, members });
    const given = new AbortController();
    setMaxListeners(0, given.signal);
    const pressing = Promise.all(members.map((member, index) => takePart(probes[index] as RtpProbe, member, given.signal)));
    const steering = steer(example, numbers, options.ms, given.signal);
    const code = await Promise.race([crowd.exited, pause(options.ms + options.stayMs[1] + 60_000).then(() => "still calling" as const)]);
    given.abort();
    await Promise.all([pressing, steering]);
    if (code !== 0) throw new Error(`SIPp's callers ended with ${code}: ${crowd.errors()}`);
    const rings = await phones.finish();
    return { hour: { example, agents: numbers, callers: members, ends: crowd.ends(), rings, from, to: Date.now() }, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Sends silence as a telephone does, and presses 1 where the caller wants a person. */
async function takePart(probe: RtpProbe, { pressed, pressAfterMs, arrivesMs, staysMs }: CrowdMember & { pressed: boolean; pressAfterMs: number }, over: AbortSignal): Promise<void> {
  await pause(arrivesMs, over);
  try {
    probe.playSilence();
    await probe.until(() => over.aborted || probe.packets.length > 0, 30_000, "the first packet");
    await pause(pressAfterMs, over);
    if (pressed && !over.aborted) await probe.press("1");
    await pause(staysMs, over);
  } finally {
    probe.stopPlaying();
    // Long runs would keep minutes of sound of everybody.
    probe.packets.length = 0;
  }
}

/** What supervisors do meanwhile: an agent goes to lunch and comes back, a waiting caller is moved into the other queue. */
async function steer(example: Example, [first = ""]: readonly string[], ms: number, over: AbortSignal): Promise<void> {
  const post = async (path: string, body: object): Promise<Response> => example.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  let moved = 0;
  const until = performance.now() + ms;
  for (let turn = 0; performance.now() < until && !over.aborted; turn++) {
    await pause(Math.min(2_000, ms / 10), over);
    if (turn % 6 === 1) await post(`/api/agents/${first}/state`, { state: "not-ready", reason: "用餐" });
    if (turn % 6 === 3) await post(`/api/agents/${first}/state`, { state: "available" });
    const { items } = await example.get<{ items: readonly { interactionId: string }[] }>("/api/queues/general/waiting");
    const last = items.at(-1);
    // Answered or gone in between: then there is nobody to move.
    if (last !== undefined && moved < 3 && (await post(`/api/waiting/${last.interactionId}/move`, { queue: "second" })).ok) moved += 1;
  }
  const back = await post(`/api/agents/${first}/state`, { state: "available" });
  if (!back.ok) throw new Error(`${first} could not be made available again: ${back.status} ${await back.text()}`);
}

/** The same numbers for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
