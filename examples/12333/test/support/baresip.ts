import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-ports.js";
import { goertzelLevel } from "./rtp-probe.js";

export interface BaresipOptions {
  readonly sipPort: number;
  readonly user: string;
  readonly password: string;
  /** What the phone "says": a sine of this frequency. */
  readonly toneHz: number;
  /** Picks up by itself. Default true. */
  readonly autoAnswer?: boolean;
}

/** A message of the control connection: an event, or the answer to a command. */
interface Told {
  readonly event?: boolean;
  readonly type?: string;
  /** Of the call an event is about. */
  readonly id?: string;
}

/** Events after which a call stands otherwise. */
const STATES = new Set(["CALL_INCOMING", "CALL_ESTABLISHED", "CALL_CLOSED"]);

/** A telephone that is not ours: registers at the hotline, answers, speaks a tone and keeps what it hears. */
export class Baresip {
  readonly #process: ChildProcess;
  readonly folder: string;
  readonly #control: Socket;
  readonly exited: Promise<number | null>;
  /** Events as baresip tells them: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`, `REGISTER_OK` ... */
  readonly events: string[] = [];
  /** Its call -> the last event of it that says how it stands. */
  readonly #calls = new Map<string, string>();
  log = "";

  private constructor(child: ChildProcess, folder: string, control: Socket) {
    this.#process = child;
    this.folder = folder;
    this.#control = control;
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    const read = netstrings((text) => this.#told(JSON.parse(text) as Told));
    control.on("data", read);
    control.on("error", () => undefined);
  }

  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = mkdtempSync(join(tmpdir(), "baresip-"));
    mkdirSync(folder, { recursive: true });
    // baresip also listens for TLS on the next port.
    const local = await freePort();
    const control = await freePort();
    const rtp = 40_000 + (local % 20_000);
    writeFileSync(join(folder, "tone.wav"), wavTone(options.toneHz, 120));
    writeFileSync(join(folder, "contacts"), "");
    writeFileSync(
      join(folder, "accounts"),
      `<sip:${options.user}@127.0.0.1:${options.sipPort};transport=udp>;auth_user=${options.user};auth_pass=${options.password};regint=60;answermode=${options.autoAnswer === false ? "manual" : "auto"};audio_codecs=PCMA\n`,
    );
    writeFileSync(
      join(folder, "config"),
      [
        "poll_method epoll",
        `sip_listen 127.0.0.1:${local}`,
        "audio_player aubridge,sink",
        `audio_source aufile,${folder}/tone.wav`,
        "audio_alert aubridge,alert",
        "ausrc_srate 8000",
        "auplay_srate 8000",
        `rtp_ports ${rtp - (rtp % 2)}-${rtp - (rtp % 2) + 60}`,
        "module_path /usr/lib/baresip/modules",
        ...["g711", "aufile", "aubridge", "sndfile", "uuid", "account", "menu", "ctrl_tcp"].map((name) => `module ${name}.so`),
        `ctrl_tcp_listen 127.0.0.1:${control}`,
        `snd_path ${folder}`,
        "",
      ].join("\n"),
    );
    const child = spawn("/usr/bin/baresip", ["-f", folder, "-n", "127.0.0.1"], { stdio: ["ignore", "pipe", "pipe"] });
    const socket = await retry(() => dial(control), 50);
    const phone = new Baresip(child, folder, socket);
    return phone;
  }

