import type { AudioSource } from "@hotlinejs/core";
import { sineSecond, tonePeriod } from "../audio/tones.js";
import { ALAW_SILENCE } from "../codec/g711.js";

/** A stretch of A-law, repeated until `total` samples are played. */
interface Segment {
  readonly data: Uint8Array;
  /** Infinity: for ever. */
  readonly total: number;
}

const QUIET = new Uint8Array(160).fill(ALAW_SILENCE);

/** Plays sources one after another by copying slices of A-law that was encoded before. */
export class Player {
  /** Samples handed out, padding at the end not counted. */
  played = 0;
  readonly #segments: readonly Segment[];
  readonly #loop: boolean;
  #index = 0;
  #position = 0;

  /** @param startAtMs offset at which to begin; wraps round in a loop. */
  constructor(sources: readonly AudioSource[], loop: boolean, startAtMs: number) {
    this.#segments = sources.map(segmentOf).filter(({ total }) => total > 0);
    this.#loop = loop && this.#segments.length > 0;
    if (startAtMs > 0) this.#seek(Math.floor(startAtMs * 8));
  }

  /** Everything has been handed out. */
  get done(): boolean {
    return this.#index >= this.#segments.length;
  }

  /** Writes the next samples; what is left after the end is silence. */
  fill(out: Uint8Array, count: number): void {
    let at = 0;
    while (at < count) {
      const segment = this.#segments[this.#index];
      if (segment === undefined) {
        out.fill(ALAW_SILENCE, at, count);
        return;
      }
      const start = this.#position % segment.data.length;
      const take = Math.min(count - at, segment.total - this.#position, segment.data.length - start);
      out.set(segment.data.subarray(start, start + take), at);
      at += take;
      this.played += take;
      this.#advance(segment, take);
    }
  }

  #advance(segment: Segment, by: number): void {
    this.#position += by;
    if (this.#position < segment.total) return;
    this.#position = 0;
    this.#index++;
    if (this.#loop && this.#index === this.#segments.length) this.#index = 0;
  }

  #seek(samples: number): void {
    const cycle = this.#segments.reduce((sum, { total }) => sum + total, 0);
    let left = this.#loop && Number.isFinite(cycle) ? samples % cycle : samples;
    while (left > 0) {
      const segment = this.#segments[this.#index];
      if (segment === undefined) return;
      const step = Math.min(left, segment.total - this.#position);
      this.#advance(segment, step);
      left -= step;
    }
  }
}

function segmentOf(source: AudioSource): Segment {
  switch (source.kind) {
    case "asset":
      return { data: source.asset.samples, total: source.asset.samples.length };
    case "tone":
      return { data: tonePeriod(source.tone), total: samplesOf(source.durationMs ?? (source.tone === "beep" ? 400 : Infinity)) };
    case "sine":
      return { data: sineSecond(source.hz, source.level), total: samplesOf(source.durationMs ?? Infinity) };
    case "silence":
      return { data: QUIET, total: samplesOf(source.durationMs) };
  }
}

function samplesOf(ms: number): number {
  return ms === Infinity ? Infinity : Math.max(0, Math.round(ms * 8));
}
