import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, OutboundCall } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { HotlineSide, until } from "./hotline-side.js";
import { freePort } from "./peers.js";
import { SippRun } from "./sipp-run.js";
import { SippScenario } from "./sipp-scenario.js";

export { ANY_ORDER, count, sippPresent, statuses } from "./sipp-run.js";
export type { SippRun } from "./sipp-run.js";

/** A SIPp that asks for a password. */
export const SIPP_CHALLENGE = { "WWW-Authenticate": 'Digest realm="sipp", nonce="abc", algorithm=MD5, qop="auth"' };

/** Takes a registration for a password, and at the end its withdrawal. */
const REGISTRAR = new SippScenario("registrar")
  .expect("REGISTER", "bare").reply("bare", "401 Unauthorized", "", "sipp", SIPP_CHALLENGE)
  .expect("REGISTER", "proven", { Authorization: `Digest username="u", realm="sipp",.*response=` }).reply("proven", "200 OK", "", "sipp", { Expires: "3600" })
  .expect("REGISTER", "withdrawn", { Expires: "0" }).reply("withdrawn", "200 OK", "", "sipp", { Expires: "0" });

/** A hotline on a trunk `carrier`, and SIPps that call it or are called by it. Stands for the tests of one file; each test has to end its calls. */
export class SippStage {
  hotline!: HotlineSide;
  /** Where the trunk `carrier` leads. */
  carrierPort = 0;
  /** Where that of `second` does, if there is one. */
  secondPort = 0;
  #folder = "";
  #registrar: SippRun | undefined;
  readonly #peers: SippRun[] = [];

  /** @param trunk what the trunk `carrier` has besides; with a `registration` of user `u` at a SIPp of the stage @param outbound the same of its `outbound` @param second of another trunk, `second`, that comes after it */
  constructor(private readonly trunk: Record<string, unknown> = {}, private readonly outbound: Record<string, unknown> = {}, private readonly second?: Record<string, unknown>) {
    beforeAll(() => this.#begin());
    afterEach(() => this.#clean());
    afterAll(() => this.#end());
  }

  async #begin(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "hotline-sipp-"));
    this.carrierPort = await freePort();
    this.secondPort = await freePort();
    const registration = this.trunk.registration === undefined ? {} : { registration: { ...this.trunk.registration, server: "127.0.0.1", port: await this.#registers() } };
    const carrier = { key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: this.carrierPort, priority: 1, ...this.outbound }, ...this.trunk, ...registration };
    const second = this.second === undefined ? [] : [{ key: "second", outbound: { host: "127.0.0.1", port: this.secondPort, priority: 2 }, ...this.second }];
    this.hotline = await new HotlineSide({ trunks: [carrier, ...second] }).start();
    if (this.#registrar !== undefined) await until(() => this.hotline.events.includes("trunk carrier registered"), "the registration", 20);
  }

  async #registers(): Promise<number> {
    const port = await freePort();
    this.#registrar = await SippRun.start(REGISTRAR, { folder: this.#folder, port, args: ["-timeout", "120"] });
    return port;
  }

  async #clean(): Promise<void> {
    await Promise.all(this.#peers.splice(0).map((peer) => peer.stop()));
    await until(() => this.hotline.adapter.calls === 0, "the calls to end", 5);
    expect(this.hotline.media.open).toBe(0);
  }

  async #end(): Promise<void> {
    await this.hotline.stop();
    await this.#registrar?.succeeded();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** SIPp plays it, or is ready to: it calls, or waits for a call at `port`. */
  async start(scenario: SippScenario, port: number, ...args: string[]): Promise<SippRun> {
    const run = await SippRun.start(scenario, { folder: this.#folder, port, args });
    this.#peers.push(run);
    return run;
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

export const answer = (call: Call): void => void call.answer().catch(() => undefined);
/** Answers and then does something, once the caller has acknowledged. */
export const answerThen = (act: (call: Call) => unknown) => (call: Call): void =>
  void call
    .answer()
    .then(() => act(call))
    .catch(() => undefined);
