import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

const CALLS = 100;

describe.skipIf(!hasSipp())("a hundred callers at once", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start();
  });
  afterAll(() => example?.dispose());

  it("each hear prompts for 30 s: no failed call, no lost packet", async () => {
    const probes = await Promise.all(Array.from({ length: CALLS }, () => RtpProbe.open()));
    const callers = await SippCallers.start({ sipPort: example.sipPort, rate: 50, talkMs: 33_000, calls: probes.map((probe, index) => ({ from: `138${String(index).padStart(8, "0")}`, mediaPort: probe.port })) });
    try {
      // 2 and 1 lead to the long menu of topics; # repeats it, so that speech goes on for all of the time.
      for (const probe of probes) probe.playSilence();
      await Promise.all(probes.map((probe) => probe.hearsSound(20_000)));
      await Promise.all(probes.map((probe) => probe.press("2")));
      await pause(2_000);
      await Promise.all(probes.map((probe) => probe.press("1")));
      await pause(12_000);
      await Promise.all(probes.map((probe) => probe.press("#")));
      expect(await callers.exited, callers.errors() + callers.output.slice(-1_500)).toBe(0);
      const deliveries = probes.map((probe) => probe.delivery());
      const gaps = deliveries.map((each) => each.p99GapMs).sort((a, b) => a - b);
      process.stdout.write(`hundred callers: ${deliveries.reduce((sum, each) => sum + each.received, 0)} packets, packet gap p99 ${gaps[Math.floor(gaps.length / 2)]?.toFixed(1)} ms (median caller), ${gaps.at(-1)?.toFixed(1)} ms (worst caller)\n`);
      expect(deliveries.reduce((sum, each) => sum + each.lost, 0)).toBe(0);
      // 30 s of the 33 are speech or the silence between menus; nobody was left without.
      for (const each of deliveries) expect(each.received).toBeGreaterThan(1_000);
      const { items } = await example.eventually<{ items: readonly { endedAt: number | null; answeredAt: number | null }[] }>(`/api/interactions?limit=${CALLS}`, (page) => page.items.length === CALLS && page.items.every((each) => each.endedAt !== null));
      expect(items.every((each) => each.answeredAt !== null)).toBe(true);
    } finally {
      callers.dispose();
      for (const probe of probes) probe.close();
    }
  }, 120_000);
});
