import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientAddress, type ProxyHeader } from "./client-address.js";
import { Networks } from "./networks.js";

const proxies = new Networks(["10.0.0.0/8", "2001:db8:1::/48"]);
const seen = (peer: string, value: string | undefined, header: ProxyHeader = "x-forwarded-for"): string => clientAddress(peer, value === undefined ? {} : { [header]: value }, proxies, header);

describe("who makes a request", () => {
  it("is the other end of the connection where that is no trusted proxy, whatever it claims", () => {
    expect(seen("198.51.100.9", "203.0.113.9")).toBe("198.51.100.9");
    expect(seen("::ffff:198.51.100.9", "203.0.113.9")).toBe("198.51.100.9");
    expect(clientAddress("10.0.0.1", { "x-forwarded-for": "203.0.113.9" }, new Networks(), "x-forwarded-for")).toBe("10.0.0.1");
  });

  it.each([
    ["one proxy", "203.0.113.9", "203.0.113.9"],
    ["a chain of proxies", "203.0.113.9, 10.0.0.7", "203.0.113.9"],
    ["what a client made up before it", "1.2.3.4, 203.0.113.9", "203.0.113.9"],
    ["rubbish a client made up before it", "<script>, 203.0.113.9", "203.0.113.9"],
    ["a trusted address a client made up", "10.0.0.9, 203.0.113.9, 10.0.0.7", "203.0.113.9"],
    ["a port", "203.0.113.9:4711", "203.0.113.9"],
    ["IPv6", "2001:DB8::5", "2001:db8::5"],
    ["IPv6 in brackets with a port", "[2001:db8::5]:4711", "2001:db8::5"],
    ["a mapped address", "::ffff:203.0.113.9", "203.0.113.9"],
    ["a request of a proxy itself", "10.0.0.7", "10.0.0.7"],
  ])("X-Forwarded-For of a trusted proxy: %s", (_what, value, expected) => {
    expect(seen("10.0.0.1", value)).toBe(expected);
    expect(seen("::ffff:10.0.0.1", value)).toBe(expected);
  });

  it.each([undefined, "", "unknown", "203.0.113.9,", "203.0.113.256", "203.0.113.9 10.0.0.7", "fe80::1%eth0", "[203.0.113.9", "proxy.example"])("a header that tells nothing, %j: the proxy", (value) => {
    expect(seen("10.0.0.1", value)).toBe("10.0.0.1");
  });

  it("a header that tells nothing of the hop before the second proxy: the second proxy", () => {
    expect(seen("10.0.0.1", "unknown, 10.0.0.7")).toBe("10.0.0.7");
  });

  it.each([
    ["for=203.0.113.9;proto=https;by=10.0.0.1", "203.0.113.9"],
    ["For=\"[2001:db8::5]:4711\"", "2001:db8::5"],
    ["for=1.2.3.4, for=203.0.113.9;host=hotline.example , for=10.0.0.7", "203.0.113.9"],
    ["for=1.2.3.4;host=\"open, for=203.0.113.9", "203.0.113.9"],
    ["proto=https;for=\"203.0.113.9:80\"", "203.0.113.9"],
    ["for=\"203.0\\.113.9\"", "203.0.113.9"],
    ["for=unknown", "10.0.0.1"],
    ["for=_hidden", "10.0.0.1"],
    ["proto=https", "10.0.0.1"],
    ["for=203.0.113.9;proto=\"open", "10.0.0.1"],
    ["203.0.113.9", "10.0.0.1"],
  ])("Forwarded of a trusted proxy (RFC 7239): %s", (value, expected) => {
    expect(seen("10.0.0.1", value, "forwarded")).toBe(expected);
  });

  it("reads the header the proxies write and not the other, which they let pass", () => {
    const headers = { "x-forwarded-for": "203.0.113.9", forwarded: "for=1.2.3.4" };
    expect(clientAddress("10.0.0.1", headers, proxies, "x-forwarded-for")).toBe("203.0.113.9");
    expect(clientAddress("10.0.0.1", { forwarded: "for=1.2.3.4" }, proxies, "x-forwarded-for")).toBe("10.0.0.1");
  });

  it("whatever a client writes, what the proxy adds counts", () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (claimed) => {
      expect(seen("10.0.0.1", `${claimed}, 203.0.113.9`)).toBe("203.0.113.9");
      expect(seen("10.0.0.1", `${claimed}, for=203.0.113.9;proto=https`, "forwarded")).toBe("203.0.113.9");
    }));
  });
});
