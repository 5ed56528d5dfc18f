import { token } from "../di/token.js";
import type { LegStats } from "./media-quality.js";
import type { LinePartRef, WorkerPartRef } from "./worker-parts.js";

/**
 * Payload formats the engine speaks (RFC 3551 section 6: PCMU 0, PCMA 8, G722 9). G.711 is spoken end to end; G.722 is relayed between two
 * who speak it, and elsewhere made from and into the 8 kHz of all other sound. Its clock is 8000 Hz too (RFC 3551 section 4.5.2).
 */
export type AudioCodec = "PCMA" | "PCMU" | "G722";

/** One telephone key, RFC 4733 section 3.2 events 0-15. */
export type DtmfDigit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#" | "A" | "B" | "C" | "D";

/** Encoded sound: 8 kHz mono A-law, ready to be sent by slicing. Lives in shared memory, so workers read it without a copy. */
export interface AudioAsset {
  /** Content key: two assets with one id hold the same sound. */
  readonly id: string;
  /** A-law octets over a SharedArrayBuffer; 8 per millisecond. */
  readonly samples: Uint8Array;
  readonly durationMs: number;
}

/** Named call-progress tones of the 450 Hz family (GB/T 3380; YD/T 1070): continuous dial tone; busy 350/350; ring-back 1 s / 4 s; congestion 700/700; beep 400 ms for "speak now". */
export type ToneName = "dial" | "busy" | "ringback" | "congestion" | "beep" | "waiting";

/** What an exchange tells by tones. */
export type ProgressTone = "dial" | "ringback" | "busy" | "congestion";

export type AudioSource =
  | { readonly kind: "asset"; readonly asset: AudioAsset }
  | { readonly kind: "tone"; readonly tone: ToneName; /** Default: for ever for cadenced tones, 400 ms for `beep`. */ readonly durationMs?: number }
  | { readonly kind: "sine"; readonly hz: number; readonly durationMs?: number; /** dBm0, default -10 */ readonly level?: number }
  | { readonly kind: "silence"; readonly durationMs: number };

export type PlayEndReason = "completed" | "stopped" | "barge-in" | "leg-ended";

/** A running play-out. */
export interface Playback {
  readonly id: string;
  /** Always settles, whoever ended it. `playedMs` counts what was sent. */
  readonly done: Promise<{ reason: PlayEndReason; playedMs: number; /** The key that cut it short. */ digit?: DtmfDigit }>;
  stop(): void;
}

export interface PlayOptions {
  /** Repeat for ever (hold music). Default false. */
  readonly loop?: boolean;
  /** Keys that stop the play-out: `true` any key, a string the listed keys, default none. The key stays in the digit buffer for `collect`. */
  readonly bargeIn?: boolean | string;
  /** Start in the loop at this offset (hold music goes on where it was). */
  readonly startAtMs?: number;
}

/** Which keys are taken, and how long is waited for them. */
export interface CollectOptions {
  /** Fewest and most digits. Defaults 1 and 1. The `finishOn` key is not counted. */
  readonly min?: number;
  readonly max?: number;
  /** Keys that end the entry and are left out of the result, for example `#`. Default none. */
  readonly finishOn?: string;
  /** Until the first key, counted from the end of the prompt. Default 6000 ms. */
  readonly firstDigitTimeoutMs?: number;
  /** Between keys. Default 4000 ms. */
  readonly interDigitTimeoutMs?: number;
  /** Forget what was keyed before. Default false: keying ahead works. */
  readonly flush?: boolean;
  /** Wait for this play-out to end (or be barged in) before the first-digit time-out starts. */
  readonly after?: Playback;
  readonly signal?: AbortSignal;
}

/** The keys that came, and why no more are taken. */
export interface Collected {
  readonly digits: string;
  /** `max`: the most digits came; `finish-key`; `timeout`: silence; `ended`: the leg or the signal ended. */
  readonly reason: "max" | "finish-key" | "timeout" | "ended";
  /** The key that finished the entry. */
  readonly finishedBy?: DtmfDigit;
}

