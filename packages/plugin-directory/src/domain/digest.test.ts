import { describe, expect, it } from "vitest";
import { digestHa1 } from "./digest.js";

describe("digestHa1", () => {
  it("gives the values of RFC 7616 section 3.9.1", () => {
    // Mufasa / http-auth@example.org / Circle of Life: the responses printed there follow from these.
    expect(digestHa1("Mufasa", "http-auth@example.org", "Circle of Life")).toEqual({
      md5: "3d78807defe7de2157e2b0b6573a855f",
      sha256: "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
    });
  });
});
