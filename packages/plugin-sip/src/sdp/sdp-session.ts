import { randomBytes } from "node:crypto";
import { isGroupAddress } from "@hotlinejs/core";
import type { AudioCodec, SrtpKeys } from "@hotlinejs/core";
import { allowed, COMFORT_NOISE_TYPE, findAudioIndex, intersect, readAudio, reverse, sends } from "./audio-stream.js";
import type { AudioStream, CodecChoice } from "./audio-stream.js";
import { buildSdp } from "./build-sdp.js";
import { imageMedia, isT38, readImage } from "./image-stream.js";
import type { ImageStream, ImageTerms } from "./image-stream.js";
import { parseSdp } from "./parse-sdp.js";
import { cryptoAttribute, PLAIN_PROFILES, SUITES, webRtcAttributes, webRtcSession } from "./secure-stream.js";
import type { CryptoLine, DtlsPeer, LocalWebRtc, SrtpPolicy } from "./secure-stream.js";
import type { Direction, SdpAttribute, SdpMedia, SessionDescription } from "./session-description.js";
import { familyOf, SdpError } from "./session-description.js";

/** Where our side of the audio lives. */
export interface LocalEndpoint {
  /** Address peers send to: the advertised one behind NAT. */
  readonly address: string;
  readonly port: number;
  /** Set where the peer is one of WebRTC. */
  readonly webRtc?: LocalWebRtc;
}

/** How the agreed packets are protected. */
export type AudioSecurity = { readonly kind: "plain" } | { readonly kind: "sdes"; readonly keys: SrtpKeys } | { readonly kind: "dtls"; readonly peer: DtlsPeer };

/** The audio both sides agreed on. */
export interface NegotiatedAudio {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly telephoneEventPayloadType?: number;
  /** Both sides take comfort noise (RFC 3389). */
  readonly comfortNoise: boolean;
  /** The peer asks for VoIP metrics in extended reports (RFC 3611). */
  readonly voipMetrics: boolean;
  /** The most sound in a packet that the peer takes, ms (`maxptime`). */
  readonly maxPacketMs?: number;
  /** Seen from our side. */
  readonly direction: Direction;
  /** The peer wants to hear nothing of us: it has put us on hold. */
  readonly heldByPeer: boolean;
  readonly security: AudioSecurity;
}

export type Negotiation =
  | { readonly ok: true; readonly audio: NegotiatedAudio }
  /** 400: not SDP; 488: nothing in common (RFC 3261 section 21.4.26). */
  | { readonly ok: false; readonly status: 400 | 488; readonly reason: string };

/** An extension of the stream. `off`: not spoken; `accept`: where the peer's offer has it; `offer`: in our own offers too. */
export type StreamExtension = "off" | "accept" | "offer";

export interface SdpSessionOptions {
  /** `<sess-id>` of our `o=` line: digits, unique for the session. */
  readonly sessionId: string;
  /** What we speak, best first. The first the peer offers is taken. */
  readonly codecs: readonly AudioCodec[];
  /** Default `accept`. */
  readonly srtp?: SrtpPolicy;
  /** Comfort noise under payload type 13 (RFC 3389). Default `off`. */
  readonly comfortNoise?: StreamExtension;
  /** VoIP metrics in extended RTCP reports (RFC 3611): asked for, and told where the peer asks. Default `accept`. */
  readonly rtcpXr?: StreamExtension;
  /** Whether something of the hotline's own listens there, which is no peer. Default nothing. */
  readonly isOwn?: (address: string, port: number) => boolean;
  /** Name in `o=`. Default `hotline`. */
  readonly username?: string;
}

/** Payload types of our own offers: the static ones (RFC 3551 table 4), 101 by custom for telephone-event. */
const OWN_TYPES: Readonly<Record<AudioCodec, number>> = { PCMA: 8, PCMU: 0, G722: 9 };
const OWN_TELEPHONE_EVENT = 101;
const OWN_MID = "0";
/** Why media is not sent where the peer asks for it. */
const NO_PEER = "the address of the media is no peer's";

