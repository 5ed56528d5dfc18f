import { afterEach, expect, it } from "vitest";
import { randomDays } from "./random-days.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

it("random days with failures and restarts: nobody is lost, stuck or in two places; served in order; rows, sums and events agree", { timeout: 120_000 }, async () => {
  const { answered, restarts } = await randomDays({ seed: 20_260_302, days: 10, most: 30 });
  // There was something to lose.
  expect(answered).toBeGreaterThan(10);
  expect(restarts).toBeGreaterThan(3);
});
