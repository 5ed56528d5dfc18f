import { close, mkdir, open, write } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { CaptureResult } from "@hotlinejs/core";
import { ALAW_SILENCE } from "../codec/g711.js";
import { alawPower, levelToPower, powerToLevel, SILENCE_LEVEL } from "../codec/level.js";
import { CAPTURE_RECORD_BYTES, FLAG_END, FLAG_EXCLUDED, sealRecord, writeCaptureHeader } from "../capture/capture-format.js";
import { CaptureChannel } from "./capture-channel.js";
import type { WireCaptureOptions } from "./protocol.js";

/** Samples held back from writing, so that late packets find their place (100 ms); less where the caller wants shorter flushes. */
const HOLD_BACK = 800;
/** Room beyond a flush interval (2 s): a slow disk at the start loses nothing. */
const ROOM = 16_000;
/** Taps that need not write more often write at whole multiples of this (ms of media time). */
const COMMON_MS = 200;
const VOICED_POWER = levelToPower(-45);
const FRAME = 160;
/** Writes that may wait for the disk (at the default interval a minute) before it counts as failed. */
const MAX_PENDING = 64;

/** The worker's time in samples: exact, and as of the packet being handled. */
export interface MediaTime {
  readonly mediaTime: number;
  readonly recent: number;
}

/** The file system calls a tap makes; tests put failing ones in their place. */
export interface TapFiles {
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly write: typeof write;
  readonly close: typeof close;
}

/**
 * Records one leg. What is lost on the way is concealed as it is for whoever listens (LossConcealer: at most 60 ms, then silence), so
 * that a recording sounds as the call did and no one takes a lost packet for a cut; how much was lost stands with the leg. The media path only copies octets into a window of memory; a timer of its own
 * seals records and hands them to the disk. Nothing the disk does can hold up a packet.
 */
export class CaptureTap {
  readonly id: string;
  readonly #options: WireCaptureOptions;
  readonly #time: MediaTime;
  readonly #finished: (result: CaptureResult) => void;
  readonly #files: TapFiles;
  readonly #start: number;
  readonly #channels: 1 | 2;
  readonly #capacity: number;
  readonly #left: CaptureChannel;
  readonly #right: CaptureChannel;
  readonly #holdBack: number;
  /** What is written lags by `holdBack`, so the timer runs that much more often than `flushMs` says. */
  readonly #periodMs: number;
  /** Position of the window's first sample: everything before it is on its way to the disk. */
  #base = 0;
  /** End of what stands in the window: beyond it there is silence in both channels. */
  #top = 0;
  /** Where pauses begin and end, ascending; an odd count means paused now. */
  readonly #pauses: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #fd = -1;
  #pending: Buffer[] = [];
  #writing = false;
  #ending: CaptureResult["reason"] | undefined;
  #done = false;
  #peak = 0;
  #voiced = 0;
  /** Samples of a frame not yet judged carry over to the next flush. */
  #judged = 0;
  #lastVoiced = 0;
  #length = 0;

  /**
   * @param time its value now is position 0.
   * @param finished called once, when the file is closed.
   */
  constructor(id: string, options: WireCaptureOptions, time: MediaTime, finished: (result: CaptureResult) => void, files: TapFiles = { mkdir, open, write, close }) {
    this.id = id;
    this.#options = options;
    this.#time = time;
    this.#finished = finished;
    this.#files = files;
    this.#start = time.mediaTime;
    this.#channels = options.channels === "stereo" ? 2 : 1;
    this.#holdBack = Math.min(HOLD_BACK, options.flushMs * 4);
    this.#periodMs = options.flushMs - this.#holdBack / 8;
    this.#capacity = options.flushMs * 8 + ROOM;
    this.#left = new CaptureChannel(this.#capacity);
    this.#right = new CaptureChannel(this.#channels === 2 ? this.#capacity : 0);
  }

