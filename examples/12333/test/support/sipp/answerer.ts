import { answer, inDialog, sdp } from "./messages.js";
import { SippProcess } from "./process.js";

export interface SippAnswererOptions {
  /** Its own. */
  readonly port: number;
  /** UDP port its media comes to: a probe's. */
  readonly mediaPort: number;
  readonly ringMs: number;
  readonly talkMs: number;
}

/** SIPp as a citizen who is called: rings, answers with A-law, and hangs up after a while unless the hotline did before. */
export class SippAnswerer {
  private constructor(private readonly sipp: SippProcess) {}

  static start(options: SippAnswererOptions): SippAnswerer {
    return new SippAnswerer(SippProcess.start({ scenario: scenario(options), port: options.port, args: ["-m", "1"] }));
  }

  /** With 0 if the call ended as the scenario says. */
  get exited(): Promise<number | null> {
    return this.sipp.exited;
  }

  dispose(): void {
    this.sipp.dispose();
  }
}

function scenario({ mediaPort, ringMs, talkMs }: SippAnswererOptions): string {
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

${sdp(mediaPort)}]]></send>
  <recv request="ACK"/>
  <recv request="BYE" timeout="${talkMs}" ontimeout="hangup" next="answered"/>
  <label id="hangup"/>
  <send retrans="500"><![CDATA[
${inDialog("BYE", 1, { target: "[$2]", from: "[$4];tag=[pid]u[call_number]", to: "[$3]" })}]]></send>
  <recv response="200" next="done"/>
  <label id="answered"/>
  <send next="done"><![CDATA[
${answer("200 OK")}]]></send>
  <label id="done"/>
  <Reference variables="1"/>
</scenario>
`;
}
