import { createSilentLogger, UuidIds, VirtualClock } from "@hotlinejs/core";
import type { Call, CallPipeline, LineLeg, LinePartRef, MediaLegEvent } from "@hotlinejs/core";
import { FakeMediaEngine } from "@hotlinejs/testing";
import type { FakeMediaLeg } from "@hotlinejs/testing";
import type { BoardChannel, BoardDriver, ChannelCapabilities, ChannelEvent, ChannelState } from "../../src/contract.js";
import { voiceboardConfig } from "../../src/config.js";
import { VoiceboardAdapter } from "../../src/voiceboard-adapter.js";

/** A line worked by hand: what a maker's driver would tell, a test tells. */
export class HandChannel implements BoardChannel {
  readonly number = "12333";
  state: ChannelState = "idle";
  leg: FakeMediaLeg | undefined;
  /** Set to let the line not be taken. */
  broken: Error | undefined;
  hooks: string[] = [];
  readonly key: string;
  readonly capabilities: ChannelCapabilities;
  readonly #listeners = new Set<(event: ChannelEvent) => void>();

  constructor(key: string, capabilities: Partial<ChannelCapabilities> = {}) {
    this.key = key;
    this.capabilities = { outgoing: true, callerId: true, polarity: false, ...capabilities };
  }

  part(): LinePartRef {
    return { module: "file:///board.js", options: { channel: this.key } };
  }

  attach(leg: LineLeg): void {
    this.leg = leg as FakeMediaLeg;
  }

  async offHook(): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    this.state = "off-hook";
    this.hooks.push("off");
  }

  onHook(): void {
    this.state = "idle";
    this.hooks.push("on");
  }

  subscribe(listener: (event: ChannelEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(event: ChannelEvent): void {
    if (event.type === "ring" && event.on && this.state === "idle") this.state = "ringing";
    if (event.type === "state") this.state = event.state;
    for (const listener of [...this.#listeners]) listener(event);
  }

  hear(event: MediaLegEvent): void {
    this.leg?.tell(event);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** The adapter in virtual time, on lines worked by hand. */
export class HandBoard {
  readonly clock = new VirtualClock();
  readonly media: FakeMediaEngine;
  readonly channels: readonly HandChannel[];
  readonly adapter: VoiceboardAdapter;
  readonly arrived: Call[] = [];
  readonly driver: BoardDriver & { opened: number };
  closed: { status: number } | undefined;
  noMedia: Error | undefined;
  /** Sound paths open no sooner than this. */
  mediaReady: Promise<void> = Promise.resolve();

  constructor(channels: readonly HandChannel[] = [new HandChannel("1")]) {
    const ids = new UuidIds(this.clock);
    this.media = new FakeMediaEngine(this.clock, ids);
    this.channels = channels;
    const driver = { name: "hand", channels, opened: 0, open: async () => void driver.opened++, close: async () => void driver.opened-- };
    this.driver = driver;
    const createLineLeg = async (): Promise<FakeMediaLeg> => {
      await this.mediaReady;
      if (this.noMedia !== undefined) throw this.noMedia;
      return this.media.createLineLeg();
    };
    const pipeline = { admission: () => this.closed, arrive: (call: Call) => void this.arrived.push(call) } as unknown as CallPipeline;
    this.adapter = new VoiceboardAdapter({ config: voiceboardConfig.parse({}), drivers: [driver], clock: this.clock, ids, log: createSilentLogger(), pipeline, media: () => ({ createLineLeg }) as never });
  }

  get line(): HandChannel {
    return this.channels[0] as HandChannel;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Rings as an exchange does, for so many times. */
  async ring(times: number, channel = this.line): Promise<void> {
    for (let i = 0; i < times; i++) {
      channel.tell({ type: "ring", on: true });
      await this.advance(1_000);
      channel.tell({ type: "ring", on: false });
      await this.advance(4_000);
    }
  }

  /** What must be left when all calls are over. */
  get leftovers(): object {
    return { calls: this.adapter.calls, legs: this.media.legs, timers: this.clock.pending, states: this.channels.map(({ state }) => state) };
  }
}

export const NOTHING = { calls: 0, legs: 0, timers: 0 };
