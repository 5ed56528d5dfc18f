import { expect, it } from "vitest";
import { complete } from "./native.js";
import type { Native } from "./native.js";

const nothing = (): never => {
  throw new Error("not to be called");
};
// What `Native` gains is missing here as a type error.
const whole: Native = { create: nothing, bind: nothing, localPort: nothing, connect: nothing, disconnect: nothing, send: nothing, sendTo: nothing, flush: nothing, threadSlice: nothing, threadRealtime: nothing, source: nothing, close: nothing };

it("an addon that was compiled for another version is none", () => {
  expect(complete(whole)).toBe(whole);
  for (const name of Object.keys(whole)) {
    const found = complete({ ...whole, [name]: undefined });
    expect(found).toBeInstanceOf(Error);
    expect((found as Error).message).toContain(`${name} missing`);
  }
});
