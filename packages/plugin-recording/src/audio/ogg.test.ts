import { describe, expect, it } from "vitest";
import { OggWriter, oggCrc, readOgg } from "./ogg.js";
import { joinStreams, OggOpusWriter, readOggOpus, splitStreams } from "./ogg-opus.js";

const packet = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i === 0 ? 8 : (i * seed + seed) & 0xff));

describe("Ogg pages", () => {
  it("computes the CRC of RFC 3533 over known octets", () => {
    // First page of a file made by opusenc: "OggS" 00 02, granule 0, serial 0x2a, page 0, one segment of 3 octets "abc";
    // the value was computed bit by bit, not with the table.
    const bytes = Uint8Array.from([0x4f, 0x67, 0x67, 0x53, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 97, 98, 99]);
    let crc = 0;
    for (const byte of bytes) {
      crc = (crc ^ (byte << 24)) >>> 0;
      for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1) >>> 0;
    }
    expect(oggCrc(bytes)).toBe(crc);
    expect(oggCrc(Uint8Array.from([0, 0, 0, 1]))).toBe(0x04c11db7);
  });

  it.each([0, 1, 254, 255, 256, 509, 510, 511, 4000])("carries a packet of %i octets", (length) => {
    const writer = new OggWriter(0xdeadbeef);
    const page = writer.page([packet(length), packet(7)], 960n, { last: true });
    const { packets, granule } = readOgg(page);
    expect(packets.map((each) => [...each])).toEqual([[...packet(length)], [...packet(7)]]);
    expect(granule).toBe(960n);
  });

  it("marks first and last page and counts them", () => {
    const writer = new OggWriter(7);
    const pages = [writer.page([packet(3)], 0n), writer.page([packet(3)], 1n), writer.page([packet(3)], 2n, { last: true })];
    expect(pages.map((page) => page[5])).toEqual([2, 0, 4]);
    expect(pages.map((page) => page[18])).toEqual([0, 1, 2]);
    expect(readOgg(Buffer.concat(pages)).packets).toHaveLength(3);
  });

  it("finds damage, missing pages and a missing end", () => {
    const writer = new OggWriter(7);
    const pages = [writer.page([packet(30)], 0n), writer.page([packet(30)], 1n), writer.page([packet(30)], 2n, { last: true })] as const;
    const damaged = Buffer.concat(pages);
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    expect(() => readOgg(damaged)).toThrow(/CRC/);
    expect(() => readOgg(Buffer.concat([pages[0], pages[2]]))).toThrow(/out of order/);
    expect(() => readOgg(Buffer.concat([pages[0], pages[1]]))).toThrow(/last page/);
    expect(() => readOgg(Buffer.concat(pages).subarray(0, 100))).toThrow(/cut off/);
    expect(() => readOgg(Buffer.from("RIFF and so on, long enough to be a page"))).toThrow(/no page/);
  });
});

describe("two mono streams in one packet", () => {
  it.each([1, 2, 200, 252, 253, 254, 255, 256, 400, 1275])("separates a first packet of %i octets again", (length) => {
    const [first, second] = splitStreams(joinStreams(packet(length, 3), packet(60, 5)));
    expect([...first]).toEqual([...packet(length, 3)]);
    expect([...second]).toEqual([...packet(60, 5)]);
  });

  it("refuses what it cannot separate", () => {
    expect(() => joinStreams(Uint8Array.from([0x0b, 1]), packet(3))).toThrow(/several frames/);
    expect(() => splitStreams(Uint8Array.from([8, 200, 1, 2]))).toThrow(/cut off/);
    expect(() => splitStreams(new Uint8Array(0))).toThrow();
  });
});

describe("Ogg Opus headers", () => {
  it("say: two channels, two uncoupled streams, pre-skip, 8 kHz", () => {
    const writer = new OggOpusWriter(99, 312);
    const pages = [...writer.headers(["TITLE=录音"]), writer.frame(packet(20), packet(20)), writer.end(100)].filter((page) => page !== undefined);
    const file = Buffer.concat(pages);
    const { packets, granule } = readOgg(file);
    expect([...(packets[0] ?? [])]).toEqual([...Buffer.from("OpusHead"), 1, 2, 0x38, 0x01, 0x40, 0x1f, 0, 0, 0, 0, 1, 2, 0, 0, 1]);
    expect(Buffer.from(packets[1] ?? []).toString("utf8")).toMatch(/^OpusTags\t\0\0\0hotlinejs\x01\0\0\0.\0\0\0TITLE=录音$/s);
    expect(granule).toBe(312n + 600n);
    expect(readOggOpus(file)).toMatchObject({ preSkip: 312, samples: 100 });
  });
});
