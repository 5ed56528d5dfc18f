import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { Example } from "./support/example.js";
import { Linphone } from "./support/linphone.js";
import { hasBaresip, hasLinphone, hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";

interface Leg {
  readonly role: string;
  readonly toNumber: string;
  readonly endedAt: number | null;
}

describe.skipIf(!hasSipp() || !hasBaresip() || !hasLinphone())("an agent consults a colleague from the telephone and passes the citizen on", () => {
  let example: Example;
  let first: Linphone;
  let second: Baresip | undefined;
  beforeAll(async () => {
    example = await Example.start();
    first = await Linphone.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: 1_000 });
    await first.registered();
  });
  afterAll(async () => {
    await first?.dispose();
    await second?.dispose();
    await example?.dispose();
  });

  it("by REFER with Replaces: citizen and colleague hear each other, the first phone is free, there is one record", async () => {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from: "13800138000", mediaPort: probe.port }], talkMs: 60_000 });
    try {
      probe.playTone(700);
      await probe.hearsSound(40_000);
      await pause(6_500);
      await probe.press("1");
      await probe.hearsTone(1_000, 20_000);
      const [citizen] = await first.calls();
      // The colleague comes to the desk only now, so that the queue could not have chosen this phone.
      second = await Baresip.start({ sipPort: example.sipPort, user: "1002", password: "demo-1002", toneHz: 1_600 });
      await second.registered();
      first.command("pause");
      await first.until(() => first.log.includes("is now paused"), 10_000, "the hold");
      first.command(`call sip:1002@127.0.0.1:${example.sipPort}`);
      await second.event("CALL_ESTABLISHED", 20_000);
      const consultation = async () => (await first.calls()).find(({ id }) => id !== citizen?.id);
      // The hotline's answer to the one phone comes after that of the other.
      await expect.poll(consultation, { timeout: 10_000, interval: 500 }).toMatchObject({ state: "StreamsRunning" });
      const consulted = await consultation();
      // The citizen is on hold and hears neither of them.
      expect(probe.toneLevel(1_600, 500)).toBeLessThan(-40);
      first.command(`transfer ${citizen?.id} --to-call ${consulted?.id}`);
      await probe.hearsTone(1_600);
      await pause(3_000); // for the colleague's ear
      expect(await first.calls()).toEqual([]);
      const live = await example.get<{ items: readonly { id: string }[] }>("/api/interactions?state=live");
      expect(live.items).toHaveLength(1);
      const { legs } = await example.get<{ legs: readonly Leg[] }>(`/api/interactions/${live.items[0]?.id}`);
      expect(legs.filter((leg) => leg.endedAt === null).map((leg) => leg.role).sort()).toEqual(["agent", "citizen"]);
      second.command("hangup");
      await second.event("CALL_CLOSED");
      expect(second.heardTone(700)).toBeGreaterThan(-30);
      const all = await example.get<{ items: readonly { callerNumber: string }[] }>("/api/interactions");
      expect(all.items.filter(({ callerNumber }) => callerNumber === "13800138000")).toHaveLength(1);
    } finally {
      caller.dispose();
      probe.close();
    }
  }, 120_000);
});
