import { CLOCK, definePlugin, IDS, MEDIA } from "@hotlinejs/core";
import type { AudioAsset, AudioSource, BridgeRole, Clock, Ids, MediaBridge, MediaEngine, MediaLeg, Playback } from "@hotlinejs/core";
import { createHash } from "node:crypto";
import { z } from "zod";
import { FakeDatagramPort } from "./fake-datagram-port.js";
import { FakeMediaLeg, FakePlayback } from "./fake-media-leg.js";

/** A media engine without sound, in the time of the test's clock. */
export class FakeMediaEngine implements MediaEngine {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #legs = new Set<FakeMediaLeg>();
  readonly ports: FakeDatagramPort[] = [];

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  get legs(): number {
    return [...this.#legs].filter((leg) => !leg.ended).length;
  }

  createLeg(): FakeMediaLeg {
    const leg = new FakeMediaLeg(this.#clock, this.#ids);
    this.#legs.add(leg);
    return leg;
  }

  createRtpLeg(): Promise<FakeMediaLeg> {
    return Promise.resolve(this.createLeg());
  }

  createLineLeg(): Promise<FakeMediaLeg> {
    return Promise.resolve(this.createLeg());
  }

  createWebRtcLeg(): Promise<never> {
    return Promise.reject(new Error("there are no browsers here"));
  }

  createDatagramPort(): Promise<FakeDatagramPort> {
    const port = new FakeDatagramPort(this.#ids.next());
    this.ports.push(port);
    return Promise.resolve(port);
  }

  createBridge(): Promise<MediaBridge> {
    return Promise.resolve(new FakeBridge(this.#clock, this.#ids));
  }

  encode(pcm: Int16Array, sampleRate: number): Promise<AudioAsset> {
    const durationMs = Math.round((pcm.length / sampleRate) * 1_000);
    return Promise.resolve({ id: createHash("sha256").update(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)).digest("hex"), samples: new Uint8Array(0), durationMs });
  }

  loadWav(path: string): Promise<AudioAsset> {
    return Promise.resolve({ id: `file:${path}`, samples: new Uint8Array(0), durationMs: 1_000 });
  }

  health(): Promise<[]> {
    return Promise.resolve([]);
  }
}

class FakeBridge implements MediaBridge {
  readonly id: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #members = new Map<MediaLeg, BridgeRole>();
  readonly #whispers = new Map<MediaLeg, readonly MediaLeg[]>();
  #playing: FakePlayback | undefined;

  constructor(clock: Clock, ids: Ids) {
    this.id = ids.next();
    this.#clock = clock;
    this.#ids = ids;
  }

  get members(): readonly { leg: MediaLeg; role: BridgeRole }[] {
    return [...this.#members].map(([leg, role]) => ({ leg, role }));
  }

  join(leg: MediaLeg, options: { role?: BridgeRole; whisperTo?: readonly MediaLeg[] } = {}): Promise<void> {
    if (leg.ended) return Promise.reject(new Error("the leg has ended"));
    for (const other of this.#members.keys()) {
      if (leg instanceof FakeMediaLeg) leg.bridgedWith.add(other);
      if (other instanceof FakeMediaLeg) other.bridgedWith.add(leg);
    }
    // Who ends leaves, as with the real engine: the hotline takes only those out who go on elsewhere.
    if (!this.#members.has(leg)) leg.subscribe((event) => void (event.type === "ended" && this.leave(leg)));
    this.#members.set(leg, options.role ?? "talk");
    this.#whispers.set(leg, options.whisperTo ?? []);
    this.#listen();
    return Promise.resolve();
  }

  leave(leg: MediaLeg): Promise<void> {
    this.#members.delete(leg);
    for (const other of this.#members.keys()) {
      if (leg instanceof FakeMediaLeg) {
        leg.bridgedWith.delete(other);
        leg.hears.delete(other);
      }
      if (other instanceof FakeMediaLeg) {
        other.bridgedWith.delete(leg);
        other.hears.delete(leg);
      }
    }
    return Promise.resolve();
  }

  /** Who hears whom, by their roles. */
  #listen(): void {
    for (const ear of this.#members.keys()) {
      if (!(ear instanceof FakeMediaLeg)) continue;
      for (const [mouth, role] of this.#members) {
        if (mouth === ear) continue;
        if (role === "talk" || (role === "whisper" && this.#whispers.get(mouth)?.includes(ear) === true)) ear.hears.add(mouth);
        else ear.hears.delete(mouth);
      }
    }
  }

  play(source: AudioSource | readonly AudioSource[], { except = [] }: { readonly except?: readonly MediaLeg[] } = {}): Playback {
    this.#playing?.end("stopped");
    const began = (what: string): void => {
      for (const leg of this.#members.keys()) if (leg instanceof FakeMediaLeg && !except.includes(leg)) leg.heard.push({ at: this.#clock.now(), what });
    };
    this.#playing = new FakePlayback(this.#ids.next(), Array.isArray(source) ? (source as readonly AudioSource[]) : [source as AudioSource], {}, this.#clock, began);
    this.#playing.begin();
    return this.#playing;
  }

  async close(): Promise<void> {
    this.#playing?.end("leg-ended");
    for (const leg of [...this.#members.keys()]) await this.leave(leg);
  }
}

/** Stands in for the media plugin. */
export const fakeMedia = definePlugin({
  name: "media",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  provides: [MEDIA],
  register({ services }) {
    services.provide(MEDIA, ({ get }) => new FakeMediaEngine(get(CLOCK), get(IDS)));
  },
});
