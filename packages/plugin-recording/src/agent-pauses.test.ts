import { ActivityCounter, createSilentLogger, seededRandom, UuidIds, VirtualClock } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import type { AgentCall } from "@hotlinejs/plugin-acd/contract";
import { beforeEach, expect, it } from "vitest";
import { AgentPauses } from "./agent-pauses.js";

const activity = new ActivityCounter();
let clock: VirtualClock;
/** What recorder, store, journal and bus were told, in order. */
let log: string[];
let fail: { begin: number; end: number };
let may: boolean;
let call: Partial<AgentCall> | undefined;
let pauses: AgentPauses;

const talk = (change: Partial<AgentCall> = {}): AgentCall => ({ agent: "1001", interactionId: "i1", state: "talking", given: null, ...change }) as AgentCall;
const take = (what: "begin" | "end"): Promise<void> => (fail[what]-- > 0 ? Promise.reject(new Error("the database is full")) : Promise.resolve(void log.push(`row ${what}`)));

beforeEach(() => {
  clock = new VirtualClock();
  log = [];
  fail = { begin: 0, end: 0 };
  may = true;
  call = talk();
  const session = { call: { signal: new AbortController().signal }, interaction: { id: "i1", event: (type: string, data: { ended?: string }) => void log.push(`${type}${data.ended === undefined ? "" : ` ${data.ended}`}`) } } as unknown as CallSession;
  pauses = new AgentPauses({
    recorder: { pause: () => void log.push("pause"), resume: () => void log.push("resume"), records: () => may, mayRecord: () => may },
    store: { begin: () => take("begin"), end: () => take("end") },
    clock,
    ids: new UuidIds(clock, seededRandom(1)),
    log: createSilentLogger(),
    call: () => call as AgentCall | undefined,
    session: () => session,
    publish: (name) => void log.push(`told ${name}`),
    longestMs: 60_000,
  });
});

it("nothing is paused that is not recorded", async () => {
  may = false;
  await expect(pauses.begin("1001", "u", null)).rejects.toMatchObject({ code: "HTL_RECORDING_NOT_RECORDED", status: 409 });
  expect(log).toEqual([]);
});

it.each<[string, Partial<AgentCall>]>([
  ["rung", { state: "ringing" }],
  ["while the citizen is in a flow", { state: "in-flow" }],
  ["on the way to somebody else", { state: "transferring" }],
  ["only asked about the citizen", { state: "consulting", given: { by: "1002", name: "B", asked: true } }],
])("an agent who is %s has nothing to pause", async (_when, change) => {
  call = talk(change);
  await expect(pauses.begin("1001", "u", null)).rejects.toMatchObject({ code: "HTL_RECORDING_NO_CALL" });
  expect(log).toEqual([]);
});

it("the sound is left out before the row is there; without a row there is no pause", async () => {
  fail.begin = 1;
  await expect(pauses.begin("1001", "u", null)).rejects.toThrow("the database is full");
  expect(log).toEqual(["pause", "recording.pause-began", "resume", "recording.pause-ended failed"]);
  expect(pauses.list()).toEqual([]);
  // Its limit is gone, too.
  await clock.advance(120_000, activity);
  expect(log).toHaveLength(4);
});

it("an end that the database does not take is tried again; the call is recorded at once", async () => {
  await pauses.begin("1001", "u", null);
  fail.end = 2;
  await pauses.end("1001", "u");
  expect(log.slice(3)).toEqual(["told recording.pause-began", "resume", "recording.pause-ended resumed", "told recording.pause-ended"]);
  await clock.advance(10_000, activity);
  expect(log.at(-1)).toBe("told recording.pause-ended");
  await clock.advance(10_000, activity);
  expect(log.at(-1)).toBe("row end");
});

it("goes on with the talk, in whatever state, and ends with it; other agents' calls do not matter", async () => {
  await pauses.begin("1001", "u", null);
  for (const state of ["held", "consult-ringing", "consulting", "conference", "reconnecting", "talking"] as const) pauses.followed("1001", talk({ state }));
  pauses.followed("1002", null);
  expect(pauses.list()).toHaveLength(1);
  pauses.followed("1001", talk({ state: "in-flow" }));
  await clock.advance(0, activity);
  expect(pauses.list()).toEqual([]);
  expect(log).toContain("recording.pause-ended left");
  expect(log.filter((what) => what === "resume")).toHaveLength(1);
});
