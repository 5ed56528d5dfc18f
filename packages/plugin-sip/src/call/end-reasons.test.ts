import { describe, expect, it } from "vitest";
import { SipHeaders, SipRequest } from "../stack/index.js";
import { dtmfOfInfo } from "./dtmf-info.js";
import { bestStatus, causeOf, reasonHeader, reasonOfStatus } from "./end-reasons.js";
import { sdpBodyOf } from "./message-body.js";

describe("end reasons", () => {
  it.each([
    [[486], 486],
    [[503, 486], 486],
    [[480, 486, 404], 486],
    [[408, 503], 408],
    [[486, 603], 603],
    [[404, 480], 480],
    [[500, 503], 500],
    [[], 500],
  ])("takes of %j %i", (statuses, best) => {
    expect(bestStatus(statuses)).toBe(best);
  });

  it("reads causes in every writing, Q.850 before SIP", () => {
    const bye = (...reasons: string[]): SipRequest => {
      const headers = new SipHeaders();
      for (const reason of reasons) headers.add("Reason", reason);
      return new SipRequest("BYE", "sip:x", headers);
    };
    expect(causeOf(bye("Q.850;cause=16;text=\"x\""))).toBe(16);
    expect(causeOf(bye("SIP ;cause=200, q.850 ; cause=31"))).toBe(31);
    expect(causeOf(bye("SIP;cause=487"))).toBe(487);
    expect(causeOf(bye("X;cause=1"))).toBeUndefined();
    expect(causeOf(bye())).toBeUndefined();
    expect(causeOf(undefined)).toBeUndefined();
  });

  it("has a cause for our own endings and none for the peer's", () => {
    expect(reasonHeader("hangup")).toBe('Q.850;cause=16;text="Normal call clearing"');
    expect(reasonHeader("answered-elsewhere")).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(reasonHeader("remote-hangup")).toBeUndefined();
    expect(reasonOfStatus(699)).toBe("failed");
  });
});

describe("bodies", () => {
  it.each([
    ["application/dtmf-relay", "Signal=0\r\nDuration=100", "0"],
    ["application/dtmf-relay", "Duration=100\r\nsignal = d ", "D"],
    ["application/dtmf-relay", "Signal=10", "*"],
    ["application/dtmf-relay", "Signal=16", undefined],
    ["application/dtmf", "#\r\n", "#"],
    ["application/dtmf", "", undefined],
    ["text/plain", "5", undefined],
  ])("reads the key of %s %j as %s", (type, body, key) => {
    expect(dtmfOfInfo(type, body)).toBe(key);
  });

  it("finds SDP in parts, and tells other bodies by their type", () => {
    const message = (type: string, body: string): SipRequest => new SipRequest("INVITE", "sip:x", new SipHeaders().add("Content-Type", type), Buffer.from(body));
    expect(sdpBodyOf(message("application/sdp;charset=utf-8", "v=0"))).toEqual({ kind: "sdp", text: "v=0" });
    expect(sdpBodyOf(message("application/sdp", ""))).toEqual({ kind: "none" });
    expect(sdpBodyOf(message('multipart/mixed; boundary="x y"', "--x y\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x y\r\nContent-type:application/sdp\r\n\r\nv=0\r\ns=é\r\n--x y--"))).toEqual({ kind: "sdp", text: "v=0\r\ns=é" });
    expect(sdpBodyOf(message("multipart/mixed; boundary=b", "--b--\r\nContent-Type: application/sdp\r\n\r\nv=0"))).toEqual({ kind: "other", contentType: "multipart/mixed" });
    expect(sdpBodyOf(message("multipart/mixed", "x"))).toEqual({ kind: "other", contentType: "multipart/mixed" });
    expect(sdpBodyOf(message("text/plain", "x"))).toEqual({ kind: "other", contentType: "text/plain" });
  });
});
