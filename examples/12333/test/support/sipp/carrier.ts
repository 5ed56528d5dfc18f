import { freePort } from "../free-ports.js";
import { answer, callerOf, dial } from "./messages.js";
import { SippProcess } from "./process.js";

export interface SippCarrierOptions {
  readonly sipPort: number;
  readonly number: string;
  /** UDP port its sound comes to. */
  readonly mediaPort: number;
  /** Where it must be asked to take the caller, as a regular expression on Refer-To. */
  readonly referTo: string;
  /**
   * `takes`: 202, then NOTIFY of 100 and of 200. `refuses`: 603 to the REFER. `fails`: 202, then NOTIFY of 486. With the last two the
   * hotline ends the call in its own time.
   */
  readonly then: "takes" | "refuses" | "fails";
}

/** SIPp as a carrier that brings one caller and is asked to take that one elsewhere (RFC 3515). */
export class SippCarrier {
  private constructor(private readonly sipp: SippProcess) {}

  static async start(options: SippCarrierOptions): Promise<SippCarrier> {
    return new SippCarrier(SippProcess.start({ scenario: scenario(options), port: await freePort(), rows: [`13800138000;${options.mediaPort}`], args: [`127.0.0.1:${options.sipPort}`, "-m", "1", "-timeout", "60"] }));
  }

  /** With 0 if all went as the scenario says. */
  get exited(): Promise<number | null> {
    return this.sipp.exited;
  }

  /** What SIPp found wrong, if anything. */
  errors(): string {
    return this.sipp.errors();
  }

  dispose(): void {
    this.sipp.dispose();
  }
}

function scenario({ number, referTo, then }: SippCarrierOptions): string {
  const { invite, ack } = callerOf(number);
  const notify = (cseq: number, state: string, fragment: string): string => `<send retrans="500"><![CDATA[
NOTIFY [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:${number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${cseq} NOTIFY
Max-Forwards: 70
Event: refer
Subscription-State: ${state}
Content-Type: message/sipfrag;version=2.0
Content-Length: [len]

SIP/2.0 ${fragment}
]]></send>
  <recv response="200"/>`;
  const accepted = `<send><![CDATA[
${answer("202 Accepted")}]]></send>
  ${notify(2, "active;expires=60", "100 Trying")}`;
  const reply = {
    takes: () => `${accepted}
  ${notify(3, "terminated;reason=noresource", "200 OK")}`,
    refuses: () => `<send><![CDATA[
${answer("603 Decline")}]]></send>`,
    fails: () => `${accepted}
  ${notify(3, "terminated;reason=noresource", "486 Busy Here")}`,
  }[then]();
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="carrier">
  ${dial(invite)}
  <recv response="200" rtd="true" rrs="true"/>
  <send><![CDATA[
${ack}]]></send>
  <recv request="REFER">
    <action><ereg regexp="${referTo}" search_in="hdr" header="Refer-To:" check_it="true" assign_to="1"/></action>
  </recv>
  <Reference variables="1"/>
  ${reply}
  <recv request="BYE"/>
  <send><![CDATA[
${answer("200 OK")}]]></send>
</scenario>
`;
}
