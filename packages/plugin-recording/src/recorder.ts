import type { CallSession, CaptureOptions, CaptureResult, Ids, MediaLeg } from "@hotlinejs/core";
import type { RecordedMessage, RecordingKind, RecordMessageOptions } from "./contract.js";
import { errors } from "./errors.js";
import { LiveRecording } from "./live-recording.js";
import type { RecorderParts } from "./live-recording.js";

const DEFAULT_MIN_VOICED_MS = 300;
/** How often the disk is asked for room; longer after parts that it took no more than a moment of. */
const ROOM_MS = 5_000;
const LONGEST_ROOM_MS = 60_000;
const MOMENT_MS = 30_000;

interface LiveInteractionState {
  readonly recordings: Set<LiveRecording>;
  pauses: number;
  /** The disk is waited for, to go on with the call's recording. */
  waiting: AbortController | undefined;
}

interface FirstPart {
  readonly id: string;
  /** Parts in a row that the disk took next to nothing of. */
  readonly short: number;
  /** What is missing began then, epoch ms. */
  readonly missingFrom: number;
}

/** Starts, pauses and stops the captures of live interactions. */
export class Recorder {
  private readonly live = new Map<string, LiveInteractionState>();
  private readonly closing = new AbortController();

  constructor(
    private readonly parts: RecorderParts,
    private readonly ids: Ids,
  ) {}

  /** Captures running now. */
  get active(): number {
    let count = 0;
    for (const state of this.live.values()) count += state.recordings.size;
    return count;
  }

  /** Records the whole interaction from now on. A second time does nothing. */
  recordCall(session: CallSession): void {
    const state = this.live.get(session.interaction.id);
    if (state !== undefined && (state.waiting !== undefined || [...state.recordings].some((one) => one.recording.kind === "call"))) return;
    const media = session.call.media;
    if (media === undefined) {
      this.parts.alarm.raise({ id: "", interactionId: session.interaction.id }, new Error("the answered call has no media"));
      return;
    }
    this.recordPart(session, media, undefined);
  }

  /** The call from now on, as far as the disk takes it. */
  private recordPart(session: CallSession, media: MediaLeg, first: FirstPart | undefined): void {
    const one = this.begin(session, media, this.ids.next(), "call", false, { channels: "stereo" }, first?.id);
    const { interaction } = session;
    const { id, startedAt } = one.recording;
    if (first !== undefined) {
      const missingMs = startedAt - first.missingFrom;
      this.parts.log.info({ recordingId: id, partOf: first.id, interactionId: interaction.id, missingMs }, "the disk takes recordings again: the call is recorded from here on");
      interaction.event("recording.resumed", { recordingId: id, partOf: first.id, missingMs });
      this.parts.resumed({ recordingId: id, interactionId: interaction.id, partOf: first.id, missingMs });
    }
    void one.finished.then((result) => {
      if (!one.cut || gone(session) || this.closing.signal.aborted) return;
      const heldMs = result?.durationMs ?? 0;
      // Told once, where the recording stops; what is tried from here on is not.
      if (first === undefined || heldMs > 0) interaction.event("recording.cut", { recordingId: id, code: (heldMs > 0 ? errors.DISK : errors.NO_ROOM).code });
      const missingFrom = heldMs > 0 ? startedAt + Math.round(heldMs) : (first?.missingFrom ?? startedAt);
      void this.goOn(session, media, { id: first?.id ?? id, short: heldMs < MOMENT_MS ? (first?.short ?? -1) + 1 : 0, missingFrom });
    });
  }

  /** The disk took no more: another part begins when it takes something again, while the call is up. */
  private async goOn(session: CallSession, media: MediaLeg, first: FirstPart): Promise<void> {
    const { alarm, folder, clock } = this.parts;
    const state = this.state(session.interaction.id);
    const waiting = new AbortController();
    state.waiting = waiting;
    const every = Math.min(LONGEST_ROOM_MS, ROOM_MS * 2 ** first.short);
    try {
      do await clock.sleep(every, waiting.signal);
      while ((await alarm.refusal()) !== undefined || !(await folder.takes()));
    } catch {
      return;
    } finally {
      if (state.waiting === waiting) state.waiting = undefined;
    }
    if (!waiting.signal.aborted && !gone(session)) this.recordPart(session, media, first);
  }

  /** See the contract. */
  async recordMessage(session: CallSession, options: RecordMessageOptions): Promise<RecordedMessage> {
    const id = options.id ?? this.ids.next();
    const nothing = { id, durationMs: 0, voicedMs: 0, peakLevel: -90, empty: true };
    const media = session.call.media;
    if (media === undefined || gone(session)) return { ...nothing, reason: "hangup" };
    if (options.beep !== false && !aborted(options.signal)) await this.beep(session, options.signal);
    if (gone(session)) return { ...nothing, reason: "hangup" };
    if (aborted(options.signal)) return { ...nothing, reason: "aborted" };
    const silence = options.endOnSilenceSeconds ?? 5;
    const maxMs = (options.maxSeconds ?? 180) * 1000;
    const one = this.begin(session, media, id, options.kind ?? "segment", options.confidential === true, {
      channels: "received",
      maxMs,
      ...(silence > 0 ? { endOnSilenceMs: silence * 1000 } : {}),
    });
    const ended = new AbortController();
    const stopAtAbort = (): void => void one.stop();
    options.signal?.addEventListener("abort", stopAtAbort, { once: true });
    const key = this.waitForKey(session, options.finishOn ?? "#", maxMs, ended.signal, () => void one.stop());
    const result = await one.finished;
    ended.abort();
    options.signal?.removeEventListener("abort", stopAtAbort);
    const digit = await key;
    if (result === undefined) return { ...nothing, reason: gone(session) ? "hangup" : "failed" };
    return {
      id,
      durationMs: Math.round(result.durationMs),
      voicedMs: Math.round(result.voicedMs),
      peakLevel: result.peakLevel,
      empty: result.voicedMs < (options.minVoicedMs ?? DEFAULT_MIN_VOICED_MS),
      reason: reasonOf(result, digit !== undefined, gone(session), aborted(options.signal)),
      ...(digit === undefined ? {} : { digit }),
    };
  }

