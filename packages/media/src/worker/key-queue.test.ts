import type { DtmfDigit } from "@hotlinejs/core";
import { expect, test } from "vitest";
import { KeyQueue, MOST_KEYS } from "./key-queue.js";

/** A peer that takes keys as packets: each is over in one tick. */
function queue(): { keys: KeyQueue; sent: DtmfDigit[] } {
  const sent: DtmfDigit[] = [];
  const keys = new KeyQueue({
    beginKey: (digit) => {
      sent.push(digit);
      return { done: true, send: () => undefined };
    },
    sendKeySound: () => undefined,
  });
  return { keys, sent };
}

test("so many keys may wait; more are not taken, until those before are sent", () => {
  const { keys, sent } = queue();
  const over: string[] = [];
  for (let i = 0; i < MOST_KEYS; i++) expect(keys.add("1", 100, 40, () => over.push("1"))).toBe(true);
  expect(keys.add("2", 100, 40, () => over.push("2"))).toBe(false);
  let tick = 0;
  while (sent.length < 2) keys.tick(tick++);
  expect(keys.add("34", 100, 40, () => over.push("34"))).toBe(true);
  expect(keys.add("5", 100, 40, () => over.push("5"))).toBe(false);
  while (keys.active) keys.tick(tick++);
  expect(sent.join("")).toBe(`${"1".repeat(MOST_KEYS)}34`);
  expect(over).toEqual([...Array.from({ length: MOST_KEYS }, () => "1"), "34"]);
  expect(keys.add("6".repeat(MOST_KEYS + 1), 100, 40, () => undefined)).toBe(false);
  expect(keys.add("6".repeat(MOST_KEYS), 100, 40, () => over.push("6"))).toBe(true);
  keys.close();
  expect(over.at(-1)).toBe("6");
  expect(keys.add("7", 100, 40, () => undefined)).toBe(true);
});
