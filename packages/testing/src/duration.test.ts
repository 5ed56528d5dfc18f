import { describe, expect, it } from "vitest";
import { milliseconds } from "./duration.js";
import { runFlow } from "./run-flow.js";

describe("durations", () => {
  it.each([[250, 250], ["5m", 300_000], ["1h30m", 5_400_000], ["1.5s", 1_500], ["2d", 172_800_000], [{ minutes: 5, seconds: 1 }, 301_000], [0, 0]])("%j is %i ms", (given, ms) => {
    expect(milliseconds(given)).toBe(ms);
  });
  it.each([[-1], [NaN], ["5"], ["m"], ["5 minutes"], [""], [{ minute: 5 } as unknown as string], [null as unknown as string]])("%j is none", (given) => {
    expect(() => milliseconds(given)).toThrow(expect.objectContaining({ code: "HTL_TESTING_DURATION" }));
  });
});

it("runFlow tells what it needs", async () => {
  await expect(runFlow({ id: "f", start: "a", nodes: [] }, [], { plugins: [] })).rejects.toMatchObject({ code: "HTL_TESTING_NO_IVR" });
});
