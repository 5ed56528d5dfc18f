import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Load {
  readonly sipPort: number;
  /** Number dialled. */
  readonly number: string;
  readonly calls: number;
  /** Calls per second. */
  readonly rate: number;
  /** How long each call is held, ms. */
  readonly holdMs: number;
  /** Stream A-law from SIPp for the length of the call. */
  readonly stream: boolean;
  /** Where the hotline is to send the sound of all calls. Default: a port of each call's own. */
  readonly mediaPort?: number;
}

export interface LoadResult {
  readonly successful: number;
  readonly failed: number;
  readonly seconds: number;
  readonly errors: string;
  /** Of `failed`: calls the hotline hung up, which SIPp did not expect. */
  readonly hungUp: number;
}

/** One run of SIPp. */
export async function runSipp(load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "bench-sipp-"));
  try {
    writeFileSync(join(folder, "scenario.xml"), scenario(load));
    if (load.stream) writeFileSync(join(folder, "speech.alaw"), alawNoise(30));
    const started = performance.now();
    const child = spawn("/usr/bin/sipp", [`127.0.0.1:${load.sipPort}`, "-sf", "scenario.xml", "-i", "127.0.0.1", "-m", String(load.calls), "-r", String(load.rate), "-l", String(load.calls), "-nostdin", "-timeout", "240", "-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-mp", "30000"], { cwd: folder, stdio: "ignore", env: { ...process.env, TERM: "dumb" } });
    await new Promise((resolve) => child.once("exit", resolve));
    const seconds = (performance.now() - started) / 1_000;
    const [head = "", ...rows] = readFileSync(join(folder, "stat.csv"), "utf8").trim().split("\n");
    const names = head.split(";");
    const last = (rows.at(-1) ?? "").split(";");
    const value = (name: string): number => Number(last[names.indexOf(name)] ?? Number.NaN);
    const log = join(folder, "errors.log");
    const all = existsSync(log) ? readFileSync(log, "utf8") : "";
    return { successful: value("SuccessfulCall(C)"), failed: value("FailedCall(C)"), seconds, errors: all.slice(0, 500), hungUp: all.split("unexpected BYE").length - 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A-law that changes, so that nothing can be left out. */
function alawNoise(seconds: number): Buffer {
  const data = Buffer.alloc(seconds * 8_000);
  let state = 7;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = 0x80 | ((state >>> 24) & 0x5f);
  }
  return data;
}

function scenario({ number, holdMs, stream, mediaPort }: Load): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="load">
  <send retrans="500"><![CDATA[
INVITE sip:${number}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1380000@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:1380000@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=load 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio ${stream ? "[rtpstream_audio_port]" : (mediaPort ?? "[media_port]")} RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1380000@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  ${stream ? '<nop><action><exec rtp_stream="speech.alaw,-1,8"/></action></nop>' : ""}
  <pause milliseconds="${holdMs}"/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1380000@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
`;
}
