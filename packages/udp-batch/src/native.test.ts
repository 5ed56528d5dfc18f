import { expect, it } from "vitest";
import { complete } from "./native.js";
import type { Native } from "./native.js";

const whole = Object.fromEntries(["create", "bind", "localPort", "connect", "disconnect", "send", "sendTo", "flush", "threadSlice", "source", "close"].map((name) => [name, () => 0])) as unknown as Native;

it("an addon that was compiled for another version is none", () => {
  expect(complete(whole)).toBe(whole);
  const { threadSlice: _gone, ...old } = whole;
  const found = complete(old);
  expect(found).toBeInstanceOf(Error);
  expect((found as Error).message).toContain("threadSlice missing");
});
