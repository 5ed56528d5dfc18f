import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { goertzelLevel, pause, RtpProbe } from "./support/rtp-probe.js";
import { SippAnswerer, SippCallers } from "./support/sipp.js";
import { readWav } from "./support/wav.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Task {
  readonly id: string;
  readonly number: string;
  readonly reason: string;
  readonly status: string;
  readonly result: string | null;
  readonly missed: number;
}
interface Attempt {
  readonly interactionId: string;
  readonly agent: string;
  readonly result: string | null;
}

const CITIZEN = "13900139000";
const CITIZEN_HZ = 700;
const AGENT_HZ = 1_000;

describe.skipIf(!hasSipp() || !hasBaresip())("a missed call is called back", () => {
  let example: Example;
  let agent: Baresip;
  let carrierPort: number;

  beforeAll(async () => {
    carrierPort = await freePort();
    const trunks = [{ key: "demo", match: ["127.0.0.1"] }, { key: "carrier", outbound: { host: "127.0.0.1", port: carrierPort } }];
    example = await Example.start({ environment: { HOTLINE_SIP_TRUNKS: JSON.stringify(trunks) } });
    agent = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: AGENT_HZ });
    await agent.registered();
  });
  afterAll(async () => {
    await agent?.dispose();
    await example?.dispose();
  });

  it("by one click: the agent's phone rings, then the citizen's; both hear each other, the talk is recorded, the callback closed", async () => {
    const token = await example.login("1001", "demo-1001");
    const as = async (path: string, body?: unknown): Promise<Response> => example.fetch(path, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body ?? {}) });
    // Nobody is ready: the citizen waits, and gives up.
    expect((await as("/api/agents/1001/state", { state: "not-ready" })).ok).toBe(true);
    await abandons(example);
    const list = await example.eventually<Page<Task>>("/api/callbacks", ({ items }) => items.length === 1);
    const task = list.items[0];
    expect(task).toMatchObject({ number: CITIZEN, reason: "abandoned", status: "open", missed: 1 });

    const probe = await RtpProbe.open();
    const citizen = SippAnswerer.start({ port: carrierPort, mediaPort: probe.port, ringMs: 2_000, talkMs: 9_000 });
    try {
      // Whatever hour it is where the test runs, this citizen has asked for the call.
      const clicked = await as(`/api/callbacks/${task?.id}/call`, { onRequest: true });
      expect(clicked.status).toBe(202);
      const { interactionId } = (await clicked.json()) as { interactionId: string };
      await agent.event("CALL_ESTABLISHED", 20_000);
      const agents = await example.get<Page<{ number: string; state: string; interactionId: string | null }>>("/api/agents");
      expect(agents.items.find(({ number }) => number === "1001")).toMatchObject({ state: "occupied", interactionId });
      probe.playTone(CITIZEN_HZ);
      await probe.hearsTone(AGENT_HZ, 30_000);
      await pause(4_000);
      expect(probe.toneLevel(AGENT_HZ, 2_000)).toBeGreaterThan(-25);
      await agent.event("CALL_CLOSED", 30_000);
      expect(await citizen.exited).toBe(0);
      expect(agent.heardTone(CITIZEN_HZ)).toBeGreaterThan(-25);
      // Before that: who is called, and ring-back.
      expect(agent.heardTone(450, 800)).toBeGreaterThan(-35);

      const closed = await example.eventually<Task>(`/api/callbacks/${task?.id}`, ({ status }) => status === "closed");
      expect(closed.result).toBe("reached");
      const attempts = await example.get<Page<Attempt>>(`/api/callbacks/${task?.id}/attempts`);
      expect(attempts.items).toMatchObject([{ interactionId, agent: "1001", result: "answered" }]);

      const interaction = await example.get<{ direction: string; callerNumber: string; calledNumber: string; agentId: string; legs: readonly { role: string; answeredAt: number | null; from: string }[] }>(`/api/interactions/${interactionId}`);
      expect(interaction).toMatchObject({ direction: "outbound", callerNumber: "12333", calledNumber: CITIZEN, agentId: "1001" });
      expect(interaction.legs.map(({ role }) => role).sort()).toEqual(["agent", "citizen"]);
      expect(interaction.legs.every(({ answeredAt }) => answeredAt !== null)).toBe(true);

      const recordings = await example.eventually<Page<{ id: string; kind: string; state: string }>>(`/api/recordings?interactionId=${interactionId}`, ({ items }) => items.some(({ state }) => state === "compressed"), 40_000);
      expect(recordings.items.map(({ kind }) => kind)).toEqual(["call"]);
      const wav = readWav(Buffer.from(await (await example.fetch(`/api/recordings/${recordings.items[0]?.id}/audio`)).arrayBuffer()));
      const [left, right] = wav.channels.map((channel) => channel.slice(-5 * wav.sampleRate, -2 * wav.sampleRate));
      expect(goertzelLevel(left ?? new Int16Array(), CITIZEN_HZ, wav.sampleRate)).toBeGreaterThan(-25);
      expect(goertzelLevel(right ?? new Int16Array(), AGENT_HZ, wav.sampleRate)).toBeGreaterThan(-25);
      // What the agent chose before is what she is in again.
      await example.eventually<Page<{ number: string; state: string }>>("/api/agents", ({ items }) => items.some(({ number, state }) => number === "1001" && state === "not-ready"), 30_000);
    } finally {
      probe.close();
      citizen.dispose();
    }
  }, 180_000);
});

/** Dials, asks for a person, and hangs up while waiting. */
async function abandons(example: Example): Promise<void> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: CITIZEN, mediaPort: probe.port }], talkMs: 90_000 });
  try {
    probe.playSilence();
    await probe.hearsSound();
    await probe.press("1");
    // The welcome with its recording notice comes first.
    await example.eventually<Page<{ waiting: number }>>("/api/queues", ({ items }) => items.some(({ waiting }) => waiting === 1), 60_000);
    expect(await caller.hangUp(), caller.errors()).toBe(0);
  } finally {
    caller.dispose();
    probe.close();
  }
}
