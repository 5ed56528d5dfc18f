import { createSilentLogger, VirtualClock } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { expect, test } from "vitest";
import { mediaErrors } from "../errors.js";
import { RefusedLegs } from "./refused-legs.js";

test("legs that could not be made are told in the log every ten seconds at the most, and in health for a minute", async () => {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const log = Object.assign(Object.create(createSilentLogger()) as Logger, { error: (fields: object) => void lines.push(fields) });
  const refused = new RefusedLegs(clock, log);
  const fail = (error: Error): Promise<void> => expect(refused.watch(Promise.reject(error))).rejects.toBe(error);

  await fail(mediaErrors.BAD_REMOTE("port 0"));
  await fail(new Error("of a plugin"));
  expect(await refused.watch(Promise.resolve("a leg"))).toBe("a leg");
  expect([refused.lately, lines, Math.max(...refused.counts.values())]).toEqual([undefined, [], 0]);

  for (let i = 0; i < 3; i++) await fail(mediaErrors.NO_PORT("1 pair"));
  expect(lines).toEqual([{ code: "HTL_MEDIA_NO_PORT", refused: 1 }]);
  await clock.advance(10_000);
  await fail(mediaErrors.NO_DESCRIPTORS("EMFILE"));
  expect(lines.slice(1)).toEqual([{ code: "HTL_MEDIA_NO_DESCRIPTORS", refused: 3 }]);
  expect(Object.fromEntries(refused.counts)).toEqual({ HTL_MEDIA_NO_PORT: 3, HTL_MEDIA_NO_DESCRIPTORS: 1, HTL_MEDIA_WORKER_FAILED: 0, HTL_MEDIA_FAILED: 0 });
  await clock.advance(59_999);
  expect(refused.lately).toMatchObject({ code: "HTL_MEDIA_NO_DESCRIPTORS", message: expect.stringContaining("ulimit") as string });
  await clock.advance(1);
  expect(refused.lately).toBeUndefined();
});
