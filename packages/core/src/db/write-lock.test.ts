import { expect, test } from "vitest";
import { WriteLock } from "./write-lock.js";

test("lets one through at a time, in the order of asking, also after a throw", async () => {
  const lock = new WriteLock();
  const order: string[] = [];
  let inside = 0;
  const work = (name: string, fails = false) =>
    lock.run(async () => {
      expect(++inside).toBe(1);
      order.push(name);
      await Promise.resolve();
      inside--;
      if (fails) throw new Error(name);
    });
  const results = await Promise.allSettled([work("a"), work("b", true), work("c"), work("d")]);
  expect(order).toEqual(["a", "b", "c", "d"]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  const release = await lock.acquire();
  const second = lock.acquire();
  release();
  release();
  expect(lock.waiting).toBe(0);
  (await second)();
});
