import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wavTone } from "./baresip.js";
import { freePort } from "./free-ports.js";

export interface LinphoneOptions {
  readonly sipPort: number;
  readonly user: string;
  readonly password: string;
  /** What the phone "says": a sine of this frequency. */
  readonly toneHz: number;
}

/** A call as linphonec lists it. */
export interface LinphoneCall {
  readonly id: number;
  /** URI of the other side. */
  readonly peer: string;
  /** `StreamsRunning`, `Paused` ... */
  readonly state: string;
}

/** linphonec, a telephone that is not ours and can consult: it holds one call, makes another and transfers the one to the other (REFER with Replaces). It picks up by itself. */
export class Linphone {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<number | null>;
  log = "";

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#folder = folder;
    this.#exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.log += text));
    child.stdin?.on("error", () => undefined);
  }

  static async start({ sipPort, user, password, toneHz }: LinphoneOptions): Promise<Linphone> {
    const folder = mkdtempSync(join(tmpdir(), "linphone-"));
    const local = await freePort();
    const rtp = 40_000 + (local % 10_000) * 2;
    // Its call log is a database there; without the folder it complains, and in the user's own it would stay.
    mkdirSync(join(folder, ".local/share/linphone"), { recursive: true });
    writeFileSync(join(folder, "tone.wav"), wavTone(toneHz, 120));
    writeFileSync(
      join(folder, "linphonerc"),
      [
        "[sip]",
        `sip_port=${local}`,
        `sip_tcp_port=${local}`,
        "sip_tls_port=0",
        "guess_hostname=0",
        "use_ipv6=0",
        "bind_address=127.0.0.1",
        "default_proxy=0",
        `contact="${user}" <sip:${user}@127.0.0.1>`,
        "[rtp]",
        `audio_rtp_port=${rtp}-${rtp + 60}`,
        "[sound]",
        "echocancellation=0",
        "[net]",
        "firewall_policy=0",
        "[auth_info_0]",
        `username=${user}`,
        `passwd=${password}`,
        "[proxy_0]",
        `reg_proxy=<sip:127.0.0.1:${sipPort};transport=udp>`,
        `reg_identity=<sip:${user}@127.0.0.1>`,
        "reg_expires=60",
        "reg_sendregister=1",
        "",
      ].join("\n"),
    );
    const child = spawn("/usr/bin/linphonec", ["-a", "-S", "-c", join(folder, "linphonerc")], { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, TERM: "dumb" }, stdio: ["pipe", "pipe", "pipe"] });
    const phone = new Linphone(child, folder);
    phone.command("soundcard use files");
    phone.command(`play ${join(folder, "tone.wav")}`);
    return phone;
  }

  /** Waits until the hotline knows the phone. linphonec tells it only when asked. */
  async registered(timeoutMs = 15_000): Promise<void> {
    const asking = setInterval(() => this.command("status register"), 300);
    try {
      await this.until(() => this.log.includes("registered, identity="), timeoutMs, "a registration");
    } finally {
      clearInterval(asking);
    }
  }

  /** One line of linphonec's own commands: `call`, `transfer` ... */
  command(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** The calls there are now. */
  async calls(): Promise<readonly LinphoneCall[]> {
    const from = this.log.length;
    this.command("calls");
    this.command("status register"); // what comes after the list tells that it is whole
    await this.until(() => this.log.includes("registered", from), 10_000, "the list of calls");
    return [...this.log.slice(from).matchAll(/^(\d+)\s*\|\s*(\S+)\s*\|\s*(\S+)/gm)].map(([, id, peer, state]) => ({ id: Number(id), peer: peer ?? "", state: state ?? "" }));
  }

  async until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`linphonec did not tell ${what} within ${timeoutMs} ms\n${this.log.slice(-3_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async dispose(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGTERM");
      const timer = setTimeout(() => this.#process.kill("SIGKILL"), 3_000);
      await this.#exited;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
