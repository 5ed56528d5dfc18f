import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.js";

describe("cursor", () => {
  it("comes back as it went", () => {
    const cursor = { at: 1_772_413_200_000, id: "0195-x" };
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  it.each(["", "x", "!!!", Buffer.from("[1]").toString("base64url"), Buffer.from('["1","a"]').toString("base64url"), Buffer.from('[1.5,"a"]').toString("base64url"), Buffer.from("[1,2]").toString("base64url"), Buffer.from("null").toString("base64url")])("refuses %j", (text) => {
    expect(() => decodeCursor(text)).toThrowError(expect.objectContaining({ code: "HTL_HTTP_BAD_CURSOR", status: 400 }));
  });
});