export type MediaLegEvent =
  | { readonly type: "dtmf"; readonly digit: DtmfDigit; readonly durationMs: number; readonly via: "rfc4733" | "inband" | "info" }
  /** Legs whose peer takes keys by signalling: a bridge has one for it. Whoever made the leg sends it (SIP INFO). */
  | { readonly type: "send-key"; readonly digit: DtmfDigit }
  /** Nothing received for `silentMs`: the peer may be dead. Sent once until media comes back. */
  | { readonly type: "media-timeout"; readonly silentMs: number }
  | { readonly type: "media-resumed" }
  /** WebRTC legs: `connected` when a path is found and its keys are agreed, so that sound may flow; `failed` when that cannot be any more, or the peer has closed. */
  | { readonly type: "transport"; readonly state: "connected" }
  | { readonly type: "transport"; readonly state: "failed"; readonly why: string; /** The peer has taken its leave (close_notify), as a browser does whose page goes: nothing went wrong. */ readonly closed?: true }
  /** 1100 Hz (CNG) or 2100 Hz (CED) was heard: a fax machine. */
  | { readonly type: "fax-tone"; readonly tone: "cng" | "ced" }
  /**
   * Line legs: the exchange was heard (450 Hz, GB/T 3380). `dial` after 1.3 s of it, `ringback` after each burst,
   * `busy` and `congestion` after two periods; each of these three is told again only after something else was heard.
   */
  | { readonly type: "progress-tone"; readonly tone: ProgressTone }
  /** Line legs: a quarter of a second of something that is neither silence nor a tone of the exchange. Told again after a second without. */
  | { readonly type: "voice" }
  /** The leg is gone: closed, or its worker died. */
  | { readonly type: "ended"; readonly reason: "closed" | "worker-failed"; readonly stats?: LegStats };

/** One party's sound, living in a media worker. The main thread sees commands and events, never frames. */
export interface MediaLeg {
  readonly id: string;
  /** The worker that holds the leg; legs of one bridge share it where they were made `near` each other. */
  readonly worker: number;
  readonly ended: boolean;
  /** Starts a play-out. The one that runs ends as `stopped`: a leg has one at a time. On a held leg it waits. */
  play(source: AudioSource | readonly AudioSource[], options?: PlayOptions): Playback;
  collect(options?: CollectOptions): Promise<Collected>;
  /** Sends keys as RFC 4733 events (in-band where the peer does not take them). Resolves when sent. Rejects with `HTL_MEDIA_BAD_DIGITS`, or `HTL_MEDIA_KEYS_FULL` where more than 128 would wait. */
  sendDtmf(digits: string, options?: { toneMs?: number; gapMs?: number }): Promise<void>;
  /** A key that came by signalling (SIP INFO). One that the sound brings too counts once. */
  injectDtmf(digit: DtmfDigit): void;
  /** Hold: stop sending and receiving to bridge and play-outs; `false` goes on. */
  setDirection(direction: "sendrecv" | "sendonly" | "recvonly" | "inactive"): void;
  subscribe(listener: (event: MediaLegEvent) => void): () => void;
  /** Captures both directions of this leg to a file: received left, sent right. See Capture. */
  capture(options: CaptureOptions): Promise<Capture>;
  stats(): Promise<LegStats>;
  /** Ends the leg and everything on it. Idempotent; resolves with the last figures. */
  close(): Promise<LegStats>;
}

/** Protection of RTP packets (RFC 3711, RFC 4568 section 6.2): AES-128 in counter mode, HMAC-SHA1 with a tag of 80 or 32 bits. */
export type SrtpSuite = "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32";

/** Keys of a protected stream. Master key and salt, 30 octets in base64, of either direction. */
export interface SrtpKeys {
  readonly suite: SrtpSuite;
  readonly send: string;
  readonly receive: string;
}

