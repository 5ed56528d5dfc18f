import { TORTURE_NAMES, torture } from "../../src/stack/test-support/rfc4475.js";

const message = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"), "utf8");

/** Addresses and forms of RFC 5118. */
const IPV6 = ["sip:[2001:db8::10]", "sip:2001:db8::10", "sip:[2001:db8::10:5070]", "sip:[2001:db8::10]:5070", "sip:user@[::ffff:192.0.2.10]"].map((uri) =>
  message(`REGISTER ${uri} SIP/2.0`, "To: sip:user@example.com", "From: sip:user@example.com;tag=81x2", "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111", "Call-ID: SSG9559905523997077@hlau_4100", 'Contact: "Caller" <sip:caller@[2001:db8::1]>', "Max-Forwards: 70", "CSeq: 98176 REGISTER", "Content-Length: 0", "", ""),
);

/** Descriptions as a phone, a browser, a fax gateway and a phone with SDES send them. */
export const DESCRIPTIONS: readonly string[] = [
  ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 4000 RTP/AVP 8 0 13 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:13 CN/8000", "a=rtcp-xr:rcvr-rtt=all:10000 voip-metrics", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=rtcp:4001 IN IP4 192.0.2.9", "a=sendrecv", ""],
  ["v=0", "o=- 46117 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=msid-semantic: WMS s", "m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=candidate:1 1 udp 2122260223 192.0.2.9 4000 typ host generation 0 network-id 1", "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-options:trickle", `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "AB").join(":")}`, "a=setup:actpass", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=rtpmap:126 telephone-event/8000", "a=ssrc:1 cname:x", ""],
  ["v=0", "o=- 1 3 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=image 4000 udptl t38", "a=T38FaxVersion:0", "a=T38MaxBitRate:14400", "a=T38FaxRateManagement:transferredTCF", "a=T38FaxMaxBuffer:200", "a=T38FaxMaxDatagram:400", "a=T38FaxUdpEC:t38UDPRedundancy", "m=audio 0 RTP/AVP 8", ""],
  ["v=0", "o=- 1 1 IN IP6 2001:db8::1", "s=-", "c=IN IP6 2001:db8::1/3", "b=AS:64", "t=0 0", "m=audio 4000/2 RTP/SAVP 8", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4", "a=inactive", "m=video 0 RTP/AVP 31", ""],
].map((lines) => lines.join("\r\n"));

interface Parts {
  readonly method: string;
  readonly extra?: readonly string[];
  readonly body?: string;
  readonly type?: string;
}

/** What the extensions add, one message each. */
const FEATURES: readonly Parts[] = [
  ...DESCRIPTIONS.map((body) => ({ method: "INVITE", extra: ["Supported: 100rel, timer, replaces", "Session-Expires: 1800;refresher=uac", "Min-SE: 90", "Allow: INVITE, ACK, BYE, UPDATE, PRACK, REFER"], body })),
  { method: "INVITE", extra: ["Require: 100rel", "Replaces: 98asjh8@h;to-tag=7;from-tag=6;early-only", 'P-Asserted-Identity: "老张" <sip:+8613800138000@h>, <tel:+8613800138000>', "Privacy: id;header", "Diversion: <sip:1@h>;reason=user-busy;counter=3;privacy=off, <sip:2@h>;reason=unconditional", "History-Info: <sip:1@h>;index=1, <sip:2@h?Reason=SIP%3Bcause%3D486>;index=1.1;mp=1"] },
  { method: "PRACK", extra: ["RAck: 776656 1 INVITE"], body: DESCRIPTIONS[0] ?? "" },
  { method: "UPDATE", extra: ["Session-Expires: 120;refresher=uas", "Require: timer"], body: DESCRIPTIONS[0] ?? "" },
  { method: "REFER", extra: ["Refer-To: <sip:12333@192.0.2.1?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Accept-Contact=x>", "Referred-By: <sip:a@b>;cid=\"1@b\"", "Refer-Sub: false"] },
  { method: "NOTIFY", extra: ["Event: refer;id=93809824", "Subscription-State: active;expires=60;retry-after=1"], body: "SIP/2.0 180 Ringing\r\n", type: "message/sipfrag;version=2.0" },
  { method: "INFO", body: "Signal=5\r\nDuration=160\r\n", type: "application/dtmf-relay" },
  { method: "MESSAGE", body: "你好", type: "text/plain;charset=utf-8" },
  { method: "BYE", extra: ['Reason: Q.850;cause=16;text="Normal call clearing", SIP;cause=200'] },
  { method: "CANCEL", extra: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] },
  { method: "ACK" },
  { method: "OPTIONS", extra: ["Accept: application/sdp, */*;q=0.1", "Route: <sip:192.0.2.7;lr>, <sip:[2001:db8::1]:5060;lr;transport=tcp>", "Record-Route: <sip:192.0.2.7;lr>"] },
  { method: "REGISTER", extra: ["Expires: 3600", 'Contact: <sip:a@192.0.2.9:5060;ob>;q=0.7;expires=60;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>", *', 'Authorization: Digest username="a", realm="h", nonce="MTc=:1", uri="sip:h", response="6629fae49393a05397450978507c4ef1", algorithm=SHA-256, cnonce="0a4f113b", qop=auth, nc=00000001, opaque=""', "Path: <sip:p@192.0.2.4;lr>"] },
];

/** One well-formed request with what `parts` add. `dialog`: in place of addresses, tags and Call-ID of its own. */
export function request(parts: Parts, dialog: { readonly uri: string; readonly from: string; readonly to: string; readonly callId: string; readonly cseq: number; readonly branch: string }): Buffer {
  const body = Buffer.from(parts.body ?? "", "utf8");
  const head = [`${parts.method} ${dialog.uri} SIP/2.0`, `Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK${dialog.branch};rport`, "Max-Forwards: 70", `From: ${dialog.from}`, `To: ${dialog.to}`, `Call-ID: ${dialog.callId}`, `CSeq: ${dialog.cseq} ${parts.method}`, "Contact: <sip:a@192.0.2.9:5060>", ...(parts.extra ?? []), ...(body.length === 0 ? [] : [`Content-Type: ${parts.type ?? "application/sdp"}`]), `Content-Length: ${body.length}`, "", ""];
  return Buffer.concat([message(...head), body]);
}

export { FEATURES };

/** Every message of RFC 4475, those of RFC 5118's kinds, and one of each extension: what the mutations begin with. */
export const CORPUS: readonly Buffer[] = [
  ...TORTURE_NAMES.map(torture),
  ...IPV6,
  ...FEATURES.map((parts, index) => request(parts, { uri: "sip:12333@192.0.2.1", from: '"甲" <sip:a@192.0.2.9>;tag=f1', to: "<sip:12333@192.0.2.1>", callId: `c${index}@192.0.2.9`, cseq: 1, branch: `b${index}` })),
];
