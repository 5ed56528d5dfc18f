import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { Example } from "./support/example.js";
import { hasBaresip } from "./support/peers.js";
import { goertzelLevel, pause } from "./support/rtp-probe.js";
import { readWav } from "./support/wav.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Leg {
  readonly role: string;
  readonly adapter: string;
  readonly toNumber: string;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
}
interface Interaction {
  readonly id: string;
  readonly callerNumber: string;
  readonly calledNumber: string;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly agentId: string | null;
  readonly legs: readonly Leg[];
  readonly events: readonly { readonly type: string }[];
}
interface Recording {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly durationMs: number;
}
interface Party {
  readonly state: string;
  readonly heardMs: number;
}

const CITIZEN_HZ = 700;
const FIRST_HZ = 1_000;
const SECOND_HZ = 1_600;
const LINE = "/api/voiceboard/virtual-lines/1";

describe.skipIf(!hasBaresip())("a citizen on a board line", () => {
  let example: Example;
  let first: Baresip;
  let second: Baresip | undefined;

  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_VIRTUAL_LINES: "4" } });
    first = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: FIRST_HZ });
    await first.registered();
  });
  // Not there when the test is tried again: it would take the call.
  afterEach(() => second?.dispose());
  afterAll(async () => {
    await first?.dispose();
    await example?.dispose();
  });

  const post = (path: string, body: object = {}): Promise<Response> => example.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  async function heard(): Promise<Int16Array> {
    const response = await example.fetch(`${LINE}/heard`);
    expect(response.headers.get("content-type")).toBe("audio/wav");
    return readWav(Buffer.from(await response.arrayBuffer())).channels[0] ?? new Int16Array();
  }
  /** Waits until the last second the citizen heard holds this tone. */
  async function hears(hz: number): Promise<Int16Array> {
    for (let i = 0; i < 80; i++) {
      const samples = await heard();
      if (samples.length > 8_000 && goertzelLevel(samples.subarray(-8_000), hz) > -25) return samples;
      await pause(250);
    }
    throw new Error(`the citizen does not hear ${hz} Hz`);
  }

  it("hears the welcome, keys 1 as sound, talks with a SIP agent, is passed on, recorded, and hangs up by busy tone", async () => {
    const { items } = await example.get<Page<{ key: string; state: string; number: string }>>("/api/voiceboard/lines");
    expect(items).toEqual(["1", "2", "3", "4"].map((key) => ({ key, board: "virtual", number: "12333", state: "idle" })));

    const placed = await post(`${LINE}/call`, {
      number: "13800138000",
      script: [{ do: "listen", for: "sound", ms: 500 }, { do: "wait", ms: 1_000 }, { do: "keys", keys: "1" }, { do: "wait", ms: 300 }, { do: "tone", hz: CITIZEN_HZ, ms: 120_000 }],
    });
    expect(await placed.json()).toMatchObject({ line: "1", number: "13800138000", state: "ringing" });
    expect(await (await post(`${LINE}/call`, { number: "1" })).json()).toMatchObject({ code: "HTL_VOICEBOARD_LINE_BUSY" });
    await first.event("CALL_ESTABLISHED", 40_000);
    await hears(FIRST_HZ);
    await pause(1_500);
    const talk = await heard();

    // Ring-back of the exchange first, then the welcome: a voice, with silence for a beginning.
    const answered = talk.findIndex((_, at) => at % 160 === 0 && at > 8_000 && level(talk.subarray(at, at + 160)) > -40);
    expect(goertzelLevel(talk.subarray(800, 7_200), 450)).toBeGreaterThan(-20);
    const welcome = talk.subarray(answered, answered + 8_000);
    expect(level(welcome)).toBeGreaterThan(-35);
    expect(goertzelLevel(welcome, 450)).toBeLessThan(level(welcome) - 6);
    // The agent comes through at the level at which the phone speaks (peak 8000), and nothing else is heard: no echo, no gaps.
    expect(Math.abs(goertzelLevel(talk.subarray(-8_000), FIRST_HZ) + 15.3)).toBeLessThan(1);
    expect(Math.abs(level(talk.subarray(-8_000)) + 15.3)).toBeLessThan(1);

    // The colleague comes to the desk only now, so that the queue could not have chosen this phone.
    second = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: SECOND_HZ });
    await second.registered();
    first.command("transfer", `sip:1002@127.0.0.1:${example.sipPort}`);
    await second.event("CALL_ESTABLISHED", 20_000);
    await first.event("CALL_CLOSED", 20_000);
    await hears(SECOND_HZ);
    await pause(5_000);
    expect(goertzelLevel((await heard()).subarray(-8_000), FIRST_HZ)).toBeLessThan(-45);
    expect((await example.get<Page<{ state: string }>>("/api/voiceboard/lines")).items.map(({ state }) => state)).toEqual(["off-hook", "idle", "idle", "idle"]);

    expect((await post(`${LINE}/hang-up`)).status).toBe(200);
    await second.event("CALL_CLOSED", 20_000);
    const party = await example.eventually<Party>(`${LINE}/party`, ({ state }) => state === "ended");
    const whole = await heard();
    expect(whole.length / 8).toBe(party.heardMs);
    expect(first.heardTone(CITIZEN_HZ)).toBeGreaterThan(-25);
    expect(second.heardTone(CITIZEN_HZ)).toBeGreaterThan(-25);

    const closed = await example.eventually<Page<Interaction>>("/api/interactions?limit=1", ({ items: [latest] }) => latest !== undefined && latest.endedAt !== null);
    const interaction = await example.get<Interaction>(`/api/interactions/${closed.items[0]?.id}`);
    // The caller was passed on: the record tells who had them last.
    expect(interaction).toMatchObject({ endReason: "remote-hangup", agentId: "1002", callerNumber: "13800138000", calledNumber: "12333" });
    expect(interaction.legs.map(({ adapter, role }) => `${adapter} ${role}`).sort()).toEqual(["sip agent", "sip agent", "voiceboard citizen"]);
    for (const leg of interaction.legs) expect([leg.answeredAt, leg.endedAt]).not.toContain(null);
    for (const type of ["call.routed", "ivr.node", "queue.entered", "leg.transferred"]) expect(interaction.events.map((event) => event.type)).toContain(type);

    const recordings = await example.eventually<Page<Recording>>(`/api/recordings?interactionId=${interaction.id}`, (page) => page.items.some((each) => each.kind === "call" && each.state === "compressed"), 90_000);
    const recording = recordings.items.find((each) => each.kind === "call");
    expect(Math.abs((recording?.durationMs ?? 0) - ((interaction.endedAt ?? 0) - (interaction.answeredAt ?? 0)))).toBeLessThan(1_500);
    const audio = await example.fetch(`/api/recordings/${recording?.id}/audio`);
    const wav = readWav(Buffer.from(await audio.arrayBuffer()));
    const [left = new Int16Array(), right = new Int16Array()] = wav.channels;
    const tail = (channel: Int16Array): Int16Array => channel.slice(-5 * wav.sampleRate, -3 * wav.sampleRate);
    expect(goertzelLevel(tail(left), CITIZEN_HZ, wav.sampleRate)).toBeGreaterThan(-25);
    expect(goertzelLevel(tail(right), SECOND_HZ, wav.sampleRate)).toBeGreaterThan(-25);
    expect(goertzelLevel(tail(left), SECOND_HZ, wav.sampleRate)).toBeLessThan(-45);
    expect(goertzelLevel(tail(right), CITIZEN_HZ, wav.sampleRate)).toBeLessThan(-45);
    expect(best(right, FIRST_HZ, wav.sampleRate)).toBeGreaterThan(-25);
    // The end of the recording is the busy tone that ended the call.
    expect(best(left.slice(-1.6 * wav.sampleRate), 450, wav.sampleRate, 0.2)).toBeGreaterThan(-25);
    expect((await example.get<Page<{ state: string }>>("/api/voiceboard/lines")).items.every(({ state }) => state === "idle")).toBe(true);
  }, 180_000);

  it("is for those who may, and for lines that are there", async () => {
    expect((await post("/api/voiceboard/virtual-lines/9/call", { number: "1" })).status).toBe(404);
    expect((await example.fetch("/api/voiceboard/virtual-lines/2/heard")).status).toBe(404);
    expect((await post(`${LINE}/call`, { number: "1", script: [{ do: "sing" }] })).status).toBe(400);
    const agent = await example.login("1001", "demo-1001");
    const refused = await fetch(`http://127.0.0.1:${example.httpPort}${LINE}/call`, { method: "POST", headers: { authorization: `Bearer ${agent}`, "content-type": "application/json" }, body: JSON.stringify({ number: "1" }) });
    expect(refused.status).toBe(403);
  });
});

/** Level of everything in dBFS. */
function level(samples: Int16Array): number {
  return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length) / 32_768 ** 2 + 1e-12);
}

/** The loudest second (or other length) of one frequency. */
function best(samples: Int16Array, hz: number, rate: number, seconds = 1): number {
  let most = -120;
  for (let at = 0; at + seconds * rate <= samples.length; at += rate / 20) most = Math.max(most, goertzelLevel(samples.subarray(at, at + seconds * rate), hz, rate));
  return most;
}
