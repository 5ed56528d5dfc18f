import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHotline, READ_POOL, type Hotline } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { ivr } from "@hotlinejs/plugin-ivr";
import { sip } from "@hotlinejs/plugin-sip";
import { afterEach, describe, expect, it } from "vitest";
import { freePort, rtpRange } from "./support/free-ports.js";
import { hasSipp } from "./support/peers.js";
import { pause } from "./support/rtp-probe.js";
import { SippAnswerer, SippCallers, SippCarrier } from "./support/sipp.js";

const flow = {
  id: "main",
  start: "away",
  nodes: [
    { id: "away", type: "redirect", to: "12345", fallback: "bridge", on: { failed: "bye" } },
    { id: "bye", type: "hangup" },
  ],
};

interface Started {
  readonly hotline: Hotline;
  readonly sipPort: number;
  readonly outPort: number;
}

const folders: string[] = [];
let started: Started | undefined;

afterEach(async () => {
  await started?.hotline.stop({ drain: false });
  started = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Kernel, database, media, SIP and flows; calls come from the carrier and go out to it at another port. */
async function start(more: Record<string, unknown> = {}): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), "hotline-redirect-"));
  folders.push(folder);
  const [sipPort, outPort] = [await freePort(), await freePort()];
  const hotline = createHotline({
    name: "redirect",
    dataDir: folder,
    log: "silent",
    plugins: [media({ rtpPorts: rtpRange() }), sip({ port: sipPort, trunks: [{ key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: outPort } }], ...more }), ivr({ flows: [flow], routes: [{ number: "12333", flow: "main" }] })],
  });
  await hotline.start();
  started = { hotline, sipPort, outPort };
  return started;
}

/** End reason of the one interaction there was, and its timeline. */
async function record({ hotline }: Started): Promise<{ reason: string | null; timeline: readonly string[] }> {
  const reads = hotline.services.get(READ_POOL);
  for (let tries = 0; ; tries++) {
    const rows = await reads.read((em) => em.execute<{ end_reason: string | null }[]>("select end_reason from core_interaction"));
    if ((rows.length === 1 && rows[0]?.end_reason !== null) || tries === 100) {
      const events = await reads.read((em) => em.execute<{ type: string }[]>("select type from core_interaction_event order by at, id"));
      return { reason: rows[0]?.end_reason ?? null, timeline: events.map(({ type }) => type) };
    }
    await pause(50);
  }
}

describe.skipIf(!hasSipp())("a caller is sent to another hotline, with SIPp as the carrier", () => {
  it("that takes the REFER: no call of ours goes out, and the call ends as redirected", async () => {
    const all = await start();
    const carrier = await SippCarrier.start({ sipPort: all.sipPort, number: "12333", mediaPort: await freePort(), referTo: `sip:12345@127\\.0\\.0\\.1:${all.outPort}`, then: "takes" });
    try {
      expect(await carrier.exited, carrier.errors()).toBe(0);
      const { reason, timeline } = await record(all);
      expect(reason).toBe("redirected");
      expect(timeline).toContain("call.redirected");
      expect(timeline).not.toContain("ivr.redirect-failed");
    } finally {
      carrier.dispose();
    }
  }, 60_000);

  it.each(["refuses", "fails"] as const)("that %s: the other hotline is called through our trunk, and both are joined", async (then) => {
    const all = await start();
    const other = SippAnswerer.start({ port: all.outPort, mediaPort: await freePort(), ringMs: 200, talkMs: 1_500 });
    const carrier = await SippCarrier.start({ sipPort: all.sipPort, number: "12333", mediaPort: await freePort(), referTo: "sip:12345@", then });
    try {
      expect(await other.exited).toBe(0);
      expect(await carrier.exited, carrier.errors()).toBe(0);
      const { reason, timeline } = await record(all);
      expect(reason).toBe("hangup");
      expect(timeline).toEqual(expect.arrayContaining(["call.redirect-failed", "ivr.redirect-failed", "ivr.transferred"]));
    } finally {
      carrier.dispose();
      other.dispose();
    }
  }, 60_000);

  it("that is not even asked where the rules against toll fraud forbid the number", async () => {
    const all = await start({ toll: { deny: ["12"] } });
    const caller = await SippCallers.start({ sipPort: all.sipPort, calls: [{ from: "13800138000", mediaPort: await freePort() }], talkMs: 20_000 });
    try {
      expect(await caller.exited, caller.errors()).toBe(0);
      const { reason, timeline } = await record(all);
      expect(reason).toBe("hangup");
      expect(timeline).toContain("outbound.refused");
      expect(timeline).not.toContain("call.redirecting");
    } finally {
      caller.dispose();
    }
  }, 60_000);
});
