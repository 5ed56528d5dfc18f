import { alawLevel } from "@hotlinejs/media";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LineBench } from "./support/line-bench.js";

describe("the virtual board on real media", () => {
  let bench: LineBench;
  beforeAll(async () => {
    bench = await LineBench.start({ cadence: { onMs: 200, offMs: 400 } }, { ringGapMs: 800 });
  }, 60_000);
  afterAll(() => bench.stop());

  it("has one call on a line at a time", async () => {
    const line = bench.board.line("1");
    const { call, party } = await bench.dialIn("1", "13800138000");
    expect(() => line.call({ number: "1" })).toThrow(expect.objectContaining({ code: "HTL_VOICEBOARD_LINE_BUSY" }) as Error);
    expect(() => bench.board.line("9")).toThrow(expect.objectContaining({ code: "HTL_VOICEBOARD_UNKNOWN_LINE" }) as Error);
    await call.answer();
    expect(bench.adapter.lines()).toMatchObject([{ key: "1", state: "off-hook" }, { key: "2", state: "idle" }]);
    await call.play({ kind: "sine", hz: 1_000, durationMs: 200, level: -10 }).done;
    await call.hangup();
    expect(await party.ended).toEqual({ by: "hotline", answered: true });
    // What it heard is there after the line was let go, and when somebody else uses it.
    const next = await bench.dialIn("1", "");
    expect(next.call.from).toEqual({ number: "", uri: "line:1" });
    expect(line.party).toBe(next.party);
    const heard = await party.heard();
    expect(Math.max(...Array.from({ length: heard.length / 160 }, (_, i) => alawLevel(heard, i * 160, 160)))).toBeCloseTo(-10, 0);
    next.party.hangUp();
    expect(await next.call.ended).toMatchObject({ reason: "cancelled" });
    expect(await next.party.ended).toEqual({ by: "party", answered: false });
  }, 30_000);

  it("lets a caller give up at once, before the line has its sound, or out of patience", async () => {
    const before = bench.arrived.length;
    const hasty = bench.board.line("1").call({ number: "1" });
    hasty.hangUp();
    const impatient = bench.board.line("2").call({ number: "2", patienceMs: 100 });
    expect(await hasty.ended).toEqual({ by: "party", answered: false });
    expect(await impatient.ended).toEqual({ by: "party", answered: false });
    await bench.until(() => bench.adapter.lines().every(({ state }) => state === "idle") && bench.engine.legs === 0);
    for (const call of bench.arrived.slice(before)) expect(await call.ended).toMatchObject({ reason: "cancelled" });
  }, 30_000);

  it("outlives a media worker: calls end with a reason, whoever waits is told, the line takes the next call", async () => {
    const { call, party } = await bench.dialIn("1", "13800138000");
    await call.answer();
    const ringing = await bench.dialIn("2", "13800138001");
    const playing = call.play({ kind: "tone", tone: "dial" });
    const entry = call.collect();
    await bench.engine.slots[0]?.crash();
    expect(await call.ended).toMatchObject({ reason: "failed", by: "system" });
    expect(await ringing.call.ended).toMatchObject({ reason: "failed", by: "system" });
    expect(await playing.done).toMatchObject({ reason: "leg-ended" });
    expect(await entry).toMatchObject({ reason: "ended" });
    expect(await party.ended).toEqual({ by: "line", answered: true });
    expect(await ringing.party.ended).toEqual({ by: "line", answered: false });
    expect(bench.adapter.lines().every(({ state }) => state === "idle")).toBe(true);
    await bench.until(() => bench.engine.slots[0]?.up === true);
    const next = await bench.dialIn("1", "13800138000");
    await next.call.answer();
    const keys = next.call.collect({ firstDigitTimeoutMs: 20_000 });
    await next.party.press("7");
    expect(await keys).toMatchObject({ digits: "7" });
    await next.call.hangup();
  }, 30_000);

  it("leaves nothing behind when the hotline stops in the middle of calls", async () => {
    const talking = await bench.dialIn("1", "13800138000");
    await talking.call.answer();
    const ringing = await bench.dialIn("2", "13800138001");
    await bench.adapter.stop();
    expect(await talking.party.ended).toEqual({ by: "hotline", answered: true });
    expect(await ringing.party.ended).toEqual({ by: "hotline", answered: false });
    expect(bench.engine.legs).toBe(0);
    expect(bench.adapter.lines().map(({ state }) => state)).toEqual(["out-of-service", "out-of-service"]);
    expect(() => bench.board.line("1").call({ number: "1" })).toThrow(expect.objectContaining({ code: "HTL_VOICEBOARD_LINE_BUSY" }) as Error);
  }, 30_000);
});
