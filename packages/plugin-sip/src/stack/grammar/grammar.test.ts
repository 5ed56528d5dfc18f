import { describe, expect, it } from "vitest";
import { SipError, SipParseError } from "../errors.js";
import { printable } from "../log.js";
import { SipHeaders } from "../message/headers.js";
import { escapeUser, quote, unescapeUri, unquote } from "./chars.js";
import { splitList, splitTokens } from "./list.js";
import { NameAddr, parseNameAddr, requireNameAddr } from "./name-addr.js";
import { formatUri, parseUri, uriEquals, uriUser } from "./uri.js";
import { parseVia } from "./via.js";

describe("URIs", () => {
  it.each([
    "sip:alice@atlanta.com", "sip:alice:secretword@atlanta.com;transport=tcp", "sips:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:+1-212-555-1212:1234@gateway.com;user=phone",
    "sip:1212@gateway.com", "sip:alice@192.0.2.4", "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", "sip:alice;day=tuesday@atlanta.com", "sip:[2001:db8::1]:5070;lr", "tel:+86-21-12333;ext=5", "urn:service:sos",
  ])("%s is read and written again", (text) => {
    expect(formatUri(parseUri(text))).toBe(text);
  });

  // RFC 3261 section 19.1.4.
  it.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true],
    ["sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true],
    ["sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true],
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false],
    ["sip:a@b", "sips:a@b", false],
  ])("%s and %s: same %s", (a, b, same) => {
    expect(uriEquals(parseUri(a), parseUri(b))).toBe(same);
    expect(uriEquals(parseUri(b), parseUri(a))).toBe(same);
  });

  it.each(["", "sip", "sip:", ":x", "sip:a@", "sip:@b", "sip:a@b c", "sip:a@b;", "sip:a@b;=x", "sip:a@b:port", "sip:a@[::1", "sip:a@-b", "sip:a@b;x=%z1", "sip:a b@c", "1sip:x", "sip:a@b\r\n", "sip:号@b", "tel:"])("%j is none", (text) => {
    expect(() => parseUri(text)).toThrow(SipParseError);
  });

  it("users are escaped and unescaped", () => {
    expect(escapeUser("1001")).toBe("1001");
    expect(escapeUser("a b@c#号")).toBe("a%20b%40c%23%E5%8F%B7");
    expect(unescapeUri(escapeUser("a b@c#号"))).toBe("a b@c#号");
    expect(unescapeUri("%ff%zz")).toBe("%ff%zz");
    expect(uriUser(parseUri("tel:+86-21-12333;ext=5"))).toBe("+862112333");
    expect(uriUser(parseUri("sip:%31%32@x"))).toBe("12");
  });
});

describe("addresses and lists", () => {
  it("parameters of a bare URI belong to the header, in brackets to the URI", () => {
    expect(parseNameAddr("sip:a@b;tag=1")).toMatchObject({ uri: "sip:a@b", tag: "1" });
    expect(parseNameAddr("<sip:a@b;x=1>;tag=2")).toMatchObject({ uri: "sip:a@b;x=1", tag: "2" });
    expect(requireNameAddr("sip:a@b;transport=tcp")).toMatchObject({ uri: "sip:a@b;transport=tcp" });
  });

  it("names with quotes, backslashes and Chinese survive both ways", () => {
    for (const name of ["人工服务", 'say "hi" \\ there', "plain name", ""]) expect(parseNameAddr(new NameAddr(name, "sip:a@b").toString()).displayName).toBe(name);
    expect(unquote(quote("a\r\nb"))).toBe("a b");
    expect(parseNameAddr("人工 服务 <sip:a@b>").displayName).toBe("人工 服务");
  });

  it.each(["", "<sip:a@b", "<>", "<a>", '"x" sip:a@b', '"x', "sip:a@b?x=y", "<sip:a@b>;;x", "<sip:a@b>x", "a,b <sip:a@b>", "< sip:a@b>", "<sip:a@b>;x="])("%j is no address", (text) => {
    expect(() => parseNameAddr(text)).toThrow(SipParseError);
  });

  it("commas in quotes and brackets do not separate", () => {
    expect(splitList('"a, \\"b" <sip:x,y@z>;p="1,2", <sip:c@d>')).toEqual(['"a, \\"b" <sip:x,y@z>;p="1,2"', "<sip:c@d>"]);
    expect(() => splitList("a,,b")).toThrow(SipParseError);
    expect(() => splitList('a, "b')).toThrow(SipParseError);
    expect(splitTokens("INVITE , ACK,BYE")).toEqual(["INVITE", "ACK", "BYE"]);
    expect(() => splitTokens("INVITE, a b")).toThrow(SipParseError);
    expect(splitTokens("")).toEqual([]);
  });

  it("Via with ports, IPv6 and odd spaces", () => {
    expect(parseVia("SIP / 2.0 / tcp first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1")).toMatchObject({ transport: "TCP", host: "first.example.com", port: 4000 });
    expect(parseVia("SIP/2.0/UDP [::1];branch=z")).toMatchObject({ host: "[::1]", port: undefined });
    for (const bad of ["", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/3.0/UDP a", "HTTP/2.0/UDP a", "SIP/2.0/UDP a:99999", "SIP/2.0/UDP a b", "SIP/2.0/UDPa;b"]) expect(() => parseVia(bad)).toThrow(SipParseError);
  });
});

describe("headers and logs", () => {
  it("matches names without case and compact forms, keeps the order", () => {
    const headers = new SipHeaders().add("v", "1").add("VIA", "2").add("X-my-header", "3").add("i", "c");
    expect(headers.all("Via")).toEqual(["1", "2"]);
    expect(headers.get("call-id")).toBe("c");
    expect(headers.toString()).toBe("Via: 1\r\nVia: 2\r\nX-My-Header: 3\r\nCall-ID: c\r\n");
    headers.set("Via", "0");
    expect(headers.all("v")).toEqual(["0"]);
    expect(headers.remove("v").has("via")).toBe(false);
  });

  it.each([["X", "a\r\nb"], ["X", "a\nb"], ["X", "a\0"], ["X Y", "a"], ["", "a"], ["X:", "a"]])("refuses %j: %j", (name, value) => {
    expect(() => new SipHeaders().set(name, value)).toThrow(SipError);
    expect(() => new SipHeaders().add(name, value)).toThrow(SipError);
    expect(() => new SipHeaders().addFirst(name, value)).toThrow(SipError);
  });

  it("text for logs is ASCII, escaped and cut", () => {
    expect(printable("a\r\n\x1b[31m\\号")).toBe("a\\x0d\\x0a\\x1b[31m\\x5c\\u53f7");
    expect(printable("x".repeat(100), 10)).toBe(`${"x".repeat(10)}...`);
  });
});
