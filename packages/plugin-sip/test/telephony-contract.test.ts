import { SystemClock, UuidIds } from "@hotlinejs/core";
import { createMediaEngine } from "@hotlinejs/media";
import { telephonyContract } from "@hotlinejs/testing/contract";
import type { TelephonyHarness } from "@hotlinejs/testing/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureWorkerBuilt } from "../../media/test/built-worker.js";
import { HotlineSide, until } from "./support/hotline-side.js";
import { Phone } from "./support/phone.js";
import { SoundingCall } from "./support/sounding-phone.js";

/** The adapter with real RTP on loopback, phones of the SIP stack's own around it. */
async function start(): Promise<TelephonyHarness> {
  await ensureWorkerBuilt();
  const clock = new SystemClock();
  const first = 20_000 + Math.floor(Math.random() * 10_000) * 2;
  const engine = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1, rtpPorts: { min: first, max: first + 400 } });
  await engine.start();
  const hotline = await new HotlineSide({}, clock, engine).start();
  const citizens = new Map<string, Phone>();
  const [ready, busy, away] = await Promise.all(["1001", "1002", "1003"].map((user) => new Phone(user, { password: `demo-${user}` }).start())) as [Phone, Phone, Phone];
  for (const phone of [ready, busy, away]) await phone.register(hotline.port);
  const picked: SoundingCall[] = [];
  SoundingCall.answering(ready, (call) => picked.push(call));
  busy.onInvite = (invite) => invite.reject({ status: 486 });
  let next = 0;
  return {
    adapter: hotline.adapter,
    media: engine,
    addresses: { answers: "sip:1001", busy: "sip:1002", rings: "sip:1003", nonsense: "sip:" },
    ringsWithinMs: 1_000,
    async dialIn(number) {
      const phone = citizens.get(number) ?? (await new Phone(number).start());
      citizens.set(number, phone);
      const arriving = hotline.next();
      const caller = await SoundingCall.dial(phone, hotline.port);
      return { call: await arriving, caller };
    },
    async answeredBy() {
      await until(() => picked.length > next, "somebody who picked up", 10);
      return picked[next++] as SoundingCall;
    },
    calls: () => hotline.adapter.calls,
    async stop() {
      await hotline.stop();
      await engine.stop();
      await Promise.all([...citizens.values(), ready, busy, away].map((phone) => phone.stop()));
    },
  };
}

telephonyContract({ describe, it, expect, beforeAll, afterAll }, "sip", start);
