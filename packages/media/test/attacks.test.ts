import { randomBytes } from "node:crypto";
import type { SrtpKeys } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { buildRtcp } from "../src/rtp/rtcp-packet.js";
import { writeRtpHeader } from "../src/rtp/rtp-packet.js";
import { SrtpStreams } from "../src/srtp/srtp-streams.js";
import { delay, MediaBench, until } from "./engine-setup.js";

const SUITE = "AES_CM_128_HMAC_SHA1_80";
const SOUND = sineSecond(700, -12);
const ATTACKER = "127.0.0.66";

function keys(): SrtpKeys {
  return { suite: SUITE, send: randomBytes(30).toString("base64"), receive: randomBytes(30).toString("base64") };
}

/** The phone's side of these keys. */
function phoneOf({ send, receive }: SrtpKeys): SrtpStreams {
  return SrtpStreams.of(SUITE, Buffer.from(receive, "base64"), Buffer.from(send, "base64"));
}

function packet(sequence: number, payload: Uint8Array, ssrc = 7): Uint8Array {
  const out = new Uint8Array(12 + payload.length);
  writeRtpHeader(out, 8, false, sequence & 0xffff, sequence * 160, ssrc);
  out.set(payload, 12);
  return out;
}

function frame(i: number): Uint8Array {
  return SOUND.subarray((i * 160) % 8000, ((i * 160) % 8000) + 160);
}

function flipped(octets: Uint8Array, bit: number): Uint8Array {
  const out = Uint8Array.from(octets);
  out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7));
  return out;
}

