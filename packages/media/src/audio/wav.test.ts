import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { encodeAlaw, decodeAlaw, encodeUlaw, decodeUlaw } from "../codec/g711.js";
import { MediaFormatError } from "../media-format-error.js";
import { readWav } from "./wav-reader.js";
import { wavHeader, wavLength, writeWav, writeWavOctets } from "./wav-writer.js";

const pcm = Int16Array.from({ length: 401 }, (_, i) => Math.round(9000 * Math.sin(i / 5)));

describe("WAV", () => {
  test("16-bit PCM comes back as it was", () => {
    expect(readWav(writeWav(pcm, 22_050))).toEqual({ sampleRate: 22_050, channels: 1, pcm });
  });

  test("stereo is mixed down", () => {
    const sound = readWav(writeWav(Int16Array.from([100, 300, -32768, -32768, 32767, 32767]), 8000, 2));
    expect([...sound.pcm]).toEqual([200, -32768, 32767]);
  });

  test("A-law and µ-law of odd length", () => {
    expect(readWav(writeWavOctets(encodeAlaw(pcm), { encoding: "alaw", channels: 1, sampleRate: 8000 })).pcm).toEqual(decodeAlaw(encodeAlaw(pcm)));
    expect(readWav(writeWavOctets(encodeUlaw(pcm), { encoding: "ulaw", channels: 1, sampleRate: 8000 })).pcm).toEqual(decodeUlaw(encodeUlaw(pcm)));
  });

  test("8-bit PCM", () => {
    expect([...readWav(writeWavOctets(Uint8Array.from([0, 128, 255]), { encoding: "pcm8", channels: 1, sampleRate: 8000 })).pcm]).toEqual([-32768, 0, 127 << 8]);
  });

  test("the header says the length of the file before it is written", () => {
    const format = { encoding: "alaw", channels: 2, sampleRate: 8000 } as const;
    const header = wavHeader(format, 101);
    const view = new DataView(header.buffer);
    expect(view.getUint32(4, true) + 8).toBe(wavLength(format, 101));
    expect(view.getUint32(54, true)).toBe(202);
    expect(wavLength({ encoding: "alaw", channels: 1, sampleRate: 8000 }, 101) % 2).toBe(0);
  });

  test("extra chunks, odd chunk lengths, WAVE_FORMAT_EXTENSIBLE and a cut data chunk are read", () => {
    const whole = writeWav(pcm, 8000);
    const list = new Uint8Array([0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0]); // LIST, 3 octets, padded
    const patched = new Uint8Array([...whole.subarray(0, 12), ...list, ...whole.subarray(12)]);
    expect(readWav(patched).pcm).toEqual(pcm);
    expect(readWav(whole.subarray(0, whole.length - 100)).pcm.length).toBe(pcm.length - 50);
    const extensible = new Uint8Array(12 + 8 + 40 + 8 + 4);
    extensible.set(whole.subarray(0, 12));
    const view = new DataView(extensible.buffer);
    extensible.set([0x66, 0x6d, 0x74, 0x20], 12);
    view.setUint32(16, 40, true);
    view.setUint16(20, 0xfffe, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, 16_000, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    view.setUint16(44, 1, true);
    extensible.set([0x64, 0x61, 0x74, 0x61, 4, 0, 0, 0, 1, 0, 2, 0], 60);
    expect(readWav(extensible)).toEqual({ sampleRate: 16_000, channels: 1, pcm: Int16Array.from([1, 2]) });
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["text", new TextEncoder().encode("this is no sound at all, sorry")],
    ["no data", writeWav(pcm, 8000).subarray(0, 50)],
  ])("%s is refused", (_name, file) => {
    expect(() => readWav(file)).toThrow(MediaFormatError);
  });

  test("any damage gives sound or a MediaFormatError, never anything else", () => {
    const whole = writeWav(pcm.subarray(0, 50), 8000);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(whole.length), (changes, cut) => {
        const file = whole.slice(0, cut);
        for (const [at, value] of changes) if (at < file.length) file[at] = value;
        try {
          readWav(file);
        } catch (error) {
          expect(error).toBeInstanceOf(MediaFormatError);
        }
      }),
    );
  });
});
