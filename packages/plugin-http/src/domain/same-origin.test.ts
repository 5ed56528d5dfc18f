import { describe, expect, it } from "vitest";
import { requestOrigin } from "./same-origin.js";

const hosts = ["hotline.example:8080", "www.example"];

describe("requestOrigin", () => {
  it.each([
    [{ origin: "http://hotline.example:8080" }, "own"],
    [{ origin: "https://WWW.example" }, "own"],
    [{ origin: "http://hotline.example" }, "foreign"],
    [{ origin: "https://evil.example" }, "foreign"],
    [{ origin: "null" }, "foreign"],
    [{ origin: "https://evil.example", "x-hotline-csrf": "1" }, "foreign"],
    [{ origin: "https://evil.example", "sec-fetch-site": "same-origin" }, "foreign"],
    [{ "sec-fetch-site": "same-origin" }, "own"],
    [{ "sec-fetch-site": "same-site" }, "foreign"],
    [{ "sec-fetch-site": "cross-site", "x-hotline-csrf": "1" }, "foreign"],
    [{ "x-hotline-csrf": "1" }, "own"],
    [{}, "unknown"],
  ])("%j is %s", (headers, expected) => {
    expect(requestOrigin(headers, hosts)).toBe(expected);
  });
});
