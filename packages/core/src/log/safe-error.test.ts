import { UniqueConstraintViolationException } from "@mikro-orm/core";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { safeError } from "./safe-error.js";

function failure(): Error {
  const driver = Object.assign(new Error("insert into `t` (`a`, `b`) values ('13800138000', 'it''s - a\n    at secret:1:1') - SQLITE_CONSTRAINT: UNIQUE constraint failed: t.a"), {
    code: "SQLITE_CONSTRAINT",
    detail: "Key (a)=(13800138000) already exists.",
  });
  return new UniqueConstraintViolationException(driver);
}
const written = (error: unknown): string => JSON.stringify(pino.stdSerializers.err(safeError(error) as Error));

describe("safeError", () => {
  it("tells which statement failed and why, and none of its values", () => {
    const text = written(failure());
    expect(text).toContain("insert into `t`");
    expect(text).toContain("UNIQUE constraint failed: t.a");
    expect(text).toContain("SQLITE_CONSTRAINT");
    expect(text).toContain("safe-error.test.ts");
    expect(text).not.toMatch(/13800138000|it''s/);
  });
  it("does so for causes, and keeps what stands around them", () => {
    const outer = Object.assign(new Error("the ticket was not made", { cause: new Error("no", { cause: failure() }) }), { code: "HTL_X" });
    const text = written(outer);
    expect(text).toContain("the ticket was not made");
    expect(text).toContain("HTL_X");
    expect(text).toContain("UNIQUE constraint failed");
    expect(text).not.toMatch(/13800138000|it''s/);
    expect(safeError(outer)).toBeInstanceOf(Error);
  });
  it("leaves all others alone, also what causes itself", () => {
    const plain = new Error("it's - nothing");
    expect(safeError(plain)).toBe(plain);
    expect(safeError("text")).toBe("text");
    const round = new Error("round");
    round.cause = round;
    expect(safeError(round)).toBe(round);
  });
});
