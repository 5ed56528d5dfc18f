import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, READ_POOL, ROUTES, SCREENS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Capture, Principal } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { AGENT_CALLS } from "@hotlinejs/plugin-acd/contract";
import { createTestHotline, FakeMediaLeg } from "@hotlinejs/testing";
import type { FakeAgent, FakeCaller, TestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { recording, RECORDINGS } from "../src/index.js";
import type { RecordingPause, RecordingView } from "../src/index.js";
import { tone } from "./capture-writer.js";
import { fillCapture, until } from "./recording-hotline.js";

interface State {
  readonly interactionId: string | null;
  readonly recorded: boolean;
  readonly pause: RecordingPause | null;
  readonly longestMs: number;
}

const PATH = "/api/agents/:number/call/recording";
let dataDir: string;
let test: TestHotline;
let caller: FakeCaller;
let phones: Record<"1001" | "1002", FakeAgent>;
let id: string;
/** What the engine was told of the captures, in order. */
let engine: string[];
let told: { audience: unknown; topic: string; data: unknown }[];

const screens = definePlugin({
  name: "pages",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  provides: [SCREENS],
  register: ({ services }) => services.provide(SCREENS, () => ({ tell: (audience, { topic, data }) => void told.push({ audience, topic, data }) })),
});
const agentOf = (number: string, ...permissions: string[]): Principal => ({ userId: `u${number}`, username: number, displayName: number, roles: [], permissions: new Set(["recording.pause", ...permissions]), agentNumber: number }) as Principal;

async function request<T = State>(method: "GET" | "POST", path: string, body: unknown, principal: Principal, number = "1001"): Promise<T> {
  const route = test.services.get(ROUTES).find((each) => each.route.path === path && each.route.method === method)?.route ?? expect.fail(path);
  const answer = Promise.resolve().then(() => route.handler({ services: test.services, params: { number }, body: route.body?.parse(body), principal } as never));
  answer.catch(() => undefined);
  await test.advance(100);
  return (await answer) as T;
}
const post = (paused: boolean, by = agentOf("1001"), number = "1001", reason?: string): Promise<State> => request("POST", PATH, { paused, ...(reason === undefined ? {} : { reason }) }, by, number);
const state = (number: string): Promise<State> => request("GET", PATH, undefined, agentOf(number), number);
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const view = async (): Promise<RecordingView> => (await test.services.get(RECORDINGS).byInteraction(id))[0] ?? expect.fail("no recording");
const audit = async (): Promise<string[]> => (await rows<{ actor: string; action: string; subject_id: string }>("select actor, action, subject_id from core_audit where action like 'recording.%' order by at, id")).map(({ actor, action, subject_id }) => `${actor} ${action} ${subject_id === id ? "the call" : subject_id}`);
const journal = async (): Promise<string[]> => (await rows<{ type: string }>("select type from core_interaction_event where type like 'recording.%' order by at, id")).map(({ type }) => type);
const news = (): unknown[] => told.filter(({ topic }) => topic === "recording.pause").map(({ data }) => (data as { ended: string | null }).ended);

async function run(command: Promise<unknown>, ms = 500): Promise<void> {
  command.catch(() => undefined);
  await test.advance(ms);
  await command;
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "agent-pause-"));
  engine = [];
  told = [];
  const real = FakeMediaLeg.prototype.capture;
  vi.spyOn(FakeMediaLeg.prototype, "capture").mockImplementation(async function (this: FakeMediaLeg, options) {
    const capture: Capture = await real.call(this, options);
    for (const what of ["pause", "resume", "stop"] as const) {
      const done = capture[what].bind(capture);
      Object.assign(capture, { [what]: () => (engine.push(what), done()) });
    }
    return capture;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A citizen talks with 1001; 1002 serves another queue. */
async function talking(config: Parameters<typeof recording>[0] = {}): Promise<void> {
  test = await createTestHotline({
    dataDir,
    calls: { initial: { handler: "queue", target: "q" } },
    plugins: [
      acd({
        wrapUp: 1,
        queues: [{ key: "q", name: "综合", connectPrompt: false, whisper: false }, { key: "second", name: "社保", connectPrompt: false, whisper: false }],
        agents: [{ number: "1001", name: "李敏", queues: ["q"] }, { number: "1002", name: "张科", queues: ["second"] }],
      }),
      recording(config),
      screens(),
    ],
  });
  phones = { "1001": await test.agent("1001"), "1002": await test.agent("1002") };
  caller = await test.dial("12333", { from: "13812345678" });
  await test.advance(5_000);
  await phones["1001"].answer();
  await test.advance(1_000);
  id = test.services.get(AGENT_CALLS).current("1001")?.interactionId ?? expect.fail("nobody talks");
}

it("an agent pauses and resumes: recorder, list of pauses, journal, audit and pages say so", async () => {
  await talking();
  expect(await state("1001")).toEqual({ interactionId: id, recorded: true, pause: null, longestMs: 120_000 });
  const begun = test.clock.now();
  const paused = await post(true, agentOf("1001"), "1001", "id-number");
  expect(paused).toMatchObject({ interactionId: id, recorded: true, pause: { agent: "1001", reason: "id-number", from: begun, until: begun + 120_000, to: null, ended: null } });
  expect(engine).toEqual(["pause"]);
  // Nobody is told twice, and the time is not drawn out.
  await test.advance(10_000);
  expect(await post(true)).toEqual(paused);
  expect((await view()).pauses).toEqual([paused.pause]);
  expect(await request("GET", "/api/recording-pauses", undefined, agentOf("1009", "recording.pauses.read"))).toEqual({ items: [{ ...paused.pause, interactionId: id }], next: null });
  const resumedAt = test.clock.now();
  expect(await post(false)).toMatchObject({ recorded: true, pause: null });
  expect(engine).toEqual(["pause", "resume"]);
  // Without a pause nothing happens.
  expect(await post(false)).toMatchObject({ recorded: true, pause: null });
  expect((await view()).pauses).toEqual([{ ...paused.pause, to: resumedAt, ended: "resumed" }]);
  expect(await request("GET", "/api/recording-pauses", undefined, agentOf("1009", "recording.pauses.read"))).toEqual({ items: [], next: null });
  expect(await audit()).toEqual(["u1001 recording.paused the call", "u1001 recording.resumed the call"]);
  expect(await journal()).toEqual(["recording.pause-began", "recording.pause-ended"]);
  expect(told.filter(({ topic }) => topic === "recording.pause")).toEqual([
    { audience: { agents: ["1001"], permission: "recording.pauses.read" }, topic: "recording.pause", data: { interactionId: id, agent: "1001", ended: null } },
    { audience: { agents: ["1001"], permission: "recording.pauses.read" }, topic: "recording.pause", data: { interactionId: id, agent: "1001", ended: "resumed" } },
  ]);
  // Still known when the recording is compressed; its own list of silence comes besides.
  const seconds = Math.ceil((test.clock.now() - (await view()).startedAt) / 1000) + 1;
  fillCapture(dataDir, { left: tone(440, 8000 * seconds), right: tone(1000, 8000 * seconds), excluded: { from: 8000, to: 16_000 } });
  await caller.hangup();
  await until(test, async () => (await view()).state === "compressed");
  expect(await view()).toMatchObject({ excluded: [{ from: 1000, to: 2000 }], pauses: [{ id: paused.pause?.id, to: resumedAt, ended: "resumed" }] });
});

it("nobody forgets it: after the longest time the call is recorded again by itself", async () => {
  await talking({ longestPauseSeconds: 30 });
  await post(true);
  await test.advance(29_000);
  expect(engine).toEqual(["pause"]);
  await test.advance(1_500);
  expect(engine).toEqual(["pause", "resume"]);
  expect(await state("1001")).toMatchObject({ recorded: true, pause: null, longestMs: 30_000 });
  const [pause] = (await view()).pauses;
  expect(pause).toMatchObject({ ended: "limit", to: pause?.until });
  expect(await audit()).toEqual(["u1001 recording.paused the call", "system recording.resumed the call"]);
  expect(news()).toEqual([null, "limit"]);
  // A second one has the whole time again, and the limit of the first does not end it.
  await post(true);
  await test.advance(20_000);
  expect((await state("1001")).pause).not.toBeNull();
});

it("the next agent is recorded from the first word; the giver's pause ends with the transfer", async () => {
  await talking();
  const calls = test.services.get(AGENT_CALLS);
  await post(true);
  await run(calls.transfer("1001", "1002", "u1001"));
  expect(engine).toEqual(["pause", "resume"]);
  await phones["1002"].answer();
  await test.advance(1_000);
  expect(calls.current("1002")).toMatchObject({ interactionId: id, state: "talking" });
  expect(await state("1002")).toMatchObject({ interactionId: id, recorded: true, pause: null });
  expect((await view()).pauses).toMatchObject([{ agent: "1001", ended: "left" }]);
  // Theirs now: who gave the caller away has no say in it any more.
  await expect(post(true)).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL", status: 409 });
  expect(await post(true, agentOf("1002"), "1002")).toMatchObject({ pause: { agent: "1002" } });
  expect(engine).toEqual(["pause", "resume", "pause"]);
});

it("goes on while the citizen is on hold and a colleague is asked, who cannot pause it; ends when the colleague takes over", async () => {
  await talking();
  const calls = test.services.get(AGENT_CALLS);
  await post(true);
  await run(calls.hold("1001"));
  await run(calls.consult("1001", "1002", "u1001"));
  await phones["1002"].answer();
  await test.advance(500);
  expect(calls.current("1001")?.state).toBe("consulting");
  expect((await state("1001")).pause).not.toBeNull();
  await expect(post(true, agentOf("1002"), "1002")).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL" });
  expect(engine).toEqual(["pause"]);
  await run(calls.complete("1001"));
  expect(engine).toEqual(["pause", "resume"]);
  expect((await view()).pauses).toMatchObject([{ ended: "left" }]);
});

it("the citizen hangs up while it is paused: the pause is over with the call, and the next call is recorded", async () => {
  await talking();
  await post(true);
  const at = test.clock.now();
  await caller.hangup();
  await test.advance(500);
  expect(engine.at(0)).toBe("pause");
  const [pause] = await rows<{ ended: string; ended_at: number }>("select ended, ended_at from recording_pause");
  expect(pause?.ended).toBe("hangup");
  expect(Number(pause?.ended_at) - at).toBeLessThan(200);
  expect(await journal()).toEqual(["recording.pause-began", "recording.pause-ended"]);
  expect(news()).toEqual([null, "hangup"]);
  expect(await state("1001")).toMatchObject({ interactionId: null, recorded: false, pause: null });
  engine.length = 0;
  await test.advance(130_000);
  caller = await test.dial("12333", { from: "13812345678" });
  await test.advance(5_000);
  await phones["1001"].answer();
  await test.advance(1_000);
  expect(engine).toEqual([]);
  expect(await state("1001")).toMatchObject({ recorded: true, pause: null });
});

it.each(["agent", "flow"])("a secret keyed in meanwhile stays out, whoever ends first (%s)", async (first) => {
  await talking();
  const recordings = test.services.get(RECORDINGS);
  await post(true);
  recordings.pause(id);
  if (first === "agent") await post(false);
  else recordings.resume(id);
  await test.advance(1_000);
  expect(engine.filter((what) => what === "resume")).toEqual([]);
  if (first === "agent") recordings.resume(id);
  else await post(false);
  expect(engine.filter((what) => what === "resume")).toHaveLength(1);
  // A further end of a flow's pause takes nothing away.
  recordings.resume(id);
  await post(true);
  expect(engine.at(-1)).toBe("pause");
});

it("is refused without a talk, and to others than the agent and supervisors", async () => {
  await talking();
  await expect(post(true, agentOf("1002"), "1001")).rejects.toMatchObject({ code: "HTL_RECORDING_NOT_YOUR_CALL", status: 403 });
  await expect(request("GET", PATH, undefined, agentOf("1002"), "1001")).rejects.toMatchObject({ code: "HTL_RECORDING_NOT_YOUR_CALL" });
  await expect(post(true, agentOf("1002"), "1002")).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL", status: 409 });
  await expect(post(false, agentOf("1002"), "1002")).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL", status: 409 });
  expect(engine).toEqual([]);
  expect(await audit()).toEqual([]);
  await post(true);
  // A supervisor sees that it was forgotten.
  expect(await post(false, agentOf("1009", "acd.agents.state"), "1001")).toMatchObject({ pause: null });
  expect(await audit()).toEqual(["u1001 recording.paused the call", "u1009 recording.resumed the call"]);
  expect(test.services.get(ROUTES).filter(({ route }) => /recording-pauses|call\/recording/.test(route.path)).map(({ route }) => `${route.method} ${route.permission}`)).toEqual(["GET authenticated", "POST recording.pause", "GET recording.pauses.read"]);
});

it("ends with the hotline; what a crash left open is ended at the next start", async () => {
  await talking();
  await post(true);
  const limitAt = test.clock.now() + 120_000;
  await test.close({ drain: false });
  /** Puts the row back to where a kill -9 would have left it. */
  const undone = definePlugin({
    name: "aaa",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register: ({ onReady, services }) => {
      onReady(() =>
        services.get(UNIT_OF_WORK).run(async (uow) => {
          ends.push(...(await uow.em.execute<{ ended: string | null }[]>("select ended from recording_pause")).map(({ ended }) => ended));
          await uow.em.execute("update recording_pause set ended = null, ended_at = null");
        }),
      );
    },
  });
  const ends: (string | null)[] = [];
  test = await createTestHotline({ dataDir, plugins: [undone(), recording()] });
  // A hotline that stops has ended its calls before.
  expect(ends).toEqual(["hangup"]);
  const [left] = await rows<{ ended: string | null; ended_at: number }>("select ended, ended_at from recording_pause");
  expect(left?.ended).toBe("lost");
  expect(Number(left?.ended_at)).toBeLessThanOrEqual(limitAt);
});

it("is thrown away with the last recording of its call", async () => {
  await talking({ retentionDays: 1 });
  await post(true);
  await caller.hangup();
  await test.advance(1_000);
  expect(await rows("select id from recording_pause")).toHaveLength(1);
  const startAt = test.clock.now() + 2 * 86_400_000;
  await test.close();
  test = await createTestHotline({ dataDir, startAt, plugins: [recording({ retentionDays: 1 })] });
  await until(test, async () => (await rows("select id from recording_recording")).length === 0);
  expect(await rows("select id from recording_pause")).toEqual([]);
});

it("where plugin-acd is absent nobody has a call to pause", async () => {
  test = await createTestHotline({ dataDir, plugins: [recording(), screens()] });
  await expect(post(true)).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL", status: 409 });
});