  /** Waits until the hotline knows the phone. Told by the log too: the event may come before we listen for events. */
  async registered(timeoutMs = 15_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!this.events.includes("REGISTER_OK") && !/200 OK [^\n]*\[\d+ bindings?\]/.test(this.log)) {
      if (performance.now() > deadline) throw new Error(`baresip did not register within ${timeoutMs} ms\n${this.log.slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async event(type: string, timeoutMs = 15_000, count = 1): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.events.filter((each) => each === type).length < count) {
      if (performance.now() > deadline) throw new Error(`baresip did not tell ${type} within ${timeoutMs} ms; events: ${this.events.join(" ")}\n${this.log.slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /**
   * Lifts the receiver. What a desk or the hotline tells of a call comes before the INVITE is here, and a phone that does not ring yet ignores
   * `accept`: so it is waited for the ring, and for the answer.
   */
  async accept(timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    const ringing = (): string | undefined => [...this.#calls].find(([, state]) => state === "CALL_INCOMING")?.[0];
    const until = async (what: string, met: () => boolean): Promise<void> => {
      while (!met()) {
        if (performance.now() > deadline) throw new Error(`baresip ${what} within ${timeoutMs} ms; events: ${this.events.join(" ")}\n${this.log.slice(-2_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await until("did not ring", () => ringing() !== undefined);
    const call = ringing() ?? "";
    this.command("accept");
    await until("did not answer", () => this.#calls.get(call) !== "CALL_INCOMING");
    if (this.#calls.get(call) !== "CALL_ESTABLISHED") throw new Error(`the call was over before baresip had answered\n${this.log.slice(-2_000)}`);
  }

  /** `hangup`, `dial` ...; for `accept` there is a method. */
  command(command: string, params = ""): void {
    const text = JSON.stringify({ command, params, token: "t" });
    this.#control.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** Level in dBFS of a frequency in what this phone heard in its last call, over the last `ms`. Complete after the call. */
  heardTone(hz: number, ms = 2_000): number {
    const last = this.#heard().at(-1);
    if (last === undefined) return -120;
    const data = readFileSync(join(this.folder, last)).subarray(44);
    const samples = new Int16Array(Math.floor(data.length / 2));
    for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE(i * 2);
    let best = -120;
    // The tone need not last to the end of the file: the loudest window counts.
    for (let from = 0; from + ms * 8 <= samples.length; from += 800) best = Math.max(best, goertzelLevel(samples.subarray(from, from + ms * 8), hz));
    return best;
  }

  /** Level in dBFS of a frequency in the last `ms` of what this phone has heard so far; its call may go on. */
  hearing(hz: number, ms = 600): number {
    const last = this.#heard().at(-1);
    if (last === undefined) return -120;
    const data = readFileSync(join(this.folder, last)).subarray(44);
    const whole = Math.floor(data.length / 2);
    const samples = new Int16Array(Math.min(whole, ms * 8));
    for (let i = 0; i < samples.length; i++) samples[i] = data.readInt16LE((whole - samples.length + i) * 2);
    return goertzelLevel(samples, hz);
  }

  #told({ event, type, id }: Told): void {
    if (event !== true || type === undefined) return;
    this.events.push(type);
    if (id !== undefined && STATES.has(type)) this.#calls.set(id, type);
  }

  #heard(): readonly string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith("-dec.wav"))
      .sort();
  }

  /** The process is gone from one moment to the next, as with a power cut: no BYE, still registered. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async dispose(): Promise<void> {
    this.#control.destroy();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGTERM");
      const timer = setTimeout(() => this.#process.kill("SIGKILL"), 3_000);
      await this.exited;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A WAV file of a sine: 8 kHz, 16 bit, one channel; with `burstMs` it sounds for so long, then is silent for as long. */
export function wavTone(hz: number, seconds: number, burstMs?: number): Buffer {
  const samples = seconds * 8_000;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8_000, 24);
  wav.writeUInt32LE(16_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++) wav.writeInt16LE(burstMs !== undefined && Math.floor(i / (burstMs * 8)) % 2 === 1 ? 0 : Math.round(8_000 * Math.sin((2 * Math.PI * hz * i) / 8_000)), 44 + i * 2);
  return wav;
}

/** Reads messages of the form `length:text,` however the connection cuts them. */
function netstrings(each: (text: string) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (let colon = rest.indexOf(":"); colon > 0; colon = rest.indexOf(":")) {
      const end = colon + 1 + Number(rest.toString("latin1", 0, colon));
      if (rest.length <= end) return;
      each(rest.toString("utf8", colon + 1, end));
      rest = rest.subarray(end + 1);
    }
  };
}

function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

async function retry<T>(fn: () => Promise<T>, times: number): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await fn();
    } catch (error) {
      if (i === times) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
