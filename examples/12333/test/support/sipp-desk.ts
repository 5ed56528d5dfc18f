import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, READ_POOL } from "@hotlinejs/core";
import { AGENT_CALLS, type AgentCalls } from "@hotlinejs/plugin-acd/contract";
import { afterAll, afterEach, beforeAll } from "vitest";
import { SippRun } from "../../../../packages/plugin-sip/test/support/sipp-run.js";
import { SDP, SippScenario } from "../../../../packages/plugin-sip/test/support/sipp-scenario.js";
import { freePort } from "./free-ports.js";
import { QueueHotline, until } from "./queue-hotline.js";
import { pause } from "./rtp-probe.js";

/** The dialog that SIPp answered with this tag: `SippScenario.reply`, `back`. */
const PHONE = "phone";

/** A citizen who is in the queue as soon as the call is answered, and hangs up when told to. */
export const leaving = (name: string, body = SDP, from?: string): SippScenario => new SippScenario(name, from).invite({}, body).answered().request("ACK", 1).waits().request("BYE", 2).response(200);

/** A phone that rings, and what it does then; `lifted` answers. */
export const rung = (name: string): SippScenario => new SippScenario(name).expect("INVITE", "call").reply("call", "180 Ringing", "", PHONE);
export const lifted = (name: string, body?: string): SippScenario => lift(rung(name), body);
export const lift = (scenario: SippScenario, body = SDP): SippScenario => scenario.reply("call", "200 OK", body, PHONE).expect("ACK");
/** A request of a phone that was rung. */
export const asks = (scenario: SippScenario, method: string, cseq: number, headers: Readonly<Record<string, string>> = {}): SippScenario => scenario.back("call", PHONE, method, cseq, "", headers);
/** What a phone that refers hears of it: each NOTIFY is answered. */
export const told = (scenario: SippScenario, ...states: readonly ("active" | "terminated")[]): SippScenario => states.reduce((all, state, i) => all.expect("NOTIFY", `told${i}${state}`, { "Subscription-State": state }).reply(`told${i}${state}`, "200 OK"), scenario);
/** The phone hangs up. */
export const hangsUp = (scenario: SippScenario, cseq: number): SippScenario => asks(scenario, "BYE", cseq).response(200);
/** A phone that rings does not take the call. */
export const declines = (scenario: SippScenario): SippScenario => scenario.reply("call", "486 Busy Here", "", PHONE).expect("ACK");
/** The hotline hangs up. */
export const letGo = (scenario: SippScenario): SippScenario => scenario.expect("BYE", "over").reply("over", "200 OK");

/** What rang and was cancelled, by a CANCEL that is kept as `off`. */
export const cancelled = (scenario: SippScenario): SippScenario => scenario.reply("off", "200 OK").reply("call", "487 Request Terminated", "", PHONE).expect("ACK");
/** What SIPp offers and answers, with its sound at this port. */
export const sdp = (port: number): string => SDP.replace("[media_port]", String(port));

/** What a phone writes to refer one of its calls to the other end of another. @param to who that is @param other that call, which the phone `called` or for which it was `rung` */
export async function referTo(to: string, other: SippRun, how: "called" | "rung"): Promise<string> {
  // The hotline's tag is the to-tag, since it is the hotline that is to find the dialog (RFC 3891 section 3).
  const met = await other.saw(how === "rung" ? /message received[^]*^INVITE [^]*^From: .*;tag=(?<theirs>\S+)[^]*^Call-ID: (?<callId>\S+)/im : /message received[^]*^SIP\/2\.0 (?:180|200)[^]*^From: .*;tag=(?<own>\S+)[^]*^To: .*;tag=(?<theirs>\S+)[^]*^Call-ID: (?<callId>\S+)/im);
  const { theirs = "", own = PHONE, callId = "" } = met.groups ?? {};
  return `<sip:${to}@127.0.0.1?Replaces=${encodeURIComponent(`${callId};to-tag=${theirs};from-tag=${own}`)}>`;
}

/**
 * A whole hotline with one queue and two agents, 1001 and 1002, whose phones are SIPps, as the citizens are. 1002 is at the desk, not ready: the
 * queue rings 1001. Stands for the tests of one file; each has to end its calls.
 */