export interface RtpRemote {
  readonly address: string;
  readonly port: number;
  /** Numeric address the peer's signalling comes from: behind a NAT its sound does too, whatever was announced. */
  readonly signalledFrom?: string;
  /** Default: port + 1 (RFC 3550 section 11), or the RTP port with rtcp-mux. */
  readonly rtcpPort?: number;
  readonly codec: AudioCodec;
  readonly payloadType: number;
  /** Payload type of telephone-event at 8 kHz, absent when the peer offers none: then keys are listened for in the sound. */
  readonly telephoneEventPayloadType?: number;
  /** The peer takes comfort noise (payload type 13, RFC 3389): in a relay it is passed on. Without it the peer hears the other side's pauses as noise. Comfort noise of the peer itself is always taken. */
  readonly comfortNoise?: boolean;
  /** The peer asks for VoIP metrics with our RTCP reports (RFC 3611 section 4.7). Those it sends itself are always read. */
  readonly voipMetrics?: boolean;
  /**
   * The most sound that the peer takes in one packet, ms (`maxptime`, RFC 8866 section 6.4); 10 at the least. Below 20 it gets packets of 10 ms; packets of the other
   * side of a bridge that are longer than this are not passed on as they come but made anew.
   */
  readonly maxPacketMs?: number;
  /** As seen from us: `sendonly` means that the peer listens only. Default sendrecv. */
  readonly direction?: "sendrecv" | "sendonly" | "recvonly" | "inactive";
  /** Protects the stream (SRTP). The same keys again go on with the same counters; other keys begin anew. */
  readonly srtp?: SrtpKeys;
}

export interface RtpLegOptions {
  /** Makes the leg in the worker of that leg, so that a bridge needs no cross-worker hop. */
  readonly near?: MediaLeg;
  /** Address to bind; default the hotline's host. */
  readonly bindAddress?: string;
  /** Listen for keys in the sound. Default: only when the remote has no telephone-event. */
  readonly inbandDtmf?: boolean;
  /** How the peer takes keys that a bridge passes on: with its sound (RFC 4733, in-band where it takes none), or by signalling, told by `send-key`. Default `media`. */
  readonly keys?: "media" | "signalling";
  /**
   * Accept packets from another source than announced (symmetric RTP, RFC 4961). What was announced is preferred, then the announced host
   * and the one that signals, then anyone who sends several packets in sequence; who is known less never takes the place of who is known
   * better. After two seconds of silence another port of a known host is followed. Default true.
   */
  readonly symmetric?: boolean;
  /** Report `media-timeout` after this silence. Default 0 = never. */
  readonly mediaTimeoutMs?: number;
  readonly remote?: RtpRemote;
}

/** How a leg speaks on RTP/RTCP over UDP. */
export interface RtpTransport {
  readonly localAddress: string;
  /** Even; RTCP is on the next port (RFC 3550 section 11). */
  readonly localPort: number;
  /** Where to send and what to expect. Called again on re-INVITE. Throws `HTL_MEDIA_BAD_REMOTE`. */
  setRemote(remote: RtpRemote): void;
}

/** A leg on RTP/RTCP over UDP. */
export interface RtpLeg extends MediaLeg, RtpTransport {
  /**
   * A browser may take the peer's place: the way to speak with it on the same leg and port, in the same bridge, with its play-outs and
   * captures. Nothing changes before `setRemote` of what is returned; `setRemote` of the leg goes back to RTP. Rejects with
   * `HTL_MEDIA_LEG_ENDED`, `HTL_MEDIA_WORKER_FAILED`.
   */
  asWebRtc(options?: Pick<WebRtcLegOptions, "inbandDtmf" | "mediaTimeoutMs">): Promise<WebRtcTransport>;
}

/** What an ICE agent proves itself by (RFC 8445 section 5.3). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly pwd: string;
}

/** What a certificate is known by (RFC 8122). */
export interface CertificateFingerprint {
  /** `sha-256`, `sha-384` or `sha-512`. */
  readonly algorithm: string;
  /** Hexadecimal octets with colons. */
  readonly value: string;
}

export interface WebRtcRemote {
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly telephoneEventPayloadType?: number;
  /** As of `RtpRemote`. */
  readonly comfortNoise?: boolean;
  /** As of `RtpRemote`. */
  readonly voipMetrics?: boolean;
  /** As of `RtpRemote`. */
  readonly maxPacketMs?: number;
  /** As seen from us. Default sendrecv. */
  readonly direction?: "sendrecv" | "sendonly" | "recvonly" | "inactive";
  /** The peer's certificate must have one of these. */
  readonly fingerprints: readonly CertificateFingerprint[];
}

