import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SystemClock } from "@hotlinejs/core";
import { expect } from "vitest";
import { freeMediaPort, peerPresent, PeerProcess } from "./peers.js";
import type { SippScenario } from "./sipp-scenario.js";

const SIPP = "/usr/bin/sipp";
export const sippPresent = (): boolean => peerPresent("SIPp", SIPP);

let runs = 0;

/** One SIPp at work, with one call. */
export class SippRun {
  readonly #peer: PeerProcess;
  /** Of its files, without what they end on. */
  readonly #files: string;
  readonly #port: number;
  #over = false;
  #keys = 0;

  private constructor(peer: PeerProcess, files: string, port: number) {
    this.#peer = peer;
    this.#files = files;
    this.#port = port;
    void peer.ended.then(() => (this.#over = true));
  }

  /** SIPp plays it, or is ready to: it calls, or waits for a call at `port`. @param folder for its files, the caller's to remove */
  static async start(scenario: SippScenario, options: { readonly folder: string; readonly port: number; readonly args?: readonly string[] }): Promise<SippRun> {
    const { folder, port, args = [] } = options;
    const files = join(folder, String(++runs));
    await writeFile(`${files}.xml`, scenario.xml);
    const peer = new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-p", String(port), "-mp", String(await freeMediaPort()), "-sf", `${files}.xml`, "-m", "1", "-timeout", "25", "-timeout_error", "-trace_err", "-error_file", `${files}.err`, "-trace_msg", "-message_file", `${files}.log`, ...args], { cwd: folder });
    return new SippRun(peer, files, port);
  }

  /** All it has sent and received. */
  async messages(): Promise<readonly string[]> {
    return parted(await readFile(`${this.#files}.log`, "utf8").catch(() => ""));
  }

  async #told(): Promise<string> {
    return `${(await readFile(`${this.#files}.err`, "utf8").catch(() => this.#peer.output.slice(-3000))).slice(0, 2000)}\n${(await this.messages()).join("\n").slice(-6000)}`;
  }

  /** Waits until it has sent or received what fits, and gives that back. */
  async saw(what: RegExp): Promise<RegExpExecArray> {
    for (let tries = 0; tries < 2_000; tries++) {
      const over = this.#over;
      const found = (await this.messages()).map((each) => what.exec(each)).find((each) => each !== null);
      if (found !== undefined && found !== null) return found;
      if (over) break;
      await new SystemClock().sleep(10);
    }
    throw new Error(`SIPp has not seen ${what.source}\n${await this.#told()}`);
  }

  /** Resolves with its messages when it has got all it waited for; rejects with what it did not like. */
  async succeeded(): Promise<readonly string[]> {
    const code = await this.#peer.ended;
    expect(code, await this.#told()).toBe(0);
    return this.messages();
  }

  /** Presses a key of its phone: it gets an INFO of its newest call, for which its scenario `waits`. @param keyed what the scenario may send on */
  async press(keyed = ""): Promise<void> {
    (await this.key(keyed))();
  }

  /** The same, readied: pressed when the function is called, before that returns. */
  async key(keyed = ""): Promise<() => void> {
    await this.saw(/^INVITE /m);
    const callId = (await this.messages()).map((each) => /^INVITE [^]*?^Call-ID: (\S+)/im.exec(each)?.[1]).findLast((each) => each !== undefined);
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.connect(this.#port, "127.0.0.1", resolve));
    // Each another message: SIPp takes the same one for a retransmission.
    const lines = [`INFO sip:127.0.0.1:${this.#port} SIP/2.0`, `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKkey${++this.#keys}`, "From: <sip:finger@127.0.0.1>", "To: <sip:key@127.0.0.1>", `Call-ID: ${callId ?? ""}`, `CSeq: ${this.#keys} INFO`, ...(keyed === "" ? [] : [`Subject: ${keyed}`]), "Content-Length: 0", "", ""];
    return () => socket.send(lines.join("\r\n"), () => socket.close());
  }

  /** How often it has sent what fits. Reads while everything else here stands still. */
  sentNow(what: RegExp): number {
    return count(parted(readFileSync(`${this.#files}.log`, "utf8")), "sent", what);
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }
}

function parted(log: string): readonly string[] {
  return log.split(/^-{10,}.*$/m).filter((each) => each.trim() !== "");
}

/**
 * What crosses: SIPps are made to send, one after the other, before a hotline in this process hears of the first. It is kept from the processor
 * meanwhile, and finds all of it in its socket, in this order.
 */
export async function crossing(...acts: readonly { readonly run: SippRun; readonly sends: RegExp; readonly keyed?: string }[]): Promise<void> {
  const keys = await Promise.all(acts.map(({ run, keyed }) => run.key(keyed)));
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (const [index, { run, sends }] of acts.entries()) {
    const before = run.sentNow(sends);
    keys[index]?.();
    for (let tries = 0; run.sentNow(sends) === before; tries++) {
      if (tries === 5_000) throw new Error(`SIPp has not sent ${sends.source} when its key was pressed`);
      Atomics.wait(still, 0, 0, 2);
    }
  }
}

/** For scenarios that send twice in a row: SIPp would end them where an answer comes in between. It goes on then, and the test looks at the messages. */
export const ANY_ORDER = ["-default_behaviors", "all,-abortunexp"];

/** What a request of SIPp's was answered with, once each. @param cseq of it: `2 PRACK` */
export function statuses(messages: readonly string[], cseq: string): readonly number[] {
  const answers = messages.filter((each) => each.includes("message received") && new RegExp(`^CSeq: ${cseq}\\s*$`, "im").test(each)).flatMap((each) => /^SIP\/2\.0 (\d+)/m.exec(each)?.[1] ?? []);
  return [...new Set(answers.map(Number))].filter((status) => status >= 200);
}

/** How many messages SIPp received, or sent, whose start line or a header fits all of these. */
export function count(messages: readonly string[], direction: "received" | "sent", ...fits: readonly RegExp[]): number {
  return messages.filter((each) => each.includes(`message ${direction}`) && fits.every((fit) => fit.test(each))).length;
}