export class SippDesk {
  at!: QueueHotline;
  readonly #ports = new Map<string, number>();
  #folder = "";
  readonly #runs: SippRun[] = [];

  constructor() {
    beforeAll(() => this.#begin());
    afterEach(({ task }) => this.#clean(task.result?.state === "fail"));
    afterAll(() => this.#end());
  }

  async #begin(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), "hotline-sipp-desk-"));
    this.at = await QueueHotline.start(["1001", "1002"]);
    for (const agent of ["1001", "1002"]) {
      this.#ports.set(agent, await freePort());
      await (await this.phone(agent, new SippScenario("registers", agent).register("secret"), this.#hotline)).succeeded();
    }
    await this.#settle();
  }

  /** As each test finds it. */
  async #settle(): Promise<void> {
    await until(() => this.at.hotline.services.get(CALL_PIPELINE).active === 0, "all calls are over");
    await this.at.acd.setAgentState("1001", "available", { actor: "test" });
    await this.at.acd.setAgentState("1002", "not-ready", { actor: "test" });
  }

  async #clean(failed: boolean): Promise<void> {
    await Promise.all(this.#runs.splice(0).map((run) => run.stop()));
    let over = false;
    try {
      if (!failed) await this.#settle();
      over = !failed;
    } finally {
      // What it left behind is no matter of the tests after it.
      if (!over) await this.#end().then(() => this.#begin());
    }
  }

  async #end(): Promise<void> {
    await this.at.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #hotline(): string {
    return `127.0.0.1:${this.at.sipPort}`;
  }

  async #start(scenario: SippScenario, port: number, args: readonly string[]): Promise<SippRun> {
    const run = await SippRun.start(scenario, { folder: this.#folder, port, args });
    this.#runs.push(run);
    return run;
  }

  /** SIPp as the agent's registered phone, which waits for a call. */
  phone(agent: string, scenario: SippScenario, ...args: string[]): Promise<SippRun> {
    return this.#start(scenario, this.#ports.get(agent) ?? 0, args);
  }

  /** SIPp calls, and is rung or answered. On a machine that is busy otherwise calls are asked to come again (503): they do. */
  async caller(scenario: SippScenario): Promise<SippRun> {
    for (let tries = 1; ; tries++) {
      // SIPp would write the address alone into its digest, which is refused: it must be that of the request (RFC 7616 section 3.4.6).
      const run = await this.#start(scenario, await freePort(), ["-auth_uri", `${scenario.to}@${this.#hotline}`, this.#hotline]);
      const [, status] = await run.saw(/message received[^]*^SIP\/2\.0 (180|200|503)/im);
      if (status !== "503" || tries === 10) return run;
      await run.stop();
      await pause(1_000);
    }
  }

  /** A citizen talks with 1001, whose phone does what the scenario says. @param args for the phone */
  async talk(caller: SippScenario, phone: SippScenario, ...args: string[]): Promise<{ readonly caller: SippRun; readonly phone: SippRun }> {
    const agent = await this.phone("1001", phone, ...args);
    const run = await this.caller(caller);
    await agent.saw(/message received[^]*^ACK /im);
    await until(() => this.calls.current("1001")?.state === "talking", "1001 has the caller");
    return { caller: run, phone: agent };
  }

  get calls(): AgentCalls {
    return this.at.hotline.services.get(AGENT_CALLS);
  }

  /** Of the records. */
  async rows<T>(sql: string): Promise<readonly T[]> {
    return this.at.hotline.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
  }

  /** Waits until these are joined, and nobody else, and that is in the records of one interaction. @returns its id */
  async joined(...numbers: readonly string[]): Promise<string> {
    const open = "select l.interaction_id, case l.direction when 'outbound' then l.to_number else l.from_number end as number from core_bridge_membership m join core_leg l on l.id = m.leg_id where m.left_at is null and l.ended_at is null";
    for (const end = performance.now() + 20_000; ; await pause(20)) {
      const rows = await this.rows<{ interaction_id: string; number: string }>(open);
      const ids = new Set(rows.map((row) => row.interaction_id));
      if (ids.size === 1 && [...numbers].sort().join() === rows.map(({ number }) => number.replace(/^sip:/, "")).sort().join()) return [...ids].join();
      if (performance.now() > end) throw new Error(`${numbers.join(" and ")} are not joined, but ${JSON.stringify(rows)}`);
    }
  }
}
