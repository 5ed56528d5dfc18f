import { describe, expect, it } from "vitest";
import { isLocal } from "./local-request.js";

const nobody = (): boolean => false;
const asked = (remoteAddress: string, headers: Record<string, string> = {}): boolean => isLocal({ remoteAddress, headers: { host: "127.0.0.1:8080", ...headers } }, nobody);

describe("a request from this machine", () => {
  it("comes from a loopback address and asks for one", () => {
    for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.0.0.1"]) expect(asked("127.0.0.1", { host })).toBe(true);
    expect(asked("::1")).toBe(true);
    expect(asked("192.0.2.7")).toBe(false);
    expect(asked("unknown")).toBe(false);
  });

  it("is not one that a proxy on this machine has passed on", () => {
    for (const name of ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-proto", "x-forwarded-host"]) expect(asked("127.0.0.1", { [name]: "127.0.0.1" })).toBe(false);
    // Names the page as the visitor knows it.
    for (const host of ["hotline.example", "hotline.example:8080", "192.168.1.10:8080", "127.0.0.1.example", ""]) expect(asked("127.0.0.1", { host })).toBe(false);
  });

  it("is not one of a trusted proxy that does not tell whose it is", () => {
    expect(isLocal({ remoteAddress: "127.0.0.1", headers: { host: "127.0.0.1:8080" } }, (address) => address === "127.0.0.1")).toBe(false);
  });
});
