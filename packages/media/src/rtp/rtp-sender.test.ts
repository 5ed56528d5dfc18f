import { describe, expect, test } from "vitest";
import { emptyRtpHeader, parseRtp, sequenceDistance, timestampDistance } from "./rtp-packet.js";
import type { RtpHeader } from "./rtp-packet.js";
import { RtpSender } from "./rtp-sender.js";

let state = 7;
/** A small seeded generator (mulberry32), 0 to 1. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
}

const make = (): RtpSender => new RtpSender(() => Math.floor(random() * 0x1_0000_0000));
const read = (packet: Uint8Array): RtpHeader => {
  const header = emptyRtpHeader();
  expect(parseRtp(packet, header)).toBe(true);
  return header;
};

describe("RtpSender", () => {
  test("frames count up by one and by 160, with the marker at a talkspurt's start only", () => {
    const sender = make();
    const packet = new Uint8Array(172);
    const seen = [10, 11, 12, 20, 21].map((tick) => {
      sender.frame(packet, 8, tick, 160);
      return read(packet);
    });
    expect(seen.map(({ marker }) => marker)).toEqual([true, false, false, true, false]);
    const [first] = seen;
    expect(seen.map(({ sequence }) => sequenceDistance(first!.sequence, sequence))).toEqual([0, 1, 2, 3, 4]);
    expect(seen.map(({ timestamp }) => timestampDistance(first!.timestamp, timestamp))).toEqual([0, 160, 320, 1600, 1760]);
  });

  test("a frame in two packets: they follow each other without a gap, and nothing shifts by it", () => {
    const sender = make();
    const packet = new Uint8Array(92);
    const seen: RtpHeader[] = [];
    for (const tick of [10, 11, 13]) {
      sender.frame(packet, 8, tick, 80);
      seen.push(read(packet));
      sender.part(packet, 8, 80, 80);
      seen.push(read(packet));
    }
    sender.frame(packet, 8, 14, 160);
    seen.push(read(packet));
    const [first] = seen;
    expect(seen.map(({ marker }) => marker)).toEqual([true, false, false, false, true, false, false]);
    expect(seen.map(({ sequence }) => sequenceDistance(first!.sequence, sequence))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(seen.map(({ timestamp }) => timestampDistance(first!.timestamp, timestamp))).toEqual([0, 80, 160, 240, 480, 560, 640]);
    expect(sender).toMatchObject({ packets: 7, octets: 6 * 80 + 160, skipped: 0 });
  });

  test("relayed packets keep the source's gaps and order, and the stream goes on afterwards", () => {
    const sender = make();
    const packet = new Uint8Array(172);
    const source = {};
    sender.frame(packet, 8, 100, 160);
    const before = read(packet);
    const relay = (sequence: number, timestamp: number): RtpHeader | undefined => (sender.relay(packet, 8, false, source, 5, sequence & 0xffff, timestamp >>> 0, 101 * 160, 160) ? read(packet) : undefined);
    const a = relay(65535, 0xffffff60);
    const b = relay(65537, 0x100 - 0x20); // one lost in between, across both wraps
    const c = relay(65536, 0x40); // late
    expect(a?.marker).toBe(true);
    expect(sequenceDistance(before.sequence, a!.sequence)).toBe(1);
    expect(timestampDistance(before.timestamp, a!.timestamp)).toBe(160);
    expect(sequenceDistance(a!.sequence, b!.sequence)).toBe(2);
    expect(timestampDistance(a!.timestamp, b!.timestamp)).toBe(384);
    expect(sequenceDistance(a!.sequence, c!.sequence)).toBe(1);
    expect(b?.marker).toBe(false);
    expect(relay(65533, 0)).toBeUndefined(); // from before the relay began
    sender.frame(packet, 8, 102, 160); // the clock says less than what was sent: moved on
    const after = read(packet);
    expect(sequenceDistance(b!.sequence, after.sequence)).toBe(1);
    expect(timestampDistance(b!.timestamp, after.timestamp)).toBeGreaterThanOrEqual(160);
    expect(after.marker).toBe(true);
  });

  test("a source that starts its numbers anew under the same SSRC is relayed on, also backwards; the stream's own numbers go on by one", () => {
    const sender = make();
    const packet = new Uint8Array(172);
    const source = {};
    let timestamp = 0;
    const out = [60_000, 60_001, 40_000, 40_001, 100, 101].map((sequence) => {
      expect(sender.relay(packet, 8, false, source, 5, sequence, (timestamp += 160), timestamp, 160)).toBe(true);
      return read(packet);
    });
    expect(out.slice(1).map(({ sequence }, i) => sequenceDistance(out[i]!.sequence, sequence))).toEqual([1, 1, 1, 1, 1]);
    expect(out.map(({ marker }) => marker)).toEqual([true, false, true, false, true, false]);
    expect(out.slice(1).every((header, i) => timestampDistance(out[i]!.timestamp, header.timestamp) > 0)).toBe(true);
    expect(sender.skipped).toBe(0);
  });

  test("a relay over hours does not take new packets for old ones", () => {
    const sender = make();
    const packet = new Uint8Array(172);
    const source = {};
    for (let i = 0; i < 200_000; i++) {
      if (!sender.relay(packet, 8, false, source, 5, i & 0xffff, (i * 160) >>> 0, i * 160, 160)) throw new Error(`dropped ${i}`);
    }
    expect(sender.packets).toBe(200_000);
  });

  test("timestamps never go back, whatever feeds the stream", () => {
    const sender = make();
    const packet = new Uint8Array(172);
    let last: RtpHeader | undefined;
    const sources = [{}, {}];
    for (let tick = 0; tick < 3000; tick++) {
      const choice = random();
      if (choice < 0.3) sender.frame(packet, 8, tick, 160);
      else if (choice < 0.9) sender.relay(packet, 8, false, sources[Math.floor(tick / 50) % 2] as object, 1, tick & 0xffff, (tick * 161) >>> 0, tick * 160, 160);
      else sender.event(packet, 101, true, sender.beginEvent(tick), 4);
      const now = read(packet);
      if (last !== undefined) {
        expect(sequenceDistance(last.sequence, now.sequence)).toBe(1 + Math.max(0, sequenceDistance(last.sequence, now.sequence) - 1));
        expect(timestampDistance(last.timestamp, now.timestamp)).toBeGreaterThan(0);
      }
      last = now;
    }
  });
});
