import type { AudioCodec, Call, Clock, Logger, MediaEngine } from "@hotlinejs/core";
import type { SrtpPolicy, StreamExtension } from "../sdp/index.js";
import type { DialogSnapshot, IncomingRequest, Replaces } from "../stack/index.js";
import type { DialogIds } from "./ended-dialogs.js";

/** What calls need of the world around them. */
export interface CallEnvironment {
  readonly clock: Clock;
  readonly log: Logger;
  /** Looked up late: it may be provided by a plugin that starts after this one is wired. */
  media(): MediaEngine;
  readonly codecs: readonly AudioCodec[];
  /** Address RTP is bound to; `undefined`: the engine's own choice. */
  readonly mediaBindAddress: string | undefined;
  /** Address told in SDP; `undefined`: the one the leg is bound to. */
  readonly advertisedAddress: string | undefined;
  readonly mediaTimeoutMs: number;
  /** The same for browsers, which show every few seconds that they are there. */
  readonly browserTimeoutMs: number;
  /** Protection by keys in SDP. */
  readonly srtp: SrtpPolicy;
  /** Comfort noise in descriptions (RFC 3389). */
  readonly comfortNoise: StreamExtension;
  /** VoIP metrics in extended reports (RFC 3611). */
  readonly rtcpXr: StreamExtension;
  /** Whether the hotline itself takes SIP there. */
  readonly isOwn: (address: string, port: number) => boolean;
  /** The address of a host name; rejects where there is none. */
  readonly lookup: (host: string) => Promise<string>;
  /** How keys are sent to the far end. */
  readonly dtmf: "media" | "info";
  readonly ringTimeoutMs: number;
  /** Stores the dialog of an answered call, so that a BYE can be sent after a crash; `null` when it is over. */
  onDialog(callId: string, snapshot: DialogSnapshot | null): void;
  /** A dialog is over, answered or not: who would still replace it is told so. */
  dialogEnded(dialog: DialogIds, via: Call["via"]): void;
  /** A MESSAGE came within a call. Missing: it is refused. */
  messageArrived?(incoming: IncomingRequest): void;
  /** The call whose dialog a Replaces names, seen from us (RFC 3891); answered, or still ringing here. */
  callReplaced(replaces: Replaces): Call | undefined;
  /** Whether a dialog was one of ours and ended a moment ago. */
  endedLately(dialog: DialogIds): boolean;
  /** A whole URI for a target such as `sip:1001`, as peers can dial it. */
  absoluteUri(target: string): string;
}
