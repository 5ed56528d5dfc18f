import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { day, RandomDay } from "./random-day.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

/** Days that once found something; each is lived through again. */
const KEPT_SEEDS: readonly number[] = [];
const SEED = 20_260_302;

it("random days with failures and restarts: nobody is lost, stuck or in two places; served in order; rows, sums and events agree", { timeout: 120_000 }, async () => {
  let days = 0;
  const property = fc.asyncProperty(day(40), async ({ strategy, happenings }) => {
    const here = new RandomDay(strategy);
    try {
      await here.begin();
      for (const happening of happenings) await here.happens(happening);
      await here.over();
      days += 1;
    } finally {
      await here.close();
    }
  });
  for (const seed of KEPT_SEEDS) await fc.assert(property, { seed, numRuns: 1, endOnFailure: true });
  await fc.assert(property, { seed: SEED, numRuns: 12, endOnFailure: true });
  expect(days).toBe(12 + KEPT_SEEDS.length);
});
