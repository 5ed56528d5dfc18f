import { alawLevel, CallProgressDetector, DtmfDetector, dtmfTone, goertzel, decodeAlaw, sineSecond } from "@hotlinejs/media/dsp";
import { describe, expect, it } from "vitest";
import type { FromLine, VirtualLineOptions } from "../virtual/line-messages.js";
import { VirtualLine } from "./virtual-line.js";

const CADENCE = { onMs: 1_000, offMs: 4_000 };
const SILENCE = new Uint8Array(160).fill(0xd5);

/** The hotline's end of the line: beats the time, says and hears. */
class Board {
  readonly line: VirtualLine;
  /** With the time at which they came, ms. */
  readonly messages: { at: number; message: FromLine }[] = [];
  ms = 0;

  constructor(options: Partial<VirtualLineOptions> & { direction: "incoming" | "outgoing" }) {
    const whole = options.direction === "incoming" ? { cadence: CADENCE, polarity: false, number: "13800138000", script: [], ...options } : { cadence: CADENCE, polarity: false, interDigitMs: 1_000, ...options };
    this.line = new VirtualLine(whole as VirtualLineOptions, (message) => this.messages.push({ at: this.ms, message }));
  }

  /** @returns what came from the line, frames without sound as silence. */
  run(ms: number, say?: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    for (let at = 0; at < ms / 20; at++) {
      const frame = SILENCE.slice();
      if (!this.line.read(frame)) frame.set(SILENCE);
      out.push(frame);
      const saying = say?.subarray(at * 160, at * 160 + 160);
      this.line.write(saying?.length === 160 ? saying : SILENCE);
      this.ms += 20;
    }
    return Buffer.concat(out);
  }

  get heard(): Uint8Array {
    this.line.message({ type: "tell-heard" });
    const last = this.messages.at(-1)?.message;
    return last?.type === "heard" ? last.samples : new Uint8Array();
  }

  of<T extends FromLine["type"]>(type: T): readonly number[] {
    return this.messages.filter(({ message }) => message.type === type).map(({ at }) => at);
  }
}

function tonesIn(sound: Uint8Array): readonly string[] {
  const found: string[] = [];
  const detector = new CallProgressDetector({ tone: (tone) => found.push(tone), voice: () => found.push("voice") });
  for (let at = 0; at + 160 <= sound.length; at += 160) detector.feed(sound, at);
  return found;
}

function keysIn(sound: Uint8Array): string {
  let found = "";
  new DtmfDetector({ down: (digit) => (found += digit), up: () => undefined }).feed(sound, 0, sound.length);
  return found;
}

const keys = (digits: string): Uint8Array => Buffer.concat([...digits].flatMap((digit) => [dtmfTone(digit as "1", 80), new Uint8Array(640).fill(0xd5)]));
const powerAt = (sound: Uint8Array, hz: number): number => goertzel(decodeAlaw(sound), 0, sound.length, hz);

