import { isTrustedFingerprint } from "@hotlinejs/core";
import type { CertificateFingerprint, SrtpSuite } from "@hotlinejs/core";
import type { SdpAttribute, SdpMedia, SessionDescription } from "./session-description.js";
import { attribute } from "./session-description.js";

/**
 * SRTP by keys in SDP (RFC 4568). `off`: refused. `accept`: taken where a peer offers it. `offer`: our own offers
 * have keys too, and the peer may do without (RFC 8643). `require`: no call without protection.
 */
export type SrtpPolicy = "off" | "accept" | "offer" | "require";

/** One `a=crypto` line we could use. */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Key and salt in base64. */
  readonly key: string;
}

/** What a WebRTC peer says of itself (RFC 8839, RFC 8842). */
export interface DtlsPeer {
  readonly ufrag: string;
  readonly pwd: string;
  /** Those that a certificate can be told by; at least one. */
  readonly fingerprints: readonly CertificateFingerprint[];
  readonly setup: "active" | "passive" | "actpass";
  /** RFC 9143; told again in the answer. */
  readonly mid: string | undefined;
  readonly bundled: boolean;
}

/** How the packets of a stream are protected. */
export type StreamSecurity =
  | { readonly kind: "plain" }
  | { readonly kind: "sdes"; readonly lines: readonly CryptoLine[] }
  | { readonly kind: "dtls"; readonly peer: DtlsPeer }
  /** Protected in a way we do not know. */
  | { readonly kind: "unknown" };

/** Best first. */
export const SUITES: readonly SrtpSuite[] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"];

export const PLAIN_PROFILES: ReadonlySet<string> = new Set(["RTP/AVP", "RTP/AVPF"]);
const SECURE_PROFILES = new Set(["RTP/SAVP", "RTP/SAVPF"]);
const DTLS_PROFILES = new Set(["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"]);

export function isAudioProfile(protocol: string): boolean {
  const name = protocol.toUpperCase();
  return PLAIN_PROFILES.has(name) || SECURE_PROFILES.has(name) || DTLS_PROFILES.has(name);
}

export function securityOf(description: SessionDescription, media: SdpMedia): StreamSecurity {
  const protocol = media.protocol.toUpperCase();
  const lines = cryptoLines(media);
  if (PLAIN_PROFILES.has(protocol)) return lines.length > 0 ? { kind: "sdes", lines } : { kind: "plain" };
  if (SECURE_PROFILES.has(protocol) && lines.length > 0) return { kind: "sdes", lines };
  const peer = dtlsPeer(description, media);
  return peer === undefined ? { kind: "unknown" } : { kind: "dtls", peer };
}

/** Lines with parameters we cannot do are left out, as RFC 4568 section 6.3 wants it. */
function cryptoLines(media: SdpMedia): CryptoLine[] {
  return media.attributes.flatMap(({ name, value = "" }) => {
    if (name !== "crypto") return [];
    const [tag = "", suite = "", params = "", ...session] = value.trim().split(/\s+/);
    const known = SUITES.find((each) => each === suite.toUpperCase());
    // Several keys, or keys told apart by an identifier (MKI), are nothing phones do.
    const inline = /^inline:([A-Za-z0-9+/]{40})(?:\|(?:2\^)?\d+)?$/i.exec(params);
    if (!/^\d{1,9}$/.test(tag) || known === undefined || inline === null || session.some((each) => !/^(WSH=\d+|FEC_ORDER=FEC_SRTP)$/i.test(each))) return [];
    return [{ tag: Number(tag), suite: known, key: inline[1] ?? "" }];
  });
}

function dtlsPeer(description: SessionDescription, media: SdpMedia): DtlsPeer | undefined {
  const both = [...media.attributes, ...description.attributes];
  const value = (name: string): string | undefined => attribute(both, name)?.value;
  const ufrag = value("ice-ufrag");
  const pwd = value("ice-pwd");
  const fingerprints = both.flatMap(({ name, value: text = "" }) => {
    const [algorithm, hash, more] = text.trim().split(/\s+/);
    if (name !== "fingerprint" || algorithm === undefined || hash === undefined || more !== undefined) return [];
    const told = { algorithm: algorithm.toLowerCase(), value: hash };
    return isTrustedFingerprint(told) ? [told] : [];
  });
  if (ufrag === undefined || pwd === undefined || fingerprints.length === 0) return undefined;
  const setup = value("setup")?.toLowerCase();
  const mid = attribute(media.attributes, "mid")?.value;
  const groups = description.attributes.flatMap(({ name, value: text = "" }) => (name === "group" ? [text.split(/\s+/)] : []));
  return {
    ufrag,
    pwd,
    fingerprints,
    setup: setup === "active" || setup === "passive" ? setup : "actpass",
    mid,
    bundled: mid !== undefined && groups.some(([kind, ...mids]) => kind?.toUpperCase() === "BUNDLE" && mids.includes(mid)),
  };
}

export function cryptoAttribute({ tag, suite, key }: CryptoLine): SdpAttribute {
  return { name: "crypto", value: `${tag} ${suite} inline:${key}` };
}

/** What our side of WebRTC is reached by. */
export interface LocalWebRtc {
  readonly ufrag: string;
  readonly pwd: string;
  readonly fingerprint: CertificateFingerprint;
  /** Addresses the port is bound on, best first. */
  readonly candidates: readonly string[];
}

/** Our lines of a WebRTC stream: all paths are host candidates, and the peer is the DTLS client. */
export function webRtcAttributes(local: LocalWebRtc, port: number, setup: "actpass" | "passive", mid: string | undefined): SdpAttribute[] {
  return [
    ...(mid === undefined ? [] : [{ name: "mid", value: mid }]),
    { name: "ice-ufrag", value: local.ufrag },
    { name: "ice-pwd", value: local.pwd },
    { name: "fingerprint", value: `${local.fingerprint.algorithm} ${local.fingerprint.value}` },
    { name: "setup", value: setup },
    // Type preference 126, component 1 (RFC 8445 section 5.1.2.1).
    ...local.candidates.map((address, i) => ({ name: "candidate", value: `${i + 1} 1 udp ${126 * 2 ** 24 + (65_535 - i) * 256 + 255} ${address} ${port} typ host` })),
    { name: "end-of-candidates" },
    { name: "msid", value: "hotline audio" },
  ];
}

/** Session-level lines of a WebRTC description. */
export function webRtcSession(mid: string | undefined): SdpAttribute[] {
  return [{ name: "ice-lite" }, ...(mid === undefined ? [] : [{ name: "group", value: `BUNDLE ${mid}` }])];
}
