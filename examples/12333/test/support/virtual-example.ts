import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, definePlugin, READ_POOL } from "@hotlinejs/core";
import type { Logger, Plugin } from "@hotlinejs/core";
import { ACD, type AgentSnapshot } from "@hotlinejs/plugin-acd/contract";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { RECORDINGS, type RecordingView } from "@hotlinejs/plugin-recording/contract";
import { TICKETS, type TicketView } from "@hotlinejs/plugin-tickets/contract";
import { createTestHotline, fakePrompts, type FakeCaller, type TestHotline } from "@hotlinejs/testing";
import { afterAll } from "vitest";
import { z } from "zod";
import type { Staffing } from "../../src/calendars.js";
import { create12333 } from "../../src/hotline.js";
import { prompts } from "../../src/prompts.js";

/** Monday 2026-03-02 10:00 in Shanghai, within office hours. */
export const MONDAY = Date.parse("2026-03-02T10:00:00+08:00");

export interface VirtualOptions {
  readonly staffing?: Staffing;
  readonly startAt?: number;
  readonly without?: readonly string[];
  readonly flow?: FlowDefinition;
  readonly plugins?: readonly Plugin[];
  /** Default: a fresh one, already migrated and seeded. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A line of the log at `warn` or above. */
export interface Complaint {
  readonly level: "warn" | "error" | "fatal";
  readonly text: string;
}

/** The example's own composition in virtual time: fakes in place of media, SIP and speech, everything else as an operator runs it. */
export class VirtualExample {
  readonly test: TestHotline;
  /** Everything the hotline complained of. */
  readonly complaints: readonly Complaint[];

  private constructor(test: TestHotline, complaints: readonly Complaint[]) {
    this.test = test;
    this.complaints = complaints;
  }

  static async start(options: VirtualOptions = {}): Promise<VirtualExample> {
    if (options.dataDir !== undefined) return VirtualExample.#start(options);
    seeded ??= makeSeeded((dataDir) => VirtualExample.#start({ dataDir, startAt: Date.parse("2026-01-05T09:00:00+08:00") }));
    const dataDir = join(await seeded, `${folders++}`);
    cpSync(join(await seeded, "seed"), dataDir, { recursive: true });
    return VirtualExample.#start({ ...options, dataDir });
  }

  static async #start(options: VirtualOptions): Promise<VirtualExample> {
    const complaints: Complaint[] = [];
    const startAt = options.startAt ?? MONDAY;
    const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(startAt);
    const { staffing, flow, without = ["http"], environment } = options;
    const test = await createTestHotline({
      plugins: [fakePrompts({ prompts: [...prompts] }), ...(options.plugins ?? [])],
      startAt,
      logger: complaining(complaints),
      ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
      create: ({ plugins, ...hotline }) =>
        create12333({
          today,
          // A fake that was to be left out is left out with what it stands for.
          plugins: plugins.filter((plugin) => !without.includes(plugin.definition.name)),
          without: ["espeak", ...without],
          hotline,
          ...(staffing === undefined ? {} : { staffing }),
          ...(flow === undefined ? {} : { flow }),
          ...(environment === undefined ? {} : { environment }),
        }),
    });
    return new VirtualExample(test, complaints);
  }

  /** Dials and keys what leads to a place of the flow, each key at the end of the prompt before. */
  async call(keys = "", from = "13800138000"): Promise<FakeCaller> {
    const caller = await this.test.dial("12333", { from });
    await caller.hears("人工服务请按1");
    for (const key of keys) {
      await this.test.advance(1_000);
      await caller.press(key);
      await this.test.advance(500);
    }
    return caller;
  }

  agent(number: string): AgentSnapshot | undefined {
    return this.test.services.get(ACD).agent(number);
  }

  async tickets(): Promise<readonly TicketView[]> {
    const ids = await this.rows<{ id: string }>("select id from tickets_ticket order by created_at, id");
    const views = await Promise.all(ids.map(({ id }) => this.test.services.get(TICKETS).get(id)));
    return views.filter((view) => view !== undefined);
  }

