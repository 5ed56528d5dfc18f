import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EchoSink } from "./support/echo-sink.js";
import { Example } from "./support/example.js";
import { type Holdings, holdings, residentMb } from "./support/left-behind.js";
import { recordLongRun } from "./support/long-results.js";
import { hasSipp } from "./support/peers.js";
import { pause } from "./support/rtp-probe.js";
import { SippCallers } from "./support/sipp.js";
import { slope } from "./support/slope.js";

/** Length of the soak; `HOTLINE_SOAK_SECONDS` makes it a day, or three minutes. */
const SECONDS = Number(process.env.HOTLINE_SOAK_SECONDS ?? 1_800);
/** Calls at a time: `HOTLINE_SOAK_CALLS`. */
const CALLS = Number(process.env.HOTLINE_SOAK_CALLS ?? 200);
/** How long callers stay, ms: some give up at the greeting, some leave a message. A third of the calls each. */
const STAYS = [12_000, 25_000, 45_000];
const ROUND_S = 120;
const SAMPLE_MS = 5_000;
/** After the last call: the longest that SIP keeps a transaction is 64 * T1, and the sweep of idle connections. */
const SETTLE_MS = 60_000;
/** MB that a run of any length may grow in its second half. */
const MOST_GROWTH_MB = 80;

describe.skipIf(!hasSipp())("soak", () => {
  let example: Example;
  beforeAll(async () => {
    // Not where the SIPps have their own.
    example = await Example.start({ readyMs: 300_000, environment: { HOTLINE_RTP_PORTS: "14000-17999" } });
  });
  afterAll(() => example?.dispose());

  it(`${CALLS} calls at a time that come and go for ${SECONDS} s: none fails, every call is recorded, nothing is left behind, memory settles`, async () => {
    const sink = await EchoSink.open();
    await pause(2_000);
    const before = await holdings(example);
    const began = performance.now();
    const elapsed = (): number => (performance.now() - began) / 1_000;
    const memory: [seconds: number, mb: number][] = [];
    const atOnce: number[] = [];
    const sampler = setInterval(() => {
      memory.push([elapsed(), residentMb(example)]);
      void holdings(example).then(
        ({ sessions }) => atOnce.push(sessions),
        () => undefined, // told by the calls themselves
      );
    }, SAMPLE_MS);

    let calls = 0;
    const failed: string[] = [];
    /** One kind of caller, round after round, each call followed by the next. */
    async function keepCalling(talkMs: number, share: number): Promise<void> {
      while (elapsed() < SECONDS) {
        const left = Math.min(ROUND_S, SECONDS - elapsed());
        const count = share * Math.max(1, Math.round((left * 1_000) / talkMs));
        const first = calls;
        calls += count;
        const callers = await SippCallers.start({ sipPort: example.sipPort, talkMs, atOnce: share, rate: 10, calls: Array.from({ length: count }, (_, index) => ({ from: `137${String(first + index).padStart(8, "0")}`, mediaPort: sink.port })) });
        const exit = await callers.exited;
        if (exit !== 0) failed.push(`calls ${first} to ${first + count - 1}, SIPp's exit ${exit}: ${callers.errors().slice(0, 4_000)}`);
        callers.dispose();
      }
    }
    await Promise.all(STAYS.map((talkMs, i) => keepCalling(talkMs, Math.floor(CALLS / STAYS.length) + (i < CALLS % STAYS.length ? 1 : 0))));
    clearInterval(sampler);
    sink.close();
    expect(failed).toEqual([]);

    // Compression works off what the calls left; then nothing is open and nothing is lost.
    let recorded = 0;
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = await example.eventually<{ items: readonly { state: string }[]; next?: string | null }>(`/api/recordings?limit=200${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`, ({ items }) => items.every((each) => each.state === "compressed"), 1_800_000);
      recorded += page.items.length;
      cursor = page.next ?? undefined;
    }
    expect(recorded).toBe(calls);
    expect((await example.get<{ items: readonly unknown[] }>("/api/interactions?state=live")).items).toEqual([]);

    const after = await settled(before);
    const half = memory.slice(Math.floor(memory.length / 2));
    const perMinute = slope(half) * 60;
    const growth = (slope(half) * SECONDS) / 2;
    const mean = atOnce.reduce((sum, count) => sum + count, 0) / Math.max(1, atOnce.length);
    const left = Object.entries(after).filter(([name, count]) => name !== "descriptors" && count > before[name as keyof Holdings]);
    recordLongRun(
      "soak",
      `${calls} calls in ${SECONDS} s, ${mean.toFixed(0)} at a time (at most ${Math.max(0, ...atOnce)}), sound both ways, none failed, all recorded; resident memory ${memory[0]?.[1].toFixed(0)} MB at ${memory[0]?.[0].toFixed(0)} s, ${memory.at(-1)?.[1].toFixed(0)} MB at the end, slope of the second half ${perMinute.toFixed(2)} MB/min; left behind: ${left.length === 0 ? "no port, dialog, transaction, timer, leg, capture or worker command" : left.map(([name, count]) => `${count} ${name}`).join(", ")} (descriptors ${before.descriptors} before, ${after.descriptors} after)`,
    );
    expect(left).toEqual([]);
    expect(growth, `${perMinute.toFixed(2)} MB/min`).toBeLessThan(MOST_GROWTH_MB);
  });

  /** What is held when it is as little as before, or after the longest time SIP keeps anything. */
  async function settled(before: Holdings): Promise<Holdings> {
    const until = performance.now() + SETTLE_MS;
    for (;;) {
      const now = await holdings(example);
      if (performance.now() > until || (Object.keys(now) as (keyof Holdings)[]).every((name) => name === "descriptors" || now[name] <= before[name])) return now;
      await pause(1_000);
    }
  }
});
