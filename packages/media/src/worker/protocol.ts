import type { AudioSource, BridgeRole, CaptureResult, CertificateFingerprint, DtmfDigit, IceCredentials, LegStats, LinePartRef, MediaLegEvent, PlayEndReason, RtpRemote, WebRtcRemote, WorkerPartRef } from "@hotlinejs/core";

/** What a media worker is started with. */
export interface MediaWorkerData {
  readonly index: number;
  readonly bindAddress: string;
  readonly portMin: number;
  readonly portMax: number;
  /** The `PortTable` of `bindAddress`, shared by all workers. */
  readonly portTable: SharedArrayBuffer;
  /** Pairs of ports that are kept bound for legs to come. */
  readonly portStock: number;
  /** Int32s, by `BEAT`. */
  readonly beat: SharedArrayBuffer;
  readonly keepAliveSilence: boolean;
  readonly faxDetectionMs: number;
  /** Batched sockets where the machine has them. */
  readonly batchedUdp: boolean;
  /** Priority the thread gives itself where it may. */
  readonly threadNice: number;
  /** Whether it asks for real-time turns before that. */
  readonly threadRealtime: boolean;
  /** Bounds of the delay where sound is played out of a jitter buffer. */
  readonly jitterMinMs: number;
  readonly jitterMaxMs: number;
}

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface WireRtpOptions {
  readonly bindAddress?: string;
  readonly inbandDtmf?: boolean;
  /** Keys for the peer go by signalling. */
  readonly keysBySignalling?: boolean;
  readonly symmetric: boolean;
  readonly mediaTimeoutMs: number;
  readonly remote?: RtpRemote;
}

export interface WireWebRtcOptions {
  readonly bindAddress?: string;
  readonly inbandDtmf?: boolean;
  readonly mediaTimeoutMs: number;
  readonly ice: IceCredentials;
}

export interface WireCaptureOptions {
  readonly path: string;
  readonly flushMs: number;
  readonly channels: "stereo" | "received";
  readonly endOnSilenceMs?: number;
  readonly maxMs?: number;
}

/** Two one-way rings of frames between two workers. */
export interface WireLink {
  readonly buffer: SharedArrayBuffer;
  /** Which of the two rings this side writes. */
  readonly side: 0 | 1;
}

/** Commands to a worker. Those with `rid` are answered by one `reply`. */
export type Command =
  | { readonly op: "create-rtp"; readonly rid: number; readonly leg: string; readonly options: WireRtpOptions }
  /** On a pair of the stock. */
  | { readonly op: "open-rtp"; readonly leg: string; readonly port: number; readonly options: WireRtpOptions }
  /** `port`: on a pair of the stock; otherwise on any that is free. */
  | { readonly op: "create-webrtc"; readonly rid: number; readonly leg: string; readonly port?: number; readonly options: WireWebRtcOptions }
  /** The leg can speak with a browser (or on RTP) from now on; it does so with its first `webrtc-remote` (`set-remote`). */
  | { readonly op: "prepare-webrtc"; readonly rid: number; readonly leg: string; readonly options: WireWebRtcOptions }
  | { readonly op: "prepare-rtp"; readonly leg: string; readonly options: WireRtpOptions }
  | { readonly op: "webrtc-remote"; readonly leg: string; readonly remote: WebRtcRemote }
  | { readonly op: "restart-ice"; readonly leg: string; readonly ice: IceCredentials }
  | { readonly op: "create-line"; readonly rid: number; readonly leg: string; readonly part: LinePartRef }
  /** `port` as with `create-webrtc`. */
  | { readonly op: "create-port"; readonly rid: number; readonly leg: string; readonly port?: number; readonly bindAddress?: string; readonly part: WorkerPartRef }
  | { readonly op: "port-remote"; readonly leg: string; readonly remote: { readonly address: string; readonly port: number } }
  | { readonly op: "close-port"; readonly rid: number; readonly leg: string }
  /** To the part of a line or of a datagram port. */
  | { readonly op: "line-message"; readonly leg: string; readonly message: unknown }
  | { readonly op: "create-link"; readonly leg: string; readonly link: WireLink }
  | { readonly op: "set-remote"; readonly leg: string; readonly remote: RtpRemote }
  | { readonly op: "play"; readonly leg: string; readonly playback: string; readonly sources: readonly AudioSource[]; readonly loop: boolean; readonly startAtMs: number }
  | { readonly op: "stop-play"; readonly leg: string; readonly playback: string; readonly reason: PlayEndReason }
  | { readonly op: "send-dtmf"; readonly rid: number; readonly leg: string; readonly digits: string; readonly toneMs: number; readonly gapMs: number }
  | { readonly op: "key"; readonly leg: string; readonly digit: DtmfDigit }
  | { readonly op: "direction"; readonly leg: string; readonly direction: Direction }
  | { readonly op: "capture"; readonly rid: number; readonly leg: string; readonly capture: string; readonly options: WireCaptureOptions }
  | { readonly op: "capture-control"; readonly capture: string; readonly action: "pause" | "resume" | "stop" }
  | { readonly op: "stats"; readonly rid: number; readonly leg: string }
  | { readonly op: "close-leg"; readonly rid: number; readonly leg: string }
  | { readonly op: "create-bridge"; readonly rid: number; readonly bridge: string }
  | { readonly op: "join"; readonly rid: number; readonly bridge: string; readonly leg: string; readonly role: BridgeRole; readonly whisperTo: readonly string[] }
  | { readonly op: "leave"; readonly rid: number; readonly bridge: string; readonly leg: string }
  /** Heard by all in the bridge but these legs. Ends by a `bridge-play-end`, whatever happens. */
  | { readonly op: "bridge-play"; readonly bridge: string; readonly playback: string; readonly sources: readonly AudioSource[]; readonly except: readonly string[] }
  | { readonly op: "stop-bridge-play"; readonly bridge: string; readonly playback: string }
  | { readonly op: "close-bridge"; readonly rid: number; readonly bridge: string }
  /** Answered once every pair of the stock has been told of. */
  | { readonly op: "settle-ports"; readonly rid: number }
  | { readonly op: "health"; readonly rid: number }
  | { readonly op: "stop"; readonly rid: number };

