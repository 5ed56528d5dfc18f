import { describe, expect, it } from "vitest";
import { buildSdp } from "./build-sdp.js";
import { hasStream, parseSdp } from "./parse-sdp.js";
import { SdpError } from "./session-description.js";

/** RFC 8866 section 5, the complete example. */
const RFC_EXAMPLE = [
  "v=0",
  "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1",
  "s=Call to John Smith",
  "i=SDP Offer #1",
  "u=http://www.jdoe.example.com/home.html",
  "e=Jane Doe <jane@jdoe.example.com>",
  "p=+1 617 555-6011",
  "c=IN IP4 198.51.100.1",
  "t=0 0",
  "m=audio 49170 RTP/AVP 0",
  "m=audio 49180 RTP/AVP 0",
  "m=video 51372 RTP/AVP 99",
  "c=IN IP6 2001:db8::2",
  "a=rtpmap:99 h263-1998/90000",
  "",
].join("\r\n");

describe("parseSdp", () => {
  it("reads the example of RFC 8866", () => {
    const sdp = parseSdp(RFC_EXAMPLE);
    expect(sdp.origin).toEqual({ username: "jdoe", sessionId: "3724394400", sessionVersion: "3724394405", family: "IP4", address: "198.51.100.1" });
    expect(sdp.name).toBe("Call to John Smith");
    expect(sdp.connection).toEqual({ family: "IP4", address: "198.51.100.1" });
    expect(sdp.media.map((m) => [m.kind, m.port, m.formats])).toEqual([["audio", 49170, ["0"]], ["audio", 49180, ["0"]], ["video", 51372, ["99"]]]);
    expect(sdp.media[2]?.connection).toEqual({ family: "IP6", address: "2001:db8::2" });
    expect(hasStream(sdp, "video")).toBe(true);
    expect(hasStream(sdp, "image")).toBe(false);
  });

  it("round-trips what it writes", () => {
    const once = parseSdp(RFC_EXAMPLE);
    expect(parseSdp(buildSdp(once))).toEqual(once);
    expect(buildSdp(once).endsWith("\r\n")).toBe(true);
  });

  it.each([
    ["bare line feeds", RFC_EXAMPLE.replaceAll("\r\n", "\n")],
    ["no final line end", RFC_EXAMPLE.trimEnd()],
    ["blank lines and junk lines", RFC_EXAMPLE.replace("t=0 0", "\r\nt=0 0\r\njunk\r\nx")],
    ["no s= and no t=", RFC_EXAMPLE.replace("s=Call to John Smith\r\n", "").replace("t=0 0\r\n", "")],
    ["multicast suffix", RFC_EXAMPLE.replace("c=IN IP4 198.51.100.1", "c=IN IP4 198.51.100.1/127")],
    ["lower-case network type", RFC_EXAMPLE.replaceAll("IN IP4", "in ip4")],
    ["trailing blanks", RFC_EXAMPLE.replaceAll("\r\n", "  \r\n")],
  ])("tolerates %s", (_what, text) => {
    const sdp = parseSdp(text);
    expect(sdp.connection?.address).toBe("198.51.100.1");
    expect(sdp.media).toHaveLength(3);
  });

  it.each([
    ["", "empty"],
    ["hello", "no SDP"],
    ["v=1\r\no=- 1 1 IN IP4 1.2.3.4\r\n", "other version"],
    ["v=0\r\ns=-\r\n", "no origin"],
    ["v=0\r\no=- 1 1 IN IP4\r\n", "short origin"],
    ["v=0\r\no=- 1 1 IN IP9 x\r\n", "address family"],
    ["v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio\r\n", "short m="],
    ["v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 70000 RTP/AVP 0\r\n", "port too high"],
    ["v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio -1 RTP/AVP 0\r\n", "negative port"],
    ["v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nc=IN IP4\r\n", "short c="],
    [`v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n${"m=audio 9 RTP/AVP 0\r\n".repeat(33)}`, "too many streams"],
    ["a=x\r\n".repeat(2001), "too many lines"],
    ["\u0000\u0001\u0002", "binary"],
  ])("refuses %j (%s)", (text) => {
    expect(() => parseSdp(text)).toThrow(SdpError);
  });
});
