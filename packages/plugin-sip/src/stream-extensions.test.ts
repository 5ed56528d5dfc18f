import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";

/** What descriptions agree on beside the codec: comfort noise (RFC 3389) and VoIP metrics (RFC 3611). */
let hotline: HotlineSide;
let far: Phone;

async function begin(options: Record<string, unknown>, trunk: Record<string, unknown> = {}): Promise<void> {
  far = await new Phone("13800138000").start();
  hotline = await new HotlineSide({ trunks: [{ key: "out", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: far.port }, ...trunk }], ...options }).start();
  hotline.onCall = (call) => void call.answer();
}

afterEach(async () => {
  await hotline.stop();
  await far.stop();
  expect(hotline.media.open).toBe(0);
});

const WITH_NOISE = offerOf(40_000, ["a=sendrecv"], "RTP/AVP 8 13 101");
const WITH_METRICS = offerOf(40_000, ["a=rtcp-xr:voip-metrics"]);

/** What the far end was offered by a call of the hotline, and what the leg was told of its answer. */
async function callOut(answer: string): Promise<{ offered: string; remote: unknown }> {
  far.onInvite = (invite) => void invite.accept({ body: answer });
  const call = await hotline.adapter.originate("tel:13800138000");
  expect(await call.answered).toBe(true);
  const { remote } = hotline.media.last;
  await call.hangup();
  return { offered: far.invites.at(-1)?.request.body.toString() ?? "", remote };
}

/** What the hotline answered to an offer, and what the leg was told. */
async function callIn(offer: string): Promise<{ answered: string; remote: unknown }> {
  const { session, sdp } = await far.reach(hotline.port, { body: offer });
  const { remote } = hotline.media.last;
  await session.bye();
  return { answered: sdp, remote };
}

describe("comfort noise", () => {
  it("is agreed to where it is accepted: only then the leg passes it on to the peer", async () => {
    await begin({ comfortNoise: "accept" });
    const agreed = await callIn(WITH_NOISE);
    expect(agreed.answered).toContain("RTP/AVP 8 13 101\r\n");
    expect(agreed.remote).toMatchObject({ comfortNoise: true });
    const without = await callIn(offerOf(40_000));
    expect(without.answered).toContain("RTP/AVP 8 101\r\n");
    expect(without.remote).not.toHaveProperty("comfortNoise");
    const out = await callOut(WITH_NOISE);
    expect(out.offered).not.toContain("CN/8000");
    expect(out.remote).not.toHaveProperty("comfortNoise");
  });

  it("is a matter of the trunk before that of all", async () => {
    await begin({ comfortNoise: "accept" }, { comfortNoise: "off" });
    expect((await callIn(WITH_NOISE)).answered).not.toContain("CN/8000");
  });

  it("is offered where a trunk has it, and counts when the answer has it too", async () => {
    await begin({}, { comfortNoise: "offer" });
    const agreed = await callOut(WITH_NOISE);
    expect(agreed.offered).toContain("RTP/AVP 8 0 13 101\r\n");
    expect(agreed.remote).toMatchObject({ comfortNoise: true });
    expect((await callOut(offerOf(40_000))).remote).not.toHaveProperty("comfortNoise");
  });

  it("is neither offered nor agreed to by default", async () => {
    await begin({});
    const { answered, remote } = await callIn(WITH_NOISE);
    expect(answered).toContain("RTP/AVP 8 101\r\n");
    expect(remote).not.toHaveProperty("comfortNoise");
  });

  it("comes and goes with re-INVITEs", async () => {
    await begin({ comfortNoise: "accept" });
    const { session } = await far.reach(hotline.port);
    expect(hotline.media.last.remote).not.toHaveProperty("comfortNoise");
    const outcome = await session.reinvite({ body: WITH_NOISE.replace("o=phone 1 1", "o=phone 1 2") });
    expect(outcome.response?.body.toString()).toContain("a=rtpmap:13 CN/8000\r\n");
    expect(hotline.media.last.remote).toMatchObject({ comfortNoise: true });
    await session.bye();
  });
});

describe("VoIP metrics", () => {
  it("are told to who asks, and asked for of who speaks of such reports", async () => {
    await begin({});
    const asked = await callIn(WITH_METRICS);
    expect(asked.answered).toContain("a=rtcp-xr:voip-metrics\r\n");
    expect(asked.remote).toMatchObject({ voipMetrics: true });
    const plain = await callIn(offerOf(40_000));
    expect(plain.answered).not.toContain("rtcp-xr");
    expect(plain.remote).not.toHaveProperty("voipMetrics");
    const out = await callOut(WITH_METRICS);
    expect(out.offered).not.toContain("rtcp-xr");
    expect(out.remote).toMatchObject({ voipMetrics: true });
  });

  it("are asked for in our offers with `offer`, and no matter with `off`", async () => {
    await begin({ rtcpXr: "offer" });
    expect((await callOut(offerOf(40_000))).offered).toContain("a=rtcp-xr:voip-metrics\r\n");
    await hotline.stop();
    await far.stop();
    await begin({ rtcpXr: "off" });
    const { answered, remote } = await callIn(WITH_METRICS);
    expect(answered).not.toContain("rtcp-xr");
    expect(remote).not.toHaveProperty("voipMetrics");
  });
});

describe("maxptime (RFC 8866 section 6.4)", () => {
  const limited = (ms: number, version = 1): string => offerOf(40_000, ["a=sendrecv", `a=maxptime:${ms}`]).replace("o=phone 1 1", `o=phone 1 ${version}`);

  it("is told to the leg, whoever called; a wish (ptime) is not", async () => {
    await begin({});
    expect((await callIn(limited(10))).remote).toMatchObject({ maxPacketMs: 10 });
    expect((await callOut(limited(30))).remote).toMatchObject({ maxPacketMs: 30 });
    expect((await callIn(offerOf(40_000, ["a=ptime:10"]))).remote).not.toHaveProperty("maxPacketMs");
  });

  it("below 10 ms is refused with 488 and why; in a call, which goes on as it was", async () => {
    await begin({});
    const outcome = await far.call(hotline.port, { body: limited(5) }).outcome;
    expect(outcome).toMatchObject({ answered: false, status: 488 });
    expect(outcome.response?.headers.get("warning")).toContain("maxptime");
    const { session } = await far.reach(hotline.port);
    expect((await session.reinvite({ body: limited(5, 2) })).status).toBe(488);
    expect(hotline.media.last.remote).not.toHaveProperty("maxPacketMs");
    expect((await session.reinvite({ body: limited(10, 3) })).status).toBe(200);
    expect(hotline.media.last.remote).toMatchObject({ maxPacketMs: 10 });
    await session.bye();
  });
});
