import type { Call, RtpLeg } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { Phone } from "../test/support/phone.js";
import type { OutgoingInvite } from "./stack/index.js";

let hotline: HotlineSide;
let caller: Phone;

afterEach(async () => {
  await hotline.stop();
  await caller.stop();
});

/** A hotline whose media workers answer when told. */
async function begin(options: Record<string, unknown> = {}): Promise<{ clock: ManualClock; answerMedia: () => void }> {
  const clock = new ManualClock();
  hotline = await new HotlineSide(options, clock).start();
  caller = await new Phone("13800138000").start();
  const held: (() => void)[] = [];
  let holding = true;
  const make = hotline.media.createRtpLeg.bind(hotline.media);
  hotline.media.createRtpLeg = async (asked): Promise<RtpLeg> => {
    if (holding) await new Promise<void>((resolve) => held.push(resolve));
    return make(asked);
  };
  return {
    clock,
    answerMedia: () => {
      holding = false;
      for (const go of held.splice(0)) go();
    },
  };
}

const answer = (call: Call): void => void call.answer().catch(() => undefined);

async function calls(count: number): Promise<OutgoingInvite[]> {
  const before = hotline.arrived.length;
  const made = Array.from({ length: count }, () => caller.call(hotline.port));
  await until(() => hotline.arrived.length === before + count, "the calls");
  return made;
}

async function refused(): Promise<unknown> {
  const outcome = await caller.call(hotline.port).outcome;
  return outcome.answered ? "answered" : [outcome.status, outcome.response?.headers.get("retry-after")];
}

describe("calls that come in faster than the media follow", () => {
  it("are refused with 503 and a short Retry-After before those let in wait for longer, and let in again once these are answered", async () => {
    const { clock, answerMedia } = await begin();
    hotline.onCall = answer;
    const crowd = await calls(20);
    await clock.advance(1_400);
    const last = await calls(1);
    await clock.advance(200);
    expect(await refused()).toEqual([503, "1"]);
    expect(hotline.adapter.load).toEqual({ settingUp: 21, overloads: 1 });
    answerMedia();
    for (const each of [...crowd, ...last]) expect((await each.outcome).answered).toBe(true);
    expect(await refused()).toBe("answered");
    expect(hotline.adapter.load).toEqual({ settingUp: 0, overloads: 1 });
  });

  it("ringing is no waiting, however many; their answers are", async () => {
    const { clock, answerMedia } = await begin();
    hotline.onCall = (call) => void call.ring();
    await calls(30);
    await clock.advance(30_000);
    await calls(1);
    hotline.onCall = answer;
    for (const call of hotline.arrived) answer(call);
    await until(() => hotline.adapter.load.settingUp === 31, "the answers");
    await clock.advance(1_500);
    expect(await refused()).toEqual([503, "1"]);
    answerMedia();
    await until(() => hotline.adapter.load.settingUp === 0, "their media");
  });

  it("callers who do not acknowledge what was offered to them shut nobody out", async () => {
    const { clock, answerMedia } = await begin();
    answerMedia();
    hotline.onCall = answer;
    const silent = Array.from({ length: 20 }, () => caller.call(hotline.port, { body: "", headers: { Require: "100rel" } }));
    await until(() => hotline.arrived.length === 20 && hotline.adapter.load.settingUp === 0, "their ringing");
    await clock.advance(2_000);
    expect(await refused()).toBe("answered");
    for (const each of silent) each.cancel();
  });

  it("does not turn away who asks by OPTIONS whether the hotline is there", async () => {
    const { clock } = await begin();
    hotline.onCall = answer;
    await calls(20);
    await clock.advance(2_000);
    expect(await refused()).toEqual([503, "1"]);
    expect(await caller.agent.request({ method: "OPTIONS", uri: `sip:127.0.0.1:${hotline.port}`, from: "<sip:x@127.0.0.1>" })).toMatchObject({ status: 200 });
  });

  it("are as many at once as they may be", async () => {
    const { answerMedia } = await begin({ settingUp: { max: 3 } });
    hotline.onCall = answer;
    await calls(3);
    expect(await refused()).toEqual([503, "1"]);
    answerMedia();
    await until(() => hotline.adapter.load.settingUp === 0, "their answers");
    expect(await refused()).toBe("answered");
  });
});
