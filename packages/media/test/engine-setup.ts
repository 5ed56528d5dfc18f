import { statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock, UuidIds } from "@hotlinejs/core";
import type { MediaLeg, MediaLegEvent, RtpLeg, RtpLegOptions } from "@hotlinejs/core";
import { decodeAlaw } from "../src/codec/g711.js";
import { goertzel } from "../src/dsp/goertzel.js";
import { createMediaEngine } from "../src/engine/default-media-engine.js";
import type { DefaultMediaEngine, MediaEngineOptions } from "../src/engine/default-media-engine.js";
import { ensureWorkerBuilt } from "./built-worker.js";
import { RtpPeer } from "./rtp-peer.js";

/** Everything of one integration test, taken down together. */
export class MediaBench {
  readonly engine: DefaultMediaEngine;
  readonly folder: string;
  readonly #peers: RtpPeer[] = [];

  private constructor(engine: DefaultMediaEngine, folder: string) {
    this.engine = engine;
    this.folder = folder;
  }

  static async start(options: Partial<MediaEngineOptions> = {}): Promise<MediaBench> {
    await ensureWorkerBuilt();
    const clock = new SystemClock();
    const first = 20_000 + Math.floor(Math.random() * 10_000) * 2; // somewhere else than other tests
    const engine = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1, rtpPorts: { min: first, max: first + 4000 }, keepAliveSilence: false, ...options });
    await engine.start();
    return new MediaBench(engine, await mkdtemp(join(tmpdir(), "hotline-media-")));
  }

  async peer(address?: string): Promise<RtpPeer> {
    const peer = await RtpPeer.open(address);
    this.#peers.push(peer);
    return peer;
  }

  /** A leg and the phone it talks to. */
  async call(options: Omit<RtpLegOptions, "remote"> & { remote?: Partial<NonNullable<RtpLegOptions["remote"]>> } = {}): Promise<{ leg: RtpLeg; peer: RtpPeer; events: MediaLegEvent[] }> {
    const peer = await this.peer();
    const leg = await this.engine.createRtpLeg({ ...options, remote: { ...peer.remote, ...options.remote } });
    peer.payloadType = options.remote?.payloadType ?? 8;
    const events: MediaLegEvent[] = [];
    leg.subscribe((event) => events.push(event));
    return { leg, peer, events };
  }

  async stop(): Promise<void> {
    await this.engine.stop();
    for (const peer of this.#peers) peer.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Waits until something is true; the test's own time limit is the only clock. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits until a capture of both sides holds so many milliseconds on disk. */
export function written(path: string, ms: number): Promise<void> {
  return until(() => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= ms * 16 + 1_000);
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Share of the sound's energy that lies at this frequency, 0-1. */
export function purity(alaw: Uint8Array, hz: number): number {
  const pcm = decodeAlaw(alaw);
  const power = pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length;
  return goertzel(pcm, 0, pcm.length, hz) / power;
}

/** Power at this frequency, on the 16-bit scale squared. */
export function powerAt(alaw: Uint8Array, hz: number): number {
  const pcm = decodeAlaw(alaw);
  return goertzel(pcm, 0, pcm.length, hz);
}

/** A promise of the first event of a type. */
export function eventOf<T extends MediaLegEvent["type"]>(leg: MediaLeg, type: T): Promise<Extract<MediaLegEvent, { type: T }>> {
  return new Promise((resolve) => {
    const stop = leg.subscribe((event) => {
      if (event.type !== type) return;
      stop();
      resolve(event as Extract<MediaLegEvent, { type: T }>);
    });
  });
}
