import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createSilentLogger, SystemClock, UuidIds } from "@hotlinejs/core";
import type { Call, CallPipeline } from "@hotlinejs/core";
import { createMediaEngine } from "@hotlinejs/media";
import type { DefaultMediaEngine } from "@hotlinejs/media";
import { ensureBuilt, ensureWorkerBuilt } from "../../../media/test/built-worker.js";
import { VirtualBoard } from "../../src/virtual/index.js";
import type { OutsideParty, VirtualBoardOptions } from "../../src/virtual/index.js";
import { voiceboardConfig } from "../../src/config.js";
import type { VoiceboardConfig } from "../../src/config.js";
import { VoiceboardAdapter } from "../../src/voiceboard-adapter.js";

/** The adapter on a virtual board with real media, without kernel and database. */
export class LineBench {
  readonly clock = new SystemClock();
  readonly engine: DefaultMediaEngine;
  readonly board: VirtualBoard;
  readonly adapter: VoiceboardAdapter;
  readonly arrived: Call[] = [];
  /** Who picked up, oldest first. */
  readonly picked: OutsideParty[] = [];
  closed: { status: number } | undefined;

  private constructor(board: Partial<VirtualBoardOptions>, config: Partial<VoiceboardConfig>) {
    const ids = new UuidIds(this.clock);
    this.engine = createMediaEngine({ clock: this.clock, ids, workers: 1 });
    this.board = new VirtualBoard({ lines: 2, ...board });
    this.board.onPickedUp = (party) => this.picked.push(party);
    const pipeline = { admission: () => this.closed, arrive: (call: Call) => void this.arrived.push(call) } as unknown as CallPipeline;
    this.adapter = new VoiceboardAdapter({ config: { ...voiceboardConfig.parse({}), ...config }, drivers: [this.board], clock: this.clock, ids, log: createSilentLogger(), pipeline, media: () => this.engine });
  }

  static async start(board: Partial<VirtualBoardOptions> = {}, config: Partial<VoiceboardConfig> = {}): Promise<LineBench> {
    await ensureWorkerBuilt();
    await ensureBuilt(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), ["line-worker.js"]);
    const bench = new LineBench(board, config);
    await bench.engine.start();
    await bench.adapter.start();
    return bench;
  }

  /** The call that comes of somebody's calling on a line. */
  async dialIn(line: string, number: string, options: Parameters<ReturnType<VirtualBoard["line"]>["call"]>[0] | object = {}): Promise<{ call: Call; party: OutsideParty }> {
    const before = this.arrived.length;
    const party = this.board.line(line).call({ number, ...options });
    await this.until(() => this.arrived.length > before);
    return { call: this.arrived[before] as Call, party };
  }

  async until(condition: () => boolean, ms = 20_000): Promise<void> {
    for (let waited = 0; !condition(); waited += 10) {
      if (waited > ms) throw new Error("waited in vain");
      await this.clock.sleep(10);
    }
  }

  async stop(): Promise<void> {
    await this.adapter.stop();
    await this.engine.stop();
  }
}
