import fc from "fast-check";

const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,12}$/);
const method = fc.constantFrom("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "REFER", "UPDATE", "NOTIFY", "PRACK", "MESSAGE", "JUMP");
const uri = fc.oneof(fc.constantFrom("sip:12333@192.0.2.1", "sips:a@[::1]:5061", "tel:+8613800138000", "sip:;;;@", "http://x", "sip:a%00b@h", "*"), fc.string({ maxLength: 40 }));
const NAMES = ["Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq", "Contact", "m", "Max-Forwards", "Route", "Record-Route", "Content-Length", "l", "Content-Type", "Require", "Supported", "Expires", "Authorization", "Replaces", "RAck", "RSeq", "Session-Expires", "Min-SE", "Refer-To", "Event", "Reason", "Diversion", "History-Info", "P-Asserted-Identity"];
const header = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), fc.string({ maxLength: 60 })).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, " ")}`),
  fc.tuple(token, fc.string({ maxLength: 100, unit: "binary" })).map(([name, value]) => `${name}:${value}`),
);
const start = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(method, uri).map(([name, target]) => ({ line: `${name} ${target} SIP/2.0`, name })) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 90, max: 710 }), method).map(([status, name]) => ({ line: `SIP/2.0 ${status} x`, name })) },
);

/** A message of the right grammar with wrong parts put into it, seldom only octets. */
export const grammarCase: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 19,
    arbitrary: fc
      .record({ start, branch: token, tag: token, id: token, cseq: fc.integer({ min: -5, max: 2 ** 33 }), extra: fc.array(header, { maxLength: 6 }), body: fc.string({ maxLength: 120 }), length: fc.option(fc.integer({ min: -10, max: 70_000 })) })
      .map((m) =>
        Buffer.from(
          [m.start.line, `Via: SIP/2.0/UDP 192.0.2.9:9;branch=z9hG4bK${m.branch};rport`, `From: <sip:a@192.0.2.9>;tag=${m.tag}`, "To: <sip:12333@192.0.2.1>", `Call-ID: ${m.id}`, `CSeq: ${m.cseq} ${m.start.name}`, "Contact: <sip:a@192.0.2.9:9>", ...m.extra, `Content-Length: ${m.length ?? Buffer.byteLength(m.body)}`, "", m.body].join("\r\n"),
        ),
      ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 1_500 }).map((bytes) => Buffer.from(bytes)) },
);
