import { describe, expect, it } from "vitest";
import { parseSdp } from "./parse-sdp.js";
import type { SrtpPolicy } from "./secure-stream.js";
import { SdpSession } from "./sdp-session.js";
import type { LocalEndpoint, NegotiatedAudio, Negotiation } from "./sdp-session.js";

const LOCAL: LocalEndpoint = { address: "10.0.0.1", port: 20_000 };
const KEY = "A".repeat(40);
const OTHER = "B".repeat(40);
const HASH = Array.from({ length: 32 }, () => "0f").join(":");
const BROWSER: LocalEndpoint = { ...LOCAL, webRtc: { ufrag: "ours", pwd: "a-password-of-ours-1234", fingerprint: { algorithm: "sha-256", value: "AB:CD" }, candidates: ["10.0.0.1", "192.0.2.7"] } };

function session(srtp?: SrtpPolicy): SdpSession {
  return new SdpSession({ sessionId: "77", codecs: ["PCMA", "PCMU"], ...(srtp === undefined ? {} : { srtp }) });
}

function peer(...media: readonly string[]): string {
  return ["v=0", "o=- 5 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", ...media, ""].join("\r\n");
}

function browser(setup = "actpass", ufrag = "theirs"): string {
  return [
    "v=0", "o=- 5 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE m0", "m=audio 9 UDP/TLS/RTP/SAVPF 8 0 126", "c=IN IP4 0.0.0.0", "a=candidate:1 1 udp 2113937151 0a3f.local 50000 typ host",
    `a=ice-ufrag:${ufrag}`, "a=ice-pwd:a-password-of-theirs-1", `a=fingerprint:sha-256 ${HASH}`, `a=setup:${setup}`, "a=mid:m0", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:126 telephone-event/8000", "",
  ].join("\r\n");
}

function audioOf(negotiation: Negotiation | undefined): NegotiatedAudio {
  if (negotiation?.ok !== true) throw new Error(negotiation?.reason ?? "none");
  return negotiation.audio;
}

const lines = (sdp: string, name: string): string[] => parseSdp(sdp).media[0]!.attributes.filter((each) => each.name === name).map(({ value = "" }) => value);

describe("SRTP keys in SDP (RFC 4568)", () => {
  it("answers with the suite we like best, under the peer's tag, with a key of ours", () => {
    const s = session();
    const offered = audioOf(s.receiveOffer(peer("m=audio 4000 RTP/SAVP 8", `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${KEY}`, `a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:${OTHER}|2^20`)));
    const { sdp, audio } = s.answer(LOCAL);
    expect(audio.security).toEqual(offered.security);
    const [crypto] = lines(sdp, "crypto");
    const own = /^7 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/]{40})$/.exec(crypto!)![1];
    expect(audio.security).toEqual({ kind: "sdes", keys: { suite: "AES_CM_128_HMAC_SHA1_80", send: own, receive: OTHER } });
    expect(parseSdp(sdp).media[0]!.protocol).toBe("RTP/SAVP");
    // Put on hold by us: the same key, or the count of packets would begin anew.
    expect(lines(s.offer(LOCAL, "sendonly"), "crypto")).toEqual([crypto]);
  });

  it("leaves out lines it cannot do, and a stream that has no other", () => {
    const impossible = [
      `a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:${KEY}`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|2^20|1:4`,
      "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:tooshort",
      `a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:${KEY} UNENCRYPTED_SRTP`,
      `a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:${KEY};inline:${OTHER}`,
    ];
    expect(session().receiveOffer(peer("m=audio 4000 RTP/SAVP 8", ...impossible))).toMatchObject({ ok: false, status: 488 });
    const plain = session();
    audioOf(plain.receiveOffer(peer("m=audio 4000 RTP/SAVP 8", ...impossible, "m=audio 4002 RTP/AVP 8")));
    expect(parseSdp(plain.answer(LOCAL).sdp).media.map(({ port }) => port)).toEqual([0, 20_000]);
  });

  it.each([
    ["off", "RTP/AVP", false, "plain"],
    ["off", "RTP/AVP", true, "plain"],
    ["off", "RTP/SAVP", true, 488],
    ["accept", "RTP/AVP", true, "sdes"],
    ["accept", "RTP/SAVP", true, "sdes"],
    ["offer", "RTP/AVP", false, "plain"],
    ["require", "RTP/AVP", false, 488],
    ["require", "RTP/AVP", true, "sdes"],
    ["require", "RTP/SAVP", true, "sdes"],
  ] as const)("with `%s`, an offer of %s with keys: %s gives %s", (policy, protocol, keys, result) => {
    const negotiation = session(policy).receiveOffer(peer(`m=audio 4000 ${protocol} 8`, ...(keys ? [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`] : [])));
    expect(negotiation.ok ? negotiation.audio.security.kind : negotiation.status).toBe(result);
  });

  it("offers keys as the policy wants it, and takes the answer by tag", () => {
    expect(lines(session("accept").offer(LOCAL), "crypto")).toEqual([]);
    const best = session("offer");
    const offer = best.offer(LOCAL);
    expect(parseSdp(offer).media[0]!.protocol).toBe("RTP/AVP");
    const [first, second] = lines(offer, "crypto");
    expect([first, second].map((line) => line!.split(" ").slice(0, 2).join(" "))).toEqual(["1 AES_CM_128_HMAC_SHA1_80", "2 AES_CM_128_HMAC_SHA1_32"]);
    const audio = audioOf(best.receiveAnswer(peer("m=audio 4000 RTP/AVP 8", `a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:${OTHER}`)));
    expect(audio.security).toEqual({ kind: "sdes", keys: { suite: "AES_CM_128_HMAC_SHA1_32", send: second!.split("inline:")[1], receive: OTHER } });

    const without = session("offer");
    without.offer(LOCAL);
    expect(audioOf(without.receiveAnswer(peer("m=audio 4000 RTP/AVP 8"))).security).toEqual({ kind: "plain" });

    const must = session("require");
    expect(parseSdp(must.offer(LOCAL)).media[0]!.protocol).toBe("RTP/SAVP");
    expect(must.receiveAnswer(peer("m=audio 4000 RTP/AVP 8"))).toMatchObject({ ok: false, status: 488 });
    const wrong = session("require");
    wrong.offer(LOCAL);
    expect(wrong.receiveAnswer(peer("m=audio 4000 RTP/SAVP 8", `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${OTHER}`))).toMatchObject({ ok: false, status: 488 });
  });
});

