/*
 * Callers who speak WebRTC, in a process of their own so that only the subject's work counts:
 *
 *   <sip port> <number> <legs>
 *
 * Tells `up` when all legs have keys, then answers each message with the packets received so far.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock } from "@hotlinejs/core";
import { createUserAgent, cryptoRandom, type Session } from "@hotlinejs/plugin-sip/stack";
import { makeCertificate, WebRtcPeer } from "../../packages/media/test/webrtc-peer.js";

const [, , sipPort = "0", number = "pair", count = "0"] = process.argv;
const CHECK_MS = 5_000;
/** Legs that shake hands at a time. */
const AT_ONCE = 4;

const folder = mkdtempSync(join(tmpdir(), "bench-webrtc-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const certificate = makeCertificate(folder);
const ua = createUserAgent({ clock: new SystemClock(), transports: [{ kind: "tcp", address: "127.0.0.1", port: 0 }], userAgentHeader: "bench", random: cryptoRandom(), onInvite: (incoming) => incoming.reject({ status: 486 }) });
await ua.start();
const peers: WebRtcPeer[] = [];
const sessions: Session[] = [];

async function leg(): Promise<void> {
  const peer = await WebRtcPeer.open(certificate);
  const outcome = await ua.invite({ uri: `sip:${number}@127.0.0.1:${sipPort};transport=tcp`, from: "sip:1380000@127.0.0.1", body: peer.offer() }).outcome;
  if (!outcome.answered) throw new Error(`a leg was refused with ${outcome.status}`);
  sessions.push(outcome.session);
  await peer.connect(outcome.response.body.toString("latin1"));
  peers.push(peer);
}

/** Each speaks from when it is connected, at its own place within the 20 ms, as callers of a real network do; a browser that says nothing would be given up. */
let spoken = 0;
const nextAt = new Map<WebRtcPeer, number>();
setInterval(() => {
  const now = performance.now();
  for (const peer of peers) {
    let at = nextAt.get(peer) ?? now + (nextAt.size * 7) % 20;
    for (; at <= now; at += 20) {
      peer.speak();
      spoken++;
    }
    nextAt.set(peer, at);
  }
}, 2);
setInterval(() => peers.forEach((peer) => peer.check()), CHECK_MS);

for (let begun = 0; begun < Number(count); begun += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - begun) }, leg));

process.on("message", (message) => {
  if (message === "counts") process.send?.({ received: peers.reduce((sum, peer) => sum + peer.received, 0), spoken });
  if (message === "stop") {
    void Promise.all(sessions.map((session) => session.bye())).then(() => {
      peers.forEach((peer) => peer.close());
      process.exit(0);
    });
  }
});
process.send?.("up");
