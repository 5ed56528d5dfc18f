import { token } from "@hotlinejs/core";
import type { AudioSource, CallSession, DtmfDigit } from "@hotlinejs/core";

/** `call`: the whole interaction from answer to hang-up; `voicemail`: a message; `segment`: a message some other node asked for. */
export type RecordingKind = "call" | "voicemail" | "segment";

/**
 * ```
 * capturing --(hang-up, stop, crash adopted)--> captured --(job)--> compressed
 *     \________________(nothing could be written)_________________> failed
 * ```
 */
export type RecordingState = "capturing" | "captured" | "compressed" | "failed";

/** A part left out of a recording (PIN entry): there is silence in its place. Milliseconds from the start. */
export interface ExcludedRange {
  readonly from: number;
  readonly to: number;
}

/** Why an agent leaves something out of a recording. A code and no words: what is typed in a hurry may be the secret itself. */
export const PAUSE_REASONS = ["id-number", "bank-account", "password", "other"] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/**
 * How a pause ended: `resumed` from the agent's screen; `limit` it had lasted as long as it may; `left` the agent gave the citizen away,
 * or was gone; `hangup` the call was over; `stopped` the hotline was; `lost` found open at the next start.
 */
export type PauseEnd = "resumed" | "limit" | "left" | "hangup" | "stopped" | "lost";

/** A stretch that an agent kept out of the recording. Epoch ms. */
export interface RecordingPause {
  readonly id: string;
  /** 工号. */
  readonly agent: string;
  readonly reason: PauseReason | null;
  readonly from: number;
  /** Ends by itself then. */
  readonly until: number;
  /** `null` while it goes on. */
  readonly to: number | null;
  /** `null` while it goes on. */
  readonly ended: PauseEnd | null;
}

export interface RecordingView {
  readonly id: string;
  readonly interactionId: string;
  /** The citizen's leg. */
  readonly legId: string;
  readonly kind: RecordingKind;
  readonly state: RecordingState;
  /** Epoch ms of the first sample. */
  readonly startedAt: number;
  /** `null` while capturing. */
  readonly durationMs: number | null;
  /** Milliseconds in which the citizen was louder than -45 dBm0. `null` while capturing or unknown. */
  readonly voicedMs: number | null;
  /** Loudest 20 ms of the citizen, dBm0. */
  readonly peakLevel: number | null;
  /** The end is missing: a crash or a full disk. */
  readonly truncated: boolean;
  /** Id of the call's first recording, where the disk cut that short and took something again later: this one is the rest from `startedAt` on. */
  readonly partOf: string | null;
  /** Needs `recording.confidential` to be heard. */
  readonly confidential: boolean;
  /** Tickets it belongs to, oldest first. */
  readonly ticketIds: readonly string[];
  /** Known after compression. */
  readonly excluded: readonly ExcludedRange[];
  /** What agents kept out of it, oldest first, from the moment it begins. What flows keep out (PIN entry) stands in `excluded` only. */
  readonly pauses: readonly RecordingPause[];
  /** SHA-256 (lower-case hex) of the canonical stereo WAV, known after compression. */
  readonly wavSha256: string | null;
  /** SHA-256 of the Ogg Opus file, known after compression. */
  readonly opusSha256: string | null;
}

export interface RecordMessageOptions {
  /** Id of the new recording, when its row elsewhere was written first. Default a new one. */
  readonly id?: string;
  /** Default `segment`. */
  readonly kind?: Exclude<RecordingKind, "call">;
  /** A tone before it begins. Default true. */
  readonly beep?: boolean;
  /** Longest message, 1 to 3600. Default 180. */
  readonly maxSeconds?: number;
  /** Ends after so much silence of the caller, 0 = never. Default 5. */
  readonly endOnSilenceSeconds?: number;
  /** Keys that end it. Default `#`. */
  readonly finishOn?: string;
  /** Less voice than this is an empty message, milliseconds. Default 300. */
  readonly minVoicedMs?: number;
  /** Needs `recording.confidential` to be heard. */
  readonly confidential?: boolean;
  /** Ends it with reason `aborted` (or `hangup` when the leg is gone too). What was said so far is kept. */
  readonly signal?: AbortSignal;
}

export interface RecordedMessage {
  readonly id: string;
  readonly durationMs: number;
  readonly voicedMs: number;
  readonly peakLevel: number;
  /** Nothing worth hearing was said. */
  readonly empty: boolean;
  readonly reason: "finish-key" | "silence" | "max" | "hangup" | "aborted" | "failed";
  /** The key that ended it. */
  readonly digit?: DtmfDigit;
}

/** Recordings of voice interactions. */
export interface Recordings {
  /**
   * Records what the caller says now, beside the whole-call recording. Its row is committed when the promise
   * resolves. Never rejects for lack of disk or database: then the reason is `failed` and `empty` is true.
   */
  recordMessage(session: CallSession, options?: RecordMessageOptions): Promise<RecordedMessage>;
  /** Leaves what follows out of every recording of the interaction (PIN entry). Pauses nest: as many `resume` calls are needed. */
  pause(interactionId: string): void;
  resume(interactionId: string): void;
  /** Links a recording, with all parts of it, to a ticket, in the open unit of work or its own. Twice is once. `false`: no such recording. */
  attach(recordingId: string, ticketId: string, options?: { confidential?: boolean }): Promise<boolean>;
  /** Throws the recording away unless a ticket has it (a message that was recorded again). */
  discard(recordingId: string): Promise<void>;
  /** What the citizen said, to be played on the line. Empty when it cannot be read. */
  playback(recordingId: string): Promise<readonly AudioSource[]>;
  get(recordingId: string): Promise<RecordingView | undefined>;
  /** Oldest first. A whole-call recording that has just begun is among them. Not inside a unit of work: it waits for rows being written. */
  byInteraction(interactionId: string): Promise<readonly RecordingView[]>;
}

export const RECORDINGS = token<Recordings>("recording.recordings");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** The capture is complete on disk. */
    "recording.captured": { recordingId: string; interactionId: string; /** `call` (the whole call), `voicemail` or `segment`. */ kind: string; /** Milliseconds. */ durationMs: number };
    /** The Opus file is stored. */
    "recording.compressed": { recordingId: string; interactionId: string; /** Octets of the Opus file. */ size: number };
    /** A call that the disk did not take is recorded again from now on, as another part. */
    "recording.resumed": { recordingId: string; interactionId: string; /** Id of the first part. */ partOf: string; /** What is missing between the parts, milliseconds. */ missingMs: number };
    /** An agent keeps what follows out of the recording. */
    "recording.pause-began": { /** As in `pauses` of the recording. */ pauseId: string; interactionId: string; /** 工号. */ agent: string; /** `id-number`, `bank-account`, `password`, `other`, or `null`. */ reason: string | null; /** Ends by itself then, epoch ms. */ until: number; at: number };
    /** The call is recorded again, or over. */
    "recording.pause-ended": { /** As in `pauses` of the recording. */ pauseId: string; interactionId: string; /** 工号. */ agent: string; /** `resumed`, `limit`, `left`, `hangup` or `stopped`. */ ended: string; at: number };
    /** Nothing, or not everything, could be recorded. The call went on. */
    "recording.failed": { recordingId: string; interactionId: string; error: string };
  }
}
