import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { G722Decoder, G722Encoder } from "../../src/codec/g722.js";
import { chirp, noise, signalToNoise, speechLike } from "../wideband-sound.js";

const PEER = fileURLToPath(new URL("../../../../.peers/g722-peer", import.meta.url));

function present(): boolean {
  if (existsSync(PEER)) return true;
  const message = "the G.722 codec of the tests (.peers/g722-peer) is not built; its tests are skipped. scripts/install-peers.sh builds it";
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(message);
  process.stdout.write(`${message}\n`);
  return false;
}

function peer(args: readonly string[], input: Uint8Array): Buffer {
  const run = spawnSync(PEER, [...args], { input, maxBuffer: 100_000_000 });
  if (run.status !== 0) throw new Error(`g722-peer: ${run.status} ${run.stderr.toString()}`);
  return run.stdout;
}

const theirs = {
  encode: (pcm: Int16Array): Uint8Array => new Uint8Array(peer(["encode"], new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength))),
  decode: (octets: Uint8Array, mode = 1): Int16Array => new Int16Array(Uint8Array.from(peer(["decode", String(mode)], octets)).buffer),
};
const ours = {
  encode: (pcm: Int16Array): Uint8Array => {
    const octets = new Uint8Array(pcm.length / 2);
    new G722Encoder().encode(pcm, octets);
    return octets;
  },
  decode: (octets: Uint8Array, mode: 1 | 2 | 3 = 1): Int16Array => {
    const pcm = new Int16Array(octets.length * 2);
    new G722Decoder(mode).decode(octets, 0, octets.length, pcm);
    return pcm;
  },
};

/** libspandsp 0.0.6 lets samples beyond 16 bits wrap round to the other sign, where the Recommendation limits them. */
function expectSame(mine: Int16Array, others: Int16Array): void {
  expect(mine.length).toBe(others.length);
  const wrong = mine.findIndex((sample, i) => sample !== others[i] && !(sample === 32_767 && (others[i] as number) < 0) && !(sample === -32_768 && (others[i] as number) > 0));
  expect(wrong, `${mine[wrong]}, and there ${others[wrong]}`).toBe(-1);
}

const sounds: readonly (readonly [string, Int16Array])[] = [
  ["a voice-like sound", speechLike(48_000)],
  ["a sweep of 50 to 7900 Hz", chirp(50, 7900, 12_000, 48_000)],
  ["full-scale noise", noise(32_767, 48_000)],
  ["noise of a few steps", noise(6, 48_000)],
  ["silence", new Int16Array(16_000)],
  ["a square wave over all of the scale", Int16Array.from({ length: 16_000 }, (_, i) => (i % 37 < 18 ? 32_767 : -32_768))],
];

describe.skipIf(!present())("G.722 with libspandsp", () => {
  test.each(sounds)("%s: octet by octet and sample by sample the same", (_, pcm) => {
    const octets = ours.encode(pcm);
    expect(Buffer.compare(octets, theirs.encode(pcm))).toBe(0);
    expectSame(ours.decode(octets), theirs.decode(octets));
  });

  test.each([1, 2, 3] as const)("random octets in mode %i: sample by sample the same", (mode) => {
    const octets = Uint8Array.from(noise(32_767, 100_000), (sample) => sample & 0xff);
    expectSame(ours.decode(octets, mode), theirs.decode(octets, mode));
  });

  test("speech that one encodes and the other decodes is as good both ways", () => {
    const pcm = speechLike(48_000);
    expect(signalToNoise(pcm, theirs.decode(ours.encode(pcm)))).toBeGreaterThan(20);
    expect(signalToNoise(pcm, ours.decode(theirs.encode(pcm)))).toBeGreaterThan(20);
  });
});
