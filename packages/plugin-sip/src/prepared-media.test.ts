import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { Phone } from "../test/support/phone.js";

let hotline: HotlineSide;
let caller: Phone;
let clock: ManualClock;

afterEach(async () => {
  await hotline.stop();
  await caller.stop();
});

async function begin(): Promise<void> {
  clock = new ManualClock();
  hotline = await new HotlineSide({}, clock).start();
  caller = await new Phone("13800138000").start();
}

describe("the sound of a call is made ready while its route is looked up", () => {
  it("one leg, and the same, serves who answers at once", async () => {
    await begin();
    hotline.onCall = (call) => void call.answer().catch(() => undefined);
    expect((await caller.call(hotline.port).outcome).answered).toBe(true);
    await clock.advance(1_000);
    expect(hotline.media.made).toHaveLength(1);
    expect(hotline.media.legs).toBe(1);
  });

  it("who rings gives the port back within a moment, and has one again with the answer", async () => {
    await begin();
    hotline.onCall = (call) => void call.ring();
    const { outcome } = caller.call(hotline.port);
    await until(() => hotline.arrived.length === 1, "the call");
    expect(hotline.media.legs).toBe(1);
    await clock.advance(300);
    await until(() => hotline.media.legs === 0, "the port");
    void hotline.arrived[0]?.answer().catch(() => undefined);
    expect((await outcome).answered).toBe(true);
    expect(hotline.media.legs).toBe(1);
  });

  it("who is refused, or gives up, leaves nothing behind", async () => {
    await begin();
    hotline.onCall = (call) => void call.hangup({ status: 404, reason: "not-found" });
    expect(await caller.call(hotline.port).outcome).toMatchObject({ answered: false, status: 404 });
    await until(() => hotline.media.legs === 0, "the port");
  });

  it("where none could be made ahead, the answer tries for itself", async () => {
    await begin();
    const make = hotline.media.createRtpLeg.bind(hotline.media);
    let tries = 0;
    hotline.media.createRtpLeg = (asked) => (++tries === 1 ? Promise.reject(new Error("no port is free")) : make(asked));
    hotline.onCall = (call) => void call.answer().catch(() => undefined);
    expect((await caller.call(hotline.port).outcome).answered).toBe(true);
    expect(tries).toBe(2);
  });
});