describe("a call on a virtual line", () => {
  it("rings 1 s in 5, the number between the first two rings, and the caller hears ring-back", () => {
    const board = new Board({ direction: "incoming" });
    const sound = board.run(11_500);
    expect(alawLevel(sound)).toBe(-90);
    expect(board.messages.filter(({ message }) => message.type === "ring").map(({ at, message }) => [at, message.type === "ring" && message.on])).toEqual([[980, false], [4_980, true], [5_980, false], [9_980, true], [10_980, false]]);
    expect(board.messages.filter(({ message }) => message.type === "caller-id")).toEqual([{ at: 1_780, message: { type: "caller-id", number: "13800138000" } }]);
    expect(tonesIn(board.heard)).toEqual(["ringback", "ringback", "ringback"]);
    expect(board.heard.length).toBe(11_500 * 8);
  });

  it("does its script once answered, as sound, and hears the hotline unchanged", () => {
    const script = [{ do: "wait", ms: 200 }, { do: "keys", keys: "1#9", toneMs: 100, gapMs: 100 }, { do: "tone", hz: 700, ms: 400, level: -12 }] as const;
    const board = new Board({ direction: "incoming", script });
    board.run(1_500);
    board.line.message({ type: "off-hook" });
    const prompt = sineSecond(1_000, -10);
    const sound = board.run(2_000, prompt);
    expect(board.messages.slice(-3).map(({ message }) => message.type)).toEqual(["off-hook", "answered", "performed"]);
    expect(keysIn(sound)).toBe("1#9");
    expect(keysIn(sound.subarray(0, 1_500))).toBe("");
    expect(powerAt(sound.subarray(6_720, 9_280), 700)).toBeGreaterThan(1_000 * powerAt(sound.subarray(6_720, 9_280), 1_000));
    const heard = board.heard;
    expect(Buffer.from(heard).indexOf(Buffer.from(prompt))).toBe(1_500 * 8);
    board.line.close();
    expect(board.messages.at(-1)?.message).toMatchObject({ type: "closed", samples: heard });
  });

  it("ends for the hotline in busy tone, until it goes on hook", () => {
    const board = new Board({ direction: "incoming", script: [{ do: "tone", hz: 700, ms: 100, level: -12 }, { do: "hang-up" }] });
    board.run(500);
    board.line.message({ type: "off-hook" });
    const sound = board.run(3_000);
    expect(tonesIn(sound)).toEqual(["busy"]);
    expect(board.of("hung-up")).toEqual([600]);
    board.line.message({ type: "on-hook" });
    expect(alawLevel(board.run(1_000))).toBe(-90);
  });

  it("waits in its script for what the hotline says", () => {
    const script = [{ do: "listen", for: "sound", ms: 200, withinMs: 60_000 }, { do: "listen", for: "silence", ms: 500, withinMs: 60_000 }, { do: "keys", keys: "2", toneMs: 100, gapMs: 100 }, { do: "listen", for: "sound", ms: 200, withinMs: 1_000 }, { do: "hang-up" }] as const;
    const board = new Board({ direction: "incoming", script });
    board.line.message({ type: "off-hook" });
    board.run(1_000);
    expect(keysIn(board.run(1_500, sineSecond(800)))).toBe("");
    const answer = board.run(400);
    expect(keysIn(answer)).toBe("2");
    board.run(1_500);
    expect(board.of("hung-up")).toHaveLength(1);
  });

  it("is given up by an impatient caller; who lifts then hears dial tone", () => {
    const board = new Board({ direction: "incoming", patienceMs: 1_200 });
    board.run(8_000);
    expect(board.of("hung-up")).toEqual([1_180]);
    expect(board.of("ring")).toEqual([980]);
    board.line.message({ type: "off-hook" });
    expect(tonesIn(board.run(2_000))).toEqual(["dial"]);
  });
});

describe("a number dialled on a virtual line", () => {
  function dialled(options: Partial<VirtualLineOptions> = {}): Board {
    const board = new Board({ direction: "outgoing", ...options } as never);
    board.line.message({ type: "off-hook" });
    expect(tonesIn(board.run(2_000))).toEqual(["dial"]);
    expect(alawLevel(board.run(800, keys("1390")).subarray(1_600))).toBe(-90);
    expect(board.of("dialled")).toEqual([]);
    board.run(1_200);
    expect(board.messages.at(-1)?.message).toEqual({ type: "dialled", number: "1390" });
    return board;
  }

  it.each(["busy", "congestion"] as const)("is refused with the %s tone", (kind) => {
    const board = dialled();
    board.line.message({ type: "outcome", outcome: { kind } });
    expect(tonesIn(board.run(5_000))).toEqual([kind]);
  });

  it("rings, is answered, speaks, and may turn the polarity", () => {
    const board = dialled({ polarity: true });
    board.line.message({ type: "outcome", outcome: { kind: "answer", afterMs: 6_400, script: [{ do: "tone", hz: 620, ms: 400, level: -12 }] } });
    expect(tonesIn(board.run(7_000))).toEqual(["ringback", "ringback", "voice"]);
    expect(board.of("answered")).toHaveLength(1);
    board.run(500, keys("5"));
    expect(board.messages.some(({ message }) => message.type === "key" && message.digit === "5")).toBe(true);
    board.line.message({ type: "hang-up" });
    expect(board.messages.filter(({ message }) => message.type === "polarity").map(({ message }) => message.type === "polarity" && message.reversed)).toEqual([true, false]);
    expect(tonesIn(board.run(2_000))).toEqual(["busy"]);
  });

  it("rings for ever where nobody answers", () => {
    const board = dialled();
    board.line.message({ type: "outcome", outcome: { kind: "no-answer" } });
    expect(tonesIn(board.run(20_000))).toEqual(["ringback", "ringback", "ringback", "ringback"]);
  });
});
