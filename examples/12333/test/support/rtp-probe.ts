import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { performance } from "node:perf_hooks";

/** A-law octet to 16-bit sample (ITU-T G.711). Written apart from the product, so that one does not prove the other. */
function decodeAlaw(octet: number): number {
  const value = octet ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = ((value & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (value & 0x80) !== 0 ? magnitude : -magnitude;
}

function encodeAlaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  let magnitude = Math.min(32_635, Math.abs(sample));
  let exponent = 7;
  for (let mask = 0x4000; (magnitude & mask) === 0 && exponent > 0; mask >>= 1) exponent--;
  magnitude >>= exponent === 0 ? 4 : exponent + 3;
  return (sign | (exponent << 4) | (magnitude & 15)) ^ 0x55;
}

interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly ssrc: number;
  readonly payload: Buffer;
  readonly at: number;
}

/** The media end of a test caller: hears, measures, plays tones and presses keys over real RTP. */
export class RtpProbe {
  readonly packets: Packet[] = [];
  readonly #socket: Socket;
  readonly #telephoneEvent: number;
  #remote: { address: string; port: number } | undefined;
  #sequence = Math.floor(Math.random() * 60_000);
  #timestamp = Math.floor(Math.random() * 2 ** 31);
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #sender: NodeJS.Timeout | undefined;
  #next: (() => Buffer) | undefined;
  #waiters: (() => void)[] = [];

  private constructor(socket: Socket, telephoneEvent: number) {
    this.#socket = socket;
    this.#telephoneEvent = telephoneEvent;
    socket.on("message", (data, from) => this.#receive(data, from));
  }

  static async open(telephoneEvent = 101): Promise<RtpProbe> {
    const socket = createSocket("udp4");
    socket.on("error", () => undefined); // ICMP port unreachable after the far end has gone
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new RtpProbe(socket, telephoneEvent);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Samples heard so far, in the order of sequence numbers; telephone events left out. */
  samples(): Int16Array {
    const audio = this.packets.filter((packet) => packet.payloadType === 8);
    const out = new Int16Array(audio.reduce((sum, packet) => sum + packet.payload.length, 0));
    let at = 0;
    for (const packet of audio) for (const octet of packet.payload) out[at++] = decodeAlaw(octet);
    return out;
  }

  /** Level in dB relative to full scale of one frequency over the last `ms`. */
  toneLevel(hz: number, ms = 1_000): number {
    return goertzelLevel(this.samples().slice(-ms * 8), hz);
  }

  /** Level in dBFS of everything over the last `ms`. */
  level(ms = 1_000): number {
    const samples = this.samples().slice(-ms * 8);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    return samples.length === 0 ? -120 : 10 * Math.log10(sum / samples.length / 32_768 ** 2 + 1e-12);
  }

  /** Waits until `condition` holds, looking each time packets come in. */
  async until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`not heard within ${timeoutMs} ms: ${what} (${this.packets.length} packets so far)`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits for sound above -45 dBFS in the last 300 ms. */
  hearsSound(timeoutMs = 15_000): Promise<void> {
    return this.until(() => this.level(300) > -45, timeoutMs, "sound");
  }

  /** Waits until there has been sound and then `ms` of silence: a prompt is over. */
  async hearsQuiet(ms: number, timeoutMs = 60_000): Promise<void> {
    let last = performance.now();
    await this.until(
      () => {
        if (this.level(120) > -50 && this.packets.length > 0 && performance.now() - (this.packets.at(-1)?.at ?? 0) < 200) last = performance.now();
        return performance.now() - last > ms;
      },
      timeoutMs,
      "quiet",
    );
  }

  /** Waits for the pure tone that says "speak now". */
  hearsBeep(timeoutMs = 40_000): Promise<void> {
    return this.until(() => this.toneLevel(450, 160) > -35 && this.toneLevel(450, 160) > this.level(160) - 1, timeoutMs, "the beep");
  }

  async hearsTone(hz: number, timeoutMs = 15_000): Promise<void> {
    await this.until(() => this.toneLevel(hz, 500) > -30, timeoutMs, `${hz} Hz`);
  }

  /** Sends a sine until told otherwise. */
  playTone(hz: number, amplitude = 8_000): void {
    let phase = 0;
    this.#play(() => {
      const payload = Buffer.alloc(160);
      for (let i = 0; i < 160; i++) payload[i] = encodeAlaw(Math.round(amplitude * Math.sin((2 * Math.PI * hz * phase++) / 8_000)));
      return payload;
    });
  }

