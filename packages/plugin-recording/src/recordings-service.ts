import { buffer } from "node:stream/consumers";
import type { AudioSource, CallSession, MediaEngine } from "@hotlinejs/core";
import { WAV_HEADER_BYTES } from "@hotlinejs/media/capture";
import { WAV_FRAME_BYTES } from "./audio/recording-wav.js";
import type { RecordedMessage, Recordings, RecordingView, RecordMessageOptions } from "./contract.js";
import type { CaptureFolder } from "./capture-folder.js";
import type { RecordingAudio } from "./recording-audio.js";
import type { Recorder } from "./recorder.js";
import type { RecordingStore } from "./recording-store.js";

/** The contract on top of recorder and store. */
export class DefaultRecordings implements Recordings {
  constructor(
    private readonly recorder: Recorder,
    private readonly store: RecordingStore,
    private readonly folder: CaptureFolder,
    private readonly audio: RecordingAudio,
    private readonly media: () => MediaEngine | undefined,
  ) {}

  recordMessage(session: CallSession, options: RecordMessageOptions = {}): Promise<RecordedMessage> {
    return this.recorder.recordMessage(session, options);
  }

  pause(interactionId: string): void {
    this.recorder.pause(interactionId);
  }

  resume(interactionId: string): void {
    this.recorder.resume(interactionId);
  }

  attach(recordingId: string, ticketId: string, options: { confidential?: boolean } = {}): Promise<boolean> {
    return this.store.attach(recordingId, ticketId, options.confidential === true);
  }

  async discard(recordingId: string): Promise<void> {
    await this.recorder.recordingFinished(recordingId);
    const removed = await this.store.remove(recordingId, false);
    if (removed?.captureFile !== undefined && removed.captureFile !== null) await this.folder.remove(removed.captureFile);
  }

  get(recordingId: string): Promise<RecordingView | undefined> {
    return this.store.view(recordingId);
  }

  async byInteraction(interactionId: string): Promise<readonly RecordingView[]> {
    await this.recorder.rowsMade(interactionId);
    return this.store.byInteraction(interactionId);
  }

  async playback(recordingId: string): Promise<readonly AudioSource[]> {
    const row = await this.store.row(recordingId);
    const media = this.media();
    if (row === undefined || row.state === "failed" || media === undefined) return [];
    const content = await this.audio.wav(row);
    const wav = await buffer(content.open(0, content.size - 1));
    const left = new Int16Array(Math.max(0, Math.floor((wav.length - WAV_HEADER_BYTES) / WAV_FRAME_BYTES)));
    for (let i = 0; i < left.length; i++) left[i] = wav.readInt16LE(WAV_HEADER_BYTES + i * WAV_FRAME_BYTES);
    return [{ kind: "asset", asset: await media.encode(left, 8000) }];
  }
}