export interface WebRtcLegOptions {
  /** Makes the leg in the worker of that leg, so that a bridge needs no cross-worker hop. */
  readonly near?: MediaLeg;
  /** Address to bind; default the hotline's host. */
  readonly bindAddress?: string;
  /** Listen for keys in the sound. Default: only when the remote has no telephone-event. */
  readonly inbandDtmf?: boolean;
  /** Report `media-timeout` after this long without a genuine packet, on hold too: a browser sends checks always. Default 0 = never. */
  readonly mediaTimeoutMs?: number;
}

/** How a leg speaks with a WebRTC peer. */
export interface WebRtcTransport {
  readonly localAddress: string;
  readonly localPort: number;
  readonly ice: IceCredentials;
  readonly fingerprint: CertificateFingerprint;
  /** What was agreed. Called again on re-INVITE; other fingerprints begin a new DTLS association. Throws `HTL_MEDIA_BAD_REMOTE`. */
  setRemote(remote: WebRtcRemote): void;
  /** New credentials, since the peer restarts ICE (its network has changed). Sound goes on where it went until the peer has chosen anew. */
  restartIce(): IceCredentials;
}

/**
 * A leg to a browser or another WebRTC peer: sound over DTLS-SRTP on one UDP port, which RTCP shares. It is the lite side of ICE and
 * the DTLS server: the peer does the connecting, and nothing is sent to anyone who has not shown our credentials.
 */
export interface WebRtcLeg extends MediaLeg, WebRtcTransport {
  /**
   * A phone may take the browser's place: the way to speak with it on the same leg and port, in the same bridge, with its play-outs and
   * captures. Nothing changes before `setRemote` of what is returned; `setRemote` of the leg goes back to WebRTC.
   */
  asRtp(options?: Pick<RtpLegOptions, "inbandDtmf" | "keys" | "symmetric" | "mediaTimeoutMs">): RtpTransport;
}

export interface LineLegOptions {
  /** Makes the leg in the worker of that leg, so that a bridge needs no cross-worker hop. */
  readonly near?: MediaLeg;
  readonly part: LinePartRef;
}

/** A leg on a line of a board. Keys are always listened for in its sound, and so are the tones of the exchange. */
export interface LineLeg extends MediaLeg {
  /** Sends a message to the line's part in the worker (hook, pulse, gain: whatever the two agreed on). Dropped when the leg has ended. */
  post(message: unknown): void;
  /** Messages of the part, in order; those that came before the first listener are kept for it. */
  listen(listener: (message: unknown) => void): () => void;
}

export interface DatagramPortOptions {
  /** Makes the port in the worker of that leg. */
  readonly near?: MediaLeg;
  /** Address to bind; default the hotline's host. */
  readonly bindAddress?: string;
  /** Who speaks on the port. The export is `openDatagrams`, an `OpenDatagramPart`. */
  readonly part: WorkerPartRef;
}

/** A UDP port of the RTP range whose datagrams are a part's business in the worker (T.38); the main thread sees messages only. */
export interface DatagramPort {
  readonly id: string;
  readonly localAddress: string;
  /** Even, as RTP ports are; the port above it is kept free for it. */
  readonly localPort: number;
  readonly ended: boolean;
  /** Where to send. Datagrams of other hosts are dropped; of this host any port is taken, and answered to (symmetric, as NATs need it). Throws `HTL_MEDIA_BAD_REMOTE`. */
  setRemote(remote: { readonly address: string; readonly port: number }): void;
  /** Sends a message to the part. Dropped when the port has ended. */
  post(message: unknown): void;
  /** Messages of the part, in order; those that came before the first listener are kept for it. */
  listen(listener: (message: unknown) => void): () => void;
  /** Resolves when the port is gone, by `close` or because its worker or part failed. */
  readonly closed: Promise<{ reason: "closed" | "worker-failed" }>;
  /** Idempotent. */
  close(): Promise<void>;
}

export type BridgeRole =
  /** Speaks to all and hears all. */
  | "talk"
  /** Hears all, is heard by nobody. */
  | "listen"
  /** Hears all, is heard only by the members named in `whisperTo`. */
  | "whisper";

