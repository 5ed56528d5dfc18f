import { describe, expect, it } from "vitest";
import { comparePaths } from "./path-order.js";

describe("comparePaths", () => {
  it("tries fixed segments before parameters before wildcards", () => {
    expect(["/*rest", "/api/:a/b", "/api/t/:id", "/api/t/export", "/api/t", "/"].sort(comparePaths)).toEqual(["/", "/api/t", "/api/t/export", "/api/t/:id", "/api/:a/b", "/*rest"]);
  });
});
