import { afterEach, describe, expect, it } from "vitest";
import { closeStages, stage, team } from "./stage.js";

afterEach(closeStages);

/** Repeatable chance (Numerical Recipes' generator). */
function chance(seed: number): () => number {
  let x = seed;
  return () => (x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

describe("SL, SL2, ASA, AHT and abandonment by their definitions", () => {
  it.each([3, 11])("reckoned anew from the times of the events alone, seed %i", { timeout: 120_000 }, async (seed) => {
    const random = chance(seed);
    const at = await stage({ startAt: Date.UTC(2026, 10, 26, 2, 13), acd: team({ connectPrompt: false, whisper: false, maxWaitSeconds: 40, serviceLevelSeconds: 15, shortAbandonSeconds: 5, ringTimeoutSeconds: 12 }, ["1001", "1002"], 7) });
    const phones = [await at.phone("1001"), await at.phone("1002")];
    const callers: { readonly caller: Awaited<ReturnType<typeof at.dial>>; readonly givesUp: number; talkUntil: number | undefined; over: boolean }[] = [];
    const answerAt = [Infinity, Infinity];
    let now = 0;
    // Second by second over eighteen minutes: across the quarters at 10:15 and 10:30 of the business day.
    for (let second = 0; second < 1_080; second++) {
      if (second < 1_000 && random() < 0.035) callers.push({ caller: await at.dial(`138${String(second).padStart(8, "0")}`), givesUp: second + Math.floor(2 + random() * 45), talkUntil: undefined, over: false });
      for (const [index, phone] of phones.entries()) {
        if (!phone.ringing) answerAt[index] = Infinity;
        else if (answerAt[index] === Infinity) answerAt[index] = second + Math.floor(1 + random() * 9);
        else if (second >= (answerAt[index] as number)) {
          await phone.answer();
          answerAt[index] = Infinity;
        }
      }
      const answered = new Set(at.events("acd.answered").map(({ interactionId }) => interactionId));
      const queued = at.events("acd.queued").map(({ interactionId }) => interactionId);
      for (const [index, each] of callers.entries()) {
        const talks = answered.has(queued[index] ?? "");
        if (talks) each.talkUntil ??= second + Math.floor(5 + random() * 40);
        if (each.over || second < (each.talkUntil ?? each.givesUp)) continue;
        each.over = true;
        await each.caller.hangup();
      }
      now += 1_000;
      await at.test.advance(1_000);
    }
    for (const each of callers) if (!each.over) await each.caller.hangup();
    await at.test.advance(60_000);
    expect(now).toBe(1_080_000);

    const entered = new Map(at.events("acd.queued").map(({ interactionId, at: when }) => [interactionId, when]));
    const since = (event: { readonly interactionId: string; readonly at: number }, from: ReadonlyMap<string, number>): number => event.at - (from.get(event.interactionId) as number);
    const answered = at.events("acd.answered");
    const talking = new Map(answered.map(({ interactionId, at: when }) => [interactionId, when]));
    const waits = answered.map((event) => since(event, entered));
    const patience = at.events("acd.abandoned").map((event) => since(event, entered));
    const talks = at.events("acd.ended").map((event) => since(event, talking));
    const wrapUps = ["1001", "1002"].flatMap((agent) => {
      const states = at.events("acd.agent-state").filter((event) => event.agent === agent);
      return states.flatMap((event, index) => (event.to === "wrap-up" ? [(states[index + 1] as (typeof states)[number]).at - event.at] : []));
    });
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const short = patience.filter((ms) => ms <= 5_000).length;
    const inTime = (values: readonly number[]): number => values.filter((ms) => ms <= 15_000).length;
    // A play in which everything happens, or it would prove nothing.
    expect(answered.length).toBeGreaterThan(15);
    expect(patience.length).toBeGreaterThan(short);
    expect(inTime(waits)).toBeLessThan(waits.length);
    expect(talks).toHaveLength(answered.length);

    const { total, intervals } = await at.acd.figures({ queue: "q", from: Date.UTC(2026, 10, 26), to: Date.UTC(2026, 10, 27) });
    const byHand = {
      offered: entered.size,
      answered: waits.length,
      abandoned: patience.length,
      abandonedShort: short,
      serviceLevel: inTime(waits) / waits.length,
      serviceLevel2: (inTime(waits) + inTime(patience)) / (waits.length + patience.length),
      connectRate: waits.length / (entered.size - short),
      abandonRate: (patience.length - short) / (entered.size - short),
      averageWaitMs: sum(waits) / waits.length,
      averageAbandonMs: sum(patience) / patience.length,
      averageHandleMs: (sum(talks) + sum(wrapUps)) / talks.length,
    };
    expect(total).toMatchObject(byHand);
    // Live figures are those of the day; a caller counts in the quarter of coming.
    expect(at.acd.queue("q")?.today).toMatchObject(byHand);
    const quarters = new Map<number, number>();
    for (const when of entered.values()) quarters.set(Math.floor(when / 900_000) * 900_000, (quarters.get(Math.floor(when / 900_000) * 900_000) ?? 0) + 1);
    expect(intervals.map(({ startsAt, offered }) => [startsAt, offered])).toEqual([...quarters].sort(([a], [b]) => a - b));
  });
});
