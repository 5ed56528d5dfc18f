import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureToWav } from "@hotlinejs/media/capture";
import { channel, strength, tone, writeCapture } from "../../test/capture-writer.js";
import { compressCapture } from "./compress-capture.js";
import { readOgg } from "./ogg.js";
import { BLOCK_SAMPLES, OpusBlocks } from "./opus-blocks.js";

const idle = (): Promise<void> => Promise.resolve();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "compress-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compress(name: string): Promise<{ result: Awaited<ReturnType<typeof compressCapture>>; file: Buffer }> {
  const opusPath = join(folder, `${name}.opus`);
  const result = await compressCapture({ capturePath: join(folder, name), opusPath, serial: 4711, comments: [] }, idle);
  return { result, file: readFileSync(opusPath) };
}

describe("compression of a capture", () => {
  it("keeps length, position and both channels apart", async () => {
    const samples = 8000 * 25 + 77;
    const left = tone(440, samples);
    left.fill(0xd5, 0, 16_000);
    writeCapture(join(folder, "two"), { left, right: tone(1000, samples) });
    const { result, file } = await compress("two");
    expect(result).toMatchObject({ samples, truncated: false, opusBytes: file.length });
    expect(result.opusSha256).toBe(createHash("sha256").update(file).digest("hex"));
    const blocks = new OpusBlocks(file);
    expect(blocks.samples).toBe(samples);
    const bytes = Buffer.concat([0, 1, 2].map((index) => blocks.decode(index)));
    expect(bytes.length).toBe(samples * 4);
    const [l, r] = [channel(bytes, 0), channel(bytes, 1)];
    expect(strength(l.subarray(24_000, 32_000), 440)).toBeGreaterThan(5000);
    expect(strength(r.subarray(24_000, 32_000), 1000)).toBeGreaterThan(5000);
    // Nothing of one side is heard on the other.
    expect(strength(l.subarray(24_000, 32_000), 1000)).toBeLessThan(60);
    expect(strength(r.subarray(24_000, 32_000), 440)).toBeLessThan(60);
    const onset = l.findIndex((value) => Math.abs(value) > 2000);
    expect(Math.abs(onset - 16_000)).toBeLessThan(40);
    expect(blocks.decode(3)).toHaveLength(0);
  });

  it("sums the WAV that the capture stands for", async () => {
    writeCapture(join(folder, "sum"), { left: tone(300, 20_001), right: tone(600, 20_001) });
    await captureToWav(join(folder, "sum"), join(folder, "sum.wav"));
    const { result } = await compress("sum");
    expect(result.wavSha256).toBe(createHash("sha256").update(readFileSync(join(folder, "sum.wav"))).digest("hex"));
  });

  it("is the same file each time", async () => {
    writeCapture(join(folder, "same"), { left: tone(300, 30_000), right: tone(600, 30_000) });
    const first = await compress("same");
    const second = await compress("same");
    expect(second.file.equals(first.file)).toBe(true);
  });

  it("decodes a block to the same octets whatever was decoded before", async () => {
    const samples = BLOCK_SAMPLES * 3;
    writeCapture(join(folder, "blocks"), { left: tone(440, samples), right: tone(700, samples) });
    const { file } = await compress("blocks");
    const blocks = new OpusBlocks(file);
    const alone = new OpusBlocks(file).decode(2);
    blocks.decode(0);
    blocks.decode(1);
    expect(Buffer.from(blocks.decode(2)).equals(Buffer.from(alone))).toBe(true);
    // No click where blocks meet: a 440 Hz tone of amplitude 8000 never jumps by more than 2 * pi * 440 / 8000 * 8000 a sample.
    const joined = channel(Buffer.concat([blocks.decode(0), blocks.decode(1)]), 0);
    for (let i = BLOCK_SAMPLES - 100; i < BLOCK_SAMPLES + 100; i++) expect(Math.abs((joined[i] ?? 0) - (joined[i - 1] ?? 0))).toBeLessThan(4000);
  });

  it("takes what is left of a cut-off file, and marks it", async () => {
    const path = join(folder, "cut");
    writeCapture(path, { left: tone(440, 20_000), right: tone(440, 20_000), end: false });
    truncateSync(path, 32 + 4 * (20 + 8000) + 20 + 5000);
    const { result, file } = await compress("cut");
    expect(result).toMatchObject({ samples: 16_000, truncated: true });
    expect(new OpusBlocks(file).samples).toBe(16_000);
  });

  it.each([0, 1, 52, 107, 108, 109, 159, 160, 161])("handles %i samples", async (samples) => {
    writeCapture(join(folder, `s${samples}`), { left: tone(440, samples), right: tone(440, samples) });
    const { result, file } = await compress(`s${samples}`);
    expect(result.samples).toBe(samples);
    const { granule, packets } = readOgg(file);
    expect(granule).toBe(312n + BigInt(samples) * 6n);
    // Enough packets to reach the last sample, none beyond.
    expect(packets.length - 2).toBe(Math.max(1, Math.ceil((samples + 52) / 160)));
    expect(new OpusBlocks(file).decode(0)).toHaveLength(samples * 4);
  });

  it("gives a message of one channel a silent right side, and tells what was left out", async () => {
    writeCapture(join(folder, "mono"), { left: tone(440, 16_000), excluded: { from: 4000, to: 8000 } });
    const { result, file } = await compress("mono");
    expect(result.excluded).toEqual([{ from: 500, to: 1000 }]);
    expect(Math.max(...channel(new OpusBlocks(file).decode(0), 1).map(Math.abs))).toBeLessThan(50);
  });

  it("refuses what is no capture", async () => {
    writeFileSync(join(folder, "bad"), "no capture at all, but long enough to have a header");
    await expect(compress("bad")).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_CAPTURE" });
  });
});
