import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { Baresip } from "./support/baresip.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { loudest, readWav } from "./support/wav.js";

const CALLS = 10;

interface Interaction {
  readonly id: string;
  readonly agentId: string | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
}
interface Recording {
  readonly id: string;
  readonly interactionId: string;
  readonly kind: string;
  readonly state: string;
  readonly durationMs: number;
}

describe.skipIf(!hasSipp() || !hasBaresip())("kill -9 in the middle of ten calls", () => {
  it("after the restart interactions are closed with the reason, the callers got BYE, recordings play, jobs go on, nothing is twice", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-crash-"));
    const sipPort = await freePort();
    const probes = await Promise.all(Array.from({ length: CALLS }, () => RtpProbe.open()));
    let example = await Example.start({ dataDir: folder, sipPort });
    const agent = await Baresip.start({ sipPort, user: "1002", password: "demo-1002", toneHz: 1_000 });
    await agent.registered();
    const callers = await SippCallers.start({ sipPort, talkMs: 120_000, calls: probes.map((probe, index) => ({ from: `1360000000${index}`, mediaPort: probe.port })) });
    try {
      for (const probe of probes) probe.playTone(600);
      await Promise.all(probes.map((probe) => probe.hearsSound()));
      // One of them talks with an agent, so that two legs of one interaction are lost together.
      await probes[0]?.press("1");
      await agent.event("CALL_ESTABLISHED", 30_000);
      // The talk begins once the caller was told the agent's number; on a busy machine that takes its time.
      await example.eventually<{ items: readonly Interaction[] }>("/api/interactions?limit=50", (page) => page.items.some((each) => each.agentId === "1002"), 30_000);
      await pause(2_000);
      const before = await example.get<{ items: readonly Interaction[] }>("/api/interactions?limit=50");
      expect(before.items.filter((each) => each.endedAt === null)).toHaveLength(CALLS);
      await example.kill("SIGKILL");
      await pause(500);

      example = await Example.start({ dataDir: folder, sipPort });
      // SIPp ends with 0 only when each of its calls got a BYE and answered it.
      const code = await Promise.race([callers.exited, pause(20_000).then(() => "no BYE" as const)]);
      expect(code, callers.errors() + callers.output.slice(-1_000)).toBe(0);

      // The agent's phone was told too, by the process that did not know the call.
      await agent.event("CALL_CLOSED", 20_000);

      const after = await example.eventually<{ items: readonly Interaction[] }>("/api/interactions?limit=50", (page) => page.items.every((each) => each.endedAt !== null));
      expect(after.items).toHaveLength(CALLS);
      expect(after.items.map((each) => each.endReason)).toEqual(Array.from({ length: CALLS }, () => "process_restart"));

      expect(after.items.filter((each) => each.agentId === "1002")).toHaveLength(1);

      const recordings = await example.eventually<{ items: readonly Recording[] }>("/api/recordings?limit=50", (page) => page.items.filter((each) => each.kind === "call" && each.state === "compressed").length === CALLS, 60_000);
      const calls = recordings.items.filter((each) => each.kind === "call");
      expect(new Set(calls.map((each) => each.interactionId)).size).toBe(CALLS);
      expect(calls).toHaveLength(CALLS);
      for (const recording of calls) {
        expect(recording.durationMs).toBeGreaterThan(2_500);
        const wav = readWav(Buffer.from(await (await example.fetch(`/api/recordings/${recording.id}/audio`)).arrayBuffer()));
        expect(wav.channels[0]?.length ?? 0).toBeGreaterThan(2 * wav.sampleRate);
        expect(loudest(wav.channels[0])).toBeGreaterThan(3_000);
      }
    } finally {
      callers.dispose();
      await agent.dispose();
      for (const probe of probes) probe.close();
      await example.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 150_000);
});
