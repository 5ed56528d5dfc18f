import { freePort } from "../free-ports.js";
import { callerOf, dial, hangUp, hungUp } from "./messages.js";
import { SippProcess } from "./process.js";

export interface CrowdMember {
  readonly number: string;
  readonly mediaPort: number;
  /** After the start of the crowd. */
  readonly arrivesMs: number;
  /** After the answer; then the caller hangs up, unless the hotline did before. */
  readonly staysMs: number;
}

/** How a call ended, as the caller saw it. */
export type CallerEnd = "caller" | "hotline" | "refused";

/** SIPp as many callers, each of whom comes and hangs up at a moment of their own. */
export class SippCrowd {
  private constructor(private readonly sipp: SippProcess) {}

  static async start(options: { readonly sipPort: number; readonly number?: string; readonly members: readonly CrowdMember[] }): Promise<SippCrowd> {
    const { sipPort, members, number = "12333" } = options;
    const rows = members.map((member, index) => `${member.number};${member.mediaPort};${Math.round(member.arrivesMs)};${index}`);
    // All at once: each waits until it is time.
    return new SippCrowd(SippProcess.start({ scenario: crowd(number, members), port: await freePort(), rows, args: [`127.0.0.1:${sipPort}`, "-m", String(members.length), "-l", String(members.length), "-r", "500"] }));
  }

  get exited(): Promise<number | null> {
    return this.sipp.exited;
  }

  /** By number; who is not in it was never answered. Complete once all are done. */
  ends(): ReadonlyMap<string, CallerEnd> {
    return new Map(this.sipp.told().map((line) => line.split("|") as [string, CallerEnd]));
  }

  errors(): string {
    return `${this.sipp.errors()}${this.sipp.output.slice(-1_000)}`;
  }

  dispose(): void {
    this.sipp.dispose();
  }
}

function crowd(number: string, members: readonly CrowdMember[]): string {
  const told = (end: CallerEnd): string => `<nop><action><log message="[field0]|${end}"/></action></nop>`;
  const { invite, ack, ackOfRefusal, bye } = callerOf(number);
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="crowd">
  <nop><action>
    <assignstr assign_to="arrives" value="[field2]"/><todouble assign_to="delay" variable="arrives"/>
    <assignstr assign_to="index" value="[field3]"/><todouble assign_to="member" variable="index"/>
  </action></nop>
  <pause variable="delay"/>
  ${dial(invite)}
  <recv response="503" optional="true" next="refused"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
${ack}]]></send>
  ${members.map((_, index) => `<nop><action><test assign_to="is${index}" variable="member" compare="equal" value="${index}"/></action></nop>
  <nop next="stay${index}" test="is${index}"/>`).join("\n  ")}
${members.map(({ staysMs }, index) => `  <label id="stay${index}"/>
  <recv request="BYE" timeout="${Math.round(staysMs)}" ontimeout="hangup" next="over"/>`).join("\n")}

  ${hangUp(bye, told("caller"))}

  ${hungUp(told("hotline"))}

  <label id="refused"/>
  ${told("refused")}
  <send next="done"><![CDATA[
${ackOfRefusal}]]></send>
  <label id="done"/>
</scenario>
`;
}
