import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { writeRtpHeader } from "../rtp/rtp-packet.js";
import { PacketIndex, ReplayWindow } from "./packet-index.js";
import { deriveKeys, KeyStream } from "./srtp-keys.js";
import { SrtpReceiver } from "./srtp-receiver.js";
import { SrtpSender } from "./srtp-sender.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

function rtp(sequence: number, payload: Uint8Array, ssrc = 0xcafebabe): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  writeRtpHeader(packet, 8, false, sequence & 0xffff, sequence * 160, ssrc);
  packet.set(payload, 12);
  return packet;
}

describe("SRTP", () => {
  it("makes the key stream of RFC 3711 appendix B.2", () => {
    const cipher = new KeyStream(hex("2B7E151628AED2A6ABF7158809CF4F3C"), hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
    const out = Buffer.alloc(48);
    cipher.apply(0, 0, Buffer.alloc(48), 0, out, 0, 48);
    expect(out).toEqual(hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"));
  });

  it("derives the keys of RFC 3711 appendix B.3", () => {
    const { authKey, cipher } = deriveKeys(hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"), 0);
    expect(authKey).toEqual(hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    const expected = new KeyStream(hex("C61E7A93744F39EE10734AFE3FF7A087"), hex("30CBBC08863D8C85D49DB34A9AE1"));
    const [mine, theirs] = [Buffer.alloc(100), Buffer.alloc(100)];
    cipher.apply(0x12345678, 0x1_2345_6789, mine, 0, mine, 0, 100);
    expected.apply(0x12345678, 0x1_2345_6789, theirs, 0, theirs, 0, 100);
    expect(mine).toEqual(theirs);
  });

  it("protects a packet as libsrtp does (its test vector srtp_validate)", () => {
    const master = hex("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6");
    const clear = hex("800f1234decafbadcafebabe abababababababababababababababab");
    const expected = hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
    expect(Buffer.from(new SrtpSender("AES_CM_128_HMAC_SHA1_80", master).protect(clear))).toEqual(expected);
    expect(Buffer.from(new SrtpReceiver("AES_CM_128_HMAC_SHA1_80", master).unprotect(Buffer.from(expected))!)).toEqual(clear);
  });

  it("protects RTCP as libsrtp does", () => {
    const master = hex("e1f97a0d3e018be0d64fa32c06de4139 0ec675ad498afeebb6960b3aabe6");
    const clear = hex("81c8000bcafebabe abababababababababababababababab");
    const expected = hex("81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798");
    expect(Buffer.from(new SrtpSender("AES_CM_128_HMAC_SHA1_80", master).protectRtcp(clear))).toEqual(expected);
    expect(Buffer.from(new SrtpReceiver("AES_CM_128_HMAC_SHA1_80", master).unprotectRtcp(Buffer.from(expected))!)).toEqual(clear);
  });

  it.each([["AES_CM_128_HMAC_SHA1_80", 10], ["AES_CM_128_HMAC_SHA1_32", 4]] as const)("carries %s over three turns of the counter, with losses and out of order", (suite, tag) => {
    const master = randomBytes(30);
    const sender = new SrtpSender(suite, master);
    const receiver = new SrtpReceiver(suite, master);
    let waiting: Buffer | undefined;
    let through = 0;
    for (let index = 60_000; index < 60_000 + 3 * 65_536; index += index % 7 === 0 ? 40 : 1) {
      const clear = rtp(index, Uint8Array.of(index, index >> 8, index >> 16));
      const sealed = Buffer.from(sender.protect(clear));
      expect(sealed.length).toBe(clear.length + tag);
      if (index % 50 === 3 && waiting === undefined) {
        waiting = sealed;
        continue;
      }
      const opened = receiver.unprotect(sealed);
      if (opened === undefined || Buffer.compare(opened, clear) !== 0) expect.fail(`packet ${index} did not come through`);
      through++;
      if (waiting !== undefined) {
        expect(receiver.unprotect(waiting)).toBeDefined();
        waiting = undefined;
      }
    }
    expect(through).toBeGreaterThan(10_000);
    expect(receiver.refused).toBe(0);
  });

  it("refuses what came before, what is forged, and what is cut short", () => {
    const master = randomBytes(30);
    const sender = new SrtpSender("AES_CM_128_HMAC_SHA1_80", master);
    const receiver = new SrtpReceiver("AES_CM_128_HMAC_SHA1_80", master);
    const packets = Array.from({ length: 200 }, (_, i) => Buffer.from(sender.protect(rtp(i, randomBytes(160)))));
    for (const [i, packet] of packets.entries()) if (i !== 5 && i !== 150) expect(receiver.unprotect(Buffer.from(packet))).toBeDefined();
    expect(receiver.unprotect(Buffer.from(packets[199]!))).toBeUndefined(); // again
    expect(receiver.unprotect(Buffer.from(packets[5]!))).toBeUndefined(); // before the window
    expect(receiver.unprotect(Buffer.from(packets[150]!))).toBeDefined(); // late, once
    expect(receiver.unprotect(Buffer.from(packets[150]!))).toBeUndefined();
    const next = Buffer.from(sender.protect(rtp(200, randomBytes(160))));
    for (const at of [1, 3, 8, 20, next.length - 1]) {
      const forged = Buffer.from(next);
      forged[at]! ^= 1;
      expect(receiver.unprotect(forged)).toBeUndefined();
    }
    for (let length = 0; length < 30; length++) expect(receiver.unprotect(Buffer.from(next.subarray(0, length)))).toBeUndefined();
    expect(receiver.unprotect(next)).toBeDefined();
    const report = sender.protectRtcp(hex("80c90001cafebabe"));
    expect(receiver.unprotectRtcp(Buffer.from(report))).toBeDefined();
    expect(receiver.unprotectRtcp(Buffer.from(report))).toBeUndefined();
    expect(new SrtpReceiver("AES_CM_128_HMAC_SHA1_80", randomBytes(30)).unprotect(Buffer.from(sender.protect(rtp(201, randomBytes(8)))))).toBeUndefined();
  });

  it("keeps the streams of a restarted phone apart, and only genuine ones", () => {
    const master = randomBytes(30);
    const receiver = new SrtpReceiver("AES_CM_128_HMAC_SHA1_80", master);
    for (let ssrc = 1; ssrc < 30; ssrc++) {
      const sender = new SrtpSender("AES_CM_128_HMAC_SHA1_80", master);
      expect(receiver.unprotect(Buffer.from(sender.protect(rtp(65_535, randomBytes(10), ssrc))))).toBeDefined();
      expect(receiver.unprotect(Buffer.from(sender.protect(rtp(65_536, randomBytes(10), ssrc))))).toBeDefined();
      expect(receiver.unprotect(Buffer.from(rtp(1, randomBytes(30), 1000 + ssrc)))).toBeUndefined();
    }
  });
});

describe("packet index", () => {
  it("follows the turns of the counter both ways", () => {
    const index = new PacketIndex();
    expect(index.guess(65_530)).toBe(65_530);
    index.accept(65_530);
    expect(index.guess(3)).toBe(65_539);
    index.accept(65_539);
    expect(index.guess(65_535)).toBe(65_535);
    expect(new PacketIndex().guess(0)).toBe(0);
    const early = new PacketIndex();
    early.accept(2);
    expect(early.guess(65_535)).toBe(-1);
    expect(new ReplayWindow().fresh(-1)).toBe(false);
  });
});