describe("who attacks a call's sound", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("SRTP: wrong keys, flipped bits, what was sent before and what is in clear are not heard; new keys by re-INVITE are, the old ones no more", { timeout: 30_000 }, async () => {
    const first = keys();
    const a = await bench.call({ remote: { srtp: first } });
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const attacker = await bench.peer(ATTACKER);
    const phone = phoneOf(first);
    const stranger = phoneOf(keys());
    const sent: Uint8Array[] = [];
    const say = (streams: SrtpStreams, i: number): void => {
      const protectedPacket = Uint8Array.from(streams.sender.protect(packet(i, frame(i))));
      sent.push(protectedPacket);
      a.peer.sendRaw(a.leg.localPort, protectedPacket);
    };
    const heard = async (count: number): Promise<void> => {
      await until(() => b.peer.packets.length >= count);
      await delay(50);
      expect(b.peer.packets).toHaveLength(count);
      expect((await a.leg.stats()).packetsReceived).toBe(count);
    };
    for (let i = 0; i < 10; i++) {
      for (const from of [a.peer, attacker]) {
        from.sendRaw(a.leg.localPort, Uint8Array.from(stranger.sender.protect(packet(i, frame(i)))));
        from.sendRaw(a.leg.localPort, packet(i, frame(i)));
      }
      say(phone, i);
    }
    await heard(10);
    for (const each of sent) for (const from of [a.peer, attacker]) from.sendRaw(a.leg.localPort, each);
    const genuine = Uint8Array.from(phone.sender.protect(packet(10, frame(10))));
    for (let bit = 0; bit < genuine.length * 8; bit += 13) a.peer.sendRaw(a.leg.localPort, flipped(genuine, bit));
    await delay(100);
    a.peer.sendRaw(a.leg.localPort, genuine);
    await heard(11);
    expect(Buffer.concat(b.peer.packets.map(({ payload }) => payload)).equals(SOUND.subarray(0, 11 * 160))).toBe(true);
    expect((await a.leg.stats()).packetsDuplicated).toBe(0);

    const second = keys();
    a.leg.setRemote({ ...a.peer.remote, srtp: second });
    await a.leg.stats(); // it is with the worker
    const again = phoneOf(second);
    for (let i = 11; i < 15; i++) {
      a.peer.sendRaw(a.leg.localPort, Uint8Array.from(phone.sender.protect(packet(i, frame(i)))));
      say(again, i);
    }
    await heard(15);
    await a.leg.play({ kind: "silence", durationMs: 100 }).done;
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("SRTCP: reports that are flipped, of another key or in clear say nothing", async () => {
    const agreed = keys();
    const { leg, peer } = await bench.call({ remote: { srtp: agreed } });
    const phone = phoneOf(agreed);
    peer.sendRaw(leg.localPort, Uint8Array.from(phone.sender.protect(packet(0, frame(0)))));
    await leg.play({ kind: "silence", durationMs: 1_200 }).done;
    await until(() => peer.packets.length >= 60);
    const { ssrc, sequence } = peer.packets.at(-1)!;
    const report = buildRtcp(7, "phone", { block: { ssrc, fractionLost: 0, cumulativeLost: 30, highestSequence: sequence, jitter: 0, lastSr: 0, delaySinceLastSr: 0 } });
    const genuine = Uint8Array.from(phone.sender.protectRtcp(report));
    peer.sendRtcp(leg.localPort + 1, report);
    peer.sendRtcp(leg.localPort + 1, Uint8Array.from(phoneOf(keys()).sender.protectRtcp(report)));
    for (let bit = 0; bit < genuine.length * 8; bit += 7) peer.sendRtcp(leg.localPort + 1, flipped(genuine, bit));
    await delay(200);
    expect((await leg.stats()).quality?.sent).toBeUndefined();
    peer.sendRtcp(leg.localPort + 1, genuine);
    while ((await leg.stats()).quality?.sent === undefined) await delay(5);
    expect((await leg.stats()).quality?.sent).toMatchObject({ lost: 30 });
    await leg.close();
  });

  test("CSRCs, header extensions and padding are stepped over, broken ones refused, and a flood from elsewhere changes nothing", { timeout: 30_000 }, async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const attackers = [await bench.peer(ATTACKER), await bench.peer()];
    const with_ = (i: number, first: number, head: readonly number[], tail: readonly number[] = []): Uint8Array => {
      const plain = packet(i, frame(i));
      const out = Buffer.concat([plain.subarray(0, 12), Uint8Array.from(head), plain.subarray(12), Uint8Array.from(tail)]);
      out[0] = first;
      return out;
    };
    const good = [
      with_(0, 0x80, []),
      with_(1, 0x82, [1, 2, 3, 4, 5, 6, 7, 8]),
      with_(2, 0x90, [0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]),
      with_(3, 0xa0, [], [0, 0, 0, 4]),
      with_(4, 0xb1, [9, 9, 9, 9, 0xbe, 0xde, 0, 0], [0, 2]),
    ];
    const bad = [
      with_(5, 0xa0, [], [0, 0, 0, 0]), // padding of nothing
      with_(5, 0xa0, [], [0, 0, 0, 255]), // of more than there is
      with_(5, 0x9f, []), // CSRCs and an extension beyond the end
      with_(5, 0x90, [0xbe, 0xde, 0xff, 0xff]),
      with_(5, 0x40, []), // version 1
      Uint8Array.of(0x80),
      new Uint8Array(0),
      randomBytes(1400).fill(0xff, 0, 2),
    ];
    a.peer.sendRaw(a.leg.localPort, good[0]!);
    await until(() => b.peer.packets.length === 1); // known now
    const flood = (async () => {
      for (let i = 0; i < 2_000; i++) {
        for (const attacker of attackers) attacker.sendRaw(a.leg.localPort, i % 3 === 0 ? randomBytes(172) : packet(i, frame(i + 3), 99));
        if (i % 50 === 0) await delay(5);
      }
    })();
    for (const each of [...bad, ...good.slice(1)]) {
      a.peer.sendRaw(a.leg.localPort, each);
      await delay(20);
    }
    await flood;
    await until(() => b.peer.packets.length >= good.length);
    await delay(100);
    expect(b.peer.packets).toHaveLength(good.length);
    expect(Buffer.concat(b.peer.packets.map(({ payload }) => payload)).equals(SOUND.subarray(0, good.length * 160))).toBe(true);
    expect((await a.leg.stats()).packetsReceived).toBe(good.length);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });
});
