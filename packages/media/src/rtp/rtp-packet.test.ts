import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { emptyRtpHeader, isRtcp, parseRtp, sequenceDistance, timestampDistance, writeRtpHeader } from "./rtp-packet.js";

const packet = (first: number, ...rest: number[]): Uint8Array => Uint8Array.from([first, 0x88, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, ...rest]);

describe("RTP packets", () => {
  test("what is written is read", () => {
    fc.assert(
      fc.property(fc.nat(127), fc.boolean(), fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 0xffffffff }), fc.uint8Array({ maxLength: 200 }), (type, marker, sequence, timestamp, ssrc, payload) => {
        const data = new Uint8Array(12 + payload.length);
        data.set(payload, 12);
        writeRtpHeader(data, type, marker, sequence, timestamp, ssrc);
        const header = emptyRtpHeader();
        expect(parseRtp(data, header)).toBe(true);
        expect(header).toEqual({ payloadType: type, marker, sequence, timestamp, ssrc, payloadOffset: 12, payloadLength: payload.length });
      }),
    );
  });

  test("CSRCs, an extension and padding are stepped over", () => {
    const header = emptyRtpHeader();
    const data = packet(0x80 | 0x20 | 0x10 | 2, 9, 9, 9, 9, 8, 8, 8, 8, 0xbe, 0xde, 0, 1, 7, 7, 7, 7, 0xd5, 0xd5, 0xd5, 0, 0, 3);
    expect(parseRtp(data, header)).toBe(true);
    expect(header).toMatchObject({ payloadOffset: 28, payloadLength: 3, sequence: 0x1234, timestamp: 160, ssrc: 0x01020304, payloadType: 8, marker: true });
  });

  test.each([
    ["too short", packet(0x80).subarray(0, 11)],
    ["version 1", packet(0x40)],
    ["CSRCs beyond the end", packet(0x8f, 1, 2, 3)],
    ["an extension beyond the end", packet(0x90, 0, 0, 0, 9, 1)],
    ["an extension header cut off", packet(0x90, 0, 0)],
    ["padding longer than the packet", packet(0xa0, 1, 2, 200)],
    ["padding of nothing", packet(0xa0, 1, 2, 0)],
  ])("%s is refused", (_name, data) => {
    expect(parseRtp(data, emptyRtpHeader())).toBe(false);
  });

  test("random octets never throw and never point outside the packet", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
        const header = emptyRtpHeader();
        if (parseRtp(data, header)) {
          expect(header.payloadLength).toBeGreaterThanOrEqual(0);
          expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(data.length);
        }
      }),
    );
  });

  test("distances cross the wrap", () => {
    expect(sequenceDistance(0xfffe, 1)).toBe(3);
    expect(sequenceDistance(1, 0xfffe)).toBe(-3);
    expect(timestampDistance(0xffffff00, 0x100)).toBe(0x200);
    expect(timestampDistance(0x100, 0xffffff00)).toBe(-0x200);
    expect(isRtcp(Uint8Array.from([0x80, 200]))).toBe(true);
    expect(isRtcp(Uint8Array.from([0x80, 0x88]))).toBe(false);
  });
});
