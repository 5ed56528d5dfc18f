import { freePort } from "../free-ports.js";
import { callerOf, dial, hungUp, type Transport } from "./messages.js";
import { SippProcess } from "./process.js";

/** How one SIPp caller behaves after the answer. */
export interface SippCall {
  /** UDP port its media comes to: a probe's. */
  readonly mediaPort: number;
  readonly from: string;
}

export interface SippCallersOptions {
  readonly sipPort: number;
  readonly calls: readonly SippCall[];
  /** Each caller hangs up after this long, unless told to or the hotline did before. */
  readonly talkMs: number;
  readonly number?: string;
  /** Calls begun a second. */
  readonly rate?: number;
  readonly transport?: Transport;
  /** Calls at a time. Default: all. */
  readonly atOnce?: number;
  /** Command that starts it in a network of its own, for its folder. */
  readonly within?: (folder: string) => readonly string[];
}

/** SIPp as callers who are all alike: INVITE with A-law and telephone-event, ACK, then BYE from whoever is first. */
export class SippCallers {
  private constructor(private readonly sipp: SippProcess) {}

  static async start({ sipPort, calls, talkMs, number = "12333", rate = 20, transport, atOnce = calls.length, within }: SippCallersOptions): Promise<SippCallers> {
    const timeoutSeconds = Math.max(300, Math.ceil((2 * talkMs * calls.length) / atOnce / 1_000));
    return new SippCallers(
      SippProcess.start({
        scenario: scenario(number, talkMs),
        port: await freePort(),
        rows: calls.map(({ from, mediaPort }) => `${from};${mediaPort}`),
        args: [`127.0.0.1:${sipPort}`, "-m", String(calls.length), "-l", String(atOnce), "-r", String(rate), "-timeout", String(timeoutSeconds)],
        ...(transport === undefined ? {} : { transport }),
        ...(within === undefined ? {} : { within }),
      }),
    );
  }

  /** With 0 if each call ended as the scenario says. */
  get exited(): Promise<number | null> {
    return this.sipp.exited;
  }

  get output(): string {
    return this.sipp.output;
  }

  /** The caller who came first hangs up now; of one at a time, after the answer. Resolves as `exited` when that was all of them. */
  async hangUp(): Promise<number | null> {
    await this.sipp.nudge(1);
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

function scenario(number: string, talkMs: number): string {
  const { invite, ack, bye } = callerOf(number);
  return `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
  ${dial(invite)}
  <recv response="200" rtd="true" rrs="true"/>
  <send><![CDATA[
${ack}]]></send>
  <recv request="INFO" optional="true" timeout="${talkMs}" ontimeout="hangup" next="hangup"/>
  <recv request="BYE" timeout="${talkMs}" ontimeout="hangup" next="over"/>
  <label id="hangup"/>
  <send retrans="500"><![CDATA[
${bye}]]></send>
  <recv response="200" next="done"/>
  ${hungUp()}
  <label id="done"/>
</scenario>
`;
}
