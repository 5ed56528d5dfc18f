import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { putSettings, putSound, settingsFrom, settingsStore, type PhoneSettings } from "./phone-state.js";
import { Ringer } from "./ringer.js";

/** What was to be heard: when, how high, how loud at most. */
let tones: { at: number; hz: number; peak: number }[];
let contexts: FakeContext[];
let sinks: string[];
/** What the browser does about sound that no click has asked for. */
let allowed: boolean;

class FakeContext {
  state = "running";
  currentTime = 10;
  closed = false;
  onstatechange: (() => void) | null = null;
  constructor() {
    contexts.push(this);
  }
  resume(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
class FakeGain {
  peak = 0;
  readonly gain = { setValueAtTime: (value: number): void => void (this.peak = Math.max(this.peak, value)), linearRampToValueAtTime: (value: number): void => void (this.peak = Math.max(this.peak, value)) };
  connect(): void {}
}
class FakeOscillator {
  #shape: FakeGain | undefined;
  readonly #hz: number;
  constructor(_audio: FakeContext, { frequency }: { frequency: number }) {
    this.#hz = frequency;
  }
  connect(shape: FakeGain): void {
    this.#shape = shape;
  }
  start(at: number): void {
    tones.push({ at, hz: this.#hz, peak: this.#shape?.peak ?? 0 });
  }
  stop(): void {}
}
class FakeElement {
  paused = true;
  play(): Promise<void> {
    if (!allowed) return Promise.reject(new DOMException("play() needs a gesture", "NotAllowedError"));
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  setSinkId(id: string): Promise<void> {
    sinks.push(id);
    return Promise.resolve();
  }
}

let listeners: Map<string, () => void>;
let kept: Map<string, string>;
let before: PhoneSettings;
let silent: boolean[];
let ringer: Ringer;

beforeEach(() => {
  vi.useFakeTimers();
  [tones, contexts, sinks, silent, allowed, listeners, kept] = [[], [], [], [], true, new Map(), new Map()];
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("GainNode", FakeGain);
  vi.stubGlobal("OscillatorNode", FakeOscillator);
  vi.stubGlobal("MediaStreamAudioDestinationNode", class {});
  vi.stubGlobal("Audio", FakeElement);
  vi.stubGlobal("window", { addEventListener: (type: string, listener: () => void) => void listeners.set(type, listener), removeEventListener: (type: string) => void listeners.delete(type) });
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
  before = settingsStore.get();
  settingsStore.set(settingsFrom("{}"));
  ringer = new Ringer((is) => silent.push(is));
});
afterEach(() => {
  ringer.close();
  settingsStore.set(before);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const heard = (): readonly number[] => tones.map(({ hz }) => hz);

describe("the sounds of the bar", () => {
  it("a call rings every three seconds until it is quiet", async () => {
    await ringer.open();
    ringer.ring(false);
    expect(tones.map(({ at, hz }) => [at, hz])).toEqual([[10, 660], [10, 880], [10.55, 660], [10.55, 880]]);
    vi.advanceTimersByTime(6_000);
    expect(tones).toHaveLength(12);
    ringer.quiet();
    vi.advanceTimersByTime(6_000);
    expect(tones).toHaveLength(12);
  });

  it("during a talk it is one soft beep, in place of a ring that was on", async () => {
    await ringer.open();
    ringer.ring(false);
    tones = [];
    ringer.ring(true);
    vi.advanceTimersByTime(9_000);
    expect(heard()).toEqual([440]);
  });

  it("each kind has its own loudness and can be off; the others go on", async () => {
    await ringer.open();
    putSound("tick", { volume: 100 });
    putSound("lost", { volume: 50 });
    putSound("waiting", { on: false });
    putSound("ring", { volume: 0 });
    for (const kind of ["tick", "lost", "waiting", "ring"] as const) ringer.play(kind);
    expect(tones.map(({ hz, peak }) => [hz, peak])).toEqual([[880, 0.25], [520, 0.0625], [390, 0.0625]]);
  });

  it("a ring that is turned off falls silent in the middle, and comes back", async () => {
    await ringer.open();
    ringer.ring(false);
    putSound("ring", { on: false });
    vi.advanceTimersByTime(6_000);
    expect(tones).toHaveLength(4);
    putSound("ring", { on: true });
    vi.advanceTimersByTime(3_000);
    expect(tones).toHaveLength(8);
  });

  it("goes to the ring device that is chosen, now and later", async () => {
    settingsStore.set({ ...settingsStore.get(), ringer: "speaker" });
    await ringer.open();
    settingsStore.set({ ...settingsStore.get(), ringer: "head set" });
    await ringer.useDevices();
    expect(sinks).toEqual(["speaker", "head set"]);
  });

  it("before it is opened and after it is closed nothing sounds", async () => {
    ringer.play("tick");
    await ringer.open();
    ringer.ring(false);
    ringer.close();
    tones = [];
    vi.advanceTimersByTime(6_000);
    ringer.play("tick");
    expect([tones, contexts.map(({ closed }) => closed), listeners.size]).toEqual([[], [true], 0]);
  });

  it("tells where the browser lets nothing sound, until the page is touched", async () => {
    allowed = false;
    await ringer.open();
    expect(silent).toEqual([true]);
    allowed = true;
    listeners.get("pointerdown")?.();
    await vi.waitFor(() => expect(silent).toEqual([true, false]));
  });
});

describe("the choice of sounds", () => {
  it("is kept on this computer", () => {
    putSound("tick", { on: false });
    putSound("ring", { volume: 35 });
    putSettings({ ringer: "r" });
    const again = settingsFrom(kept.get("hotline.phone") ?? "");
    expect([again.sounds.tick, again.sounds.ring, again.sounds.lost, again.ringer]).toEqual([{ on: false, volume: 70 }, { on: true, volume: 35 }, { on: true, volume: 70 }, "r"]);
  });

  it("takes over the one volume of earlier, and forgets what makes no sense", () => {
    expect(Object.values(settingsFrom('{"mode":"browser","volume":40}').sounds).map(({ volume }) => volume)).toEqual([40, 40, 40, 40]);
    expect(settingsFrom('{"volume":40}')).not.toHaveProperty("volume");
    expect(settingsFrom('{"sounds":{"ring":{"volume":900},"tick":null,"lost":{"on":false,"volume":"x"}}}').sounds).toEqual({ ring: { on: true, volume: 70 }, waiting: { on: true, volume: 70 }, tick: { on: true, volume: 70 }, lost: { on: false, volume: 70 } });
    expect(() => settingsFrom("{")).toThrow(SyntaxError);
  });
});
