import { beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { UnprovenClaims } from "./unproven-claims.js";

let clock: ManualClock;
let claims: UnprovenClaims;

beforeEach(() => {
  clock = new ManualClock();
  claims = new UnprovenClaims({ clock, most: 3, windowMs: 60_000 });
});

it("counts wrong proofs at once, and challenges that nobody answered in time", async () => {
  expect([claims.add("a", "1", true), claims.add("a", "1", true), claims.add("a", "2", false), claims.add("a", "3", false)]).toEqual([false, false, false, false]);
  await clock.advance(4_999);
  expect(claims.add("a", "3", false)).toBe(false);
  await clock.advance(1);
  expect(claims.add("a", "3", false)).toBe(true);
  // It begins anew.
  expect(claims.add("a", "4", true)).toBe(false);
});

it("a name that was only challenged counts at once when its proof is wrong, and never when it is right", async () => {
  for (const name of ["1", "2", "3", "4"]) claims.add("a", name, false);
  claims.proved("a", "3");
  claims.proved("a", "4");
  await clock.advance(5_000);
  expect(claims.add("a", "3", false)).toBe(false);
  expect(claims.add("a", "3", true)).toBe(true);
});

it("forgets after its time, and keeps sources apart", async () => {
  for (const name of ["1", "2"]) claims.add("a", name, true);
  expect(claims.add("b", "3", true)).toBe(false);
  await clock.advance(60_001);
  expect(claims.add("a", "3", true)).toBe(false);
});

it("is bounded in names and sources; more names hide none", async () => {
  for (let i = 0; i < 5_000; i++) expect(claims.add("a", `${i}`, false)).toBe(false);
  await clock.advance(5_000);
  expect(claims.add("a", "one more", false)).toBe(true);
  for (const name of ["1", "2"]) claims.add("first", name, true);
  for (let i = 0; i < 10_000; i++) claims.add(`${i}`, "1", true);
  expect(claims.add("first", "3", true)).toBe(false);
});
