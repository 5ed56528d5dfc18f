import { describe, expect, test } from "vitest";
import type { AudioAsset } from "@hotlinejs/core";
import { ALAW_SILENCE } from "../codec/g711.js";
import { tonePeriod } from "../audio/tones.js";
import { Player } from "./player.js";

const asset = (length: number, from = 0): AudioAsset => ({ id: String(length), samples: Uint8Array.from({ length }, (_, i) => (from + i) & 0x7f), durationMs: length / 8 });
const out = new Uint8Array(160);
function all(player: Player, frames: number): number[] {
  const got: number[] = [];
  for (let i = 0; i < frames; i++) {
    player.fill(out, 160);
    got.push(...out);
  }
  return got;
}

describe("Player", () => {
  test("sources follow each other within a frame, and the last is padded", () => {
    const player = new Player([{ kind: "asset", asset: asset(100) }, { kind: "asset", asset: asset(0) }, { kind: "asset", asset: asset(150, 50) }], false, 0);
    const got = all(player, 2);
    expect(got).toEqual([...asset(100).samples, ...asset(150, 50).samples, ...new Array<number>(70).fill(ALAW_SILENCE)]);
    expect(player.done).toBe(true);
    expect(player.played).toBe(250);
  });

  test("loops go on seamlessly, from an offset too", () => {
    const player = new Player([{ kind: "asset", asset: asset(96) }], true, 1012); // 1012 ms = 8096 samples = 84 rounds and 32 samples
    expect(all(player, 3)).toEqual(Array.from({ length: 480 }, (_, i) => (32 + i) % 96));
    expect(player.done).toBe(false);
  });

  test("nothing to play is done at once, looped or not", () => {
    expect(new Player([], true, 0).done).toBe(true);
    expect(new Player([{ kind: "silence", durationMs: 0 }], true, 500).done).toBe(true);
    expect(new Player([{ kind: "asset", asset: asset(80) }], false, 5000).done).toBe(true);
  });

  test("tones: a beep has 400 ms, cadences go on for ever, durations cut", () => {
    const beep = new Player([{ kind: "tone", tone: "beep" }], false, 0);
    all(beep, 20);
    expect(beep.done).toBe(true);
    expect(beep.played).toBe(3200);
    const busy = new Player([{ kind: "tone", tone: "busy" }], false, 0);
    const got = all(busy, 70);
    expect(busy.done).toBe(false);
    expect(got.slice(5600, 11_200)).toEqual([...tonePeriod("busy")]);
    const short = new Player([{ kind: "tone", tone: "dial", durationMs: 50 }, { kind: "sine", hz: 1000, durationMs: 30 }], false, 0);
    all(short, 4);
    expect(short.done).toBe(true);
  });
});
