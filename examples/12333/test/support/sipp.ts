import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-ports.js";

/** How one SIPp caller behaves after the answer. */
export interface SippCall {
  /** UDP port its media comes to: a probe's. */
  readonly mediaPort: number;
  readonly from: string;
}

/** SIPp as callers: INVITE with A-law and telephone-event, ACK, then BYE from whoever is first. */
export class SippCallers {
  readonly #process: ChildProcess;
  readonly #folder: string;
  output = "";
  readonly exited: Promise<number | null>;

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#folder = folder;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  static async start(options: { sipPort: number; calls: readonly SippCall[]; /** Each caller hangs up after this long, unless the hotline did before. */ talkMs: number; number?: string; rate?: number; transport?: "udp" | "tcp"; /** Calls at a time. Default: all. */ atOnce?: number; /** Command that starts it in a network of its own, for its folder. */ within?: (folder: string) => readonly string[] }): Promise<SippCallers> {
    const folder = mkdtempSync(join(tmpdir(), "sipp-"));
    writeFileSync(join(folder, "scenario.xml"), scenario(options.number ?? "12333", options.talkMs));
    writeFileSync(join(folder, "calls.csv"), ["SEQUENTIAL", ...options.calls.map((call) => `${call.from};${call.mediaPort}`), ""].join("\n"));
    const [command = "", ...args] = [...(options.within?.(folder) ?? []), "/usr/bin/sipp"];
    const child = spawn(
      command,
      [...args, `127.0.0.1:${options.sipPort}`, "-sf", "scenario.xml", "-inf", "calls.csv", "-i", "127.0.0.1", "-p", String(await freePort()), "-t", options.transport === "tcp" ? "t1" : "u1", "-m", String(options.calls.length), "-l", String(options.atOnce ?? options.calls.length), "-r", String(options.rate ?? 20), "-nostdin", "-timeout", String(Math.max(300, Math.ceil((2 * options.talkMs * options.calls.length) / (options.atOnce ?? options.calls.length) / 1_000))), "-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "stat.csv"],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TERM: "dumb" } },
    );
    return new SippCallers(child, folder);
  }

  /** What SIPp found wrong, if anything. */
  errors(): string {
    try {
      // SIPp also tells when it was itself not given the processor in time: that says how busy the machine is, nothing of the hotline.
      // A caller who hangs up by himself is told as a receive time-out: that is the scenario, no error.
      return readFileSync(join(this.#folder, "errors.log"), "utf8").replace(/^The following events occurred:\n/, "").replace(/[^\n]*?receive timeout on message caller:\d+, jumping to label \d+/g, "").replace(/[^\n]*Overload warning: the minor watchdog timer [^\n]*/g, "").trim();
    } catch {
      return "";
    }
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  dispose(): void {
    if (this.#process.exitCode === null) this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function scenario(number: string, talkMs: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
  <send retrans="500"><![CDATA[
INVITE sip:${number}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=caller 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio [field1] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rtd="true" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv request="BYE" timeout="${talkMs}" ontimeout="hangup" next="answered"/>
  <label id="hangup"/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200" next="done"/>
  <label id="answered"/>
  <send next="done"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <label id="done"/>
</scenario>
`;
}
