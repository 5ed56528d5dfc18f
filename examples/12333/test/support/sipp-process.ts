import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One SIPp with a scenario of its own, whose `<log>` lines tell afterwards what it saw and did. */
export class SippProcess {
  readonly #process: ChildProcess;
  readonly #folder: string;
  output = "";
  readonly exited: Promise<number | null>;

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#folder = folder;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.output = (this.output + text).slice(-20_000)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.output = (this.output + text).slice(-20_000)));
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** @param rows of the injection file, `;` between fields */
  static start(options: { readonly scenario: string; readonly port: number; readonly rows?: readonly string[]; readonly args: readonly string[] }): SippProcess {
    const folder = mkdtempSync(join(tmpdir(), "sipp-"));
    writeFileSync(join(folder, "scenario.xml"), options.scenario);
    if (options.rows !== undefined) writeFileSync(join(folder, "rows.csv"), ["SEQUENTIAL", ...options.rows, ""].join("\n"));
    const child = spawn("/usr/bin/sipp", ["-sf", "scenario.xml", ...(options.rows === undefined ? [] : ["-inf", "rows.csv"]), "-i", "127.0.0.1", "-p", String(options.port), "-t", "u1", "-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_logs", "-log_file", "told.log", ...options.args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TERM: "dumb" },
    });
    return new SippProcess(child, folder);
  }

  /** Lines of `<log>`, complete once it has exited. */
  told(): string[] {
    return this.#read("told.log").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  }

  /** What SIPp found wrong. Its word that it was not given the processor in time says nothing of the hotline, and a time-out with a label is the scenario. */
  errors(): string {
    return this.#read("errors.log")
      .replace(/^The following events occurred:\n/, "")
      .replace(/[^\n]*?receive timeout on message [^\n]*jumping to label \d+\.?/g, "")
      .replace(/[^\n]*Overload warning: the minor watchdog timer [^\n]*/g, "")
      .trim();
  }

  /** Lets calls in progress end, then the process. */
  finish(): Promise<number | null> {
    this.#process.kill("SIGUSR1");
    return this.exited;
  }

  dispose(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string {
    const file = join(this.#folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}

/** A request within the dialog the peer opened or we did. */
export function inDialog(method: string, cseq: number, headers: { readonly target: string; readonly from: string; readonly to: string }): string {
  return `${method} ${headers.target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: ${headers.from}
To: ${headers.to}
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Max-Forwards: 70
Content-Length: 0

`;
}

/** An answer to what came last. */
export function answer(status: string, more = ""): string {
  return `SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:]${more}
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

`;
}

/** A-law and keys. */
export function sdp(port: number | string): string {
  return `v=0
o=peer 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio ${port} RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
`;
}
