/** What SIPp's scenarios say. Words in `[ ]` and `$` are SIPp's own, filled in when it sends. */

export type Transport = "udp" | "tcp";

export interface InDialog {
  readonly target: string;
  readonly from: string;
  readonly to: string;
  /** Further header lines. */
  readonly more?: readonly string[];
}

/** A request within the dialog the peer opened or we did. */
export function inDialog(method: string, cseq: number, { target, from, to, more = [] }: InDialog): string {
  return `${method} ${target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
${more.map((line) => `${line}\n`).join("")}From: ${from}
To: ${to}
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

/** Sends the INVITE and lets the hotline ring. */
export function dial(invite: string): string {
  return `<send retrans="500"><![CDATA[
${invite}]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>`;
}

/** At the label `hangup` sends the BYE, whether or not that of the hotline crosses it, and goes on at `done`. */
export function hangUp(bye: string, told: string): string {
  return `<label id="hangup"/>
  ${told}
  <send retrans="500"><![CDATA[
${bye}]]></send>
  <recv request="BYE" optional="true" next="crossed"/>
  <recv response="481" optional="true" next="done"/>
  <recv response="200" next="done"/>
  <label id="crossed"/>
  <send><![CDATA[
${answer("200 OK")}]]></send>
  <recv response="481" optional="true" next="done"/>
  <recv response="200" next="done"/>`;
}

/** At the label `over` answers the hotline's BYE, and goes on at `done`. */
export function hungUp(told = ""): string {
  return `<label id="over"/>
  ${told}
  <send next="done"><![CDATA[
${answer("200 OK")}]]></send>`;
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

/** What a caller of `number` sends. The caller's own number is field 0 of the injection file, the port of its sound field 1. */
export function callerOf(number: string): { readonly invite: string; /** Of what is not 200, within the transaction. */ readonly ackOfRefusal: string; readonly ack: string; readonly bye: string } {
  const from = "<sip:[field0]@[local_ip]:[local_port]>;tag=[pid]t[call_number]";
  const address = `sip:${number}@[remote_ip]:[remote_port]`;
  const contact = "Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>";
  const dialog = { target: "[next_url]", from, to: `<${address}>[peer_tag_param]`, more: ["[routes]"] };
  return {
    invite: `INVITE ${address} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: ${from}
To: <${address}>
Call-ID: [call_id]
CSeq: 1 INVITE
${contact}
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

${sdp("[field1]")}`,
    ackOfRefusal: inDialog("ACK", 1, { ...dialog, target: address, more: [] }),
    ack: inDialog("ACK", 1, { ...dialog, more: ["[routes]", contact] }),
    bye: inDialog("BYE", 2, dialog),
  };
}
