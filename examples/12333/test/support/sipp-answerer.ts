import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** SIPp as a citizen who is called: rings, answers with A-law, and hangs up after a while unless the hotline did before. */
export class SippAnswerer {
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

  static start(options: { port: number; mediaPort: number; ringMs: number; talkMs: number }): SippAnswerer {
    const folder = mkdtempSync(join(tmpdir(), "sipp-uas-"));
    writeFileSync(join(folder, "scenario.xml"), scenario(options));
    const child = spawn("/usr/bin/sipp", ["-sf", "scenario.xml", "-i", "127.0.0.1", "-p", String(options.port), "-t", "u1", "-m", "1", "-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TERM: "dumb" } });
    return new SippAnswerer(child, folder);
  }

  dispose(): void {
    if (this.#process.exitCode === null) this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function scenario({ mediaPort, ringMs, talkMs }: { mediaPort: number; ringMs: number; talkMs: number }): string {
  const headers = `[last_Via:]
[last_From:]
[last_To:];tag=[pid]u[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:citizen@[local_ip]:[local_port]>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="citizen">
  <recv request="INVITE" crlf="true" rrs="true">
    <action>
      <ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="1,2"/>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="3"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="4"/>
    </action>
  </recv>
  <send><![CDATA[
SIP/2.0 180 Ringing
${headers}
Content-Length: 0

]]></send>
  <pause milliseconds="${ringMs}"/>
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
${headers}
Content-Type: application/sdp
Content-Length: [len]

v=0
o=citizen 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio ${mediaPort} RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
]]></send>
  <recv request="ACK"/>
  <recv request="BYE" timeout="${talkMs}" ontimeout="hangup" next="answered"/>
  <label id="hangup"/>
  <send retrans="500"><![CDATA[
BYE [$2] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$4];tag=[pid]u[call_number]
To:[$3]
Call-ID: [call_id]
CSeq: 1 BYE
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
  <Reference variables="1"/>
</scenario>
`;
}
