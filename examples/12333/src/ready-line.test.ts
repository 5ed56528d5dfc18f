import { describe, expect, it } from "vitest";
import { readyLine } from "./ready-line.js";

describe("readyLine", () => {
  it.each([
    ["127.0.0.1", 5060, "http://127.0.0.1:8080", "12333 is ready: dial sip:12333@127.0.0.1:5060, or call and answer in the browser at http://127.0.0.1:8080/"],
    ["0.0.0.0", 41234, "https://127.0.0.1:8443", "12333 is ready: dial sip:12333@127.0.0.1:41234, or call and answer in the browser at https://127.0.0.1:8443/"],
    ["::", 5060, undefined, "12333 is ready: dial sip:12333@[::1]:5060"],
  ])("tells where %s port %s can be dialled", (host, port, url, line) => {
    expect(readyLine({ host, sip: [{ port }], http: { url } })).toBe(line);
  });
});
