import { describe, expect, it } from "vitest";
import { diverted } from "./diversion.js";
import { forwardedHeaders, type ForwardedHeader } from "./forwarded.js";
import { SipHeaders, SipRequest } from "./stack/index.js";

const numbers = { host: "10.0.0.1", target: "01099990000", written: (number: string) => (number.startsWith("0") ? `+86${number.slice(1)}` : number) };
const told = (header: ForwardedHeader, before?: { from: string; by: string; reason: string; count: number }, called = "12333") => forwardedHeaders({ called, ...(before === undefined ? {} : { before }) }, header, numbers);
const twice = { from: "01066660000", by: "02188880000", reason: "no-answer", count: 2 };

describe("what a carrier is told of a call that is sent on", () => {
  it.each([
    ["diversion", undefined, "<sip:12333@10.0.0.1>;reason=deflection;counter=1"],
    ["diversion", { ...twice, from: twice.by, count: 1 }, "<sip:12333@10.0.0.1>;reason=deflection;counter=1, <sip:+862188880000@10.0.0.1>;reason=no-answer;counter=1"],
    ["diversion", { ...twice, count: 4 }, "<sip:12333@10.0.0.1>;reason=deflection;counter=1, <sip:+862188880000@10.0.0.1>;reason=no-answer;counter=1, <sip:+861066660000@10.0.0.1>;reason=unknown;counter=3"],
    ["history-info", undefined, "<sip:12333@10.0.0.1>;index=1, <sip:01099990000@10.0.0.1;cause=480>;index=1.1"],
    ["history-info", twice, "<sip:+861066660000@10.0.0.1>;index=1, <sip:+862188880000@10.0.0.1>;index=1.1, <sip:12333@10.0.0.1;cause=408>;index=1.1.1, <sip:01099990000@10.0.0.1;cause=480>;index=1.1.1.1"],
  ] as const)("%s of %j", (header, before, expected) => {
    expect(Object.values(told(header, before))).toEqual([expected]);
  });

  it.each(["diversion", "history-info"] as const)("we read our own %s as it was meant", (header) => {
    const headers = new SipHeaders();
    for (const [name, value] of Object.entries(told(header, twice))) headers.add(name, value);
    expect(diverted(new SipRequest("INVITE", "sip:01099990000@x", headers))).toEqual({ from: "+861066660000", by: "12333", reason: "deflection", count: 3 });
  });

  it("a word that is none of RFC 5806 goes out as unknown, and numbers cannot leave their place", () => {
    expect(told("diversion", { ...twice, from: "1", by: "1", reason: "x;counter=9\r\nEvil: 1", count: 1 }).Diversion).toBe("<sip:12333@10.0.0.1>;reason=deflection;counter=1, <sip:1@10.0.0.1>;reason=unknown;counter=1");
    expect(told("diversion", undefined, "12>;x=\r\n").Diversion).not.toMatch(/[\r\n]|12>/);
    expect(told("diversion", undefined, "")).toEqual({});
  });
});
