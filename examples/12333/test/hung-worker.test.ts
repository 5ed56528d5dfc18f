import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { citizenCall } from "./support/citizen-call.js";
import type { CitizenCall } from "./support/citizen-call.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause } from "./support/rtp-probe.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Interaction {
  readonly id: string;
  readonly callerNumber: string;
  readonly endedAt: number | null;
  readonly endReason: string | null;
}
interface Recording {
  readonly interactionId: string;
  readonly durationMs: number | null;
  readonly state: string;
}

describe.skipIf(!hasSipp() || !hasBaresip())("a media worker that hangs under a call", () => {
  let folder: string;
  let example: Example;
  let agent: Baresip;
  const citizens: CitizenCall[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-hung-"));
    example = await Example.start({
      dataDir: join(folder, "data"),
      environment: {
        NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "support/hang-worker.mjs")).href}`,
        HOTLINE_TEST_HANG: join(folder, "hang"),
        HOTLINE_MEDIA_WORKERS: "1",
        HOTLINE_FLOW_FILE: shortFlow(folder),
        HOTLINE_ACD_WRAP_UP: "0",
        HOTLINE_ACD_QUEUES: JSON.stringify([{ key: "general", name: "综合咨询", connectPrompt: false, whisper: false }]),
        HOTLINE_ACD_AGENTS: JSON.stringify([{ number: "1001", name: "坐席1001", queues: ["general"] }]),
      },
    });
    agent = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000 });
    await agent.registered();
  });
  afterEach(async () => {
    for (const citizen of citizens.splice(0)) await citizen.end();
    await agent?.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  const agentIs = (state: string): Promise<unknown> => example.eventually<Page<{ number: string; state: string }>>("/api/agents", ({ items }) => items.some((each) => each.number === "1001" && each.state === state), 40_000);
  const citizen = async (): Promise<CitizenCall> => {
    const call = await citizenCall(example.sipPort, 120_000).catch((error: unknown) => Promise.reject(new Error(`${String(error)}\n${example.stderr.slice(-2_000)}`)));
    citizens.push(call);
    return call;
  };

  it("both ends are hung up, what was recorded is kept, it is told and counted, and the next call goes through", { timeout: 180_000 }, async () => {
    const { probe, exited } = await citizen();
    await agentIs("busy");
    probe.playTone(700);
    await probe.hearsTone(1_000, 30_000);
    await pause(3_000);
    writeFileSync(join(folder, "hang"), "");
    await exited; // the hotline's BYE has come
    await agentIs("available");
    const { items } = await example.eventually<Page<Interaction>>("/api/interactions", (page) => page.items.length === 1 && page.items[0]?.endedAt !== null);
    const [interaction] = items;
    expect(interaction).toMatchObject({ endReason: "failed" });
    const recordings = await example.eventually<Page<Recording>>("/api/recordings", (page) => page.items.length === 1 && page.items[0]?.durationMs !== null);
    expect(recordings.items[0]).toMatchObject({ interactionId: interaction?.id });
    expect(recordings.items[0]?.durationMs).toBeGreaterThan(2_000);
    expect(example.stderr).toContain("HTL_MEDIA_WORKER_HUNG");
    const metrics = await (await example.fetch("/api/metrics")).text();
    expect(metrics).toContain('hotline_media_worker_failures_total{reason="hung"} 1');
    expect(metrics).toContain("hotline_media_workers 1");

    const next = await citizen();
    await agentIs("busy");
    await next.probe.hearsTone(1_000, 30_000);
  });
});