  /** Makes the file. `started` gets the error when that failed; the tap is then dead. */
  open(startedAt: number, started: (error: Error | undefined) => void): void {
    this.#files.mkdir(dirname(this.#options.path), { recursive: true }, (folderError) => {
      if (folderError !== null) {
        this.#done = true;
        started(folderError);
        return;
      }
      this.#files.open(this.#options.path, "ax", 0o600, (error, fd) => {
        if (error !== null) {
          this.#done = true;
          started(error);
          return;
        }
        this.#fd = fd;
        this.#pending.unshift(Buffer.from(writeCaptureHeader({ channels: this.#channels, startedAt, flushMs: this.#options.flushMs }, crc32)));
        started(undefined);
        if (this.#ending === undefined) this.#schedule();
        this.#pump();
      });
    });
  }

  /** Sound received from the party, placed by its timestamp. `table` maps µ-law. */
  received(source: object | number, timestamp: number, octets: Uint8Array, offset: number, length: number, table: Uint8Array | undefined): void {
    if (this.#ending !== undefined) return;
    this.#packet(this.#left, source, timestamp, octets, offset, length, table);
  }

  /** A frame received from the party at this media time: from a line, which has no clock of its own. */
  receivedFrame(mediaTime: number, octets: Uint8Array, offset: number, length: number): void {
    if (this.#ending !== undefined) return;
    this.#put(this.#left.window, mediaTime - this.#start, octets, offset, length, undefined);
  }

  /** A frame sent to the party at this media time. */
  sentFrame(mediaTime: number, alaw: Uint8Array): void {
    if (this.#ending !== undefined || this.#channels === 1) return;
    this.#right.interrupt();
    this.#put(this.#right.window, mediaTime - this.#start, alaw, 0, alaw.length, undefined);
  }

  /** A relayed packet sent to the party, placed by its timestamp. */
  sentPacket(source: object | number, timestamp: number, octets: Uint8Array, offset: number, length: number, table: Uint8Array | undefined): void {
    if (this.#ending !== undefined || this.#channels === 1) return;
    this.#packet(this.#right, source, timestamp, octets, offset, length, table);
  }

  pause(): void {
    if (this.#pauses.length % 2 === 0 && this.#ending === undefined) this.#pauses.push(this.#now());
  }

  resume(): void {
    if (this.#pauses.length % 2 === 1 && this.#ending === undefined) this.#pauses.push(this.#now());
  }

  /** Writes what is there, closes the file and reports. Only the first call counts. */
  stop(reason: CaptureResult["reason"], at: number = this.#now()): void {
    if (this.#ending !== undefined || this.#done) return;
    this.#ending = reason;
    clearTimeout(this.#timer);
    this.#length = Math.max(this.#base, at);
    this.#seal(this.#length);
    const end = new Uint8Array(CAPTURE_RECORD_BYTES);
    sealRecord(end, FLAG_END, this.#channels, this.#length, 0, crc32);
    this.#pending.push(Buffer.from(end.buffer));
    this.#pump();
  }

  #now(): number {
    return this.#time.mediaTime - this.#start;
  }

  #packet(channel: CaptureChannel, source: object | number, timestamp: number, octets: Uint8Array, offset: number, length: number, table: Uint8Array | undefined): void {
    const position = channel.place(source, timestamp, length, this.#time.recent - this.#start, this.#base);
    this.#put(channel.window, position, octets, offset, length, table);
  }

  #put(channel: Uint8Array, position: number, octets: Uint8Array, offset: number, length: number, table: Uint8Array | undefined): void {
    let at = position - this.#base;
    if (at < 0) {
      offset -= at;
      length += at;
      at = 0;
    }
    length = Math.min(length, this.#capacity - at);
    if (length <= 0) return;
    if (at + length > this.#top) this.#top = at + length;
    // For a packet's length a loop is cheaper than the view that `set` would need.
    if (table === undefined) for (let i = 0; i < length; i++) channel[at + i] = octets[offset + i] as number;
    else for (let i = 0; i < length; i++) channel[at + i] = table[octets[offset + i] as number] as number;
  }

  #schedule(): void {
    const { endOnSilenceMs, maxMs } = this.#options;
    let wait = endOnSilenceMs === undefined ? this.#periodMs : Math.min(this.#periodMs, 250);
    if (maxMs !== undefined) wait = Math.min(wait, Math.max(0, maxMs - this.#now() / 8));
    // All taps of a worker write at the same moments: the disk threads are woken once for many.
    else if (wait >= COMMON_MS) wait = COMMON_MS * Math.floor((this.#time.mediaTime / 8 + wait + 1) / COMMON_MS) - this.#time.mediaTime / 8;
    this.#timer = setTimeout(this.#due, Math.ceil(wait));
  }

  /** After a standstill of the thread timers come before the packets that wait in the sockets: those are read first. */
  readonly #due = (): void => void setImmediate(this.#flush);

  readonly #flush = (): void => {
    if (this.#ending !== undefined) return;
    const now = this.#now();
    const { endOnSilenceMs, maxMs } = this.#options;
    if (maxMs !== undefined && now >= maxMs * 8) {
      this.stop("max", maxMs * 8);
      return;
    }
    this.#seal(Math.max(this.#base, Math.floor((now - this.#holdBack) / FRAME) * FRAME)); // whole frames, so that each is measured
    if (endOnSilenceMs !== undefined && this.#judged - this.#lastVoiced >= endOnSilenceMs * 8) {
      this.stop("silence", Math.max(this.#base, this.#judged));
      return;
    }
    this.#pump();
    if (this.#ending === undefined) this.#schedule();
  };

  /** Turns the window up to `end` into records and moves it on. */
  #seal(end: number): void {
    // After a standstill the window cannot hold all the time that passed: the rest is a gap, silence on reading.
    const held = Math.min(end, this.#base + this.#capacity);
    this.#silencePauses(held);
    this.#judge(held);
    let from = this.#base;
    for (const edge of [...this.#pauses.filter((pause) => pause > from && pause < held), held]) {
      this.#record(from, edge);
      from = edge;
    }
    const moved = end - this.#base;
    this.#left.move(moved, this.#top);
    if (this.#channels === 2) this.#right.move(moved, this.#top);
    this.#top = Math.max(0, this.#top - moved);
    this.#base = end;
    while (this.#pauses.length >= 2 && (this.#pauses[1] as number) <= end) this.#pauses.splice(0, 2);
  }

  #silencePauses(end: number): void {
    for (let i = 0; i < this.#pauses.length; i += 2) {
      const from = Math.max(0, (this.#pauses[i] as number) - this.#base);
      const to = Math.min(end, this.#pauses[i + 1] ?? end) - this.#base;
      if (to <= from) continue;
      this.#left.window.fill(ALAW_SILENCE, from, to);
      if (this.#channels === 2) this.#right.window.fill(ALAW_SILENCE, from, to);
    }
  }

  #excluded(position: number): boolean {
    for (let i = 0; i < this.#pauses.length; i += 2) {
      if (position >= (this.#pauses[i] as number) && position < (this.#pauses[i + 1] ?? Infinity)) return true;
    }
    return false;
  }

  #record(from: number, to: number): void {
    const samples = to - from;
    if (samples <= 0) return;
    const at = from - this.#base;
    const record = Buffer.allocUnsafe(CAPTURE_RECORD_BYTES + samples * this.#channels);
    record.set(this.#left.window.subarray(at, at + samples), CAPTURE_RECORD_BYTES);
    if (this.#channels === 2) record.set(this.#right.window.subarray(at, at + samples), CAPTURE_RECORD_BYTES + samples);
    sealRecord(record, this.#excluded(from) ? FLAG_EXCLUDED : 0, this.#channels, from, samples, crc32);
    this.#pending.push(record);
  }

  /** Measures the party's whole frames up to `end`. */
  #judge(end: number): void {
    if (this.#judged < this.#base) this.#judged = this.#base;
    for (; this.#judged + FRAME <= end; this.#judged += FRAME) {
      const power = alawPower(this.#left.window, this.#judged - this.#base, FRAME);
      if (power > this.#peak) this.#peak = power;
      if (power > VOICED_POWER) this.#voiced += FRAME;
      if (power > VOICED_POWER || this.#excluded(this.#judged)) this.#lastVoiced = this.#judged + FRAME;
    }
  }

  /** One write at a time, in order. */
  #pump(): void {
    if (this.#pending.length > MAX_PENDING && this.#ending === undefined) {
      // The disk hangs: give up, and close when the write that is under way comes back.
      clearTimeout(this.#timer);
      this.#length = this.#now();
      this.#ending = "disk";
      this.#pending = [];
    }
    if (this.#writing || this.#fd < 0 || this.#done) return;
    const next = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
    if (next === undefined || next.length === 0) {
      if (this.#ending !== undefined) this.#close();
      return;
    }
    this.#pending = [];
    this.#writing = true;
    this.#write(next, 0);
  }

  #write(data: Buffer, offset: number): void {
    this.#files.write(this.#fd, data, offset, data.length - offset, null, (error, written) => {
      if (error !== null) {
        this.#writing = false;
        this.#fail();
      } else if (offset + written < data.length) this.#write(data, offset + written);
      else {
        this.#writing = false;
        this.#pump();
      }
    });
  }

  #fail(): void {
    clearTimeout(this.#timer);
    if (this.#ending === undefined) this.#length = this.#now();
    this.#ending = "disk";
    this.#close();
  }

  #close(): void {
    if (this.#done) return;
    this.#done = true;
    const result: CaptureResult = {
      path: this.#options.path,
      durationMs: this.#length / 8,
      peakLevel: this.#peak === 0 ? SILENCE_LEVEL : powerToLevel(this.#peak),
      voicedMs: this.#voiced / 8,
      reason: this.#ending ?? "stopped",
    };
    const fd = this.#fd;
    this.#fd = -1;
    // An error on closing loses nothing that a reader could tell from a crash.
    this.#files.close(fd, (error) => this.#finished(error === null ? result : { ...result, reason: "disk" }));
  }
}
