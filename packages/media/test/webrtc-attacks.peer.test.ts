import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MediaLegEvent, WebRtcLeg } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { delay, eventOf, MediaBench, until } from "./engine-setup.js";
import { hasOpenssl } from "./has-openssl.js";
import type { RtpPeer } from "./rtp-peer.js";
import { type Certificate, makeCertificate, SrtpWriter, WebRtcPeer } from "./webrtc-peer.js";

describe.skipIf(!hasOpenssl())("who attacks the sound of a WebRTC call, or loses it", () => {
  let bench: MediaBench;
  let folder = "";
  let certificate: Certificate;
  const peers: WebRtcPeer[] = [];

  beforeAll(async () => {
    bench = await MediaBench.start();
    folder = mkdtempSync(join(tmpdir(), "hotline-webrtc-"));
    certificate = makeCertificate(folder);
  });
  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close();
  });
  afterAll(async () => {
    await bench.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (as: Certificate = certificate): Promise<WebRtcPeer> => {
    const peer = await WebRtcPeer.open(as);
    peers.push(peer);
    return peer;
  };

  /** A leg that knows its peer by description; nothing has come yet. */
  async function described(fingerprint = certificate.fingerprint, mediaTimeoutMs = 1_000): Promise<{ leg: WebRtcLeg; events: MediaLegEvent[] }> {
    const leg = await bench.engine.createWebRtcLeg({ mediaTimeoutMs });
    const events: MediaLegEvent[] = [];
    leg.subscribe((event) => events.push(event));
    leg.setRemote({ codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101, fingerprints: [{ algorithm: "sha-256", value: fingerprint }] });
    return { leg, events };
  }

  /** The same in a call: with a telephone at the other end of the bridge. */
  async function connected(): Promise<{ leg: WebRtcLeg; events: MediaLegEvent[]; peer: WebRtcPeer; phone: { leg: { close(): Promise<unknown>; localPort: number }; peer: RtpPeer } }> {
    const { leg, events } = await described(certificate.fingerprint, 1_500);
    const peer = await open();
    peer.aim(leg.localPort, leg.ice);
    await peer.choosePath();
    const up = eventOf(leg, "transport");
    await peer.shakeHands();
    expect(await up).toMatchObject({ state: "connected" });
    const phone = await bench.call({ near: leg });
    const bridge = await bench.engine.createBridge({ near: leg });
    await Promise.all([bridge.join(leg), bridge.join(phone.leg)]);
    return { leg, events, peer, phone };
  }

  test("who guesses the ICE password is not answered, shakes no hands, and the call is told that nobody came", { timeout: 20_000 }, async () => {
    const { leg, events } = await described();
    const guesser = await open();
    guesser.aim(leg.localPort, { ufrag: leg.ice.ufrag, pwd: randomBytes(24).toString("base64") });
    const timedOut = eventOf(leg, "media-timeout");
    void guesser.shakeHands().catch(() => undefined);
    for (let i = 0; i < 8; i++) {
      guesser.check();
      await delay(100);
    }
    expect((await timedOut).silentMs).toBeGreaterThanOrEqual(1_000);
    expect(guesser.answers).toEqual({ checks: 0, dtls: 0 });
    // The one who knows it is served all the same.
    const peer = await open();
    peer.aim(leg.localPort, leg.ice);
    const resumed = eventOf(leg, "media-resumed");
    await peer.choosePath();
    await resumed;
    const up = eventOf(leg, "transport");
    await peer.shakeHands();
    await up;
    expect(events.filter(({ type }) => type === "transport")).toEqual([{ type: "transport", state: "connected" }]);
    await leg.close();
  });

  test("a peer whose certificate is not the described one gets no keys, and the call is told why", { timeout: 20_000 }, async () => {
    const { leg, events } = await described(makeCertificate(folder, "another").fingerprint);
    const peer = await open();
    peer.aim(leg.localPort, leg.ice);
    await peer.choosePath();
    const told = eventOf(leg, "transport");
    // OpenSSL has keys of its own by then, whatever it was answered.
    const keys = peer.shakeHands().catch(() => undefined);
    expect(await told).toMatchObject({ state: "failed", why: expect.stringContaining("not the one its description names") });
    await keys;
    const stranger = new SrtpWriter(randomBytes(16), randomBytes(14));
    for (let i = 0; i < 20; i++) {
      peer.speak();
      peer.send(stranger.next());
    }
    await delay(100);
    expect((await leg.stats()).packetsReceived).toBe(0);
    expect((await leg.stats()).packetsSent).toBe(0);
    expect(events.some((event) => event.type === "transport" && event.state === "connected")).toBe(false);
    await leg.close();
  });

  test("wrong keys, what was sent before, what is in clear, and what comes from elsewhere is not heard", { timeout: 20_000 }, async () => {
    const { leg, peer, phone } = await connected();
    const stranger = new SrtpWriter(randomBytes(16), randomBytes(14));
    const elsewhere = createSocket("udp4");
    await new Promise<void>((resolve) => elsewhere.bind(0, "127.0.0.1", resolve));
    const sent: Buffer[] = [];
    for (let i = 0; i < 10; i++) {
      peer.send(stranger.next());
      const clear = Buffer.alloc(172, 0xd5);
      clear.set([0x80, 8, 0, i + 1]);
      peer.send(clear);
      const genuine = peer.next();
      sent.push(genuine);
      peer.send(genuine);
      await delay(20);
    }
    await until(() => phone.peer.packets.length >= 10);
    for (const each of sent) peer.send(each);
    // Genuine and new, but from a port that has passed no check.
    for (let i = 0; i < 5; i++) elsewhere.send(peer.next(), leg.localPort, "127.0.0.1");
    await delay(200);
    expect(phone.peer.packets).toHaveLength(10);
    expect((await leg.stats()).packetsReceived).toBe(10);
    const last = peer.next();
    peer.send(last);
    await until(() => phone.peer.packets.length === 11);
    elsewhere.close();
    await phone.leg.close();
    await leg.close();
  });

  test("who speaks DTLS in clear into a call, or says hello from elsewhere, ends nothing", { timeout: 20_000 }, async () => {
    const { leg, peer, events, phone } = await connected();
    const alert = Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]);
    const elsewhere = createSocket("udp4");
    for (const send of [(data: Buffer) => peer.send(data), (data: Buffer) => elsewhere.send(data, leg.localPort, "127.0.0.1")]) {
      send(alert);
      send(Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 10, 0, 16]), Buffer.from([1, 0, 0, 4, 0, 9, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4])]));
      send(Buffer.concat([Buffer.from([21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 26]), randomBytes(26)]));
    }
    for (let i = 0; i < 5; i++) peer.speak();
    await until(() => phone.peer.packets.length === 5);
    expect(events.filter(({ type }) => type === "transport")).toEqual([{ type: "transport", state: "connected" }]);
    elsewhere.close();
    await phone.leg.close();
    await leg.close();
  });

  test("a peer that vanishes without a word is told after its time, wrong keys do not keep it alive, and it comes back from another port without a new handshake", { timeout: 20_000 }, async () => {
    const { leg, peer, phone } = await connected();
    peer.speak();
    await until(() => phone.peer.packets.length === 1);
    const timedOut = eventOf(leg, "media-timeout");
    const stranger = new SrtpWriter(randomBytes(16), randomBytes(14));
    let gone = false;
    void timedOut.then(() => (gone = true));
    // Somebody else keeps sending, from its very address.
    while (!gone) {
      peer.send(stranger.next());
      await delay(50);
    }
    expect((await timedOut).silentMs).toBeGreaterThanOrEqual(1_500);
    expect((await timedOut).silentMs).toBeLessThan(5_000);
    const resumed = eventOf(leg, "media-resumed");
    await peer.move();
    const before = peer.received;
    await peer.choosePath();
    await resumed;
    const playing = leg.play({ kind: "sine", hz: 600, durationMs: 400 });
    await until(() => peer.received > before + 5);
    peer.speak();
    await until(() => phone.peer.packets.length === 2);
    await playing.done;
    await phone.leg.close();
    await leg.close();
  });
});
