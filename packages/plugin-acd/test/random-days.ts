import fc from "fast-check";
import { day, RandomDay } from "./random-day.js";

/** Lives through so many random days of at most so many happenings. Throws with the seed and the day on which something did not hold. Returns how many callers were answered, and how often the process was started again. */
export async function randomDays(options: { readonly seed: number; readonly days: number; readonly most: number }): Promise<{ readonly answered: number; readonly restarts: number }> {
  let answered = 0;
  let restarts = 0;
  const property = fc.asyncProperty(day(options.most), async ({ strategy, weightWorthSeconds, happenings }) => {
    const here = new RandomDay(strategy, weightWorthSeconds);
    try {
      await here.begin();
      for (const happening of happenings) await here.happens(happening);
      await here.over();
      answered += (await here.rows()).filter(({ outcome }) => outcome === "answered").length;
      restarts += happenings.filter(({ does }) => does === "restarts").length;
    } finally {
      await here.close();
    }
  });
  // A day that fails is told as it was: a shorter one would take hundreds of starts to find.
  await fc.assert(property, { seed: options.seed, numRuns: options.days, endOnFailure: true });
  return { answered, restarts };
}
