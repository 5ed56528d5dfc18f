import { describe, expect, it } from "vitest";
import { parseSdp } from "../../sdp/index.js";
import { DEFAULT_LIMITS } from "../transport/limits.js";
import { SipRequest } from "./message.js";
import { type ParsedMessage, parseMessage } from "./parser.js";

/** The messages of RFC 5118, one test each, by their section. */
const parse = (...lines: string[]): ParsedMessage => parseMessage(Buffer.from(lines.join("\r\n")), DEFAULT_LIMITS);

function register(uri: string, via = "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"): string[] {
  return [`REGISTER ${uri} SIP/2.0`, "To: sip:user@example.com", "From: sip:user@example.com;tag=81x2", via, "Call-ID: SSG9559905523997077@hlau_4100", 'Contact: "Caller" <sip:caller@[2001:db8::1]>', "Max-Forwards: 70", "CSeq: 98176 REGISTER", "Content-Length: 0", "", ""];
}

function request(parsed: ParsedMessage): SipRequest {
  expect(parsed.problem).toBeUndefined();
  if (!(parsed.message instanceof SipRequest)) throw new Error(`no request: ${parsed.garbage ?? ""}`);
  return parsed.message;
}

describe("RFC 5118", () => {
  it("4.1 a valid message with an IPv6 reference", () => {
    const message = request(parse(...register("sip:[2001:db8::10]")));
    expect(message.parsedUri()).toMatchObject({ host: "[2001:db8::10]", port: undefined });
    expect(message.via).toMatchObject({ host: "[2001:db8::9:1]", port: undefined });
    expect(message.contacts()[0]?.parsedUri().host).toBe("[2001:db8::1]");
  });

  it("4.2 a Request-URI without brackets is refused with 400", () => {
    expect(parse(...register("sip:2001:db8::10")).problem?.status).toBe(400);
  });

  it("4.3 a port within the brackets is part of the address", () => {
    expect(request(parse(...register("sip:[2001:db8::10:5070]"))).parsedUri()).toMatchObject({ host: "[2001:db8::10:5070]", port: undefined });
  });

  it("4.4 a port after the brackets is the port", () => {
    expect(request(parse(...register("sip:[2001:db8::10]:5070"))).parsedUri()).toMatchObject({ host: "[2001:db8::10]", port: 5070 });
  });

  it.each(["[2001:db8::9:255]", "2001:db8::9:255"])("4.5 received=%s: delimiters in the parameter or not", (received) => {
    const message = request(parse("BYE sip:[2001:db8::10] SIP/2.0", "To: sip:user@example.com;tag=bd76ya", "From: sip:user@example.com;tag=81x2", `Via: SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111`, "Call-ID: SSG9559905523997077@hlau_4100", "Max-Forwards: 70", "CSeq: 321 BYE", "Content-Length: 0", "", ""));
    expect(message.via.params.get("received")).toBe(received);
  });

  const invite = (...sdp: string[]): string[] => {
    const body = ["v=0", "o=assistant 971731711378798081 0 IN IP6 2001:db8::20", "s=Live video feed for today's meeting", ...sdp, ""].join("\r\n");
    return [
      "INVITE sip:user@[2001:db8::10] SIP/2.0", "To: sip:user@[2001:db8::10]", "From: sip:user@example.com;tag=81x2", "Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111", "Call-ID: SSG9559905523997077@hlau_4100", 'Contact: "Caller" <sip:caller@[2001:db8::20]>', "CSeq: 8612 INVITE", "Max-Forwards: 70",
      "Content-Type: application/sdp", `Content-Length: ${Buffer.byteLength(body)}`, "", body,
    ];
  };

  it("4.6 IPv6 addresses in the session description", () => {
    const message = request(parse(...invite("c=IN IP6 2001:db8::20", "t=3338481189 3370017201", "m=audio 6000 RTP/AVP 2", "a=rtpmap:2 G726-32/8000")));
    expect(parseSdp(message.body.toString())).toMatchObject({ connection: { family: "IP6", address: "2001:db8::20" } });
  });

  it("4.7 both families in the headers", () => {
    const message = request(parse("BYE sip:user@host.example.net SIP/2.0", "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144", "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200", "Call-ID: 997077@lau_4100", "Max-Forwards: 70", "CSeq: 89187 BYE", "To: sip:user@example.net;tag=9817--94", "From: sip:user@example.com;tag=81x2", "Content-Length: 0", "", ""));
    expect(message.via).toMatchObject({ host: "[2001:db8::9:1]", port: 6050 });
    expect(message.headers.list("via")).toHaveLength(3);
  });

  it("4.8 both families in the session description", () => {
    const message = request(parse(...invite("c=IN IP6 2001:db8::1", "t=3338481189 3370017201", "m=audio 6000 RTP/AVP 2", "a=rtpmap:2 G726-32/8000", "m=video 6024 RTP/AVP 107", "c=IN IP4 192.0.2.1", "a=rtpmap:107 H263-1998/90000")));
    const described = parseSdp(message.body.toString());
    expect(described.connection).toMatchObject({ family: "IP6" });
    expect(described.media[1]).toMatchObject({ connection: { family: "IP4", address: "192.0.2.1" } });
  });

  it("4.9 addresses of IPv4 mapped into IPv6", () => {
    const message = request(parse("INVITE sip:user@example.com SIP/2.0", "To: sip:user@example.com", "From: sip:user@east.example.com;tag=81x2", "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19", "Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111", "Call-ID: SSG9559905523997077@hlau_4100", 'Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>', "CSeq: 612 INVITE", "Max-Forwards: 70", "Content-Length: 0", "", ""));
    expect(message.via).toMatchObject({ host: "[::ffff:192.0.2.10]", port: 19_823 });
    expect(message.contacts()[0]?.parsedUri().host).toBe("[::ffff:192.0.2.2]");
  });

  it("4.10 the address that only the faulty grammar of RFC 3261 makes: RFC 5954 has taken it out", () => {
    const message = parse("OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0", "To: sip:user@[2001:db8:::192.0.2.1]", "From: sip:user@example.com;tag=810x2", "Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111", "Call-ID: G9559905523997077@hlau_4100", "CSeq: 689 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", "");
    expect(message.problem?.status).toBe(400);
  });
});
