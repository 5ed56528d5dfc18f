import { expect, test } from "vitest";
import { outlive } from "./outlive.js";

test("single errors are told, a storm of them is not outlived", () => {
  const told: unknown[] = [];
  let now = 0;
  const survive = outlive((error) => told.push(error), () => now);
  for (let i = 0; i < 200; i++, now += 250) survive(i);
  expect(told).toHaveLength(200);
  now += 10_001;
  for (let i = 0; i < 49; i++) survive(i);
  expect(() => survive("the last")).toThrow("the last");
});
