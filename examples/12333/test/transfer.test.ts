import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { Example } from "./support/example.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

describe.skipIf(!hasSipp() || !hasBaresip())("an agent passes the citizen on from the telephone", () => {
  let example: Example;
  let first: Baresip;
  let second: Baresip;
  beforeAll(async () => {
    example = await Example.start();
    first = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000 });
    await first.registered();
  });
  afterAll(async () => {
    await first?.dispose();
    await second?.dispose();
    await example?.dispose();
  });

  it("by REFER: the colleague rings, answers, and is heard; the first phone is free", async () => {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13800138000", mediaPort: probe.port }], talkMs: 40_000 });
    try {
      probe.playSilence();
      await probe.hearsSound();
      await pause(6_500);
      await probe.press("1");
      await first.event("CALL_ESTABLISHED", 20_000);
      await probe.hearsTone(1_000);
      // Put on hold by the telephone itself the citizen hears music.
      first.command("hold");
      await probe.until(() => probe.toneLevel(1_000, 500) < -50 && probe.level(500) > -45, 10_000, "music");
      first.command("resume");
      await probe.hearsTone(1_000);
      // The colleague comes to the desk only now, so that the queue could not have chosen this phone.
      second = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: 1_600 });
      await second.registered();
      first.command("transfer", `sip:1002@127.0.0.1:${example.sipPort}`);
      await second.event("CALL_ESTABLISHED", 20_000);
      await probe.hearsTone(1_600);
      await first.event("CALL_CLOSED");
      const live = await example.get<{ items: readonly { id: string; agentId: string | null }[] }>("/api/interactions?state=live");
      expect(live.items).toHaveLength(1);
      const { legs } = await example.get<{ legs: readonly { role: string; endedAt: number | null }[] }>(`/api/interactions/${live.items[0]?.id}`);
      expect(legs.filter((leg) => leg.endedAt === null)).toHaveLength(2);
      expect(legs).toHaveLength(3);
    } finally {
      caller.dispose();
      probe.close();
    }
  }, 90_000);
});
