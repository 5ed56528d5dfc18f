import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock, UuidIds } from "@hotlinejs/core";
import type { Call, MediaLeg, MediaLegEvent } from "@hotlinejs/core";
import { createMediaEngine, goertzel, decodeAlaw, openCapture, sines } from "@hotlinejs/media";
import type { DefaultMediaEngine } from "@hotlinejs/media";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { ensureWorkerBuilt } from "../../../media/test/built-worker.js";
import { RtpPeer } from "../../../media/test/rtp-peer.js";
import { parseSdp } from "../../src/sdp/index.js";
import type { Session } from "../../src/stack/index.js";
import { Browser, CHROMIUM } from "../support/webrtc-browser.js";
import { HotlineSide, until } from "../support/hotline-side.js";
import { peerPresent } from "../support/peers.js";
import { offerOf, Phone } from "../support/phone.js";

const present = peerPresent("Chromium", CHROMIUM);
const clock = new SystemClock();

function tone(alaw: Uint8Array, hz: number): number {
  const pcm = decodeAlaw(alaw);
  const power = pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length;
  return goertzel(pcm, 0, pcm.length, hz) / power;
}

describe.skipIf(!present)("with Chromium over WebRTC", () => {
  let engine: DefaultMediaEngine;
  let browser: Browser;
  let hotline: HotlineSide;
  let phone: Phone;

  beforeAll(async () => {
    await ensureWorkerBuilt();
    engine = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1, rtpPorts: { min: 24_000, max: 27_999 } });
    await engine.start();
    browser = await Browser.open();
  }, 90_000);
  afterAll(async () => {
    await browser.close();
    await engine.stop();
  });
  beforeEach(async () => {
    hotline = await new HotlineSide({ browserTimeoutMs: 3_000 }, clock, engine).start();
    phone = await new Phone("13800138001", { transport: "tcp" }).start();
  });
  afterEach(async () => {
    await phone.stop();
    await hotline.stop();
    await until(() => engine.legs === 0, "all legs to be gone");
  });

  /** For the message when a test fails. */
  let current: MediaLeg | undefined;

  const hears = async (name: string, hz: number): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      if ((await browser.run<number>("heard", name, hz)) > 0.7) return;
      await clock.sleep(100);
    }
    throw new Error(`the browser does not hear ${hz} Hz: ${JSON.stringify(await current?.stats())} ${JSON.stringify(await browser.run("stats", name))}`);
  };

  /** A browser's description is too long for one UDP packet. */
  const overTcp = (): string => `sip:12333@127.0.0.1:${hotline.adapter.agent?.endpoints.find(({ kind }) => kind === "tcp")?.port ?? 0};transport=tcp`;

  /** The browser calls in, its SIP carried by the test's phone. */
  async function callIn(name: string, hz: number): Promise<{ call: Call; session: Session; answer: string }> {
    const arrived = hotline.next();
    const invite = phone.call(0, { uri: overTcp(), body: await browser.run<string>("offer", name, hz) });
    const call = await arrived;
    const [outcome] = await Promise.all([invite.outcome, call.answer()]);
    if (!outcome.answered) throw new Error(`not answered: ${outcome.status}`);
    const answer = outcome.response.body.toString();
    await browser.run("take", name, answer);
    current = call.media;
    return { call, session: outcome.session, answer };
  }

  it("a browser calls in: tone both ways, keys both ways, capture, hold", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-webrtc-"));
    const { call, session, answer } = await callIn("in", 700);
    expect(answer).toContain("UDP/TLS/RTP/SAVPF 8");
    expect(answer).toContain("a=setup:passive");
    expect(answer).toContain("a=ice-lite");
    const leg = call.media!;
    const events: MediaLegEvent[] = [];
    leg.subscribe((event) => events.push(event));
    call.play({ kind: "sine", hz: 1000 }, { loop: true });
    await hears("in", 1000);
    expect(await browser.run("state", "in")).toBe("connected");
    const capture = await leg.capture({ path: join(folder, "in.cap") });
    await clock.sleep(1_000);
    await capture.stop();
    const captured: number[] = [];
    for await (const chunk of (await openCapture(join(folder, "in.cap"))).readStereo()) captured.push(...chunk.left);
    expect(tone(Uint8Array.from(captured.slice(2_400, 6_400)), 700)).toBeGreaterThan(0.7);
    rmSync(folder, { recursive: true });

    const entry = call.collect({ min: 4, max: 4, firstDigitTimeoutMs: 15_000, interDigitTimeoutMs: 15_000 });
    await browser.run("press", "in", "15#9");
    await expect(entry).resolves.toMatchObject({ digits: "15#9" });
    expect(events.filter((event) => event.type === "dtmf").every((event) => event.via === "rfc4733")).toBe(true);

    // The browser holds: no sound goes to it, and it comes back.
    await browser.run("direction", "in", "sendonly");
    const held = await session.reinvite({ body: await browser.run<string>("offer", "in", 700) });
    expect(held.status).toBe(200);
    const holding = held.response!.body.toString();
    expect(holding).toContain("a=recvonly");
    await browser.run("take", "in", holding);
    const before = (await leg.stats()).packetsSent;
    await clock.sleep(500);
    expect((await leg.stats()).packetsSent - before).toBeLessThan(3);
    await browser.run("direction", "in", "sendrecv");
    const back = await session.reinvite({ body: await browser.run<string>("offer", "in", 700) });
    await browser.run("take", "in", back.response!.body.toString());
    await hears("in", 1000);
    const { packetsReceived, packetsLost } = await leg.stats();
    expect(packetsReceived).toBeGreaterThan(100);
    expect(packetsLost).toBeLessThan(20);
    await call.hangup();
  });

  it("we call the browser that is registered, beside a phone; who answers gets the call", { timeout: 60_000 }, async () => {
    const password = { password: "demo-1001" };
    await phone.stop();
    phone = await new Phone("1001", password).start();
    const other = await new Phone("1001", password).start();
    phone.onInvite = (invite) => {
      invite.ring();
      const answer = (offer: Buffer): Promise<string> => browser.run<string>("answer", "out", 620, offer.toString());
      void answer(invite.request.body).then(async (body) => {
        const accepted = await invite.accept({ body });
        if (accepted.ok) accepted.session.handle({ reoffer: (again) => void answer(again.request.body).then((second) => again.accept({ body: second })) });
      });
    };
    expect((await phone.register(hotline.port, { contact: `<sip:1001@127.0.0.1:${phone.port};transport=ws>` })).status).toBe(200);
    expect((await other.register(hotline.port)).status).toBe(200);
    const call = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000" } });
    expect(await call.answered).toBe(true);
    expect(phone.invites[0]!.request.body.toString()).toContain("UDP/TLS/RTP/SAVPF");
    expect(other.invites[0]!.request.body.toString()).toMatch(/m=audio \d+ RTP\/AVP 8/);
    current = call.media;
    call.play({ kind: "sine", hz: 1300 }, { loop: true });
    await hears("out", 1300);
    await until(() => engine.legs === 1, "the phone's leg to be gone");
    await call.hold();
    await call.unhold();
    await hears("out", 1300);
    await call.hangup();
    await other.stop();
  });

  it("talks to a plain RTP caller without transcoding, keys included", { timeout: 60_000 }, async () => {
    const { call } = await callIn("bridge", 850);
    const caller = await RtpPeer.open();
    const trunk = await new Phone("13800138000").start();
    const arrived = hotline.next();
    const invite = trunk.call(hotline.port, { body: offerOf(caller.port) });
    const other = await arrived;
    const [outcome] = await Promise.all([invite.outcome, other.answer()]);
    const port = parseSdp(outcome.answered ? outcome.response.body.toString() : "").media[0]!.port;
    const bridge = await engine.createBridge({ near: call.media! });
    await bridge.join(call.media!);
    await bridge.join(other.media!);
    const speaking = caller.speak(port, sines([{ hz: 1500, level: -12 }], 3 * 8000));
    await hears("bridge", 1500);
    await speaking;
    expect(tone(caller.heard.subarray(-8_000), 850)).toBeGreaterThan(0.7);
    await browser.run("press", "bridge", "7");
    await until(() => caller.packets.some(({ payloadType, payload }) => payloadType === 101 && payload[0] === 7), "the key of the browser", 5);
    await Promise.all([call.hangup(), other.hangup()]);
    await trunk.stop();
    caller.close();
  });

  it("takes a phone's place, and gives it back to one, on one leg (RFC 3891)", { timeout: 60_000 }, async () => {
    const replaces = ({ dialog }: Session): { Replaces: string } => ({ Replaces: `${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}` });
    const caller = await RtpPeer.open();
    const trunk = await new Phone("13800138000").start();
    const heardAt = async (from: number): Promise<void> => until(() => caller.heard.length > from + 16_000 && tone(caller.heard.subarray(-8_000), 1000) > 0.7, "the phone to hear 1000 Hz", 20);
    const arrived = hotline.next();
    const reached = trunk.reach(hotline.port, { body: offerOf(caller.port) });
    const call = await arrived;
    await call.answer();
    const first = await reached;
    const leg = call.media!;
    call.play({ kind: "sine", hz: 1000 }, { loop: true });
    await heardAt(0);

    const taken = await phone.reach(0, { uri: overTcp(), body: await browser.run<string>("offer", "taker", 700), headers: replaces(first.session) });
    await browser.run("take", "taker", taken.sdp);
    await first.session.ended;
    await hears("taker", 1000);
    expect(call.media).toBe(leg);
    // The other way, too.
    const before = (await leg.stats()).packetsReceived;
    await clock.sleep(500);
    expect((await leg.stats()).packetsReceived - before).toBeGreaterThan(10);

    const from = caller.heard.length;
    const back = await trunk.reach(hotline.port, { body: offerOf(caller.port), headers: replaces(taken.session) });
    await taken.session.ended;
    await heardAt(from);
    const port = parseSdp(back.sdp).media[0]!.port;
    const entry = call.collect({ min: 1, max: 1, flush: true, firstDigitTimeoutMs: 15_000 });
    await caller.press(port, 7, { ms: 80 });
    await expect(entry).resolves.toMatchObject({ digits: "7" });

    // Another connection of the same browser, after a phone.
    const again = await phone.reach(0, { uri: overTcp(), body: await browser.run<string>("offer", "taker2", 700), headers: replaces(back.session) });
    await browser.run("take", "taker2", again.sdp);
    await hears("taker2", 1000);
    expect(engine.legs).toBe(1);
    await call.hangup();
    await again.session.ended;
    await trunk.stop();
    caller.close();
  });

  it("goes on when the browser's network changes (ICE restart)", { timeout: 60_000 }, async () => {
    const { call, session, answer } = await callIn("roam", 700);
    call.play({ kind: "sine", hz: 1000 }, { loop: true });
    await hears("roam", 1000);
    const again = await session.reinvite({ body: await browser.run<string>("offer", "roam", 700, true) });
    const second = again.response!.body.toString();
    const ufrag = (sdp: string): string => /a=ice-ufrag:(\S+)/.exec(sdp)![1]!;
    expect(ufrag(second)).not.toBe(ufrag(answer));
    await browser.run("take", "roam", second);
    await clock.sleep(1_000);
    await hears("roam", 1000);
    expect(await browser.run("state", "roam")).toBe("connected");
    await call.hangup();
  });

  it("tells a browser that has died by its silence, and one whose keys are not those of its description", { timeout: 60_000 }, async () => {
    const { call } = await callIn("dies", 700);
    call.play({ kind: "sine", hz: 1000 }, { loop: true });
    await hears("dies", 1000);
    const started = clock.monotonic();
    await browser.page.evaluate("(() => { const { pc } = calls.get('dies'); pc.close(); })()");
    const end = await call.ended;
    // close() says good-bye by DTLS; only where that is lost does the silence tell.
    expect(["failed", "media-timeout"]).toContain(end.reason);
    expect(clock.monotonic() - started).toBeLessThan(30_000);

    const arrived = hotline.next();
    const forged = (await browser.run<string>("offer", "forged", 700)).replace(/a=fingerprint:sha-256 \S+/, `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`);
    const invite = phone.call(0, { uri: overTcp(), body: forged });
    const refused = await arrived;
    const [outcome] = await Promise.all([invite.outcome, refused.answer()]);
    await browser.run("take", "forged", outcome.answered ? outcome.response.body.toString() : "");
    await expect(refused.ended).resolves.toMatchObject({ reason: "failed" });
    await browser.run("close", "forged");
  });

  it("ends the call of a tab that crashes without a word, and of one that does not know the ICE password, after the time stated", { timeout: 60_000 }, async () => {
    const { call } = await callIn("lost", 700);
    call.play({ kind: "sine", hz: 1000 }, { loop: true });
    await hears("lost", 1000);
    // Somebody who has only read the description: checks under another password are not answered.
    const arrived = hotline.next();
    const invite = phone.call(0, { uri: overTcp(), body: await browser.run<string>("offer", "guesser", 900) });
    const guessed = await arrived;
    const [outcome] = await Promise.all([invite.outcome, guessed.answer()]);
    const answeredAt = clock.monotonic();
    await browser.run("take", "guesser", (outcome.answered ? outcome.response.body.toString() : "").replace(/a=ice-pwd:\S+/, `a=ice-pwd:${"x".repeat(32)}`));
    await expect(guessed.ended).resolves.toMatchObject({ reason: "media-timeout", by: "local" });
    expect(clock.monotonic() - answeredAt).toBeGreaterThanOrEqual(2_900);
    expect(await browser.run("state", "guesser")).not.toBe("connected");
    expect(call.state).toBe("answered");

    const crashedAt = clock.monotonic();
    await browser.crash();
    await expect(call.ended).resolves.toMatchObject({ reason: "media-timeout", by: "local" });
    expect(clock.monotonic() - crashedAt).toBeGreaterThanOrEqual(2_000);
  });
});
