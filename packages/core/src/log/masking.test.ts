import { describe, expect, it } from "vitest";
import { maskFields } from "./masking.js";

describe("maskFields", () => {
  it("hides secrets and shortens telephone numbers at any depth", () => {
    expect(
      maskFields({ callId: "c1", from: "13800138000", to: "12333", password: "x", nested: { callerNumber: "+8613800138000", queryCode: "1234", list: [{ authorization: "Digest ..." }] }, count: 3 }),
    ).toEqual({ callId: "c1", from: "138******00", to: "12333", password: "[hidden]", nested: { callerNumber: "+861********00", queryCode: "[hidden]", list: [{ authorization: "[hidden]" }] }, count: 3 });
  });
  it("leaves errors and identifiers alone", () => {
    const error = new Error("x");
    expect(maskFields({ err: error, interactionId: "0190a000-0000-7000-8000-000000000000" })).toEqual({ err: error, interactionId: "0190a000-0000-7000-8000-000000000000" });
  });
});