export interface MediaBridge {
  readonly id: string;
  join(leg: MediaLeg, options?: { role?: BridgeRole; whisperTo?: readonly MediaLeg[] }): Promise<void>;
  /** The leg stays alive, silent. */
  leave(leg: MediaLeg): Promise<void>;
  /**
   * Plays into the bridge: its members hear it together with each other, those who only listen too, and captures of their legs hold it so.
   * The one that runs ends as `stopped`: a bridge has one at a time. Ends with the bridge as `leg-ended`.
   *
   * @param options.except members who do not hear it.
   */
  play(source: AudioSource | readonly AudioSource[], options?: { readonly except?: readonly MediaLeg[] }): Playback;
  readonly members: readonly { leg: MediaLeg; role: BridgeRole }[];
  /** Lets all members go. Idempotent. */
  close(): Promise<void>;
}

export interface CaptureOptions {
  /** File to append to; created with its folder. Read it with `@hotlinejs/media/capture`. A second capture of the same leg at the same time is allowed. */
  readonly path: string;
  /** Milliseconds between writes to the file: what a crash may lose at most. Default 1,000. */
  readonly flushMs?: number;
  readonly channels?: "stereo" | "received";
  /** End the capture by itself after this much silence of the caller (voicemail). Level below -45 dBm0. */
  readonly endOnSilenceMs?: number;
  /** End the capture by itself after this long. */
  readonly maxMs?: number;
}

export interface CaptureResult {
  readonly path: string;
  readonly durationMs: number;
  /** Loudest 20 ms frame of the caller in dBm0 (-90 = digital silence): tells an empty message. */
  readonly peakLevel: number;
  /** Milliseconds in which the caller was louder than -45 dBm0. */
  readonly voicedMs: number;
  readonly reason: "stopped" | "silence" | "max" | "leg-ended" | "disk";
}

export interface Capture {
  /** Settles when the file is complete and closed. Rejects only with a coded error (`HTL_MEDIA_CAPTURE_FAILED`). */
  readonly done: Promise<CaptureResult>;
  /** Leaves the time out of the recording: silence is written in its place, so that positions stay true (PIN entry). */
  pause(): void;
  resume(): void;
  stop(): Promise<CaptureResult>;
}

/** The pool of media workers. */
export interface MediaEngine {
  createRtpLeg(options?: RtpLegOptions): Promise<RtpLeg>;
  /** A leg for a browser. The certificate of the worker is made with its first such leg. */
  createWebRtcLeg(options?: WebRtcLegOptions): Promise<WebRtcLeg>;
  /** Rejects with `HTL_MEDIA_LINE_PART_FAILED` when the part cannot be loaded or opened. */
  createLineLeg(options: LineLegOptions): Promise<LineLeg>;
  /** Opens a UDP port for a protocol of its own. Rejects with `HTL_MEDIA_LINE_PART_FAILED` or `HTL_MEDIA_NO_PORT`. */
  createDatagramPort(options: DatagramPortOptions): Promise<DatagramPort>;
  /** A bridge in the worker of `near`. Two talking members of one codec are relayed without decoding. */
  createBridge(options?: { near?: MediaLeg }): Promise<MediaBridge>;
  /** Encodes 16-bit linear PCM to an asset; resamples when `sampleRate` is not 8000. CPU work happens off the main thread. */
  encode(pcm: Int16Array, sampleRate: number): Promise<AudioAsset>;
  /** Reads a WAV file (PCM 8/16 bit, A-law, µ-law, mono or stereo mixed down). */
  loadWav(path: string): Promise<AudioAsset>;
  readonly legs: number;
  /**
   * How late the sound of the worker runs that is latest, ms: three of four 20 ms ticks of the last second came in time or less late. 0 where
   * nothing runs. What admits calls asks it, so that new ones are refused before those there are sound bad. Left out: not known.
   */
  readonly latenessMs?: number;
  /**
   * Which part of its time the worker computes that would take the next call, 0 to 1, over the last second; 0 below half. Near 1 it cannot take more, though
   * sound comes in time yet. What admits calls asks it. Left out: not known.
   */
  readonly busyShare?: number;
  /** Whether it is known that no pair of UDP ports is left for a leg; nobody has to be asked. What admits calls asks it. Left out: not known. */
  readonly portsTaken?: boolean;
  /** How late the 20 ms tick of each worker ran, for health: p99 and maximum in ms since the last call. */
  health(): Promise<readonly { worker: number; legs: number; tickP99Ms: number; tickMaxMs: number }[]>;
}

export const MEDIA = token<MediaEngine>("core.media");
