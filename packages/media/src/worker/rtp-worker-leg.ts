import type { DtmfDigit, IceCredentials, LegQuality, LegStats, RtpRemote, WebRtcRemote } from "@hotlinejs/core";
import { COMFORT_NOISE_PAYLOAD_TYPE } from "../codec/comfort-noise.js";
import { qualityOf } from "../quality/leg-quality.js";
import { voipMetricsOf } from "../quality/voip-metrics-of.js";
import { Reception } from "../rtp/reception.js";
import { RTP_HEADER_BYTES, emptyRtpHeader, isRtcp, parseRtp } from "../rtp/rtp-packet.js";
import { RtpSender } from "../rtp/rtp-sender.js";
import type { VoipMetrics } from "../rtp/voip-metrics.js";
import { TelephoneEventReceiver } from "../rtp/telephone-event-receiver.js";
import { TELEPHONE_EVENT_BYTES, TelephoneEventSender } from "../rtp/telephone-event-sender.js";
import { SignalledStreams } from "../srtp/srtp-streams.js";
import type { SrtpStreams } from "../srtp/srtp-streams.js";
import type { InboundSound } from "./inbound-sound.js";
import type { KeyPackets } from "./key-queue.js";
import type { LegHost } from "./leg-host.js";
import type { DtlsCertificate } from "./dtls/dtls-certificate.js";
import type { WireRtpOptions } from "./protocol.js";
import type { DatagramSource } from "./media-socket.js";
import { PacketRing } from "./packet-ring.js";
import { PeerPath } from "./peer-path.js";
import { RELEARN_MS } from "./peer-source.js";
import { RtcpSession } from "./rtcp-session.js";
import type { PortPair } from "./rtp-sockets.js";
import { knownCodec, soundCodec, SpokenLaw, toAlaw } from "./spoken-law.js";
import { TICK_SAMPLES } from "./tick-driver.js";
import { WebRtcLink } from "./webrtc-link.js";
import { WidebandEar } from "./wideband-ear.js";
import { WorkerLeg } from "./worker-leg.js";

/** A silent leg shows itself this often, so that NAT bindings stay open (RFC 6263 section 4.1). */
const KEEP_ALIVE_MS = 5000;
/** Samples of half a frame. */
const HALF = TICK_SAMPLES / 2;
/** Samples of a packet longer than any. */
const ANY_LENGTH = 0x1_0000;

/** What makes a leg one of WebRTC. */
export interface WebRtcStart {
  readonly ice: IceCredentials;
  readonly certificate: DtlsCertificate;
  readonly options: WireRtpOptions;
}

/** A leg on RTP and RTCP over UDP: in clear, with SRTP by keys that were signalled, or as a WebRTC peer expects it. The peer may be followed by one of the other kind. */
export class RtpWorkerLeg extends WorkerLeg {
  readonly #path: PeerPath;
  /** Of the kind of peer there is. */
  #options: WireRtpOptions;
  /** For a peer on RTP, and for one of WebRTC, where there may be such. */
  #rtp: WireRtpOptions | undefined;
  #webRtc: WebRtcStart | undefined;
  readonly #sender: RtpSender;
  readonly #reception = new Reception();
  readonly #rtcp: RtcpSession;
  readonly #header = emptyRtpHeader();
  readonly #inbound: InboundSound;
  readonly #events: TelephoneEventReceiver;
  readonly #ring = new PacketRing();
  readonly #voice = new SpokenLaw();
  #ear: WidebandEar | undefined;
  /** The packet being handled came after one with a higher number. */
  #late = false;
  /** What was made of it for who needs G.711; null: nobody has asked yet. */
  #narrow: InboundSound | undefined | null = null;
  #remote: RtpRemote | undefined;
  /** The most sound the peer takes in a packet, in samples. */
  #maxSamples = ANY_LENGTH;
  /** A packet that was to be relayed was longer. */
  #tooLong = false;
  #sends = false;
  #receives = false;
  /** Protects the packets; keys by signalling or by DTLS. */
  #srtp: SrtpStreams | undefined;
  #signalled: SignalledStreams | undefined;
  #link: WebRtcLink | undefined;
  /** The link was ready once. */
  #linkUp = false;
  #malformed = 0;
  #strays = 0;
  #lastReceivedAt = 0;
  #lastSentAt = 0;
  #timedOut = false;

