import { createSocket } from "node:dgram";
import { SystemClock } from "@hotlinejs/core";
import type { Call, Clock, RtpLeg } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { Phone } from "../test/support/phone.js";
import type { OutgoingInvite } from "./stack/index.js";

let hotline: HotlineSide;
let caller: Phone;
/** Stopped after the hotline, which ends their calls. */
const others: Phone[] = [];

afterEach(async () => {
  await hotline.stop();
  await caller.stop();
  for (const other of others.splice(0)) await other.stop();
});

/** A hotline whose media workers answer when told. */
async function begin(options: Record<string, unknown> = {}, time?: Clock): Promise<{ clock: ManualClock; answerMedia: () => void }> {
  const clock = new ManualClock();
  hotline = await new HotlineSide(options, time ?? clock).start();
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
  await until(() => hotline.arrived.length === before + count, "the calls", 10);
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
    expect(hotline.adapter.load).toEqual({ settingUp: 21, overloads: 1, strangers: 0 });
    expect(hotline.noRoom).toEqual(["overload 127.0.0.1"]);
    answerMedia();
    for (const each of [...crowd, ...last]) expect((await each.outcome).answered).toBe(true);
    expect(await refused()).toBe("answered");
    expect(hotline.adapter.load).toEqual({ settingUp: 0, overloads: 1, strangers: 0 });
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

  it("those of strangers are refused first: a trunk and a phone that has proved itself find their places kept", async () => {
    // Nothing answers: a lookup of the accounts strangers give passwords for that hangs, as it may where a flood keeps the machine busy.
    const { answerMedia } = await begin({ settingUp: { max: 8 }, trunks: [{ key: "demo", match: ["127.0.0.2"] }] });
    hotline.holdLookups = true;
    hotline.onCall = answer;
    const guesser = await new Phone("1002", { password: "guess" }).start();
    others.push(guesser);
    const strangers = Array.from({ length: 12 }, () => guesser.call(hotline.port));
    await until(() => hotline.adapter.load.strangers === 8, "the strangers that are too many");
    expect(hotline.adapter.load.settingUp).toBe(4);
    expect(hotline.adapter.overloaded).toBe(false);
    const trunk = await new Phone("13800138001", { address: "127.0.0.2" }).start();
    others.push(trunk);
    const kept = Array.from({ length: 4 }, () => trunk.call(hotline.port));
    await until(() => hotline.adapter.load.settingUp === 8, "the trunk's calls");
    expect(hotline.adapter.load).toEqual({ settingUp: 8, overloads: 8, strangers: 8 });
    hotline.releaseLookups();
    answerMedia();
    for (const each of kept) expect((await each.outcome).answered).toBe(true);
    for (const each of strangers) expect((await each.outcome).answered).toBe(false);
  });

  it("strangers have it all where they are taken and there is no trunk, and then it is told as overload", async () => {
    const { answerMedia } = await begin({ settingUp: { max: 4 }, allowAnonymous: true, trunks: [] });
    hotline.onCall = answer;
    const made = await calls(4);
    expect(await refused()).toEqual([503, "1"]);
    expect(hotline.adapter.load).toEqual({ settingUp: 4, overloads: 1, strangers: 0 });
    expect(hotline.adapter.overloaded).toBe(true);
    answerMedia();
    for (const each of made) expect((await each.outcome).answered).toBe(true);
  });

  it("beside a trunk strangers that are taken have half of it", async () => {
    const { answerMedia } = await begin({ settingUp: { max: 4 }, allowAnonymous: true, trunks: [{ key: "demo", match: ["127.0.0.2"] }] });
    hotline.onCall = answer;
    await calls(2);
    expect(await refused()).toEqual([503, "1"]);
    expect(hotline.adapter.load).toEqual({ settingUp: 2, overloads: 1, strangers: 1 });
    answerMedia();
  });

  it("an account that has proved itself is no stranger afterwards", async () => {
    const { answerMedia } = await begin({ settingUp: { max: 2 }, trunks: [] });
    answerMedia();
    hotline.onCall = answer;
    const phone = await new Phone("1001", { password: "demo-1001", address: "127.0.0.3" }).start();
    others.push(phone);
    expect((await phone.call(hotline.port).outcome).answered).toBe(true);
    hotline.holdLookups = true;
    const guesser = await new Phone("1002", { password: "guess" }).start();
    others.push(guesser);
    const stranger = guesser.call(hotline.port);
    // One lookup after the challenge, which nobody waits for, and one of the password.
    await until(() => hotline.waitingLookups === 2 && hotline.adapter.load.settingUp === 1, "the stranger");
    expect(await refused()).toEqual([503, "1"]);
    const call = phone.call(hotline.port);
    await until(() => hotline.adapter.load.settingUp === 2, "the account's call");
    hotline.releaseLookups();
    expect((await call.outcome).answered).toBe(true);
    expect((await stranger.outcome).answered).toBe(false);
  });

  it("one that was refused is not answered when its INVITE comes again, though there is room by then", async () => {
    const { answerMedia } = await begin({ settingUp: { max: 1 } }, new SystemClock());
    hotline.onCall = answer;
    const [first] = await calls(1);
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const heard: string[] = [];
    socket.on("message", (bytes) => void heard.push(bytes.toString().split("\r\n", 1)[0] ?? ""));
    const invite = (branch: string): Buffer =>
      Buffer.from(
        [`INVITE sip:12333@127.0.0.1 SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bK${branch}`, "From: <sip:1@127.0.0.1>;tag=a", "To: <sip:12333@127.0.0.1>", `Call-ID: ${branch}`, "CSeq: 1 INVITE", `Contact: <sip:1@127.0.0.1:${socket.address().port}>`, "Max-Forwards: 70", "Content-Length: 0", "", ""].join("\r\n"),
      );
    socket.send(invite("one"), hotline.port, "127.0.0.1");
    await until(() => heard.length === 1, "the refusal");
    answerMedia();
    await first?.outcome;
    socket.send(invite("one"), hotline.port, "127.0.0.1");
    await until(() => heard.length === 2, "the same refusal");
    expect(heard).toEqual(Array.from({ length: 2 }, () => "SIP/2.0 503 Service Unavailable"));
    expect(hotline.arrived).toHaveLength(1);
    socket.send(invite("two"), hotline.port, "127.0.0.1");
    await until(() => hotline.arrived.length === 2, "a new call");
    socket.close();
  });

  it("are refused while the sound of those there are comes late, whose end is taken as ever", async () => {
    const { answerMedia, clock } = await begin();
    answerMedia();
    hotline.onCall = answer;
    const first = await caller.call(hotline.port).outcome;
    hotline.media.latenessMs = 45;
    expect(await refused()).toEqual([503, "1"]);
    if (first.answered) await first.session.bye();
    await until(() => hotline.adapter.calls === 0, "the end of the first call");
    hotline.media.latenessMs = 10;
    await clock.advance(3_000);
    expect(await refused()).toBe("answered");
  });

  it("are refused while what makes the sound has hardly time left", async () => {
    const { answerMedia } = await begin();
    answerMedia();
    hotline.onCall = answer;
    hotline.media.busyShare = 0.85;
    expect(await refused()).toEqual([503, "1"]);
    hotline.media.busyShare = 0.6;
    expect(await refused()).toBe("answered");
  });

  it("are refused while no ports are left for their sound, and nothing is kept of them; calls there are stay", async () => {
    const { answerMedia } = await begin();
    answerMedia();
    hotline.onCall = answer;
    const first = await caller.call(hotline.port).outcome;
    hotline.media.portsTaken = true;
    expect(await refused()).toEqual([503, "30"]);
    expect([hotline.arrived.length, hotline.media.made.length, hotline.adapter.calls, hotline.media.open]).toEqual([1, 1, 1, 1]);
    hotline.media.portsTaken = false;
    expect(await refused()).toBe("answered");
    if (first.answered) await first.session.bye();
    await until(() => hotline.adapter.calls === 1, "the end of the first call");
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