/** Packets of our own have 20 ms, or 10 where the peer takes no longer ones. */
const LEAST_PACKET_MS = 10;
const TOO_SHORT = `packets of less than ${LEAST_PACKET_MS} ms are not sent here (maxptime)`;

/** What our audio line lists beside its codecs. */
interface Extras {
  readonly telephoneEvent: number | undefined;
  readonly comfortNoise: boolean;
  /** We ask for VoIP metrics. */
  readonly rtcpXr: boolean;
}

/** How our audio line is written. */
interface Style {
  readonly protocol: string;
  readonly mux: boolean;
  /** Our keys, of an answer one. */
  readonly lines?: readonly CryptoLine[];
  readonly dtls?: { readonly setup: "actpass" | "passive"; readonly mid: string | undefined; readonly bundled: boolean };
}

/**
 * Offer/answer state of one dialog (RFC 3264): what either side described last, the order of the
 * `m=` lines, which never changes, and the version of our own description.
 *
 * Inbound: `receiveOffer`, then `answer` once the leg is known. Outbound or late offer: `offer`, then
 * `receiveAnswer`. Later offers of either side go the same way; a failed one of ours is taken back
 * with `abandonOffer`.
 */
export class SdpSession {
  readonly #options: SdpSessionOptions;
  /** What we speak, best first. */
  #codecs: readonly AudioCodec[];
  /** Our `m=` lines as last written; later descriptions keep their number and order. */
  #slots: readonly SdpMedia[] = [];
  #audioIndex = 0;
  #version = 0;
  #lastWritten = "";
  #remote: SessionDescription | undefined;
  #pendingOffer: SessionDescription | undefined;
  /** Codecs we wrote in the offer that is open. */
  #offered: { codecs: readonly CodecChoice[]; extras: Extras; direction: Direction } | undefined;
  #audio: NegotiatedAudio | undefined;
  #answering: { stream: AudioStream; choice: CodecChoice; style: Style; security: AudioSecurity } | undefined;
  /** How our audio line was last written: while the line is T.38 it is not there to be read. */
  #style: Style | undefined;
  /** Our keys by suite: the same in all descriptions, since a new key would begin the count of packets anew. */
  readonly #keys = new Map<string, string>();
  /** Our lines have asked for VoIP metrics. */
  #asksMetrics = false;
  #offeredImage: readonly SdpMedia[] | undefined;
  #pendingImage: { description: SessionDescription; stream: ImageStream } | undefined;

  constructor(options: SdpSessionOptions) {
    this.#options = options;
    this.#codecs = options.codecs;
  }

  /** Whether media may be sent there: not to many, and not to ourselves. An address of ICE is a place-holder. */
  #reachable({ address, port, security }: Pick<AudioStream, "address" | "port"> & Partial<Pick<AudioStream, "security">>): boolean {
    return security?.kind === "dtls" || (!isGroupAddress(address) && this.#options.isOwn?.(address, port) !== true);
  }