  playSilence(): void {
    this.#play(() => Buffer.alloc(160, 0xd5));
  }

  stopPlaying(): void {
    clearInterval(this.#sender);
    this.#sender = undefined;
  }

  /** Presses keys by RFC 4733 events of 100 ms. */
  async press(digits: string, gapMs = 120): Promise<void> {
    await this.until(() => this.#remote !== undefined, 10_000, "where to send keys");
    for (const digit of digits) {
      const event = "0123456789*#".indexOf(digit);
      const started = this.#timestamp;
      for (let tick = 1; tick <= 5; tick++) {
        this.#sendEvent(event, tick * 160, started, tick === 1, false);
        await pause(20);
      }
      for (let repeat = 0; repeat < 3; repeat++) this.#sendEvent(event, 960, started, false, true);
      this.#timestamp = (this.#timestamp + 960) >>> 0;
      await pause(gapMs);
    }
  }

  /** Sequence gaps, and the spread of arrival gaps in ms. */
  delivery(): { received: number; lost: number; p99GapMs: number; maxGapMs: number } {
    const audio = this.packets.filter((packet) => packet.payloadType === 8);
    let lost = 0;
    const gaps: number[] = [];
    for (let i = 1; i < audio.length; i++) {
      const before = audio[i - 1];
      const after = audio[i];
      if (before === undefined || after === undefined || before.ssrc !== after.ssrc) continue;
      const step = (after.sequence - before.sequence) & 0xffff;
      if (step > 1 && step < 1_000) lost += step - 1;
      // A pause between two prompts is no gap: the timestamp says how long it was meant to be.
      const meant = ((after.timestamp - before.timestamp) >>> 0) / 8;
      if (meant <= 40) gaps.push(after.at - before.at);
    }
    gaps.sort((a, b) => a - b);
    return { received: audio.length, lost, p99GapMs: gaps[Math.floor(gaps.length * 0.99)] ?? 0, maxGapMs: gaps.at(-1) ?? 0 };
  }

  close(): void {
    this.stopPlaying();
    this.#socket.close();
  }

  #play(next: () => Buffer): void {
    this.#next = next;
    if (this.#sender !== undefined) return;
    const started = performance.now();
    let sent = 0;
    this.#sender = setInterval(() => {
      for (const due = Math.floor((performance.now() - started) / 20); sent < due; sent++) {
        if (this.#remote === undefined || this.#next === undefined) continue;
        this.#send(8, this.#next(), this.#timestamp, false);
        this.#timestamp = (this.#timestamp + 160) >>> 0;
      }
    }, 10);
  }

  #sendEvent(event: number, duration: number, timestamp: number, marker: boolean, end: boolean): void {
    const payload = Buffer.from([event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 255]);
    this.#send(this.#telephoneEvent, payload, timestamp, marker);
  }

  #send(payloadType: number, payload: Buffer, timestamp: number, marker: boolean): void {
    if (this.#remote === undefined) return;
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = (marker ? 0x80 : 0) | payloadType;
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(timestamp >>> 0, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    payload.copy(packet, 12);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#socket.send(packet, this.#remote.port, this.#remote.address);
  }

  #receive(data: Buffer, from: RemoteInfo): void {
    if (data.length < 12 || (data[0] ?? 0) >> 6 !== 2) return;
    this.#remote = { address: from.address, port: from.port };
    this.packets.push({ sequence: data.readUInt16BE(2), timestamp: data.readUInt32BE(4), payloadType: (data[1] ?? 0) & 127, ssrc: data.readUInt32BE(8), payload: Buffer.from(data.subarray(12)), at: performance.now() });
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }
}

/** Level in dBFS of one frequency (Goertzel). */
export function goertzelLevel(samples: Int16Array, hz: number, rate = 8_000): number {
  if (samples.length === 0) return -120;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let a = 0;
  let b = 0;
  for (const sample of samples) {
    const c = sample + coefficient * a - b;
    b = a;
    a = c;
  }
  const power = (a * a + b * b - coefficient * a * b) / (samples.length / 2) ** 2;
  return 10 * Math.log10(power / 32_768 ** 2 / 2 + 1e-12);
}

/** @param over ends it early */
export function pause(ms: number, over?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over?.aborted === true) return resolve();
    const timer = setTimeout(resolve, ms);
    over?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