  constructor(id: string, host: LegHost, sockets: PortPair, options: WireRtpOptions, webRtc?: WebRtcStart) {
    super(id, host);
    this.#path = new PeerPath(sockets);
    this.#options = options;
    this.#sender = new RtpSender(() => host.random());
    this.#rtcp = new RtcpSession(host, this.#sender, this.#reception, `${id}@hotline`, (packet) => this.#sendRtcp(packet), () => this.#voipMetrics());
    this.#inbound = { source: this, codec: "PCMA", event: false, noise: false, ssrc: 0, sequence: 0, timestamp: 0, marker: false, packet: new Uint8Array(0), offset: 0, length: 0 };
    this.#events = new TelephoneEventReceiver({
      down: (digit) => this.keyDown(digit, "rfc4733"),
      up: (digit, durationMs) => this.keyUp(digit, durationMs, "rfc4733"),
    });
    this.#rtp = webRtc === undefined ? options : undefined;
    this.#webRtc = webRtc;
    this.#link = webRtc === undefined ? undefined : this.#linked(webRtc);
    sockets.rtp.onDatagram(this.#onRtp);
    sockets.rtcp.onDatagram(this.#onRtcp);
    if (options.remote !== undefined) this.setRemote(options.remote);
  }

  get relays(): boolean {
    return this.#maxSamples >= TICK_SAMPLES && !this.#tooLong;
  }

  get takesEvents(): boolean {
    return this.#remote?.telephoneEventPayloadType !== undefined && !this.signalsKeys;
  }

  override get signalsKeys(): boolean {
    return this.#options.keysBySignalling === true;
  }

  get takesNoise(): boolean {
    return this.#remote?.comfortNoise === true;
  }

  protected override get connected(): boolean {
    return this.#sends;
  }

  protected override get listening(): boolean {
    return this.#receives;
  }

  /** A peer on RTP may follow the browser there is. */
  prepareRtp(options: WireRtpOptions): void {
    this.#rtp = options;
  }

  /** A browser may follow the peer there is. */
  prepareWebRtc(start: WebRtcStart): void {
    this.#webRtc = start;
  }

  /** For RTP. A browser that was the peer is told that it is no more. */
  setRtpRemote(remote: RtpRemote): void {
    if (this.#link !== undefined) {
      if (this.#rtp === undefined) return;
      this.#forgetPeer(this.#rtp);
      this.#link.close();
      this.#link = undefined;
    }
    this.setRemote(remote);
  }

  setRemote(remote: RtpRemote): void {
    const before = this.#remote;
    const moved = before?.address !== remote.address || before.port !== remote.port;
    this.#remote = { ...remote, codec: knownCodec(remote.codec) };
    if (moved || before.codec !== this.#remote.codec) this.#voice.begin();
    this.#limitPackets(remote.maxPacketMs);
    const direction = remote.direction ?? "sendrecv";
    const reachable = this.#link === undefined ? remote.port > 0 && remote.address !== "0.0.0.0" && remote.address !== "::" : this.#link.ready;
    this.#sends = reachable && (direction === "sendrecv" || direction === "sendonly");
    this.#receives = direction === "sendrecv" || direction === "recvonly";
    this.#path.source.symmetric = this.#options.symmetric;
    this.#path.source.expected = this.#receives;
    if (!this.#receives) this.#events.flush();
    if (this.#link === undefined) this.#srtp = remote.srtp === undefined ? undefined : (this.#signalled ??= new SignalledStreams()).of(remote.srtp);
    if (this.#link === undefined) {
      this.#path.announce(remote);
    }
    this.setInbandDtmf(this.#options.inbandDtmf ?? remote.telephoneEventPayloadType === undefined);
    this.#lastReceivedAt = this.host.ticks.mediaTime / 8;
    if (reachable) this.#rtcp.start(this.#lastReceivedAt);
    if (moved) this.prime(); // the first one has always moved
    this.wake();
  }

  #limitPackets(maxMs: number | undefined): void {
    const samples = maxMs === undefined ? ANY_LENGTH : maxMs * 8;
    if (samples === this.#maxSamples) return;
    this.#maxSamples = samples;
    this.#tooLong = false;
    this.seat?.relaysChanged();
  }

  /** For WebRTC: the peer says where it is by ICE. */
  setWebRtcRemote(remote: WebRtcRemote): void {
    const start = this.#webRtc;
    if (start === undefined) return;
    if (this.#link === undefined) {
      this.#forgetPeer(start.options);
      this.#link = this.#linked(start);
    }
    this.#link.expect(remote.fingerprints);
    const { fingerprints: _, ...agreed } = remote;
    this.setRemote({ address: "", port: 0, ...agreed });
  }

  restartIce(ice: IceCredentials): void {
    if (this.#webRtc !== undefined) this.#webRtc = { ...this.#webRtc, ice };
    this.#link?.restart(ice);
  }

  /** One of the other kind follows: nothing of what was learned of the peer holds for it. */
  #forgetPeer(options: WireRtpOptions): void {
    this.#options = options;
    this.#path.forget();
    this.#events.flush();
    this.#remote = undefined;
    this.#sends = false;
    this.#srtp = undefined;
    this.#signalled = undefined;
    this.#linkUp = false;
  }

  stats(): LegStats {
    const quality = this.#quality();
    return {
      packetsSent: this.#sender.packets,
      packetsReceived: this.#reception.received,
      octetsSent: this.#sender.octets,
      octetsReceived: this.#reception.octets,
      packetsLost: this.#reception.lost,
      packetsLate: this.#reception.late,
      jitterMs: this.#reception.jitterMs,
      roundTripMs: this.#rtcp.roundTripMs,
      packetsDuplicated: this.#reception.duplicates,
      ...(quality === undefined ? {} : { quality }),
    };
  }

  #quality(): LegQuality | undefined {
    const { expected, lost, meanJitterMs, maxJitterMs, burstRatio } = this.#reception;
    const received = { expected, lost, discarded: this.playout.discarded, jitterMs: meanJitterMs, maxJitterMs, burstRatio, playoutMs: this.playout.meanDelayMs };
    return qualityOf(received, this.#rtcp.sent, this.#rtcp.meanRoundTripMs, this.#rtcp.reported);
  }

  #voipMetrics(): VoipMetrics | undefined {
    if (this.#remote?.voipMetrics !== true) return undefined;
    return voipMetricsOf({ reception: this.#reception, playout: this.playout, quality: this.#quality()?.received, roundTripMs: this.#rtcp.roundTripMs, jitterMaxMs: this.host.data.jitterMaxMs });
  }

  /** Packets that were no RTP, and packets of sources that are not the peer: for diagnosis. */
  get refused(): { malformed: number; strays: number } {
    return { malformed: this.#malformed, strays: this.#strays };
  }

  /** Looked at by the worker a few times a second; `now` is media time in ms. */
  sweep(now: number): void {
    this.#rtcp.poll(now);
    const limit = this.#options.mediaTimeoutMs;
    if (limit > 0 && this.#remote !== undefined && !this.#timedOut) {
      // On hold nothing is expected, but for the checks of a WebRTC peer.
      if (!this.mayReceive && this.#link === undefined) this.#lastReceivedAt = now;
      else if (now - this.#lastReceivedAt >= limit) {
        this.#timedOut = true;
        this.host.report({ ev: "leg", leg: this.id, event: { type: "media-timeout", silentMs: Math.round(now - this.#lastReceivedAt) } });
      }
    }
    if (this.#path.connected && this.#options.symmetric && this.mayReceive && now - this.#lastReceivedAt >= RELEARN_MS) {
      // Its NAT may have given it another port since.
      this.#path.disconnect();
      this.#path.source.unsettle();
    }
    if (this.host.data.keepAliveSilence && this.maySend && now - this.#lastSentAt >= KEEP_ALIVE_MS) this.sendSilence(this.host.ticks.current);
  }

  override beginKey(digit: DtmfDigit, toneMs: number, tick: number): KeyPackets | undefined {
    const payloadType = this.#remote?.telephoneEventPayloadType;
    if (payloadType === undefined) return undefined;
    const event = new TelephoneEventSender(digit, this.#sender.beginEvent(tick), toneMs);
    return {
      get done() {
        return event.done;
      },
      send: () => {
        const packet = this.#ring.take(RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
        const marker = event.first;
        event.write(packet, RTP_HEADER_BYTES);
        this.#sender.event(packet, payloadType, marker, event.timestamp, TELEPHONE_EVENT_BYTES);
        this.#transmit(packet);
      },
    };
  }

  protected override emit(tick: number, alaw: Uint8Array): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    const packet = this.#ring.take(RTP_HEADER_BYTES + TICK_SAMPLES);
    if (remote.codec === "PCMA") packet.set(alaw, RTP_HEADER_BYTES);
    else this.#voice.write("PCMA", alaw, 0, remote.codec, packet, RTP_HEADER_BYTES, TICK_SAMPLES);
    if (this.#maxSamples < TICK_SAMPLES) {
      this.#transmitHalves(packet, remote.payloadType, tick);
      return;
    }
    this.#sender.frame(packet, remote.payloadType, tick, TICK_SAMPLES);
    this.#transmit(packet);
  }

  /** Sends a frame as two packets of 10 ms. */
  #transmitHalves(whole: Uint8Array, payloadType: number, tick: number): void {
    const second = this.#ring.take(RTP_HEADER_BYTES + HALF);
    second.set(whole.subarray(RTP_HEADER_BYTES + HALF), RTP_HEADER_BYTES);
    const first = whole.subarray(0, RTP_HEADER_BYTES + HALF);
    this.#sender.frame(first, payloadType, tick, HALF);
    this.#transmit(first);
    this.#sender.part(second, payloadType, HALF, HALF);
    this.#transmit(second);
  }

  protected override emitRelayed(sound: InboundSound): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    const payloadType = sound.event ? remote.telephoneEventPayloadType : sound.noise ? COMFORT_NOISE_PAYLOAD_TYPE : remote.payloadType;
    if (payloadType === undefined || (sound.event && this.signalsKeys)) return;
    const spoken = !sound.event && !sound.noise;
    if (spoken && sound.length > this.#maxSamples) {
      this.#tooLong = true;
      this.seat?.relaysChanged();
      return;
    }
    const said = spoken && sound.codec === "G722" && remote.codec !== "G722" ? sound.source.narrowed(sound) : sound;
    if (said === undefined) return;
    let { packet } = said;
    if (said.offset !== RTP_HEADER_BYTES || said.offset + said.length !== packet.length) {
      packet = new Uint8Array(RTP_HEADER_BYTES + said.length);
      packet.set(said.packet.subarray(said.offset, said.offset + said.length), RTP_HEADER_BYTES);
    }
    const now = this.host.ticks.recent;
    if (!this.#sender.relay(packet, payloadType, sound.marker, sound.source, sound.ssrc, sound.sequence, sound.timestamp, now, sound.length)) return;
    if (this.tapped && spoken) this.#tapRelayed(said);
    if (spoken && said.codec !== remote.codec) this.#voice.write(said.codec, packet, RTP_HEADER_BYTES, remote.codec, packet, RTP_HEADER_BYTES, said.length);
    this.#forward(packet);
  }

  #tapRelayed(sound: InboundSound): void {
    const narrow = sound.source.narrowed(sound);
    if (narrow !== undefined) this.tapRelayed(narrow.source, narrow.timestamp, narrow.packet, narrow.offset, narrow.length, toAlaw(narrow.codec));
  }

  override narrowed(sound: InboundSound): InboundSound | undefined {
    if (sound.codec !== "G722") return sound;
    if (this.#narrow === null) this.#narrow = (this.#ear ??= new WidebandEar(this)).hear(sound, this.#late);
    return this.#narrow;
  }

  override discarded(sound: InboundSound): void {
    this.#reception.discarded(sound.ssrc, sound.sequence);
  }

  /** A key that is down must be watched for a lost end. */
  protected override attend(): boolean {
    if (!this.#events.active) return false;
    this.#events.poll(this.host.ticks.recent / 8);
    return this.#events.active;
  }

  protected override release(): void {
    this.#events.flush();
    this.#rtcp.stop();
    this.#link?.close();
    this.#path.close();
  }

  /** What a packet sets off must never take the worker, and with it all other legs, down. */
  readonly #onRtp = (packet: Uint8Array, from: DatagramSource): void => {
    this.host.arrivals.arrived();
    try {
      this.#receive(packet, from);
    } catch (error) {
      this.host.legFault(this, error);
    }
  };

  #receive(datagram: Uint8Array, from: DatagramSource): void {
    if (this.closed || (this.#link !== undefined && !this.#link.takes(datagram, from))) return;
    const remote = this.#remote;
    if (remote === undefined) return;
    let packet: Uint8Array = datagram;
    if (this.#srtp !== undefined) {
      // Before the source is looked at: who cannot sign must not be latched to.
      const clear = isRtcp(packet) ? this.#srtp.receiver.unprotectRtcp(packet) : this.#srtp.receiver.unprotect(packet);
      if (clear === undefined) return;
      packet = clear;
    }
    if (!this.#path.connected && this.#link === undefined && !this.#accepts(packet, from, remote)) {
      this.#strays++;
      return;
    }
    if (isRtcp(packet)) {
      this.#rtcp.received(packet);
      return;
    }
    const header = this.#header;
    if (!parseRtp(packet, header)) {
      this.#malformed++;
      return;
    }
    const isEvent = header.payloadType === remote.telephoneEventPayloadType;
    const isNoise = !isEvent && header.payloadType === COMFORT_NOISE_PAYLOAD_TYPE;
    const codec = soundCodec(header.payloadType, remote);
    const arrivedAt = this.host.ticks.mediaTime;
    const now = arrivedAt / 8;
    if (!isEvent && !isNoise && codec === undefined) {
      // Of no use, but it was sent and came: a gap in its place would be a loss.
      if (header.ssrc === this.#reception.ssrc) this.#reception.packet(header.ssrc, header.sequence, header.timestamp, header.payloadLength, arrivedAt, false);
      return;
    }
    const arrival = this.#reception.packet(header.ssrc, header.sequence, header.timestamp, header.payloadLength, arrivedAt, !isEvent);
    this.#alive(now);
    if (!this.mayReceive || arrival === "duplicate") return;
    const inbound = this.#inbound;
    inbound.event = isEvent;
    inbound.noise = isNoise;
    inbound.codec = codec ?? remote.codec;
    inbound.ssrc = header.ssrc;
    inbound.sequence = header.sequence;
    inbound.timestamp = header.timestamp;
    inbound.marker = header.marker;
    inbound.packet = packet;
    inbound.offset = header.payloadOffset;
    inbound.length = header.payloadLength;
    this.#late = arrival === "late";
    this.#narrow = null;
    if (isNoise) {
      // A pause: nothing in it to be recorded or listened for.
      this.seat?.sound(inbound);
      return;
    }
    if (!isEvent) {
      if (header.payloadLength > 0) this.heard(inbound, arrival !== "late");
      return;
    }
    this.#events.packet(header.ssrc, header.timestamp, header.marker, packet, header.payloadOffset, header.payloadLength, now);
    if (this.#events.active) this.wake();
    if (!this.keyRepeated) this.seat?.sound(inbound);
  }

  #alive(now: number): void {
    this.#lastReceivedAt = now;
    if (!this.#timedOut) return;
    this.#timedOut = false;
    this.host.report({ ev: "leg", leg: this.id, event: { type: "media-resumed" } });
  }

  readonly #onRtcp = (datagram: Uint8Array, from: DatagramSource): void => {
    // From the peer's address, whichever port: NATs give RTCP one of its own.
    if (this.#remote === undefined || this.#link !== undefined || from.address !== this.#path.source.address) {
      this.#strays++;
      return;
    }
    const packet = this.#srtp === undefined ? datagram : this.#srtp.receiver.unprotectRtcp(datagram);
    if (packet === undefined) return;
    if (this.#options.symmetric) this.#path.rtcpCame(from);
    this.#rtcp.received(packet);
  };

  /** Whether a packet comes from the peer. */
  #accepts(packet: Uint8Array, from: DatagramSource, remote: RtpRemote): boolean {
    const { source } = this.#path;
    const same = source.is(from);
    if (!same || !source.heard) {
      if (isRtcp(packet) || !parseRtp(packet, this.#header) || !this.#isOfUse(this.#header.payloadType, remote)) return same;
      const silentMs = this.host.ticks.mediaTime / 8 - this.#lastReceivedAt;
      if (!source.turnsTo(from, this.#header, this.#srtp !== undefined, silentMs)) return false;
      this.#path.turned(from, remote);
    }
    if (source.settles()) this.#path.connect();
    return true;
  }

  #isOfUse(payloadType: number, remote: RtpRemote): boolean {
    return payloadType === remote.telephoneEventPayloadType || payloadType === COMFORT_NOISE_PAYLOAD_TYPE || soundCodec(payloadType, remote) !== undefined;
  }

  #transmit(clear: Uint8Array): void {
    this.#lastSentAt = this.host.ticks.recent / 8;
    const packet = this.#srtp === undefined ? clear : this.#srtp.sender.protect(clear);
    this.#path.send(packet);
  }

  /** As `#transmit`, for a packet that another leg received and that is of no more use to it. */
  #forward(packet: Uint8Array): void {
    if (this.#srtp !== undefined || !this.#path.connected) {
      this.#transmit(packet);
      return;
    }
    this.#lastSentAt = this.host.ticks.recent / 8;
    this.#path.forward(packet);
  }

  #sendRtcp(clear: Uint8Array): void {
    const packet = this.#srtp === undefined ? clear : this.#srtp.sender.protectRtcp(clear);
    if (this.#link !== undefined) {
      if (this.#link.ready) this.#path.send(packet);
      return;
    }
    this.#path.sendRtcp(packet, this.#remote?.rtcpPort !== undefined && this.#remote.rtcpPort === this.#remote.port);
  }

  #linked({ ice, certificate }: WebRtcStart): WebRtcLink {
    const link = new WebRtcLink({
      ice,
      certificate,
      send: (datagram, address, port) => this.#path.sendTo(datagram, port, address),
      now: () => this.host.ticks.mediaTime / 8,
      alive: () => this.#alive(this.host.ticks.mediaTime / 8),
      changed: () => {
        if (link === this.#link) this.#linkChanged(link);
      },
      failed: (why, closed) => {
        if (link === this.#link) this.host.report({ ev: "leg", leg: this.id, event: { type: "transport", state: "failed", why, ...(closed ? { closed } : {}) } });
      },
    });
    return link;
  }

  #linkChanged(link: WebRtcLink): void {
    this.#srtp = link.streams;
    const { path } = link;
    if (path === undefined || this.#srtp === undefined) return;
    this.#path.source.address = path.address;
    this.#path.source.port = path.port;
    if (this.#remote !== undefined) this.setRemote(this.#remote);
    if (this.#linkUp) return;
    this.#linkUp = true;
    this.host.report({ ev: "leg", leg: this.id, event: { type: "transport", state: "connected" } });
    this.prime();
  }
}
