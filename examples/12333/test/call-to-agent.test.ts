import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { goertzelLevel, pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { readWav } from "./support/wav.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Interaction {
  readonly id: string;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly agentId: string | null;
  readonly queue: string | null;
  readonly legs: readonly { readonly role: string; readonly answeredAt: number | null; readonly endedAt: number | null; readonly toNumber: string }[];
  readonly events: readonly { readonly type: string }[];
}
interface Recording {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly durationMs: number;
}

const CALLER_HZ = 700;
const AGENT_HZ = 1_000;

describe.skipIf(!hasSipp() || !hasBaresip())("a citizen reaches an agent", () => {
  let folder: string;
  let example: Example;
  let agent: Baresip;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-call-"));
    example = await Example.start({ dataDir: folder });
    agent = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: AGENT_HZ });
    await agent.registered();
  });
  afterAll(async () => {
    await agent?.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("by key 1; both hear each other; the whole call is recorded, left and right; the records agree", async () => {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13800138000", mediaPort: probe.port }], talkMs: 22_000 });
    try {
      probe.playSilence();
      await probe.hearsSound();
      await pause(1_000);
      await probe.press("1");
      await agent.event("CALL_ESTABLISHED", 20_000);
      probe.playTone(CALLER_HZ);
      await probe.hearsTone(AGENT_HZ, 15_000);
      await pause(4_000);
      expect(probe.toneLevel(AGENT_HZ, 2_000)).toBeGreaterThan(-25);
      await agent.event("CALL_CLOSED", 30_000);
      expect(await caller.exited).toBe(0);
      expect(agent.heardTone(CALLER_HZ)).toBeGreaterThan(-25);

      const { items } = await example.eventually<Page<Interaction>>("/api/interactions?limit=1", (page) => page.items[0]?.endedAt !== null && page.items[0] !== undefined);
      const interaction = await example.get<Interaction>(`/api/interactions/${items[0]?.id}`);
      expect(interaction.answeredAt).not.toBeNull();
      expect(interaction.endReason).toBe("remote-hangup");
      expect(interaction.queue).toBe("general");
      expect(interaction.agentId).toBe("1001");
      expect(interaction.legs.map((leg) => leg.role).sort()).toEqual(["agent", "citizen"]);
      for (const leg of interaction.legs) {
        expect(leg.answeredAt).not.toBeNull();
        expect(leg.endedAt).not.toBeNull();
      }
      const types = interaction.events.map((event) => event.type);
      for (const type of ["call.routed", "ivr.node", "queue.entered"]) expect(types).toContain(type);

      const recordings = await example.eventually<Page<Recording>>(`/api/recordings?interactionId=${interaction.id}`, (page) => page.items.some((each) => each.kind === "call" && each.state === "compressed"), 40_000);
      const recording = recordings.items.find((each) => each.kind === "call");
      expect(recordings.items.filter((each) => each.kind === "call")).toHaveLength(1);
      const talked = (interaction.endedAt ?? 0) - (interaction.answeredAt ?? 0);
      expect(Math.abs((recording?.durationMs ?? 0) - talked)).toBeLessThan(1_500);

      const response = await example.fetch(`/api/recordings/${recording?.id}/audio`);
      expect(response.headers.get("content-type")).toContain("audio/");
      const wav = readWav(Buffer.from(await response.arrayBuffer()));
      expect(wav.channels).toHaveLength(2);
      const [left, right] = wav.channels;
      const tail = (channel: Int16Array | undefined): Int16Array => (channel ?? new Int16Array()).slice(-6 * wav.sampleRate, -2 * wav.sampleRate);
      expect(goertzelLevel(tail(left), CALLER_HZ, wav.sampleRate)).toBeGreaterThan(-25);
      expect(goertzelLevel(tail(right), AGENT_HZ, wav.sampleRate)).toBeGreaterThan(-25);
      expect(goertzelLevel(tail(left), AGENT_HZ, wav.sampleRate)).toBeLessThan(-45);
      expect(goertzelLevel(tail(right), CALLER_HZ, wav.sampleRate)).toBeLessThan(-45);
      // The IVR part is in it: the welcome, which cannot be cut short, is on the right before anybody spoke.
      expect(rms((right ?? new Int16Array()).slice(0, 5 * wav.sampleRate))).toBeGreaterThan(200);

      const part = await example.fetch(`/api/recordings/${recording?.id}/audio`, { headers: { range: "bytes=0-99" } });
      expect(part.status).toBe(206);
      expect((await part.arrayBuffer()).byteLength).toBe(100);
      const opus = await example.fetch(`/api/recordings/${recording?.id}/audio?format=opus`);
      expect(opus.status).toBe(200);
      expect(Buffer.from(await opus.arrayBuffer()).subarray(0, 4).toString("latin1")).toBe("OggS");
    } finally {
      probe.close();
      caller.dispose();
    }
  }, 120_000);

  it("takes the next call after wrap-up, and a caller who gives up early leaves no trace on the agent", async () => {
    const probe = await RtpProbe.open();
    // Hangs up while the agent is still in wrap-up: the queue has nobody to offer.
    const impatient = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13800138001", mediaPort: probe.port }], talkMs: 4_000 });
    try {
      probe.playSilence();
      await probe.hearsSound();
      await probe.press("1");
      expect(await impatient.exited).toBe(0);
      const agents = await example.eventually<Page<{ number: string; state: string }>>("/api/agents", (page) => page.items.some((each) => each.number === "1001" && each.state === "available"), 20_000);
      expect(agents.items.find((each) => each.number === "1001")?.state).toBe("available");
      const queues = await example.get<Page<{ key: string; waiting: number }>>("/api/queues");
      expect(queues.items.find((each) => each.key === "general")?.waiting).toBe(0);
    } finally {
      probe.close();
      impatient.dispose();
    }
  }, 60_000);
});

function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
