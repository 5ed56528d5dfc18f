import type { Call } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import { parseSdp } from "./sdp/index.js";

const WIDE = "RTP/AVP 9 101";
const ALL = { codecs: ["PCMA", "PCMU", "G722"] };
const formats = (sdp: string): readonly string[] | undefined => parseSdp(sdp).media[0]?.formats;

let hotline: HotlineSide;
let caller: Phone;
let agent: Phone;

beforeEach(async () => {
  caller = await new Phone("13800138000").start();
  agent = await new Phone("1001", { password: "demo-1001" }).start();
});

afterEach(async () => {
  await hotline.stop();
  await Promise.all([caller.stop(), agent.stop()]);
  expect(hotline.media.open).toBe(0);
});

async function begin(options: Record<string, unknown>): Promise<void> {
  hotline = await new HotlineSide(options).start();
}

/** A call from a phone that offers only this. */
async function arrived(media: string): Promise<{ call: Call; sdp: string; session: Awaited<ReturnType<Phone["reach"]>>["session"] }> {
  const arriving = hotline.next();
  const reached = caller.reach(hotline.port, { body: offerOf(40_000, [], media) });
  const call = await arriving;
  await call.answer();
  return { call, ...(await reached) };
}

describe("a caller who speaks only G.722", () => {
  it("is refused where it is not among the codecs, as it is by default", async () => {
    await begin({});
    const outcome = await caller.call(hotline.port, { body: offerOf(40_000, [], WIDE) }).outcome;
    expect(outcome).toMatchObject({ answered: false, status: 488 });
  });

  it("is answered where it is, holds and is held, and may turn to G.711", async () => {
    await begin(ALL);
    const { call, sdp, session } = await arrived(WIDE);
    expect(formats(sdp)).toEqual(["9", "101"]);
    expect(hotline.media.last.remote).toMatchObject({ codec: "G722", payloadType: 9, telephoneEventPayloadType: 101, direction: "sendrecv" });
    const held = await session.reinvite({ body: offerOf(40_000, ["a=sendonly"], WIDE) });
    expect(formats(held.response?.body.toString() ?? "")).toEqual(["9", "101"]);
    expect(hotline.media.last.remote).toMatchObject({ codec: "G722", direction: "recvonly" });
    let offered = "";
    session.handle({
      reoffer: (offer) => {
        offered = offer.request.body.toString();
        void offer.accept({ body: offerOf(40_000, ["a=recvonly"], WIDE) });
      },
    });
    await session.reinvite({ body: offerOf(40_000, [], WIDE) });
    await call.hold();
    expect(formats(offered)).toEqual(["9", "101"]);
    expect(hotline.media.last.remote).toMatchObject({ codec: "G722", direction: "sendonly" });
    await session.reinvite({ body: offerOf(40_000, [], "RTP/AVP 9 8 101") });
    expect(hotline.media.last.remote).toMatchObject({ codec: "PCMA", payloadType: 8 });
    await call.hangup();
  });

  it("may leave the offer to us", async () => {
    await begin(ALL);
    const arriving = hotline.next();
    let offered = "";
    const reached = caller.reach(hotline.port, {
      body: "",
      ack: (response) => {
        offered = response.body.toString();
        return { body: offerOf(40_000, [], WIDE) };
      },
    });
    const call = await arriving;
    await call.answer();
    await reached;
    await until(() => hotline.media.last.remote?.codec === "G722", "the late answer");
    expect(formats(offered)).toEqual(["8", "0", "9", "101"]);
    await call.hangup();
  });
});

describe("a call to a phone", () => {
  it.each([
    ["who speaks G.722", WIDE, ["9", "8", "0", "101"]],
    ["who speaks G.711", "RTP/AVP 9 8 101", ["8", "0", "9", "101"]],
  ])("for a caller %s offers first what needs no transcoding", async (_, media, expected) => {
    await begin(ALL);
    await agent.register(hotline.port);
    agent.onInvite = (invite) => void invite.accept({ body: offerOf(50_000, [], WIDE) });
    const { call } = await arrived(media);
    const out = await hotline.adapter.originate("sip:1001", { near: call.media! });
    expect(await out.answered).toBe(true);
    await until(() => agent.invites.length === 1);
    expect(formats(agent.invites[0]!.request.body.toString())).toEqual(expected);
    expect(hotline.media.last.remote).toMatchObject({ codec: "G722", payloadType: 9 });
    await Promise.all([call.hangup(), out.hangup()]);
  });
});
