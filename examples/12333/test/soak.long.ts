import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { recordLongRun } from "./support/long-results.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

/** Length of the soak; `HOTLINE_SOAK_SECONDS` makes it a day. */
const SECONDS = Number(process.env.HOTLINE_SOAK_SECONDS ?? 240);
const WAVE = 40;

describe.skipIf(!hasSipp())("soak", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start();
  });
  afterAll(() => example?.dispose());

  const residentMb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${example.process.pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;

  it("wave after wave of callers: none fails, every call is recorded, memory settles", async () => {
    const until = performance.now() + SECONDS * 1_000;
    const probe = await RtpProbe.open();
    let calls = 0;
    const failed: string[] = [];
    const memory: number[] = [];
    while (performance.now() < until) {
      const wave = await SippCallers.start({ sipPort: example.sipPort, rate: 20, talkMs: 6_000, calls: Array.from({ length: WAVE }, (_, index) => ({ from: `137${String(calls + index).padStart(8, "0")}`, mediaPort: probe.port })) });
      const exit = await wave.exited;
      if (exit !== 0) failed.push(`calls ${calls} to ${calls + WAVE - 1}, SIPp's exit ${exit}: ${wave.errors().slice(0, 4_000)}`);
      wave.dispose();
      calls += WAVE;
      probe.packets.length = 0;
      memory.push(residentMb());
      await pause(200);
    }
    probe.close();
    expect(failed).toEqual([]);
    // Compression works off what the calls left; then nothing is open and nothing is lost.
    let recorded = 0;
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = await example.eventually<{ items: readonly { state: string }[]; next?: string | null }>(`/api/recordings?limit=200${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`, ({ items }) => items.every((each) => each.state === "compressed"), 900_000);
      recorded += page.items.length;
      cursor = page.next ?? undefined;
    }
    expect(recorded).toBe(calls);
    const open = await example.get<{ items: readonly unknown[] }>("/api/interactions?state=live");
    expect(open.items).toEqual([]);
    const settled = memory.slice(Math.floor(memory.length / 2));
    const growth = (settled.at(-1) ?? 0) - (settled[0] ?? 0);
    expect(growth).toBeLessThan(80);
    recordLongRun("soak", `${calls} calls in ${SECONDS} s, none failed, all recorded; resident memory ${memory[0]?.toFixed(0)} MB after the first wave, ${memory.at(-1)?.toFixed(0)} MB at the end`);
  });
});