  pause(interactionId: string): void {
    const state = this.state(interactionId);
    state.pauses++;
    for (const one of state.recordings) one.pause();
  }

  resume(interactionId: string): void {
    const state = this.live.get(interactionId);
    if (state === undefined || state.pauses === 0) return;
    state.pauses--;
    if (state.pauses > 0) return;
    for (const one of state.recordings) one.resume();
    if (state.recordings.size === 0 && state.waiting === undefined) this.live.delete(interactionId);
  }

  /** A recording of the call is running, paused or not. */
  records(interactionId: string): boolean {
    return [...(this.live.get(interactionId)?.recordings ?? [])].some(({ recording }) => recording.kind === "call");
  }

  /** The same, or one begins as soon as the disk takes it. */
  mayRecord(interactionId: string): boolean {
    return this.records(interactionId) || this.live.get(interactionId)?.waiting !== undefined;
  }

  /** The rows of what has begun exist. Not to be awaited inside a unit of work: they may be queued behind it. */
  async rowsMade(interactionId: string): Promise<void> {
    await Promise.all([...(this.live.get(interactionId)?.recordings ?? [])].map((one) => one.rowMade));
  }

  async recordingFinished(recordingId: string): Promise<void> {
    for (const state of this.live.values()) {
      for (const one of state.recordings) if (one.recording.id === recordingId) await one.stop();
    }
  }

  /** The call is over: everything of it is stopped and committed. */
  async endCall(interactionId: string): Promise<void> {
    const state = this.live.get(interactionId);
    if (state === undefined) return;
    state.waiting?.abort();
    await Promise.all([...state.recordings].map((one) => one.stop()));
    this.live.delete(interactionId);
  }

  /** Stops and commits all. */
  async close(): Promise<void> {
    await Promise.all([...this.live.keys()].map((id) => this.endCall(id)));
    this.closing.abort();
  }

  private begin(session: CallSession, media: MediaLeg, id: string, kind: RecordingKind, confidential: boolean, options: Pick<CaptureOptions, "channels" | "endOnSilenceMs" | "maxMs">, partOf?: string): LiveRecording {
    const interactionId = session.interaction.id;
    const state = this.state(interactionId);
    const facts = { id, interactionId, legId: session.call.id, kind, startedAt: this.parts.clock.now(), confidential, ...(partOf === undefined ? {} : { partOf }) };
    const one = new LiveRecording(this.parts, { ...facts, captureFile: this.parts.folder.fileName(facts) }, media, options, state.pauses > 0, this.closing.signal);
    state.recordings.add(one);
    void one.finished.then(() => {
      state.recordings.delete(one);
      if (state.recordings.size === 0 && state.pauses === 0 && state.waiting === undefined && this.live.get(interactionId) === state) this.live.delete(interactionId);
    });
    return one;
  }

  private state(interactionId: string): LiveInteractionState {
    let state = this.live.get(interactionId);
    if (state === undefined) {
      state = { recordings: new Set(), pauses: 0, waiting: undefined };
      this.live.set(interactionId, state);
    }
    return state;
  }

  private async beep(session: CallSession, signal: AbortSignal | undefined): Promise<void> {
    const playback = session.call.play({ kind: "tone", tone: "beep" });
    const stop = (): void => playback.stop();
    signal?.addEventListener("abort", stop, { once: true });
    await playback.done;
    signal?.removeEventListener("abort", stop);
  }

  /** Takes keys off the caller until one of `finishOn` comes; others are noise in the message. */
  private async waitForKey(session: CallSession, finishOn: string, maxMs: number, signal: AbortSignal, onKey: () => void): Promise<RecordedMessage["digit"]> {
    let flush = true;
    while (!signal.aborted && finishOn !== "") {
      const got = await session.call.collect({ min: 1, max: 1, finishOn, flush, firstDigitTimeoutMs: maxMs + 60_000, signal });
      flush = false;
      if (got.reason === "finish-key" && got.finishedBy !== undefined) {
        onKey();
        return got.finishedBy;
      }
      if (got.reason !== "max") return undefined;
    }
    return undefined;
  }
}

function gone(session: CallSession): boolean {
  return session.call.signal.aborted || session.call.media?.ended === true;
}

function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function reasonOf(result: CaptureResult, key: boolean, hungUp: boolean, byCaller: boolean): RecordedMessage["reason"] {
  if (result.reason === "silence" || result.reason === "max") return result.reason;
  if (key) return "finish-key";
  if (hungUp || result.reason === "leg-ended") return "hangup";
  return byCaller ? "aborted" : "failed";
}
