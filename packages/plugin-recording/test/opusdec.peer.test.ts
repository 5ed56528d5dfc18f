import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compressCapture } from "../src/audio/compress-capture.js";
import { channel, strength, tone, writeCapture } from "./capture-writer.js";

// Debian package opus-tools: a reader of Ogg Opus that nobody here wrote.
const present = spawnSync("opusdec", ["--version"]).status === 0;
if (!present) {
  if (process.env["HOTLINE_REQUIRE_PEERS"] === "1") throw new Error("opusdec is missing (Debian package opus-tools)");
  console.log("opusdec is missing: the Ogg Opus files are read by our own reader only");
}

const folder = mkdtempSync(join(tmpdir(), "opusdec-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!present)("opusdec", () => {
  it("reads our files: exact length, right places, channels apart", async () => {
    const [capturePath, opusPath, wavPath] = [join(folder, "a"), join(folder, "a.opus"), join(folder, "a.wav")];
    const samples = 100_077;
    const left = tone(440, samples);
    left.fill(0xd5, 0, 16_000);
    writeCapture(capturePath, { left, right: tone(1000, samples) });
    await compressCapture({ capturePath, opusPath, serial: 5, comments: ["TITLE=a"] }, () => Promise.resolve());
    execFileSync("opusdec", ["--quiet", "--rate", "8000", opusPath, wavPath]);
    const wav = readFileSync(wavPath);
    const data = wav.subarray(wav.indexOf("data") + 8);
    expect(data.length).toBe(samples * 4);
    const [l, r] = [channel(data, 0), channel(data, 1)];
    expect(Math.abs(l.findIndex((value) => Math.abs(value) > 2000) - 16_000)).toBeLessThan(40);
    expect(strength(l.subarray(24_000, 32_000), 440)).toBeGreaterThan(5000);
    expect(strength(r.subarray(24_000, 32_000), 1000)).toBeGreaterThan(5000);
    expect(strength(l.subarray(24_000, 32_000), 1000)).toBeLessThan(60);
    expect(strength(r.subarray(24_000, 32_000), 440)).toBeLessThan(60);
  });
});
