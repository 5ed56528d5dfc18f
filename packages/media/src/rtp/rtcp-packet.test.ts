import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { buildRtcp, ntpMiddle, parseRtcp } from "./rtcp-packet.js";
import type { VoipMetrics } from "./voip-metrics.js";

const block = { ssrc: 7, fractionLost: 12, cumulativeLost: -3, highestSequence: 0x1ffff, jitter: 80, lastSr: 0xabcdef01, delaySinceLastSr: 65536 };

describe("RTCP packets", () => {
  test("a sender report with block, name and good-bye", () => {
    const at = Date.UTC(2026, 2, 2, 1, 0, 0, 500);
    const items = parseRtcp(buildRtcp(42, "leg@hotline", { sender: { at, rtpTimestamp: 99, packets: 5, octets: 800 }, block, bye: true }));
    expect(items).toEqual([
      { type: "sr", ssrc: 42, ntpMiddle: ntpMiddle(at), rtpTimestamp: 99, packets: 5, octets: 800, blocks: [block] },
      { type: "sdes", ssrc: 42, cname: "leg@hotline" },
      { type: "bye", ssrcs: [42] },
    ]);
    expect(ntpMiddle(at) & 0xffff).toBe(0x8000); // half a second
  });

  test("a receiver report without anything received", () => {
    expect(parseRtcp(buildRtcp(1, "x", {}))).toEqual([
      { type: "rr", ssrc: 1, blocks: [] },
      { type: "sdes", ssrc: 1, cname: "x" },
    ]);
  });

  test("unknown packet types are skipped, cut ones refused", () => {
    const known = buildRtcp(1, "name", { block });
    const app = Uint8Array.from([0x80, 204, 0, 2, 0, 0, 0, 1, 65, 66, 67, 68]);
    expect(parseRtcp(Uint8Array.from([...known, ...app]))).toHaveLength(2);
    for (let cut = 1; cut < known.length; cut++) {
      const items = parseRtcp(known.subarray(0, cut));
      expect(items === undefined || cut === 32).toBe(true); // 32: after the whole receiver report
    }
  });

  const metrics: VoipMetrics = {
    ssrc: 7, lossRate: 12 / 256, discardRate: 3 / 256, burstDensity: 64 / 256, gapDensity: 1 / 256, burstMs: 480, gapMs: 9_500, roundTripMs: 55, endSystemMs: 60,
    rating: 84, mosLq: 4.1, mosCq: 3.9, jitterBuffer: { nominalMs: 60, maximumMs: 120, absoluteMs: 240 },
  };

  test("an extended report with VoIP metrics comes back as it was, and in the places RFC 3611 section 4.7 gives", () => {
    const packet = buildRtcp(42, "x", { block, metrics, bye: true });
    expect(parseRtcp(packet)).toEqual([
      { type: "rr", ssrc: 42, blocks: [block] },
      { type: "sdes", ssrc: 42, cname: "x" },
      { type: "xr", ssrc: 42, metrics: [metrics] },
      { type: "bye", ssrcs: [42] },
    ]);
    const xr = packet.subarray(packet.length - 8 - 44, packet.length - 8);
    expect([...xr]).toEqual([
      0x80, 207, 0, 10, 0, 0, 0, 42,
      7, 0, 0, 8, 0, 0, 0, 7,
      12, 3, 64, 1, 480 >> 8, 480 & 255, 9_500 >> 8, 9_500 & 255,
      0, 55, 0, 60, 127, 127, 127, 16,
      84, 127, 41, 39, 0b1011_0000, 0, 0, 60, 0, 120, 0, 240,
    ]);
  });

  test("what is not known is told so; what does not fit is the most there is", () => {
    const unknown = { ...metrics, rating: undefined, mosLq: undefined, mosCq: undefined, jitterBuffer: undefined };
    expect(parseRtcp(buildRtcp(1, "x", { metrics: unknown }))?.at(-1)).toEqual({ type: "xr", ssrc: 1, metrics: [unknown] });
    const most = { ...metrics, lossRate: 1, gapMs: 1e9, mosCq: 5 };
    expect(parseRtcp(buildRtcp(1, "x", { metrics: most }))?.at(-1)).toEqual({ type: "xr", ssrc: 1, metrics: [{ ...most, lossRate: 255 / 256, gapMs: 65_535 }] });
  });

  /** An extended report alone, with these blocks after its SSRC. */
  const extended = (...octets: number[]): Uint8Array => Uint8Array.from([0x80, 207, 0, 1 + octets.length / 4, 0, 0, 0, 9, ...octets]);
  const voip = [...buildRtcp(1, "x", { metrics })].slice(-36);

  test("blocks of other types are skipped, with and without octets of their own", () => {
    const clock = [5, 0, 0, 3, 0, 0, 0, 7, 1, 2, 3, 4, 0, 0, 0, 1]; // DLRR (section 4.5)
    expect(parseRtcp(extended(...clock, ...voip, 99, 0, 0, 0))).toEqual([{ type: "xr", ssrc: 9, metrics: [metrics] }]);
    expect(parseRtcp(extended())).toEqual([{ type: "xr", ssrc: 9, metrics: [] }]);
  });

  test.each([
    ["shorter than its SSRC", Uint8Array.from([0x80, 207, 0, 0])],
    ["a block that is longer than the packet", extended(7, 0, 0, 9, ...voip.slice(4))],
    ["a block of VoIP metrics that is too short", extended(7, 0, 0, 7, ...voip.slice(4, 32))],
    ["a block of VoIP metrics that is too long", extended(7, 0, 0, 9, ...voip.slice(4), 0, 0, 0, 0)],
    ["an unknown block that is longer than the packet", extended(99, 0, 255, 255)],
    ["a length in the header beyond the datagram", Uint8Array.from([0x80, 207, 0, 12, 0, 0, 0, 9, ...voip])],
    ["cut off in the middle of the block", extended(...voip).subarray(0, 30)],
    ["octets left over", Uint8Array.from([...extended(...voip), 0, 0])],
    ["another version", Uint8Array.from([0x40, ...extended(...voip).subarray(1)])],
  ])("refused: an extended report %s", (_what, packet) => {
    expect(parseRtcp(packet)).toBeUndefined();
  });

  test("scores out of their ranges say nothing", () => {
    const odd = [...voip];
    odd[24] = 101;
    odd[26] = 9;
    odd[27] = 51;
    expect(parseRtcp(extended(...odd))).toEqual([{ type: "xr", ssrc: 9, metrics: [{ ...metrics, rating: undefined, mosLq: undefined, mosCq: undefined }] }]);
  });

  test("extended reports of random octets, and true ones with octets changed, are read or refused", () => {
    const within = (value: number, most: number): boolean => value >= 0 && value <= most;
    const check = (packet: Uint8Array): void => {
      for (const item of parseRtcp(packet) ?? []) {
        if (item.type !== "xr") continue;
        for (const each of item.metrics) {
          for (const share of [each.lossRate, each.discardRate, each.burstDensity, each.gapDensity]) expect(within(share, 1)).toBe(true);
          for (const score of [each.mosLq, each.mosCq]) expect(score === undefined || (score >= 1 && score <= 5)).toBe(true);
          expect(each.rating === undefined || within(each.rating, 100)).toBe(true);
        }
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => check(Uint8Array.from([0x80, 207, ...noise]))), { numRuns: 2_000 });
    const whole = buildRtcp(42, "x", { block, metrics, bye: true });
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (changed, cut) => {
        const packet = Uint8Array.from(whole);
        for (const [at, octet] of changed) packet[at] = octet;
        check(packet);
        check(packet.subarray(0, cut));
      }),
      { numRuns: 5_000 },
    );
  });

  test("random octets never throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => void parseRtcp(Uint8Array.from([0x81, 200, ...noise]))));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => void parseRtcp(Uint8Array.from([0x9f, 202, 0, 5, ...noise]))));
  });
});