  async recordings(ids: readonly string[]): Promise<readonly RecordingView[]> {
    const views = await Promise.all(ids.map((id) => this.test.services.get(RECORDINGS).get(id)));
    return views.filter((view) => view !== undefined);
  }

  rows<T>(sql: string): Promise<readonly T[]> {
    return this.test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
  }

  /** Types of the nodes an interaction went through, in order, with what came of them. */
  async path(): Promise<readonly string[]> {
    const events = await this.rows<{ data: string | { node: string; outcome: string } }>("select data from core_interaction_event where type = 'ivr.node' order by at, id");
    return events.map(({ data }) => {
      const { node, outcome } = typeof data === "string" ? (JSON.parse(data) as { node: string; outcome: string }) : data;
      return `${node}:${outcome}`;
    });
  }

  /** What is left behind that should not be: empty when all calls are over. */
  async leftovers(): Promise<readonly string[]> {
    const found: string[] = [];
    if (this.test.services.get(CALL_PIPELINE).active > 0) found.push(`${this.test.services.get(CALL_PIPELINE).active} live calls`);
    for (const table of ["core_interaction", "core_leg"]) for (const row of await this.rows<{ id: string }>(`select id from ${table} where ended_at is null`)) found.push(`open ${table} ${row.id}`);
    for (const row of await this.rows<{ id: string }>("select id from core_bridge_membership where left_at is null")) found.push(`open bridge membership ${row.id}`);
    for (const row of await this.rows<{ id: string }>("select id from acd_queue_entry where ended_at is null")) found.push(`open queue entry ${row.id}`);
    for (const row of await this.rows<{ id: string; state: string }>("select id, state from recording_recording where state = 'recording'")) found.push(`recording ${row.id} still ${row.state}`);
    for (const agent of this.test.services.get(ACD).agents()) if (!["unreachable", "available"].includes(agent.state) || agent.interactionId !== null) found.push(`agent ${agent.number} ${agent.state}`);
    const queue = this.test.services.get(ACD).queue("general");
    if (queue !== undefined && queue.waiting + queue.ringing > 0) found.push(`${queue.waiting} waiting, ${queue.ringing} ringing`);
    return found;
  }

  close(): Promise<void> {
    return this.test.close();
  }
}

/** A plugin that only declares; for what a test wants to put beside the example's own. */
export function testPlugin(name: string, register: Parameters<typeof definePlugin>[0]["register"]): Plugin {
  return definePlugin({ name, version: "0.1.0", core: "*", config: z.strictObject({}), register })();
}

/** A data folder as the first start leaves it: hashing the demo passwords takes most of a start, so tests begin with copies. */
let seeded: Promise<string> | undefined;
let folders = 0;

async function makeSeeded(start: (dataDir: string) => Promise<VirtualExample>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "hotline-virtual-"));
  await (await start(join(root, "seed"))).close();
  return root;
}

// Registered for every test file that imports this.
afterAll(async () => {
  if (seeded !== undefined) rmSync(await seeded, { recursive: true, force: true });
});

/** What fakes cannot give: their captures hold no sound to compress. */
const EXPECTED = /the capture cannot be read|is no capture file/;

function complaining(complaints: Complaint[]): Logger {
  const quiet = (): void => undefined;
  const note =
    (level: Complaint["level"]) =>
    (fields: object | string, message?: string): void => {
      const given: { readonly err?: unknown; readonly error?: unknown } = typeof fields === "string" ? {} : fields;
      const error = given.err ?? given.error;
      const text = [typeof fields === "string" ? fields : (message ?? ""), ...(error === undefined ? [] : [error instanceof Error ? (error.stack ?? error.message) : String(error)])].join(": ");
      if (!EXPECTED.test(text)) complaints.push({ level, text });
    };
  const logger: Logger = { trace: quiet, debug: quiet, info: quiet, warn: note("warn"), error: note("error"), fatal: note("fatal"), child: () => logger };
  return logger;
}
