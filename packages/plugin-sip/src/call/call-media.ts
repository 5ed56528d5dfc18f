import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AudioCodec, DtmfDigit, MediaEngine, MediaLeg, RtpLeg, RtpRemote, RtpTransport, Timer, WebRtcLeg, WebRtcRemote, WebRtcTransport } from "@hotlinejs/core";
import { callEnded, sipErrors } from "../errors.js";
import { receives, SdpSession } from "../sdp/index.js";
import type { Direction, DtlsPeer, LocalEndpoint, NegotiatedAudio } from "../sdp/index.js";
import type { CallEnvironment } from "./call-environment.js";
import { isUnspecified, NoPeerAddressError, peerAddress } from "./peer-address.js";

/** How long a leg that was made ahead waits for its call to be answered, ms. */
const AHEAD_MS = 250;

/** What is spoken on the legs of calls that have agreed on it. */
const spoken = new WeakMap<MediaLeg, AudioCodec>();

/** What the call does about its sound. */
export interface CallMediaListener {
  /** Nothing was heard for too long although the peer should send. */
  timedOut(silentMs: number): void;
  /** There is no more sound: the leg is gone without our doing (`lost`), the browser has taken its leave (`closed`), or what the peer has described cannot be used (`unusable`). */
  failed(cause: "lost" | "closed" | "unusable"): void;
  /** A bridge has a key for the peer, which takes keys by INFO. */
  keyFor(digit: DtmfDigit): void;
}

type SipLeg = { readonly kind: "rtp"; readonly leg: RtpLeg } | { readonly kind: "webrtc"; readonly leg: WebRtcLeg };

/** The sound of one SIP call: its offer/answer state and the leg behind it, RTP or WebRTC. */
export class CallMedia {
  #sdp: SdpSession;
  readonly #environment: CallEnvironment;
  readonly #listener: CallMediaListener;
  /** Local address of the SIP transport, told in SDP when the leg is bound to all addresses. */
  readonly #signallingAddress: string | undefined;
  #made: SipLeg | undefined;
  /** How the leg speaks with a phone and with a browser; `undefined`: not yet. */
  #rtp: RtpTransport | undefined;
  #browser: WebRtcTransport | undefined;
  /** Whether the peer is a browser. */
  #webRtc = false;
  #opening: Promise<MediaLeg> | undefined;
  /** A leg that is being made before it is asked for; `undefined` in it: it could not be. */
  #ahead: Promise<RtpLeg | undefined> | undefined;
  #aheadTimer: Timer | undefined;
  #closed = false;
  #silent = false;
  #timer: Timer | undefined;
  #direction: Direction = "sendrecv";
  #unsubscribe: (() => void) | undefined;
  #remote: { address: string; port: number } | undefined;
  #generation = 0;
  /** What the leg was made with, until it is agreed. */
  #expected: RtpRemote | undefined;
  /** Where the peer signals from. */
  #signalledFrom: string | undefined;
  /** Whom ICE connected us to; another name is a restart of it. */
  #icePeer: string | undefined;

  constructor(environment: CallEnvironment, listener: CallMediaListener, signallingAddress?: string) {
    this.#environment = environment;
    this.#listener = listener;
    this.#signallingAddress = signallingAddress;
    this.#sdp = this.freshSdp();
  }

  /** Offer and answer with the peer. */
  get sdp(): SdpSession {
    return this.#sdp;
  }

  /** For a peer that this sound knows nothing of yet. */
  freshSdp(): SdpSession {
    const { codecs, srtp, comfortNoise, rtcpXr, isOwn } = this.#environment;
    return new SdpSession({ sessionId: String(randomInt(1, 2 ** 47)), codecs, srtp, comfortNoise, rtcpXr, isOwn });
  }

