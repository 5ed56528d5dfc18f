import { describe, expect, it } from "vitest";
import { diverted } from "./diversion.js";
import { SipHeaders, SipRequest } from "./stack/index.js";

const invite = (header: string, ...values: string[]): SipRequest => {
  const headers = new SipHeaders();
  for (const value of values) headers.add(header, value);
  return new SipRequest("INVITE", "sip:12333@x", headers);
};

describe("how a call was diverted", () => {
  it.each<readonly [string, readonly string[], object | undefined]>([
    ["Diversion", ["<sip:+8610@x>;reason=user-busy"], { from: "+8610", by: "+8610", reason: "user-busy", count: 1 }],
    ["Diversion", ['"a, b" <sip:2@x>;reason="no-answer";counter=2', "<tel:1>;reason=unconditional"], { from: "1", by: "2", reason: "no-answer", count: 3 }],
    ["Diversion", ["<sip:2@x>, <sip:1@x>;reason=unconditional"], { from: "1", by: "2", reason: "unknown", count: 2 }],
    ["Diversion", ["<sip:2@x"], undefined],
    ["Diversion", ["<sip:2@[bad>"], { from: "", by: "", reason: "unknown", count: 1 }],
    ["History-Info", ["<sip:1@x?Reason=SIP%3Bcause%3D486>;index=1", "<sip:12333@x>;index=1.1"], { from: "1", by: "1", reason: "user-busy", count: 1 }],
    ["History-Info", ["<sip:1@x>;index=1, <sip:2@x;cause=302>;index=1.1, <sip:12333@x;cause=408>;index=1.1.1"], { from: "1", by: "2", reason: "no-answer", count: 2 }],
    ["History-Info", ["<sip:12333@x>;index=1"], undefined],
    ["X", ["y"], undefined],
  ])("%s: %j", (header, values, expected) => {
    if (expected === undefined) expect(diverted(invite(header, ...values))).toBeUndefined();
    else expect(diverted(invite(header, ...values))).toEqual(expected);
  });

  it("an endless list is cut", () => {
    expect(diverted(invite("Diversion", ...Array.from({ length: 200 }, (_, i) => `<sip:${i}@x>;counter=99`)))).toEqual({ from: "19", by: "0", reason: "unknown", count: 400 });
  });
});
