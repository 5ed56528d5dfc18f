import type { AudioCodec } from "@hotlinejs/core";
import { isAudioProfile, securityOf } from "./secure-stream.js";
import type { SrtpPolicy, StreamSecurity } from "./secure-stream.js";
import type { Direction, SdpMedia, SessionDescription } from "./session-description.js";
import { attribute, hasAttribute } from "./session-description.js";

/** A codec under the payload type its writer gave it. */
export interface CodecChoice {
  readonly codec: AudioCodec;
  readonly payloadType: number;
}

/** What a peer's description says of its audio. */
export interface AudioStream {
  /** Position among the `m=` lines; an answer keeps it (RFC 3264 section 6). */
  readonly index: number;
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly rtcpMux: boolean;
  /** As the peer wrote it; `c=0.0.0.0`, the hold of RFC 2543, counts as not receiving (RFC 3264 section 8.4). */
  readonly direction: Direction;
  /** In the peer's order. Codecs the engine does not speak are left out. */
  readonly codecs: readonly CodecChoice[];
  /** Payload type of telephone-event at 8 kHz (RFC 4733). */
  readonly telephoneEventPayloadType?: number;
  /** Comfort noise at 8 kHz under its static payload type 13 (RFC 3389). */
  readonly comfortNoise: boolean;
  /** `a=rtcp-xr` (RFC 3611 section 5.1), and whether it asks for VoIP metrics; `undefined`: there is none. */
  readonly rtcpXr: { readonly voipMetrics: boolean } | undefined;
  /** `a=maxptime` (RFC 8866 section 6.4): the most sound in a packet that the writer takes, ms. */
  readonly maxPacketMs?: number;
  readonly security: StreamSecurity;
}

/** AVPF only adds feedback that nobody has to send. */
function isAudio(media: SdpMedia): boolean {
  return media.kind === "audio" && media.port !== 0 && isAudioProfile(media.protocol);
}

/** Whether a stream protected so may be used. */
export function allowed(security: StreamSecurity, policy: SrtpPolicy): boolean {
  switch (security.kind) {
    case "plain":
      return policy !== "require";
    case "sdes":
      return policy !== "off";
    case "dtls":
      // We are the DTLS server; who insists on being it too is nobody we can talk to.
      return security.peer.setup !== "passive";
    case "unknown":
      return false;
  }
}

/** Index of the first audio stream that could be used: the first with one of these codecs and a protection that is allowed, else the first of all. -1 when there is none. */
export function findAudioIndex(description: SessionDescription, policy: SrtpPolicy, codecs: readonly AudioCodec[]): number {
  let fallback = -1;
  for (const [index, media] of description.media.entries()) {
    if (!isAudio(media)) continue;
    if (codecsOf(media).some(({ codec }) => codecs.includes(codec)) && allowed(securityOf(description, media), policy)) return index;
    if (fallback < 0) fallback = index;
  }
  return fallback;
}

/** Reads the audio stream at this position; `undefined` when it is refused, no RTP, or has no address. */
export function readAudio(description: SessionDescription, index: number): AudioStream | undefined {
  const media = description.media[index];
  if (media === undefined || !isAudio(media)) return undefined;
  const connection = media.connection ?? description.connection;
  if (connection === undefined) return undefined;
  const rtcpMux = hasAttribute(media.attributes, "rtcp-mux");
  const telephoneEventPayloadType = telephoneEventOf(media);
  const security = securityOf(description, media);
  const maxPacketMs = maxPacketOf(media);
  return {
    index,
    address: connection.address,
    port: media.port,
    rtcpMux,
    rtcpPort: rtcpMux ? media.port : (rtcpPortOf(media) ?? Math.min(media.port + 1, 65535)),
    // A browser's address is a place-holder until it has found its own; ICE tells the true one.
    direction: directionOf(description, media, security.kind === "dtls" ? "" : connection.address),
    codecs: codecsOf(media),
    comfortNoise: takesComfortNoise(media),
    rtcpXr: rtcpXrOf(description, media),
    security,
    ...(telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType }),
    ...(maxPacketMs === undefined ? {} : { maxPacketMs }),
  };
}

/** RFC 3551 table 4, RFC 3389 section 4. */
export const COMFORT_NOISE_TYPE = 13;

/** RFC 3551 table 4: formats that need no rtpmap. */
const STATIC_CODECS: Readonly<Record<number, AudioCodec>> = { 0: "PCMU", 8: "PCMA", 9: "G722" };