export type RequestCommand = Extract<Command, { rid: number }>;

/** A failure as it crosses the thread border; the engine turns `code` into a coded error. */
export interface WireError {
  readonly code: "NO_PORT" | "NO_DESCRIPTORS" | "LINE_PART_FAILED" | "CAPTURE_FAILED" | "LEG_ENDED" | "BRIDGE_CLOSED" | "KEYS_FULL" | "FAILED";
  readonly message: string;
}

export interface WireHealth {
  readonly legs: number;
  readonly tickP99Ms: number;
  readonly tickMaxMs: number;
  /** Kind of sockets. */
  readonly udp: "batched" | "node";
  /** Priority of the thread, where it has no real-time turns. */
  readonly nice: number;
  /** See `ThreadTurns`. */
  readonly realtime: boolean;
}

/** Answer values by command. */
export interface Replies {
  "create-rtp": { readonly address: string; readonly port: number };
  "create-webrtc": { readonly address: string; readonly port: number; readonly fingerprint: CertificateFingerprint };
  "prepare-webrtc": { readonly fingerprint: CertificateFingerprint };
  "create-line": undefined;
  "create-port": { readonly address: string; readonly port: number };
  "close-port": undefined;
  "send-dtmf": undefined;
  capture: undefined;
  stats: LegStats;
  "close-leg": LegStats;
  "create-bridge": undefined;
  join: undefined;
  leave: undefined;
  "close-bridge": undefined;
  "settle-ports": undefined;
  health: WireHealth;
  stop: undefined;
}

/** What thread and watch share. */
export const BEAT = {
  /** The thread adds to it while it is alive. */
  beats: 0,
  /** Its number in the system; 0: not known. */
  thread: 1,
  /** 1: it did not move, and its real-time turns were taken from it. */
  turnsTaken: 2,
} as const;

/** Where a `fault` was that nobody caught. */
export const UNCAUGHT = "uncaught";

/** What a worker posts: one report, or several in the order in which they came about. */
export type Posted = Report | readonly Report[];

/** Reports of a worker. */
export type Report =
  | { readonly ev: "ready" }
  /** A pair of ports stands ready for an `open-rtp`. */
  | { readonly ev: "port-ready"; readonly port: number }
  | { readonly ev: "reply"; readonly rid: number; readonly value?: unknown; readonly error?: WireError }
  | { readonly ev: "leg"; readonly leg: string; readonly event: MediaLegEvent }
  /** A key went down, ahead of its `dtmf` event: the moment for barge-in. */
  | { readonly ev: "key-down"; readonly leg: string; readonly digit: DtmfDigit; readonly way: "rfc4733" | "inband" }
  | { readonly ev: "line-message"; readonly leg: string; readonly message: unknown }
  | { readonly ev: "play-end"; readonly leg: string; readonly playback: string; readonly reason: PlayEndReason; readonly playedMs: number }
  | { readonly ev: "bridge-play-end"; readonly bridge: string; readonly playback: string; readonly reason: PlayEndReason; readonly playedMs: number }
  | { readonly ev: "capture-end"; readonly capture: string; readonly result: CaptureResult }
  /** See `TickDriver`. */
  | { readonly ev: "lateness"; readonly ms: number }
  /** See `BusyMeter`. */
  | { readonly ev: "busy"; readonly share: number }
  | { readonly ev: "fault"; readonly where: string; readonly message: string };
