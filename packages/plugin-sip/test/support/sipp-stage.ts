import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock } from "@hotlinejs/core";
import type { Call, OutboundCall } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { HotlineSide, until } from "./hotline-side.js";
import { freePort, peerPresent, PeerProcess } from "./peers.js";
import type { SippScenario } from "./sipp-scenario.js";

const SIPP = "/usr/bin/sipp";
export const sippPresent = (): boolean => peerPresent("SIPp", SIPP);

/** One SIPp at work. */
export interface SippRun {
  /** All it has sent and received. */
  messages(): Promise<readonly string[]>;
  /** Waits until it has sent or received what fits, and gives that back. */
  saw(what: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its messages when it has got all it waited for; rejects with what it did not like. */
  succeeded(): Promise<readonly string[]>;
}

/** A hotline on a trunk `carrier`, and SIPps that call it or are called by it. Stands for the tests of one file; each test has to end its calls. */
export class SippStage {
  hotline!: HotlineSide;
  /** Where the trunk `carrier` leads. */
  carrierPort = 0;
  /** Where that of `second` does, if there is one. */
  secondPort = 0;
  #folder = "";
  #runs = 0;
  readonly #peers: PeerProcess[] = [];

  /** @param trunk what the trunk `carrier` has besides @param outbound the same of its `outbound` @param second of another trunk, `second`, that comes after it */
  constructor(private readonly trunk: Record<string, unknown> = {}, private readonly outbound: Record<string, unknown> = {}, private readonly second?: Record<string, unknown>) {
    beforeAll(() => this.#begin());
    afterEach(() => this.#clean());
    afterAll(() => this.#end());
  }

  async #begin(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "hotline-sipp-"));
    this.carrierPort = await freePort();
    this.secondPort = await freePort();
    const carrier = { key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: this.carrierPort, priority: 1, ...this.outbound }, ...this.trunk };
    const second = this.second === undefined ? [] : [{ key: "second", outbound: { host: "127.0.0.1", port: this.secondPort, priority: 2 }, ...this.second }];
    this.hotline = await new HotlineSide({ trunks: [carrier, ...second] }).start();
  }

  async #clean(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((peer) => peer.stop()));
    await until(() => this.hotline.adapter.calls === 0, "the calls to end", 5);
    expect(this.hotline.media.open).toBe(0);
  }

  async #end(): Promise<void> {
    await this.hotline.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** SIPp plays it, or is ready to: it calls, or waits for a call at `port`. */
  async start(scenario: SippScenario, port: number, ...args: string[]): Promise<SippRun> {
    const run = join(this.#folder, String(++this.#runs));
    await writeFile(`${run}.xml`, scenario.xml);
    const peer = new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-p", String(port), "-mp", String(await freePort()), "-sf", `${run}.xml`, "-m", "1", "-timeout", "25", "-timeout_error", "-trace_err", "-error_file", `${run}.err`, "-trace_msg", "-message_file", `${run}.log`, ...args], { cwd: this.#folder });
    this.#peers.push(peer);
    let over = false;
    void peer.ended.then(() => (over = true));
    const messages = async (): Promise<readonly string[]> => (await readFile(`${run}.log`, "utf8").catch(() => "")).split(/^-{10,}.*$/m).filter((each) => each.trim() !== "");
    const told = async (): Promise<string> => `${(await readFile(`${run}.err`, "utf8").catch(() => peer.output.slice(-3000))).slice(0, 2000)}\n${(await messages()).join("\n").slice(-6000)}`;
    return {
      messages,
      saw: async (what) => {
        for (let tries = 0; tries < 1_000; tries++) {
          const found = (await messages()).map((each) => what.exec(each)).find((each) => each !== null);
          if (found !== undefined && found !== null) return found;
          if (over) break;
          await new SystemClock().sleep(10);
        }
        throw new Error(`SIPp has not seen ${what.source}\n${await told()}`);
      },
      succeeded: async () => {
        const code = await peer.ended;
        expect(code, await told()).toBe(0);
        return messages();
      },
    };
  }

  /** SIPp calls 12333; what the hotline does with the call. */
  async calls(scenario: SippScenario, onCall: (call: Call) => void, ...args: string[]): Promise<SippRun> {
    this.hotline.onCall = onCall;
    return this.start(scenario, await freePort(), "-s", "12333", ...args, `127.0.0.1:${this.hotline.port}`);
  }

  /** The same to its end; resolves with the call it made and what went over the wire. */
  async play(scenario: SippScenario, onCall: (call: Call) => void, ...args: string[]): Promise<{ readonly call: Call; readonly messages: readonly string[] }> {
    const arrived = this.hotline.arrived.length;
    const run = await this.calls(scenario, onCall, ...args);
    const messages = await run.succeeded();
    const call = this.hotline.arrived[arrived];
    if (call === undefined) throw new Error("SIPp made no call");
    return { call, messages };
  }

  /** The hotline calls, by the carrier. */
  dial(to = "tel:13900139000"): Promise<OutboundCall> {
    return this.hotline.adapter.originate(to);
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

export const answer = (call: Call): void => void call.answer().catch(() => undefined);
/** Answers and then does something, once the caller has acknowledged. */
export const answerThen = (act: (call: Call) => unknown) => (call: Call): void =>
  void call
    .answer()
    .then(() => act(call))
    .catch(() => undefined);
