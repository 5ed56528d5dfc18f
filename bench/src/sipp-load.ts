import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  /** A call that is refused by 503 has ended as it should. */
  readonly refusals?: boolean;
  /** The processor it keeps to. */
  readonly cpu?: number;
  /** Offer G.722 and nothing else; without `stream`. */
  readonly wideband?: boolean;
}

export interface LoadResult {
  readonly successful: number;
  readonly failed: number;
  readonly seconds: number;
  readonly errors: string;
  /** Of `failed`: calls the hotline hung up, which SIPp did not expect. */
  readonly hungUp: number;
}

export interface OverloadResult {
  /** Calls answered and ended by us. */
  readonly answered: number;
  readonly refused: number;
  /** Neither. */
  readonly lost: number;
  /** How long calls came. */
  readonly seconds: number;
  /** From an INVITE to its 200 or 503, ms, ascending. */
  readonly waits: readonly number[];
}

/** One run of SIPp. */
export function runSipp(load: Load): Promise<LoadResult> {
  return sipp(load, [], (folder, value, seconds) => {
    const log = join(folder, "errors.log");
    const all = existsSync(log) ? readFileSync(log, "utf8") : "";
    return { successful: value("SuccessfulCall(C)"), failed: value("FailedCall(C)"), seconds, errors: all.slice(0, 500), hungUp: all.split("unexpected BYE").length - 1 };
  });
}

/** One run of SIPp with more calls than are taken. */
export function runOverload(load: Load): Promise<OverloadResult> {
  return sipp({ ...load, refusals: true }, ["-trace_rtt", "-rtt_freq", "1"], (folder, value) => {
    const refused = value("GenericCounter1(C)");
    const rtt = readdirSync(folder).find((name) => name.endsWith("_rtt.csv"));
    const waits = rtt === undefined ? [] : readFileSync(join(folder, rtt), "utf8").trim().split("\n").slice(1).map((line) => Number(line.split(";")[1]));
    return { answered: value("SuccessfulCall(C)") - refused, refused, lost: load.calls - value("SuccessfulCall(C)"), seconds: load.calls / load.rate, waits: waits.sort((a, b) => a - b) };
  });
}

async function sipp<T>(load: Load, more: readonly string[], read: (folder: string, value: (name: string) => number, seconds: number) => T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bench-sipp-"));
  try {
    writeFileSync(join(folder, "scenario.xml"), scenario(load));
    if (load.stream) writeFileSync(join(folder, "speech.alaw"), alawNoise(30));
    const started = performance.now();
    const args = [`127.0.0.1:${load.sipPort}`, "-sf", "scenario.xml", "-i", "127.0.0.1", "-m", String(load.calls), "-r", String(load.rate), "-l", String(load.calls), "-nostdin", "-timeout", String(Math.ceil(load.calls / load.rate + load.holdMs / 1_000 + (load.refusals === true ? 10 : 220))), "-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-mp", "30000", ...more];
    const [command, ...rest] = load.cpu === undefined ? ["/usr/bin/sipp", ...args] : ["taskset", "-c", String(load.cpu), "/usr/bin/sipp", ...args];
    const child = spawn(command as string, rest, { cwd: folder, stdio: "ignore", env: { ...process.env, TERM: "dumb" } });
    // Left alone by a bench that failed, it would keep its ports from the next.
    const end = (): void => void child.kill("SIGKILL");
    process.once("exit", end);
    await new Promise((resolve) => child.once("exit", resolve));
    process.off("exit", end);
    const seconds = (performance.now() - started) / 1_000;
    const [head = "", ...rows] = readFileSync(join(folder, "stat.csv"), "utf8").trim().split("\n");
    const names = head.split(";");
    const last = (rows.at(-1) ?? "").split(";");
    return read(folder, (name) => Number(last[names.indexOf(name)] ?? Number.NaN), seconds);
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

function scenario({ number, holdMs, stream, mediaPort, refusals, wideband = false }: Load): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="load">
  <send retrans="500"${refusals === true ? ' start_rtd="1"' : ""}><![CDATA[
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
m=audio ${stream ? "[rtpstream_audio_port]" : (mediaPort ?? "[media_port]")} RTP/AVP ${wideband ? 9 : 8} 101
a=rtpmap:${wideband ? "9 G722" : "8 PCMA"}/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  ${refusals === true ? '<recv response="503" optional="true" rtd="1" counter="1" next="refused"/>' : ""}
  <recv response="200" rrs="true"${refusals === true ? ' rtd="1"' : ""}/>
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
  ${refusals === true ? REFUSED(number) : ""}
</scenario>
`;
}

/** The rest of a call that was refused. */
const REFUSED = (number: string): string => `<nop next="over"/>
  <label id="refused"/>
  <send><![CDATA[
ACK sip:${number}@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
From: <sip:1380000@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <label id="over"/>`;
