import type { AudioAsset, Clock, HotlineSettings, Logger, MediaEngine, Timer, Token } from "@hotlinejs/core";
import type { SpeechAudio, SpeechProvider, SynthesisOptions } from "../src/contract.js";

/** A clock that stands until it is told to move. */
export class FakeClock implements Clock {
  #now = Date.UTC(2026, 10, 23, 2, 0);
  #timers: { at: number; fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  setTimeout(fn: () => void, ms: number): Timer {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }
  setInterval(): Timer {
    throw new Error("not needed here");
  }
  sleep(): Promise<void> {
    throw new Error("not needed here");
  }
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > this.#now) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.fn();
    }
  }
  get timers(): number {
    return this.#timers.length;
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: object | string;
  readonly message: string | undefined;
}

export function fakeLog(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object | string, message?: string) => void lines.push({ level, fields, message });
  const log: Logger & { lines: LogLine[] } = { lines, trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), fatal: at("fatal"), child: () => log };
  return log;
}

/** Encodes by keeping the high octet of each sample: enough to see which sound it was. */
export function fakeMedia(): MediaEngine & { encoded: number; wavs: Map<string, AudioAsset> } {
  const wavs = new Map<string, AudioAsset>();
  const media = {
    encoded: 0,
    wavs,
    legs: 0,
    encode: (pcm: Int16Array): Promise<AudioAsset> => {
      media.encoded++;
      const samples = new Uint8Array(new SharedArrayBuffer(pcm.length));
      pcm.forEach((sample, index) => (samples[index] = sample >> 8));
      return Promise.resolve({ id: "encoded", samples, durationMs: pcm.length / 8 });
    },
    loadWav: (path: string): Promise<AudioAsset> => {
      const asset = wavs.get(path);
      return asset ? Promise.resolve(asset) : Promise.reject(new Error(`no file ${path}`));
    },
    createRtpLeg: () => Promise.reject(new Error("no legs here")),
    createWebRtcLeg: () => Promise.reject(new Error("no legs here")),
    createLineLeg: () => Promise.reject(new Error("no legs here")),
    createDatagramPort: () => Promise.reject(new Error("no ports here")),
    createBridge: () => Promise.reject(new Error("no bridges here")),
    health: () => Promise.resolve([]),
  };
  return media;
}

type Answer = SpeechAudio | Error | "hang";

/** A voice that makes 1 ms of sound per character, or what it is told. */
export class FakeProvider implements SpeechProvider {
  readonly name = "fake";
  settingsKey = "1";
  readonly asked: { text: string; options: SynthesisOptions }[] = [];
  answer: ((text: string) => Answer) | undefined;
  /** While held, answers wait for `release`. */
  held = false;
  #waiting: (() => void)[] = [];

  voices() {
    return [{ name: "v", language: "zh-CN" }];
  }

  async synthesize(text: string, options: SynthesisOptions): Promise<SpeechAudio> {
    this.asked.push({ text, options });
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const answer = this.answer?.(text) ?? { pcm: tone(text.length * 8, 8000 + text.length * 256), sampleRate: 8000 };
    if (answer === "hang") return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  release(): void {
    this.held = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  get texts(): string[] {
    return this.asked.map(({ text }) => text);
  }
}

export function tone(samples: number, level: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, index) => (index % 2 === 0 ? level : -level));
}

export function fakeSettings(dataDir: string): HotlineSettings {
  return { name: "test", timezone: "Asia/Shanghai", host: "127.0.0.1", loopbackOnly: true, dataDir, nodeId: "n1", publicUrl: undefined, advertisedAddress: undefined };
}

/** Services without a container. */
export function fakeServices(given: readonly (readonly [Token<unknown>, unknown])[] = []) {
  const values = new Map<symbol, unknown>(given);
  const factories = new Map<symbol, () => unknown>();
  const optional = <T>(token: Token<T>): T | undefined => {
    if (!values.has(token) && factories.has(token)) values.set(token, factories.get(token)?.());
    return values.get(token) as T | undefined;
  };
  const services = {
    provide: <T>(token: Token<T>, factory: (services: never) => T) => void factories.set(token, () => factory(services as never)),
    optional,
    get: <T>(token: Token<T>): T => {
      const value = optional(token);
      if (value === undefined) throw new Error(`no ${String(token.description)}`);
      return value;
    },
  };
  return services;
}

/** Lets everything that is ready run, file system included. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}
