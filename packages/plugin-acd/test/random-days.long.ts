import { afterEach, expect, it } from "vitest";
import { recordLongRun } from "../../../examples/12333/test/support/long-results.js";
import { randomDays } from "./random-days.js";
import { closeStages } from "./stage.js";

afterEach(closeStages);

/** Days lived through; `HOTLINE_ACD_SEED` is the first of the seeds, of which each is good for 50 days. */
const DAYS = Number(process.env.HOTLINE_ACD_DAYS ?? 1_000);
const FIRST_SEED = Number(process.env.HOTLINE_ACD_SEED ?? 1);
const DAYS_A_SEED = 50;

it("random days with failures and restarts, many and long: what holds of a few holds of all", async () => {
  let answered = 0;
  let restarts = 0;
  for (let days = 0; days < DAYS; days += DAYS_A_SEED) {
    const seen = await randomDays({ seed: FIRST_SEED + days / DAYS_A_SEED, days: DAYS_A_SEED, most: 100 });
    answered += seen.answered;
    restarts += seen.restarts;
  }
  recordLongRun("acd, random days", `${DAYS} days from seed ${FIRST_SEED}: ${answered} talks, ${restarts} restarts by stop or kill; nobody lost, stuck or in two places, served in order, figures and rows agree`);
  expect(answered).toBeGreaterThan(DAYS);
});