  /** Another peer has taken the place of the old one; `sdp` is what was, or is to be, agreed with it. The leg turns to it with `apply`. */
  follow(sdp: SdpSession, webRtc: boolean): void {
    this.#sdp = sdp;
    if (webRtc !== this.#webRtc) this.#remote = undefined;
    this.#webRtc = webRtc;
  }

  /** The host that the peer's signalling comes from, as far as it is known: its sound may come from there too. Counts from the next `open` or `apply` on. */
  signalsFrom(host: string | undefined): void {
    this.#signalledFrom = host !== undefined && isIP(host) !== 0 ? host : undefined;
  }

  /** Whether the leg, once open, can speak with a browser, or with a phone, at once. */
  speaks(webRtc: boolean): boolean {
    return (webRtc ? this.#browser : this.#rtp) !== undefined;
  }

  /** Makes the leg ready for a peer of the other kind; the present one is heard on. Rejects with HTL_SIP_MEDIA_FAILED. */
  async learn(webRtc: boolean): Promise<void> {
    const made = this.#made;
    if (made === undefined) throw sipErrors.NO_MEDIA();
    const { mediaTimeoutMs, browserTimeoutMs, dtmf } = this.#environment;
    try {
      if (webRtc && made.kind === "rtp") this.#browser ??= await made.leg.asWebRtc({ mediaTimeoutMs: browserTimeoutMs });
      else if (!webRtc && made.kind === "webrtc") this.#rtp ??= made.leg.asRtp({ mediaTimeoutMs, keys: dtmf === "info" ? "signalling" : "media" });
    } catch (error) {
      throw sipErrors.MEDIA_FAILED(errorText(error), { cause: error });
    }
  }

  get leg(): MediaLeg | undefined {
    return this.#made?.leg;
  }

  /** Begins to make the leg for a phone's offer, so that who answers at once need not wait for it. One that nobody asks for within a moment is given back: a call that rings has no port. */
  prepare(expected: NegotiatedAudio): void {
    if (expected.security.kind === "dtls" || this.#opening !== undefined || this.#ahead !== undefined || this.#closed) return;
    const { media, clock } = this.#environment;
    const ahead = (async () => media().createRtpLeg(this.#rtpOptions(undefined, expected)))().catch(() => undefined);
    this.#ahead = ahead;
    this.#aheadTimer = clock.setTimeout(() => this.#dropAhead(), AHEAD_MS);
  }

  #dropAhead(): void {
    this.#aheadTimer?.cancel();
    const ahead = this.#ahead;
    this.#ahead = undefined;
    void ahead?.then((leg) => {
      if (leg !== undefined) this.#shut(leg);
    });
  }

  /** The leg that was made ahead, if there is one that still stands. */
  async #takeAhead(): Promise<RtpLeg | undefined> {
    this.#aheadTimer?.cancel();
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const leg = await ahead;
    return leg?.ended === true ? undefined : leg;
  }

  #rtpOptions(near: MediaLeg | undefined, expected: NegotiatedAudio | undefined): Parameters<MediaEngine["createRtpLeg"]>[0] {
    const { mediaTimeoutMs, dtmf } = this.#environment;
    if (expected !== undefined && isIP(expected.address) !== 0 && !isUnspecified(expected.address)) this.#expected = remoteOf(expected, expected, this.#signalledFrom);
    return { ...this.#where(near, mediaTimeoutMs), ...(dtmf === "info" ? { keys: "signalling" as const } : {}), ...(this.#expected === undefined ? {} : { remote: this.#expected }) };
  }

  #where(near: MediaLeg | undefined, timeoutMs: number): { near?: MediaLeg; bindAddress?: string; mediaTimeoutMs?: number } {
    const { mediaBindAddress } = this.#environment;
    return {
      ...(near === undefined || near.ended ? {} : { near }),
      ...(mediaBindAddress === undefined ? {} : { bindAddress: mediaBindAddress }),
      ...(timeoutMs > 0 ? { mediaTimeoutMs: timeoutMs } : {}),
    };
  }

  /**
   * Makes the leg, once. Rejects with HTL_SIP_MEDIA_FAILED, or HTL_CORE_CALL_ENDED when `close` came first.
   *
   * @param options.expected what is about to be agreed, where the peer has offered: the leg then starts with it and need not be told.
   * @param options.webRtc the peer is a browser; where it has offered, its offer tells.
   */
  open(options: { near?: MediaLeg; expected?: NegotiatedAudio; webRtc?: boolean } = {}): Promise<MediaLeg> {
    this.#opening ??= this.#create(options.near, options.expected, options.webRtc ?? options.expected?.security.kind === "dtls");
    return this.#opening;
  }

  async #create(near: MediaLeg | undefined, expected: NegotiatedAudio | undefined, webRtc: boolean): Promise<MediaLeg> {
    let made: SipLeg;
    try {
      const media = this.#environment.media();
      if (webRtc) made = { kind: "webrtc", leg: await media.createWebRtcLeg(this.#where(near, this.#environment.browserTimeoutMs)) };
      else made = { kind: "rtp", leg: (await this.#takeAhead()) ?? (await media.createRtpLeg(this.#rtpOptions(near, expected))) };
    } catch (error) {
      throw sipErrors.MEDIA_FAILED(errorText(error), { cause: error });
    }
    const { leg } = made;
    // Two who speak it are relayed; for one of them each packet is transcoded.
    if (near !== undefined && spoken.get(near) === "G722") this.#sdp.prefer("G722");
    if (this.#closed) {
      this.#shut(leg);
      throw callEnded("while its media was set up");
    }
    this.#made = made;
    this.#webRtc = webRtc;
    if (made.kind === "rtp") this.#rtp = made.leg;
    else this.#browser = made.leg;
    this.#unsubscribe = leg.subscribe((event) => {
      if (event.type === "media-timeout") this.#silence(event.silentMs);
      else if (event.type === "media-resumed") this.#sound();
      else if (event.type === "send-key") this.#listener.keyFor(event.digit);
      else if (event.type === "transport" && event.state === "failed") {
        if (event.closed === true) return this.#listener.failed("closed");
        this.#environment.log.warn({ why: event.why }, "the protected connection of a browser's sound failed");
        this.#listener.failed("lost");
      } else if (event.type === "ended" && !this.#closed) this.#listener.failed("lost");
    });
    return leg;
  }

  /** What goes into our descriptions. The leg must be open. */
  local(): LocalEndpoint {
    return this.#localFor(this.#webRtc);
  }

  /** The same for a peer that may take the place of the present one. A browser gets ICE credentials that no other has had. */
  localFor(webRtc: boolean): LocalEndpoint {
    if (webRtc && this.#icePeer !== undefined) {
      this.#browser?.restartIce();
      this.#icePeer = undefined;
    }
    return this.#localFor(webRtc);
  }

  #localFor(webRtc: boolean): LocalEndpoint {
    const side = webRtc ? this.#browser : this.#rtp;
    if (side === undefined) throw sipErrors.NO_MEDIA();
    const described = this.described(side);
    if (!("ice" in side)) return described;
    const { ice, fingerprint, localAddress } = side;
    return { ...described, webRtc: { ...ice, fingerprint, candidates: candidatesOf(described.address, localAddress) } };
  }

  /** To be called with the peer's description before ours is written: a browser whose network has changed starts ICE anew, and so do we. */
  meet(audio: NegotiatedAudio): void {
    const { security } = audio;
    if (!this.#webRtc || security.kind !== "dtls") return;
    const name = iceName(security.peer);
    if (this.#icePeer !== undefined && this.#icePeer !== name) this.#browser?.restartIce();
    this.#icePeer = name;
  }

  /** How something bound here is told to the peer. */
  described(bound: { readonly localAddress: string; readonly localPort: number }): LocalEndpoint {
    const { localAddress } = bound;
    const address = this.#environment.advertisedAddress ?? (isUnspecified(localAddress) ? (this.#signallingAddress ?? localAddress) : localAddress);
    return { address, port: bound.localPort };
  }

  /** The call is something else than sound for a while (T.38): nothing is sent, nothing missed. `apply` ends it. */
  rest(): void {
    this.#direction = "inactive";
    this.#generation++;
    this.#watch();
    const audio = this.sdp.audio;
    if (audio === undefined || this.#remote === undefined) return;
    this.#tell({ ...audio, direction: "inactive" }, this.#remote);
  }

  /** Lets the leg do what was agreed. A host name in the peer's SDP is looked up first, and what it leads to is held to what addresses are. */
  apply(audio: NegotiatedAudio): void {
    this.#direction = audio.direction;
    this.#watch();
    const generation = ++this.#generation;
    // The old way of holding names no address: the last one stays, so that reports do not go astray.
    const remote = isUnspecified(audio.address) && !this.#webRtc ? this.#remote : { address: audio.address, port: audio.port };
    if (remote === undefined) return;
    if (isIP(remote.address) !== 0 || this.#webRtc) {
      this.#setRemote(audio, remote);
      return;
    }
    const current = (): boolean => generation === this.#generation && !this.#closed;
    peerAddress(remote.address, remote.port, this.#environment).then(
      (address) => {
        if (current()) this.#setRemote(audio, { address, port: remote.port });
      },
      (error: unknown) => {
        this.#environment.log.warn({ host: remote.address, error: errorText(error) }, "the media host of a SIP peer has no address that can be sent to");
        // As with an address in its place: a call does not begin so, and one that there is stays as it was.
        if (error instanceof NoPeerAddressError && this.#remote === undefined && current()) this.#listener.failed("unusable");
      },
    );
  }

  #setRemote(audio: NegotiatedAudio, remote: { address: string; port: number }): void {
    if (this.#closed) return;
    this.#remote = remote;
    this.#tell(audio, remote);
  }

  #tell(audio: NegotiatedAudio, remote: { address: string; port: number }): void {
    const made = this.#made;
    if (made === undefined || made.leg.ended) return;
    spoken.set(made.leg, audio.codec);
    try {
      if (this.#webRtc) {
        this.meet(audio);
        this.#browser?.setRemote(browserOf(audio));
        return;
      }
      const wanted = remoteOf(audio, remote, this.#signalledFrom);
      const expected = this.#expected;
      this.#expected = undefined;
      if (expected === undefined || !sameRemote(expected, wanted)) this.#rtp?.setRemote(wanted);
    } catch (error) {
      const { log } = this.#environment;
      if (isHotlineError(error) && error.sip === 488) {
        log.warn({ code: error.code, error: error.message }, "what a peer has described cannot be used");
        return this.#listener.failed("unusable");
      }
      log.error({ err: error }, "the media engine refused what was agreed with a peer");
      this.#listener.failed("lost");
    }
  }

  /** Ends the leg. Idempotent, never throws. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#dropAhead();
    this.#unsubscribe?.();
    if (this.#made !== undefined) this.#shut(this.#made.leg);
  }

  #shut(leg: MediaLeg): void {
    leg.close().catch((error: unknown) => this.#environment.log.warn({ error: errorText(error) }, "a media leg could not be closed in order"));
  }

  #silence(silentMs: number): void {
    this.#silent = true;
    if (receives(this.#direction) || this.#webRtc) this.#listener.timedOut(silentMs);
  }

  #sound(): void {
    this.#silent = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** After a hold the leg does not report the silence a second time: the peer has one more time-out to come back. */
  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { mediaTimeoutMs, clock } = this.#environment;
    if (!this.#silent || !receives(this.#direction) || mediaTimeoutMs === 0 || this.#closed) return;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#silent) this.#listener.timedOut(mediaTimeoutMs);
    }, mediaTimeoutMs);
  }
}

function remoteOf(audio: NegotiatedAudio, { address, port }: { readonly address: string; readonly port: number }, signalledFrom: string | undefined): RtpRemote {
  return {
    address,
    port,
    ...(signalledFrom === undefined ? {} : { signalledFrom }),
    rtcpPort: audio.rtcpPort,
    codec: audio.codec,
    payloadType: audio.payloadType,
    ...(audio.telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType: audio.telephoneEventPayloadType }),
    ...extensionsOf(audio),
    direction: audio.direction,
    ...(audio.security.kind === "sdes" ? { srtp: audio.security.keys } : {}),
  };
}

function extensionsOf({ comfortNoise, voipMetrics, maxPacketMs }: NegotiatedAudio): { comfortNoise?: true; voipMetrics?: true; maxPacketMs?: number } {
  return { ...(comfortNoise ? { comfortNoise } : {}), ...(voipMetrics ? { voipMetrics } : {}), ...(maxPacketMs === undefined ? {} : { maxPacketMs }) };
}

/** A browser tells by ICE where it is; the address in its description is a place-holder. */
function browserOf(audio: NegotiatedAudio): WebRtcRemote {
  const { codec, payloadType, telephoneEventPayloadType, direction, security } = audio;
  return {
    codec,
    payloadType,
    ...(telephoneEventPayloadType === undefined ? {} : { telephoneEventPayloadType }),
    ...extensionsOf(audio),
    direction,
    fingerprints: security.kind === "dtls" ? security.peer.fingerprints : [],
  };
}

function iceName({ ufrag, pwd }: DtlsPeer): string {
  return `${ufrag} ${pwd}`;
}

/** The told address first; where all addresses are bound, those of the interfaces too. */
function candidatesOf(told: string, bound: string): readonly string[] {
  if (!isUnspecified(bound)) return [...new Set([told, bound])];
  const family = bound === "::" ? undefined : "IPv4";
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outward = all.filter((each) => !each.internal && !each.address.startsWith("fe80:") && (family === undefined || each.family === family)).map((each) => each.address);
  return [...new Set([...(isUnspecified(told) ? [] : [told]), ...outward])];
}

function sameRemote(a: RtpRemote, b: RtpRemote): boolean {
  return a.address === b.address && a.port === b.port && a.signalledFrom === b.signalledFrom && a.rtcpPort === b.rtcpPort && a.codec === b.codec && a.payloadType === b.payloadType && a.telephoneEventPayloadType === b.telephoneEventPayloadType && a.comfortNoise === b.comfortNoise && a.voipMetrics === b.voipMetrics && a.maxPacketMs === b.maxPacketMs && a.direction === b.direction && a.srtp?.send === b.srtp?.send && a.srtp?.receive === b.srtp?.receive;
}
