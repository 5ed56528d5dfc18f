import { answer, hangUp, hungUp, inDialog, sdp } from "./messages.js";
import { SippProcess } from "./process.js";

/** One ring of an agent's phone, as the phone saw it. */
export interface AgentRing {
  readonly caller: string;
  readonly agent: string;
  /** Answered with 200 and acknowledged. */
  answered: boolean;
  /** `declined`: by the phone; `cancelled`: by the hotline while it rang; `agent` or `hotline`: who hung up after the answer. */
  end: "declined" | "cancelled" | "agent" | "hotline" | "unknown";
}

export interface AgentManner {
  readonly ringMs: number;
  /** From the answer on; the agent hangs up then. `undefined`: declines after `ringMs`. */
  readonly talkMs: number | undefined;
}

/** Phones of agents that SIPp plays: they register, and take calls each in the manner that stands for the last digit of the number of calls so far. */
export class SippAgents {
  private constructor(private readonly sipp: SippProcess) {}

  /** @param mediaPort where the sound of all of them goes */
  static async start(options: { readonly sipPort: number; readonly port: number; readonly mediaPort: number; readonly agents: readonly { readonly number: string; readonly password: string }[]; readonly manners: readonly AgentManner[] }): Promise<SippAgents> {
    const { sipPort, port, mediaPort, agents, manners } = options;
    if (manners.length !== 10) throw new RangeError("one manner for each digit");
    const rows = agents.map(({ number, password }) => `${number};[authentication username=${number} password=${password}]`);
    const registration = SippProcess.start({ scenario: register(), port, rows, args: [`127.0.0.1:${sipPort}`, "-m", String(agents.length), "-r", "20", "-timeout", "30"] });
    const code = await registration.exited;
    const why = registration.errors() + registration.output;
    registration.dispose();
    if (code !== 0) throw new Error(`the agents' phones could not register: ${why}`);
    return new SippAgents(SippProcess.start({ scenario: phone(mediaPort, manners), port, args: [] }));
  }

  /** Lets talks end, and tells what happened, in order. */
  async finish(): Promise<readonly AgentRing[]> {
    await this.sipp.finish();
    return this.rings();
  }

  rings(): readonly AgentRing[] {
    const rings = new Map<string, AgentRing>();
    for (const line of this.sipp.told()) {
      const [what = "", call = "", caller = "", agent = ""] = line.split("|");
      const ring = rings.get(call);
      if (what === "RING") rings.set(call, { caller: user(caller), agent: user(agent), answered: false, end: "unknown" });
      else if (ring === undefined) throw new Error(`a line without a ring: ${line}`);
      else if (what === "ANSWERED") ring.answered = true;
      else if (what === "DECLINED") ring.end = "declined";
      else if (what === "CANCELLED") ring.end = "cancelled";
      else if (what === "AGENT-BYE") ring.end = "agent";
      else if (what === "HOTLINE-BYE") ring.end = "hotline";
    }
    return [...rings.values()];
  }

  errors(): string {
    return this.sipp.errors();
  }

  dispose(): void {
    this.sipp.dispose();
  }
}

/** `13800000000` of `"..." <sip:13800000000@host>`. */
function user(header: string): string {
  return /sips?:([^@>;]+)@/.exec(header)?.[1] ?? header;
}

function register(): string {
  const request = (cseq: number, more: string): string => `REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[remote_ip]:[remote_port]>;tag=[pid]r[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: ${cseq} REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port]>
Expires: 3600
Max-Forwards: 70
${more}Content-Length: 0

`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="register">
  <send retrans="500"><![CDATA[
${request(1, "")}]]></send>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[
${request(2, "[field1]\n")}]]></send>
  <recv response="200"/>
</scenario>
`;
}

function phone(mediaPort: number, manners: readonly AgentManner[]): string {
  const told = (what: string): string => `<log message="${what}|[call_number]|[$from]|[$to]"/>`;
  const own = `[last_Via:]
[last_From:]
[last_To:];tag=[pid]u[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:agent@[local_ip]:[local_port]>`;
  // What answers the INVITE after a CANCEL came between.
  const invited = `[$via]
From:[$from]
To:[$to];tag=[pid]u[call_number]
[last_Call-ID:]
CSeq:[$cseq]`;
  const manner = ({ ringMs, talkMs }: AgentManner, digit: number): string => `
  <label id="manner${digit}"/>
  <recv request="CANCEL" timeout="${ringMs}" ontimeout="take${digit}" next="cancelled"/>
  <label id="take${digit}"/>
  ${talkMs === undefined ? `<nop next="decline"/>` : ""}
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
Via:${invited}
Contact: <sip:agent@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

${sdp(mediaPort)}]]></send>
  <recv request="CANCEL" optional="true" next="late"/>
  <recv request="ACK"/>
  <nop><action>${told("ANSWERED")}</action></nop>
  <recv request="BYE" timeout="${talkMs ?? 1_000}" ontimeout="hangup" next="over"/>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="agents">
  <recv request="INVITE" crlf="true">
    <action>
      <ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="whole,contact"/>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
      <assignstr assign_to="number" value="[call_number]"/>
      ${told("RING")}
    </action>
  </recv>
  <send><![CDATA[
SIP/2.0 180 Ringing
${own}
Content-Length: 0

]]></send>
  ${manners.slice(1).map((_, index) => `<nop><action><ereg regexp="${index + 1}$" search_in="var" variable="number" assign_to="is${index + 1}"/></action></nop>
  <nop next="manner${index + 1}" test="is${index + 1}"/>`).join("\n  ")}
${manners.map(manner).join("\n")}

  ${hangUp(inDialog("BYE", 1, { target: "[$contact]", from: "[$to];tag=[pid]u[call_number]", to: "[$from]" }), `<nop><action>${told("AGENT-BYE")}</action></nop>`)}

  ${hungUp(`<nop><action>${told("HOTLINE-BYE")}</action></nop>`)}

  <label id="late"/>
  <send><![CDATA[
${answer("200 OK")}]]></send>
  <recv request="ACK"/>
  <nop><action>${told("ANSWERED")}</action></nop>
  <recv request="BYE" next="over"/>

  <label id="cancelled"/>
  <nop><action>${told("CANCELLED")}</action></nop>
  <send><![CDATA[
${answer("200 OK")}]]></send>
  <send retrans="500"><![CDATA[
SIP/2.0 487 Request Terminated
Via:${invited}
Content-Length: 0

]]></send>
  <recv request="ACK" next="done"/>

  <label id="decline"/>
  <nop><action>${told("DECLINED")}</action></nop>
  <send retrans="500"><![CDATA[
SIP/2.0 486 Busy Here
Via:${invited}
Content-Length: 0

]]></send>
  <recv request="ACK" next="done"/>
  <label id="done"/>
  <Reference variables="whole"/>
</scenario>
`;
}