describe("WebRTC in SDP", () => {
  it("answers a browser: lite, passive, bundled under its own name, sound both ways although its address is a place-holder", () => {
    const s = session();
    const audio = audioOf(s.receiveOffer(browser()));
    expect(audio).toMatchObject({ direction: "sendrecv", codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 126 });
    expect(audio.security).toMatchObject({ kind: "dtls", peer: { ufrag: "theirs", mid: "m0", fingerprints: [{ algorithm: "sha-256", value: HASH }] } });
    const { sdp } = s.answer(BROWSER);
    const description = parseSdp(sdp);
    expect(description.attributes).toEqual([{ name: "ice-lite" }, { name: "group", value: "BUNDLE m0" }]);
    expect(description.media[0]).toMatchObject({ protocol: "UDP/TLS/RTP/SAVPF", formats: ["8", "126"] });
    expect(lines(sdp, "setup")).toEqual(["passive"]);
    expect(lines(sdp, "mid")).toEqual(["m0"]);
    expect(lines(sdp, "candidate")).toEqual(["1 1 udp 2130706431 10.0.0.1 20000 typ host", "2 1 udp 2130706175 192.0.2.7 20000 typ host"]);
    expect(lines(sdp, "rtcp-mux")).toHaveLength(1);
    const hold = s.offer(BROWSER, "sendonly");
    expect(lines(hold, "mid")).toEqual(["m0"]);
    expect(lines(hold, "setup")).toEqual(["actpass"]);
    expect(lines(hold, "sendonly")).toHaveLength(1);
  });

  it("offers to a browser, and takes only an answer of one who connects", () => {
    const s = session("require");
    const offer = s.offer(BROWSER);
    expect(lines(offer, "setup")).toEqual(["actpass"]);
    expect(lines(offer, "crypto")).toEqual([]);
    expect(s.receiveAnswer(browser("passive"))).toMatchObject({ ok: false, status: 488 });
    const again = session();
    again.offer(BROWSER);
    expect(audioOf(again.receiveAnswer(browser("active"))).security.kind).toBe("dtls");
    const plain = session();
    plain.offer(BROWSER);
    expect(plain.receiveAnswer(peer("m=audio 4000 RTP/AVP 8"))).toMatchObject({ ok: false, status: 488 });
  });

  it.each([
    ["no fingerprint", browser().replace(/a=fingerprint.*\r\n/, "")],
    ["a fingerprint of SHA-1 alone", browser().replace(/sha-256 \S+/, `sha-1 ${Array.from({ length: 20 }, () => "0f").join(":")}`)],
    ["a fingerprint that is cut off", browser().replace(/:0f\r\n/, "\r\n")],
    ["no ICE", browser().replace(/a=ice-ufrag.*\r\n/, "")],
    ["wants us to connect", browser("passive")],
  ])("refuses an offer that has %s", (_what, offer) => {
    expect(session().receiveOffer(offer)).toMatchObject({ ok: false, status: 488 });
  });
});
