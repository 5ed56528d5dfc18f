import type { AudioCodec } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { parseSdp } from "./parse-sdp.js";
import { SdpSession } from "./sdp-session.js";
import type { Negotiation } from "./sdp-session.js";
import type { Direction } from "./session-description.js";

const LOCAL = { address: "10.0.0.1", port: 20000 };

function session(): SdpSession {
  return new SdpSession({ sessionId: "77", codecs: ["PCMA", "PCMU"] });
}

function peer(media: string | readonly string[], options: { connection?: string; version?: number } = {}): string {
  const lines = typeof media === "string" ? [media] : media;
  const connection = options.connection ?? "c=IN IP4 192.0.2.9";
  return ["v=0", `o=- 5 ${options.version ?? 1} IN IP4 192.0.2.9`, "s=-", ...(connection === "" ? [] : [connection]), "t=0 0", ...lines, ""].join("\r\n");
}

function audioOf(n: Negotiation) {
  if (!n.ok) throw new Error(`${n.status} ${n.reason}`);
  return n.audio;
}

describe("SdpSession as answerer", () => {
  it("takes A-law first whatever the peer's order, with the telephone-event type mirrored", () => {
    const s = session();
    const audio = audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 0 8 96", "a=rtpmap:96 telephone-event/8000"])));
    expect(audio).toMatchObject({ address: "192.0.2.9", port: 4000, rtcpPort: 4001, codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 96, direction: "sendrecv" });
    expect(s.audio).toBeUndefined();
    const { sdp } = s.answer(LOCAL);
    expect(s.audio).toEqual(audio);
    const media = parseSdp(sdp).media[0];
    expect(media).toMatchObject({ kind: "audio", port: 20000, protocol: "RTP/AVP", formats: ["8", "96"] });
    expect(media?.attributes).toEqual([
      { name: "rtpmap", value: "8 PCMA/8000" },
      { name: "rtpmap", value: "96 telephone-event/8000" },
      { name: "fmtp", value: "96 0-15" },
      { name: "ptime", value: "20" },
      { name: "sendrecv" },
    ]);
  });

  it.each(["239.1.1.1", "239.1.1.1/127", "255.255.255.255"])("sends nothing to many: %s", (address) => {
    const refused = { ok: false, status: 488, reason: "the address of the media is no peer's" };
    expect(session().receiveOffer(peer("m=audio 4000 RTP/AVP 8", { connection: `c=IN IP4 ${address}` }))).toEqual(refused);
    const s = session();
    s.offer(LOCAL);
    expect(s.receiveAnswer(peer("m=audio 4000 RTP/AVP 8", { connection: `c=IN IP4 ${address}` }))).toEqual(refused);
    const fax = "m=image 4000 udptl t38";
    expect(session().receiveImageOffer(peer(fax))).toMatchObject({ port: 4000 });
    expect(session().receiveImageOffer(peer(fax, { connection: `c=IN IP4 ${address}` }))).toBeUndefined();
  });

  it("sends nothing to where the hotline itself listens; the hold of RFC 2543 stays what it is", () => {
    const s = new SdpSession({ sessionId: "77", codecs: ["PCMA"], isOwn: (address, port) => address === "192.0.2.9" && port === 5060 });
    expect(s.receiveOffer(peer("m=audio 5060 RTP/AVP 8"))).toMatchObject({ ok: false, status: 488 });
    expect(s.receiveOffer(peer("m=audio 4000 RTP/AVP 8"))).toMatchObject({ ok: true });
    expect(s.receiveOffer(peer("m=audio 4000 RTP/AVP 8", { connection: "c=IN IP4 0.0.0.0" }))).toMatchObject({ ok: true, audio: { heldByPeer: true } });
  });

  it("mirrors dynamic types for G.711 and does not believe a remapped static one", () => {
    const s = session();
    expect(audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8 100", "a=rtpmap:8 opus/48000/2", "a=rtpmap:100 pcmu/8000/1"])))).toMatchObject({ codec: "PCMU", payloadType: 100 });
    expect(parseSdp(s.answer(LOCAL).sdp).media[0]?.formats).toEqual(["100"]);
  });

  it("offers no telephone-event in the answer when the peer has none or only at another clock", () => {
    const s = session();
    const audio = audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8 110", "a=rtpmap:110 telephone-event/48000"])));
    expect(audio.telephoneEventPayloadType).toBeUndefined();
    expect(s.answer(LOCAL).sdp).not.toContain("telephone-event");
  });

  it.each([
    ["a=maxptime:10", 10],
    ["a=maxptime:15", 15],
    ["a=maxptime: 20 ", 20],
    ["a=maxptime:240", 240],
    ["a=maxptime:0", undefined],
    ["a=maxptime:many", undefined],
    ["a=ptime:10", undefined],
  ])("knows how much sound the peer takes in a packet: %s", (line, maxPacketMs) => {
    const lines = ["m=audio 4000 RTP/AVP 8", line];
    expect(audioOf(session().receiveOffer(peer(lines))).maxPacketMs).toBe(maxPacketMs);
    const s = session();
    s.offer(LOCAL);
    expect(audioOf(s.receiveAnswer(peer(lines))).maxPacketMs).toBe(maxPacketMs);
  });

  it("refuses who takes only packets shorter than any that are sent here, and keeps what was agreed before", () => {
    const refused = { ok: false, status: 488, reason: "packets of less than 10 ms are not sent here (maxptime)" };
    const s = session();
    s.receiveOffer(peer("m=audio 4000 RTP/AVP 8"));
    const { audio } = s.answer(LOCAL);
    expect(s.receiveOffer(peer(["m=audio 4002 RTP/AVP 8", "a=maxptime:5"], { version: 2 }))).toEqual(refused);
    expect(s.audio).toEqual(audio);
    const caller = session();
    caller.offer(LOCAL);
    expect(caller.receiveAnswer(peer(["m=audio 4000 RTP/AVP 8", "a=maxptime:5"]))).toEqual(refused);
  });

  it("asks for packets of 20 ms, whatever the peer would like to get (RFC 3264 section 6.1)", () => {
    const s = session();
    s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", "a=ptime:30"]));
    expect(s.answer(LOCAL).sdp).toContain("a=ptime:20\r\n");
  });

  describe("comfort noise (RFC 3389)", () => {
    const offering = (lines: readonly string[], comfortNoise: "off" | "accept" | "offer") => {
      const s = new SdpSession({ sessionId: "77", codecs: ["PCMA"], comfortNoise });
      const audio = audioOf(s.receiveOffer(peer(lines)));
      return { told: audio.comfortNoise, media: parseSdp(s.answer(LOCAL).sdp).media[0], agreed: s.audio?.comfortNoise };
    };

    it.each(["accept", "offer"] as const)("is agreed to where the offer has it (%s), mapped or not", (policy) => {
      for (const lines of [["m=audio 4000 RTP/AVP 8 13 101", "a=rtpmap:101 telephone-event/8000"], ["m=audio 4000 RTP/AVP 8 13 101", "a=rtpmap:13 CN/8000", "a=rtpmap:101 telephone-event/8000"]]) {
        const { told, agreed, media } = offering(lines, policy);
        expect([told, agreed]).toEqual([true, true]);
        expect(media?.formats).toEqual(["8", "13", "101"]);
        expect(media?.attributes).toContainEqual({ name: "rtpmap", value: "13 CN/8000" });
      }
    });

    it.each([
      ["it is off", ["m=audio 4000 RTP/AVP 8 13"], "off"],
      ["the offer has none", ["m=audio 4000 RTP/AVP 8"], "offer"],
      ["13 is something else", ["m=audio 4000 RTP/AVP 8 13", "a=rtpmap:13 speex/8000"], "accept"],
      ["it is of another clock", ["m=audio 4000 RTP/AVP 8 98", "a=rtpmap:98 CN/16000"], "accept"],
    ] as const)("is not in the answer when %s", (_why, lines, policy) => {
      const { told, agreed, media } = offering(lines, policy);
      expect([told, agreed]).toEqual([false, false]);
      expect(media?.formats).toEqual(["8"]);
      expect(media?.attributes.some(({ value }) => value?.includes("CN/") === true)).toBe(false);
    });

    it.each(["off", "accept", "offer"] as const)("stands in our offer only with `offer` (%s), and counts where the answer has it", (comfortNoise) => {
      for (const answered of [true, false]) {
        const s = new SdpSession({ sessionId: "77", codecs: ["PCMA"], comfortNoise });
        const formats = parseSdp(s.offer(LOCAL)).media[0]?.formats;
        expect(formats).toEqual(comfortNoise === "offer" ? ["8", "13", "101"] : ["8", "101"]);
        const audio = audioOf(s.receiveAnswer(peer(answered ? ["m=audio 4000 RTP/AVP 8 13"] : ["m=audio 4000 RTP/AVP 8"])));
        expect(audio.comfortNoise).toBe(comfortNoise === "offer" && answered);
        // Later offers keep what is in use.
        expect(parseSdp(s.offer(LOCAL)).media[0]?.formats).toEqual(audio.comfortNoise ? ["8", "13"] : ["8"]);
      }
    });
  });

  describe("VoIP metrics (RFC 3611)", () => {
    const WISH = "a=rtcp-xr:rcvr-rtt=all voip-metrics";

    it("are told where the peer asks, in the offer or in the answer, with the stream or the session", () => {
      for (const lines of [["m=audio 4000 RTP/AVP 8", WISH], [WISH, "m=audio 4000 RTP/AVP 8"]]) {
        expect(audioOf(session().receiveOffer(peer(lines))).voipMetrics).toBe(true);
        const s = session();
        s.offer(LOCAL);
        expect(audioOf(s.receiveAnswer(peer(lines))).voipMetrics).toBe(true);
      }
      expect(audioOf(session().receiveOffer(peer([WISH, "m=audio 4000 RTP/AVP 8", "a=rtcp-xr:"]))).voipMetrics).toBe(false);
      expect(audioOf(session().receiveOffer(peer(["m=audio 4000 RTP/AVP 8", "a=rtcp-xr:stat-summary=loss"]))).voipMetrics).toBe(false);
      const off = new SdpSession({ sessionId: "77", codecs: ["PCMA"], rtcpXr: "off" });
      expect(audioOf(off.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", WISH]))).voipMetrics).toBe(false);
      expect(off.answer(LOCAL).sdp).not.toContain("rtcp-xr");
    });

    it("are asked for in answers to offers that speak of extended reports, in offers only with `offer`, and later as before", () => {
      const s = session();
      s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", "a=rtcp-xr:stat-summary=loss"]));
      expect(s.answer(LOCAL).sdp).toContain("a=rtcp-xr:voip-metrics\r\n");
      expect(s.offer(LOCAL)).toContain("a=rtcp-xr:voip-metrics\r\n");
      const t = session();
      t.receiveOffer(peer("m=audio 4000 RTP/AVP 8"));
      expect(t.answer(LOCAL).sdp).not.toContain("rtcp-xr");
      expect(session().offer(LOCAL)).not.toContain("rtcp-xr");
      expect(new SdpSession({ sessionId: "77", codecs: ["PCMA"], rtcpXr: "offer" }).offer(LOCAL)).toContain("a=rtcp-xr:voip-metrics\r\n");
    });
  });

  it("refuses other streams with port 0, in the peer's order", () => {
    const s = session();
    audioOf(s.receiveOffer(peer(["m=video 5000 RTP/AVP 96", "a=rtpmap:96 H264/90000", "m=audio 0 RTP/AVP 8", "m=audio 4002 RTP/SAVP 8", "m=audio 4000 RTP/AVP 8", "m=image 6000 udptl t38"])));
    const media = parseSdp(s.answer(LOCAL).sdp).media;
    expect(media.map((m) => [m.kind, m.port, m.protocol, m.formats.join(" ")])).toEqual([
      ["video", 0, "RTP/AVP", "96"],
      ["audio", 0, "RTP/AVP", "8"],
      ["audio", 0, "RTP/SAVP", "8"],
      ["audio", 20000, "RTP/AVP", "8"],
      ["image", 0, "udptl", "t38"],
    ]);
  });

  it("prefers an audio stream with a known codec over an earlier one without", () => {
    expect(audioOf(session().receiveOffer(peer(["m=audio 4000 RTP/AVP 18", "m=audio 4010 RTP/AVP 0"])))).toMatchObject({ port: 4010, codec: "PCMU" });
  });

  it.each([
    [peer("m=audio 4000 RTP/AVP 18"), 488],
    [peer("m=audio 0 RTP/AVP 8"), 488],
    [peer("m=audio 4000 RTP/SAVP 8"), 488],
    [peer("m=audio 4000 UDP/TLS/RTP/SAVPF 8"), 488],
    [peer("m=video 4000 RTP/AVP 96"), 488],
    [peer([]), 488],
    [peer("m=audio 4000 RTP/AVP 8", { connection: "" }), 488],
    [peer(["m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/16000"]), 488],
    ["rubbish", 400],
  ])("refuses %j with %i", (text, status) => {
    const s = session();
    expect(s.receiveOffer(text)).toMatchObject({ ok: false, status });
    expect(() => s.answer(LOCAL)).toThrow();
  });

  it("knows IPv6, media-level addresses, a=rtcp and rtcp-mux", () => {
    const s = session();
    expect(audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::7", "a=rtcp:53020 IN IP6 2001:db8::8"])))).toMatchObject({ address: "2001:db8::7", rtcpPort: 53020 });
    expect(s.answer({ address: "2001:db8::1", port: 9000 }).sdp).toContain("c=IN IP6 2001:db8::1\r\n");
    const t = session();
    expect(audioOf(t.receiveOffer(peer(["m=audio 4000 RTP/AVPF 8", "a=rtcp-mux"])))).toMatchObject({ rtcpPort: 4000 });
    const sdp = t.answer(LOCAL).sdp;
    expect(sdp).toContain("a=rtcp-mux\r\n");
    expect(sdp).toContain("RTP/AVPF 8\r\n");
  });

  const cases: [offer: string, wanted: Direction, answer: Direction, held: boolean][] = [
    ["sendrecv", "sendrecv", "sendrecv", false],
    ["sendonly", "sendrecv", "recvonly", true],
    ["recvonly", "sendrecv", "sendonly", false],
    ["inactive", "sendrecv", "inactive", true],
    ["sendrecv", "sendonly", "sendonly", false],
    ["sendonly", "sendonly", "inactive", true],
    ["recvonly", "sendonly", "sendonly", false],
  ];
  it.each(cases)("answers %s while wanting %s with %s", (offered, wanted, answered, held) => {
    const s = session();
    expect(audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", `a=${offered}`]), wanted))).toMatchObject({ direction: answered, heldByPeer: held });
    expect(s.answer(LOCAL, wanted).sdp).toContain(`a=${answered}\r\n`);
  });

  it("reads a session-level direction, and c=0.0.0.0 as hold", () => {
    const s = session();
    expect(audioOf(s.receiveOffer(peer(["a=sendonly", "m=audio 4000 RTP/AVP 8"])))).toMatchObject({ direction: "recvonly" });
    expect(audioOf(session().receiveOffer(peer("m=audio 4000 RTP/AVP 8", { connection: "c=IN IP4 0.0.0.0" })))).toMatchObject({ direction: "recvonly", heldByPeer: true });
  });

  it("keeps its version while nothing changes and raises it by one when something does", () => {
    const s = session();
    const offer = peer("m=audio 4000 RTP/AVP 8");
    audioOf(s.receiveOffer(offer));
    const first = s.answer(LOCAL).sdp;
    audioOf(s.receiveOffer(offer));
    expect(s.answer(LOCAL).sdp).toBe(first);
    audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 8", "a=sendonly"], { version: 2 })));
    const held = parseSdp(s.answer(LOCAL).sdp);
    expect(Number(held.origin.sessionVersion)).toBe(Number(parseSdp(first).origin.sessionVersion) + 1);
    expect(held.origin.sessionId).toBe("77");
  });
});

describe("G.722 in a session", () => {
  const wide = (...codecs: AudioCodec[]): SdpSession => new SdpSession({ sessionId: "77", codecs });
  const ONLY = peer(["m=audio 4000 RTP/AVP 9 101", "a=rtpmap:101 telephone-event/8000"]);

  it("is refused where it is not named", () => {
    expect(session().receiveOffer(ONLY)).toMatchObject({ ok: false, status: 488, reason: "no common codec" });
    const s = session();
    expect(audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 9", "m=audio 4002 RTP/AVP 8"])))).toMatchObject({ port: 4002, codec: "PCMA" });
  });

  it("is the last choice where it is named last, and the only one of a peer that has no other", () => {
    const s = wide("PCMA", "PCMU", "G722");
    expect(audioOf(s.receiveOffer(peer("m=audio 4000 RTP/AVP 9 0 8")))).toMatchObject({ codec: "PCMA" });
    s.abandonAnswer();
    expect(audioOf(s.receiveOffer(ONLY))).toMatchObject({ codec: "G722", payloadType: 9, telephoneEventPayloadType: 101 });
    const { sdp } = s.answer(LOCAL);
    expect(parseSdp(sdp).media[0]?.formats).toEqual(["9", "101"]);
    // Its clock is 8000, whatever it samples (RFC 3551 section 4.5.2).
    expect(sdp).toContain("a=rtpmap:9 G722/8000\r\n");
    // Held and taken back with the codec in use.
    expect(parseSdp(s.offer(LOCAL, "sendonly")).media[0]?.formats).toEqual(["9", "101"]);
    expect(audioOf(s.receiveAnswer(peer(["m=audio 4000 RTP/AVP 9 101", "a=rtpmap:101 telephone-event/8000", "a=recvonly"])))).toMatchObject({ codec: "G722", direction: "sendonly" });
    expect(audioOf(s.receiveOffer(peer(["m=audio 4000 RTP/AVP 9", "a=sendonly"])))).toMatchObject({ codec: "G722", heldByPeer: true });
  });

  it("is known by its name under any payload type, and only with the clock of 8000", () => {
    expect(audioOf(wide("G722").receiveOffer(peer(["m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 G722/16000", "a=rtpmap:98 g722/8000/1"])))).toMatchObject({ codec: "G722", payloadType: 98 });
    expect(wide("G722").receiveOffer(peer(["m=audio 4000 RTP/AVP 9", "a=rtpmap:9 G722/16000"]))).toMatchObject({ ok: false, status: 488 });
  });

  it("is offered in its place, under 9", () => {
    const s = wide("PCMA", "G722");
    const sdp = s.offer(LOCAL);
    expect(parseSdp(sdp).media[0]?.formats).toEqual(["8", "9", "101"]);
    expect(sdp).toContain("a=rtpmap:9 G722/8000\r\n");
    expect(audioOf(s.receiveAnswer(peer("m=audio 4000 RTP/AVP 9")))).toMatchObject({ codec: "G722", payloadType: 9 });
  });

  it("goes before the others where it is preferred, if it is spoken at all", () => {
    const s = wide("PCMA", "PCMU", "G722");
    s.prefer("G722");
    expect(parseSdp(s.offer(LOCAL)).media[0]?.formats).toEqual(["9", "8", "0", "101"]);
    s.abandonOffer();
    expect(audioOf(s.receiveOffer(peer("m=audio 4000 RTP/AVP 8 9")))).toMatchObject({ codec: "G722" });
    const narrow = session();
    narrow.prefer("G722");
    expect(parseSdp(narrow.offer(LOCAL)).media[0]?.formats).toEqual(["8", "0", "101"]);
  });
});

describe("SdpSession as offerer", () => {
  it("offers A-law, µ-law and telephone-event at 20 ms", () => {
    const s = session();
    const sdp = s.offer(LOCAL);
    expect(s.offering).toBe(true);
    expect(parseSdp(sdp).media[0]?.formats).toEqual(["8", "0", "101"]);
    expect(sdp).toContain("a=ptime:20\r\n");
  });

  it("takes the first format of the answer that it offered, numbered the peer's way", () => {
    const s = session();
    s.offer(LOCAL);
    expect(audioOf(s.receiveAnswer(peer(["m=audio 4000 RTP/AVP 18 0 98", "a=rtpmap:98 telephone-event/8000"])))).toMatchObject({ codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 98 });
    expect(s.offering).toBe(false);
  });

  it.each([
    [peer("m=audio 0 RTP/AVP 8"), 488],
    [peer("m=audio 4000 RTP/AVP 18"), 488],
    [peer([]), 488],
    ["v=0", 400],
  ])("refuses the answer %j", (text, status) => {
    const s = session();
    s.offer(LOCAL);
    expect(s.receiveAnswer(text)).toMatchObject({ ok: false, status });
  });

  it("refuses an answer nobody asked for", () => {
    expect(session().receiveAnswer(peer("m=audio 4000 RTP/AVP 8"))).toMatchObject({ ok: false, status: 400 });
  });

  it("holds in a session under way with the codec in use and every m-line kept", () => {
    const s = session();
    audioOf(s.receiveOffer(peer(["m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 97 99", "a=rtpmap:97 PCMA/8000", "a=rtpmap:99 telephone-event/8000"])));
    s.answer(LOCAL);
    const hold = parseSdp(s.offer(LOCAL, "sendonly"));
    expect(hold.media.map((m) => [m.kind, m.port, m.formats.join(" ")])).toEqual([["video", 0, "96"], ["audio", 20000, "97 99"]]);
    expect(hold.media[1]?.attributes).toContainEqual({ name: "sendonly" });
    expect(audioOf(s.receiveAnswer(peer(["m=video 0 RTP/AVP 96", "m=audio 4000 RTP/AVP 97 99", "a=rtpmap:97 PCMA/8000", "a=rtpmap:99 telephone-event/8000", "a=recvonly"])))).toMatchObject({
      direction: "sendonly",
      codec: "PCMA",
      payloadType: 97,
    });
  });

  it("keeps what was agreed when its offer is refused", () => {
    const s = session();
    audioOf(s.receiveOffer(peer("m=audio 4000 RTP/AVP 8")));
    const { audio } = s.answer(LOCAL);
    s.offer(LOCAL, "sendonly");
    s.abandonOffer();
    expect(s.audio).toEqual(audio);
    expect(s.offering).toBe(false);
  });
});
