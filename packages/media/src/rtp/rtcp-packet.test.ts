import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { buildRtcp, ntpMiddle, parseRtcp } from "./rtcp-packet.js";

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

  test("random octets never throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => void parseRtcp(Uint8Array.from([0x81, 200, ...noise]))));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => void parseRtcp(Uint8Array.from([0x9f, 202, 0, 5, ...noise]))));
  });
});