function codecsOf(media: SdpMedia): CodecChoice[] {
  const maps = rtpMaps(media);
  const found: CodecChoice[] = [];
  for (const payloadType of payloadTypes(media)) {
    const map = maps.get(payloadType);
    const codec = map === undefined ? STATIC_CODECS[payloadType] : codecNamed(map);
    if (codec !== undefined && !found.some((f) => f.codec === codec)) found.push({ codec, payloadType });
  }
  return found;
}

function codecNamed(map: RtpMap): AudioCodec | undefined {
  // G.722 samples 16,000 times a second, and its clock is 8000 all the same (RFC 3551 section 4.5.2).
  if (map.clock !== 8000 || map.channels !== 1) return undefined;
  return map.name === "PCMA" || map.name === "PCMU" || map.name === "G722" ? map.name : undefined;
}

function telephoneEventOf(media: SdpMedia): number | undefined {
  const maps = rtpMaps(media);
  return payloadTypes(media).find((pt) => {
    const map = maps.get(pt);
    return map !== undefined && map.name === "TELEPHONE-EVENT" && map.clock === 8000;
  });
}

/** RFC 3389 section 4: at 8 kHz the payload type is 13, with or without a map. */
function takesComfortNoise(media: SdpMedia): boolean {
  const map = rtpMaps(media).get(COMFORT_NOISE_TYPE);
  return payloadTypes(media).includes(COMFORT_NOISE_TYPE) && (map === undefined || (map.name === "CN" && map.clock === 8000 && map.channels === 1));
}

/** What stands with the stream goes before what stands with the session. An empty list takes back what the session says. */
function rtcpXrOf(description: SessionDescription, media: SdpMedia): AudioStream["rtcpXr"] {
  const found = attribute(media.attributes, "rtcp-xr") ?? attribute(description.attributes, "rtcp-xr");
  if (found === undefined) return undefined;
  return { voipMetrics: (found.value ?? "").split(/\s+/).some((format) => format.toLowerCase() === "voip-metrics") };
}

function payloadTypes(media: SdpMedia): number[] {
  return media.formats.filter((f) => /^\d{1,3}$/.test(f)).map(Number).filter((pt) => pt <= 127);
}

interface RtpMap {
  /** Upper case: encoding names are case-insensitive (RFC 8866 section 6.6). */
  readonly name: string;
  readonly clock: number;
  readonly channels: number;
}

function rtpMaps(media: SdpMedia): Map<number, RtpMap> {
  const maps = new Map<number, RtpMap>();
  for (const a of media.attributes) {
    if (a.name !== "rtpmap" || a.value === undefined) continue;
    const match = /^(\d{1,3})\s+([^/\s]+)\/(\d+)(?:\/(\d+))?/.exec(a.value);
    if (match === null) continue;
    maps.set(Number(match[1]), { name: (match[2] ?? "").toUpperCase(), clock: Number(match[3]), channels: match[4] === undefined ? 1 : Number(match[4]) });
  }
  return maps;
}

/** What is no length of time says nothing. */
function maxPacketOf(media: SdpMedia): number | undefined {
  const ms = Number(/^\s*(\d{1,5}(?:\.\d{1,3})?)\s*$/.exec(attribute(media.attributes, "maxptime")?.value ?? "")?.[1]);
  return ms > 0 ? ms : undefined;
}

/** RFC 3605. An address of its own in `a=rtcp` is ignored: reports go to the media address, as symmetric RTP needs. */
function rtcpPortOf(media: SdpMedia): number | undefined {
  const match = /^(\d{1,5})/.exec(attribute(media.attributes, "rtcp")?.value ?? "");
  const port = match === null ? 0 : Number(match[1]);
  return port > 0 && port <= 65535 ? port : undefined;
}

const DIRECTIONS: readonly Direction[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

function directionOf(description: SessionDescription, media: SdpMedia, address: string): Direction {
  const written =
    DIRECTIONS.find((d) => hasAttribute(media.attributes, d)) ?? DIRECTIONS.find((d) => hasAttribute(description.attributes, d)) ?? "sendrecv";
  const unspecified = address === "0.0.0.0" || address === "::";
  return unspecified ? intersect(written, "sendonly") : written;
}

/** The same stream seen from the other side. */
export function reverse(direction: Direction): Direction {
  if (direction === "sendonly") return "recvonly";
  return direction === "recvonly" ? "sendonly" : direction;
}

/** What remains when both allow only this. */
export function intersect(a: Direction, b: Direction): Direction {
  const send = sends(a) && sends(b);
  const receive = receives(a) && receives(b);
  if (send && receive) return "sendrecv";
  if (send) return "sendonly";
  return receive ? "recvonly" : "inactive";
}

export function sends(direction: Direction): boolean {
  return direction === "sendrecv" || direction === "sendonly";
}

export function receives(direction: Direction): boolean {
  return direction === "sendrecv" || direction === "recvonly";
}
