import { expect, test } from "vitest";
import { inTime } from "./load-part.js";

/** A part whose opening is in the test's hands. */
function opening(): { part: { closed: number; close(): void }; promise: Promise<{ close(): void }>; open(): void; refuse(error: Error): void } {
  const part = { closed: 0, close: () => void part.closed++ };
  let open: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const promise = new Promise<{ close(): void }>((resolve, reject) => {
    open = () => resolve(part);
    refuse = reject;
  });
  return { part, promise, open, refuse };
}

test("a part that opens in time is what it is, or its refusal is", async () => {
  const one = opening();
  const asked = inTime(one.promise);
  one.open();
  expect(await asked).toBe(one.part);
  expect(one.part.closed).toBe(0);
  const other = opening();
  const refused = expect(inTime(other.promise)).rejects.toThrow("no dial tone");
  other.refuse(new Error("no dial tone"));
  await refused;
});

test("one that does not is refused, and closed when it opens after all", async () => {
  const one = opening();
  await expect(inTime(one.promise, 5)).rejects.toThrow("it was not open after 0.005 s");
  expect(one.part.closed).toBe(0);
  one.open();
  await one.promise;
  expect(one.part.closed).toBe(1);
  const other = opening();
  await expect(inTime(other.promise, 5)).rejects.toThrow("not open");
  other.refuse(new Error("told to nobody"));
  await expect(other.promise).rejects.toThrow("told to nobody");
});