  /** Puts a codec, if it is spoken at all, before the others: whom the peer will talk to speaks it. */
  prefer(codec: AudioCodec): void {
    if (this.#codecs.includes(codec)) this.#codecs = [codec, ...this.#codecs.filter((other) => other !== codec)];
  }

  /** What is agreed now. */
  get audio(): NegotiatedAudio | undefined {
    return this.#audio;
  }

  /** Whether an offer of ours waits for its answer. */
  get offering(): boolean {
    return this.#offered !== undefined || this.#offeredImage !== undefined;
  }

  /**
   * Takes the peer's offer and chooses. Nothing is agreed before `answer`.
   *
   * @param wanted what our side would do if the peer allowed it: `sendonly` while we hold.
   */
  receiveOffer(text: string, wanted: Direction = "sendrecv"): Negotiation {
    const description = this.#parse(text);
    if (description instanceof SdpError) return { ok: false, status: 400, reason: description.message };
    const index = findAudioIndex(description, this.#policy, this.#codecs);
    const stream = index < 0 ? undefined : readAudio(description, index);
    if (stream === undefined) return { ok: false, status: 488, reason: "no RTP audio stream" };
    if (!this.#reachable(stream)) return { ok: false, status: 488, reason: NO_PEER };
    const choice = this.#choose(stream.codecs);
    if (choice === undefined) return { ok: false, status: 488, reason: "no common codec" };
    if (!packetsFit(stream)) return { ok: false, status: 488, reason: TOO_SHORT };
    const answer = this.#protect(stream, description.media[index]?.protocol ?? "");
    if (answer === undefined) return { ok: false, status: 488, reason: this.#policy === "require" ? "only protected media is taken here (SRTP)" : "the protection of the media is none we have" };
    this.#pendingOffer = description;
    this.#answering = { stream, choice, ...answer };
    return { ok: true, audio: agreed(stream, choice, this.#answerExtras(stream), intersect(reverse(stream.direction), wanted), answer.security, this.#tellsMetrics(stream)) };
  }

  /** Writes the answer to the offer last received. From here on it is agreed. */
  answer(local: LocalEndpoint, wanted: Direction = "sendrecv"): { sdp: string; audio: NegotiatedAudio } {
    const offer = this.#pendingOffer;
    if (offer === undefined || this.#answering === undefined) throw new SdpError("no offer to answer");
    const { stream, choice, style, security } = this.#answering;
    const direction = intersect(reverse(stream.direction), wanted);
    const extras = this.#answerExtras(stream);
    const audio = agreed(stream, choice, extras, direction, security, this.#tellsMetrics(stream));
    const slots = offer.media.map((m, i) => (i === stream.index ? audioMedia(style, local, [choice], extras, direction) : refusedMedia(m)));
    this.#asksMetrics = extras.rtcpXr;
    const sdp = this.#write(slots, local, style);
    this.#slots = slots;
    this.#style = style;
    this.#audioIndex = stream.index;
    this.#remote = offer;
    this.#audio = audio;
    this.#pendingOffer = undefined;
    this.#answering = undefined;
    return { sdp, audio };
  }

  /** Writes an offer of ours. In a session under way it keeps the codec and payload types in use (RFC 3264 section 8.3.2). */
  offer(local: LocalEndpoint, direction: Direction = "sendrecv"): string {
    const current = this.#audio;
    const codecs = current === undefined ? this.#codecs.map((codec) => ({ codec, payloadType: OWN_TYPES[codec] })) : [{ codec: current.codec, payloadType: current.payloadType }];
    const extras: Extras =
      current === undefined
        ? { telephoneEvent: OWN_TELEPHONE_EVENT, comfortNoise: this.#options.comfortNoise === "offer", rtcpXr: this.#options.rtcpXr === "offer" }
        : { telephoneEvent: current.telephoneEventPayloadType, comfortNoise: current.comfortNoise, rtcpXr: this.#asksMetrics };
    const style = this.#offerStyle(local);
    const media = audioMedia(style, local, codecs, extras, direction);
    this.#asksMetrics = extras.rtcpXr;
    const slots = this.#slots.length === 0 ? [media] : this.#slots.map((slot, i) => (i === this.#audioIndex ? media : refusedMedia(slot)));
    this.#offered = { codecs, extras, direction };
    this.#style = style;
    const sdp = this.#write(slots, local, style);
    this.#slots = slots;
    return sdp;
  }

  /**
   * Takes the peer's answer to our open offer.
   *
   * @param final `false` for one in a 1xx: the offer stays open, since the 2xx may answer it otherwise (a phone behind another branch).
   */
  receiveAnswer(text: string, final = true): Negotiation {
    const offered = this.#offered;
    if (offered === undefined) return { ok: false, status: 400, reason: "no offer is open" };
    const description = this.#parse(text);
    if (description instanceof SdpError) return { ok: false, status: 400, reason: description.message };
    if (final) this.#offered = undefined;
    const stream = readAudio(description, this.#audioIndex);
    if (stream === undefined) return { ok: false, status: 488, reason: "the audio stream was refused" };
    if (!this.#reachable(stream)) return { ok: false, status: 488, reason: NO_PEER };
    // The answerer may number formats its own way; what counts is what they are.
    const choice = stream.codecs.find((c) => offered.codecs.some((o) => o.codec === c.codec));
    if (choice === undefined) return { ok: false, status: 488, reason: "no common codec" };
    if (!packetsFit(stream)) return { ok: false, status: 488, reason: TOO_SHORT };
    const security = this.#answered(stream);
    if (security === undefined) return { ok: false, status: 488, reason: "the answer protects the media in another way than was offered" };
    this.#remote = description;
    const { extras } = offered;
    const both: Extras = { ...extras, telephoneEvent: extras.telephoneEvent === undefined ? undefined : stream.telephoneEventPayloadType, comfortNoise: extras.comfortNoise && stream.comfortNoise };
    const audio = agreed(stream, choice, both, intersect(reverse(stream.direction), offered.direction), security, this.#tellsMetrics(stream));
    this.#audio = audio;
    return { ok: true, audio };
  }

  /** The offer of ours was refused or overtaken (491): what was agreed before stays. */
  abandonOffer(): void {
    this.#offered = undefined;
    this.#offeredImage = undefined;
  }

  /**
   * Takes an offer that wants T.38 instead of sound: `undefined` when it is none, and `receiveOffer` should see it.
   * Nothing is agreed before `answerImage`.
   */
  receiveImageOffer(text: string): ImageStream | undefined {
    const description = this.#parse(text);
    if (description instanceof SdpError || findAudioIndex(description, this.#policy, this.#codecs) >= 0) return undefined;
    const stream = readImage(description);
    if (stream === undefined || !this.#reachable(stream)) return undefined;
    this.#pendingImage = { description, stream };
    return stream;
  }

  /** Writes the answer to the T.38 offer last received. */
  answerImage(local: LocalEndpoint, terms: ImageTerms): string {
    const pending = this.#pendingImage;
    if (pending === undefined) throw new SdpError("no offer to answer");
    this.#pendingImage = undefined;
    const { description, stream } = pending;
    const slots = description.media.map((m, i) => (i === stream.index ? imageMedia(local.port, terms) : refusedMedia(m)));
    const sdp = this.#write(slots, local);
    this.#slots = slots;
    this.#remote = description;
    // Where the offer put the image in the place of the audio, the audio comes back in that place.
    const audio = description.media.findIndex((m) => m.kind === "audio");
    this.#audioIndex = audio >= 0 ? audio : stream.index;
    return sdp;
  }

  /** Writes an offer of T.38 in the place of the audio (RFC 3264 section 8.3.3). */
  offerImage(local: LocalEndpoint, terms: ImageTerms): string {
    const slots = this.#slots.map((slot, i) => (i === this.#audioIndex ? imageMedia(local.port, terms) : refusedMedia(slot)));
    this.#offeredImage = slots;
    return this.#write(slots, local);
  }

  /** Takes the answer to our T.38 offer. `undefined`: it was refused, or is no answer to it. */
  receiveImageAnswer(text: string): ImageStream | undefined {
    const slots = this.#offeredImage;
    const description = this.#parse(text);
    if (slots === undefined || description instanceof SdpError) return undefined;
    this.#offeredImage = undefined;
    this.#slots = slots;
    this.#remote = description;
    // Some answer with the old audio line, refused, in front.
    const stream = readImage(description, this.#audioIndex) ?? readImage(description, description.media.findIndex(isT38));
    return stream !== undefined && this.#reachable(stream) ? stream : undefined;
  }

  /** The peer's offer was refused by us after all. */
  abandonAnswer(): void {
    this.#pendingOffer = undefined;
    this.#answering = undefined;
  }

  /** Version of the description the peer last sent, to tell a mere session refresh. */
  get remoteVersion(): string | undefined {
    return this.#remote?.origin.sessionVersion;
  }

  get #policy(): SrtpPolicy {
    return this.#options.srtp ?? "accept";
  }

  /** An answer lists nothing that the offer has not (RFC 3264 section 6.1). */
  #answerExtras(stream: AudioStream): Extras {
    const { comfortNoise = "off", rtcpXr = "accept" } = this.#options;
    return { telephoneEvent: stream.telephoneEventPayloadType, comfortNoise: comfortNoise !== "off" && stream.comfortNoise, rtcpXr: rtcpXr !== "off" && stream.rtcpXr !== undefined };
  }

  /** RFC 3611 section 5.2: either side asks the other for what it wants to be told, and need not be asked for the same. */
  #tellsMetrics(stream: AudioStream): boolean {
    return this.#options.rtcpXr !== "off" && stream.rtcpXr?.voipMetrics === true;
  }

  /** How an offer is answered; `undefined`: not at all. */
  #protect(stream: AudioStream, protocol: string): { style: Style; security: AudioSecurity } | undefined {
    const { security, rtcpMux: mux } = stream;
    if (!allowed(security, this.#policy)) {
      // Keys in a plain offer are a wish only (RFC 8643); where they are not wanted it is plain.
      if (security.kind === "sdes" && PLAIN_PROFILES.has(protocol.toUpperCase())) return { style: { protocol, mux }, security: { kind: "plain" } };
      return undefined;
    }
    if (security.kind === "dtls") {
      const { peer } = security;
      return { style: { protocol, mux: true, dtls: { setup: "passive", mid: peer.mid, bundled: peer.bundled } }, security: { kind: "dtls", peer } };
    }
    if (security.kind !== "sdes") return { style: { protocol, mux }, security: { kind: "plain" } };
    const line = SUITES.map((suite) => security.lines.find((each) => each.suite === suite)).find((each) => each !== undefined);
    if (line === undefined) return undefined;
    const mine = { tag: line.tag, suite: line.suite, key: this.#key(line.suite) };
    return { style: { protocol, mux, lines: [mine] }, security: { kind: "sdes", keys: { suite: line.suite, send: mine.key, receive: line.key } } };
  }

  /** In a session under way as before; a first offer as the policy wants it. */
  #offerStyle(local: LocalEndpoint): Style {
    if (local.webRtc !== undefined) {
      const before = this.#style?.dtls;
      return { protocol: this.#style?.protocol ?? "UDP/TLS/RTP/SAVPF", mux: true, dtls: { setup: "actpass", mid: before === undefined ? OWN_MID : before.mid, bundled: before?.bundled ?? true } };
    }
    if (this.#style !== undefined) return this.#style;
    const lines = SUITES.map((suite, i) => ({ tag: i + 1, suite, key: this.#key(suite) }));
    if (this.#policy === "require") return { protocol: "RTP/SAVP", mux: false, lines };
    return { protocol: "RTP/AVP", mux: false, ...(this.#policy === "offer" ? { lines } : {}) };
  }

  /** What the answer to our offer makes of its protection; `undefined`: nothing we can live with. */
  #answered(stream: AudioStream): AudioSecurity | undefined {
    const style = this.#style;
    const { security } = stream;
    if (style?.dtls !== undefined) return security.kind === "dtls" && security.peer.setup !== "passive" ? { kind: "dtls", peer: security.peer } : undefined;
    if (security.kind === "plain") return this.#policy === "require" || (style !== undefined && !PLAIN_PROFILES.has(style.protocol.toUpperCase())) ? undefined : security;
    if (security.kind !== "sdes") return undefined;
    const line = security.lines.find((each) => style?.lines?.some(({ tag, suite }) => tag === each.tag && suite === each.suite) === true);
    return line === undefined ? undefined : { kind: "sdes", keys: { suite: line.suite, send: this.#key(line.suite), receive: line.key } };
  }

  #key(suite: string): string {
    const known = this.#keys.get(suite);
    if (known !== undefined) return known;
    const made = randomBytes(30).toString("base64");
    this.#keys.set(suite, made);
    return made;
  }

  #choose(offered: readonly CodecChoice[]): CodecChoice | undefined {
    for (const codec of this.#codecs) {
      const found = offered.find((o) => o.codec === codec);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #parse(text: string): SessionDescription | SdpError {
    try {
      return parseSdp(text);
    } catch (error) {
      if (error instanceof SdpError) return error;
      throw error;
    }
  }

  /** The version of `o=` goes up by one exactly when the description changes (RFC 3264 section 8). */
  #write(media: readonly SdpMedia[], local: LocalEndpoint, style?: Style): string {
    const family = familyOf(local.address);
    const describe = (version: number): string =>
      buildSdp({
        origin: { username: this.#options.username ?? "hotline", sessionId: this.#options.sessionId, sessionVersion: String(version), family, address: local.address },
        name: "-",
        connection: { family, address: local.address },
        bandwidths: [],
        times: ["0 0"],
        attributes: style?.dtls === undefined ? [] : webRtcSession(style.dtls.bundled ? style.dtls.mid : undefined),
        media,
      });
    if (describe(this.#version) === this.#lastWritten) return this.#lastWritten;
    this.#version += 1;
    this.#lastWritten = describe(this.#version);
    return this.#lastWritten;
  }
}

function agreed(stream: AudioStream, choice: CodecChoice, { telephoneEvent, comfortNoise }: Extras, direction: Direction, security: AudioSecurity, voipMetrics: boolean): NegotiatedAudio {
  return {
    address: stream.address,
    port: stream.port,
    rtcpPort: stream.rtcpPort,
    codec: choice.codec,
    payloadType: choice.payloadType,
    ...(telephoneEvent === undefined ? {} : { telephoneEventPayloadType: telephoneEvent }),
    comfortNoise,
    voipMetrics,
    ...(stream.maxPacketMs === undefined ? {} : { maxPacketMs: stream.maxPacketMs }),
    direction,
    heldByPeer: !sends(reverse(stream.direction)),
    security,
  };
}

function packetsFit({ maxPacketMs = LEAST_PACKET_MS }: AudioStream): boolean {
  return maxPacketMs >= LEAST_PACKET_MS;
}

function audioMedia(style: Style, local: LocalEndpoint, codecs: readonly CodecChoice[], { telephoneEvent, comfortNoise, rtcpXr }: Extras, direction: Direction): SdpMedia {
  const attributes: SdpAttribute[] = codecs.map((c) => ({ name: "rtpmap", value: `${c.payloadType} ${c.codec}/8000` }));
  const formats = codecs.map((c) => String(c.payloadType));
  if (comfortNoise) {
    formats.push(String(COMFORT_NOISE_TYPE));
    attributes.push({ name: "rtpmap", value: `${COMFORT_NOISE_TYPE} CN/8000` });
  }
  if (telephoneEvent !== undefined) {
    formats.push(String(telephoneEvent));
    // Events 0-15 are the keys of RFC 4733 table 3.
    attributes.push({ name: "rtpmap", value: `${telephoneEvent} telephone-event/8000` }, { name: "fmtp", value: `${telephoneEvent} 0-15` });
  }
  attributes.push({ name: "ptime", value: "20" });
  if (style.mux) attributes.push({ name: "rtcp-mux" });
  if (rtcpXr) attributes.push({ name: "rtcp-xr", value: "voip-metrics" });
  if (style.lines !== undefined) attributes.push(...style.lines.map(cryptoAttribute));
  if (style.dtls !== undefined && local.webRtc !== undefined) attributes.push(...webRtcAttributes(local.webRtc, local.port, style.dtls.setup, style.dtls.mid));
  attributes.push({ name: direction });
  return { kind: "audio", port: local.port, protocol: style.protocol, formats, bandwidths: [], attributes };
}

/** RFC 3264 section 6: a refused stream keeps its kind, protocol and formats and has port 0. */
function refusedMedia(media: SdpMedia): SdpMedia {
  return { kind: media.kind, port: 0, protocol: media.protocol, formats: media.formats, bandwidths: [], attributes: [] };
}
