import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../support/hotline-side.js";
import { freePort, peerPresent, PeerProcess } from "../support/peers.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";

/** The races of the table in docs/guides/sip.md on the wire: SIPp sends what crosses, and its checks fail when we answer otherwise. */
const SIPP = "/usr/bin/sipp";
const present = peerPresent("SIPp", SIPP);

let hotline: HotlineSide;
let folder: string;
let carrierPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotline-races-"));
  carrierPort = await freePort();
  hotline = await new HotlineSide({ trunks: [{ key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: carrierPort } }] }).start();
});

afterEach(async () => {
  await until(() => hotline.adapter.calls === 0, "the call to end");
  expect(hotline.media.open).toBe(0);
});

afterAll(async () => {
  await hotline.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What SIPp sent and received last. */
let messages = "";

/** SIPp plays it, or is ready to: it calls, or waits for a call at `carrierPort`. */
async function start(scenario: SippScenario, port: number, ...args: string[]): Promise<{ readonly succeeded: () => Promise<void> }> {
  const file = join(folder, "scenario.xml");
  const errors = join(folder, "errors.log");
  const trace = join(folder, "messages.log");
  await writeFile(file, scenario.xml);
  for (const old of [errors, trace]) await rm(old, { force: true });
  const peer = new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-p", String(port), "-mp", String(await freePort()), "-sf", file, "-m", "1", "-timeout", "25", "-timeout_error", "-trace_err", "-error_file", errors, "-trace_msg", "-message_file", trace, ...args], { cwd: folder });
  return {
    succeeded: async () => {
      const code = await peer.ended;
      const told = await readFile(errors, "utf8").catch(() => peer.output.slice(-3000));
      messages = await readFile(trace, "utf8").catch(() => "");
      expect(code, `${told.slice(0, 2000)}\n${messages.slice(-6000)}`).toBe(0);
    },
  };
}

/** SIPp calls; resolves with the call it made. */
async function play(scenario: SippScenario, onCall: (call: Call) => void): Promise<Call> {
  const arrived = hotline.arrived.length;
  hotline.onCall = onCall;
  const peer = await start(scenario, await freePort(), "-s", "12333", `127.0.0.1:${hotline.port}`);
  await peer.succeeded();
  const call = hotline.arrived[arrived];
  if (call === undefined) throw new Error("SIPp made no call");
  return call;
}

/** How often the 200 to the first INVITE came. */
const answers = (): number => messages.split(/^-{10,}.*$/m).filter((each) => /received/.test(each) && /SIP\/2\.0 200/.test(each) && /CSeq: 1 INVITE/i.test(each)).length;
const answer = (call: Call): void => void call.answer().catch(() => undefined);
/** Answers and then does something, once the caller has acknowledged. */
const answerThen = (act: (call: Call) => unknown) => (call: Call): void =>
  void call
    .answer()
    .then(() => act(call))
    .catch(() => undefined);

describe.skipIf(!present)("what crosses on the wire", () => {
  it("CANCEL of a ringing call: 200 to it, 487 to the INVITE", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("cancel").invite().ringing(180).request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).response(487).request("ACK", 1, { branch: "INVITE1" });
    const call = await play(scenario, (one) => void one.ring());
    expect((await call.ended).reason).toBe("cancelled");
  });

  it("CANCEL that comes after the 200 changes nothing", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("late-cancel").invite().answered().request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).request("ACK", 1).pause(200).request("BYE", 2).response(200);
    const call = await play(scenario, answer);
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("a lost ACK: the 200 is said again until it comes", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("lost-ack").invite().answered().pause(700).request("ACK", 1).pause(100).request("BYE", 2).response(200);
    const call = await play(scenario, answer);
    expect(answers()).toBeGreaterThan(2);
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("BYE before the ACK ends the call", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("bye-before-ack").invite().answered().request("BYE", 2).response(200).request("ACK", 1);
    const call = await play(scenario, answer);
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("BYE and BYE: both get 200", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("bye-bye").invite().answered().request("ACK", 1).expect("BYE", "theirs").request("BYE", 2).response(200).reply("theirs", "200 OK");
    const call = await play(scenario, answerThen((one) => one.hangup()));
    expect((await call.ended).reason).toBe("hangup");
  });

  it("re-INVITE and re-INVITE: 491 to both, and ours comes again", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("glare")
      .invite()
      .answered()
      .request("ACK", 1)
      .expect("INVITE", "first")
      .reply("first", "100 Trying")
      .request("INVITE", 2, { body: SDP })
      .response(491, [100])
      .request("ACK", 2, { branch: "INVITE2" })
      .reply("first", "491 Request Pending")
      .expect("ACK")
      .expect("INVITE", "again")
      .reply("again", "200 OK", SDP)
      .expect("ACK")
      .request("BYE", 3)
      .response(200);
    let held: unknown;
    const call = await play(scenario, answerThen(async (one) => {
      held = await one.hold().then(() => "held", (error: unknown) => error);
    }));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(held).toBe("held");
  });

  it("BYE while a re-INVITE of ours waits for its answer: the call is over, the refusal is acknowledged", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("bye-reinvite").invite().answered().request("ACK", 1).expect("INVITE", "held").reply("held", "100 Trying").request("BYE", 2).response(200).reply("held", "481 Call Does Not Exist").expect("ACK");
    let settled = false;
    const call = await play(scenario, answerThen(async (one) => {
      await one.hold().catch(() => undefined);
      settled = true;
    }));
    expect((await call.ended).reason).toBe("remote-hangup");
    await until(() => settled, "the hold to settle");
  });

  it("UPDATE while a re-INVITE of ours waits: 491, and the re-INVITE goes through", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("update-glare").invite().answered().request("ACK", 1).expect("INVITE", "held").reply("held", "100 Trying").request("UPDATE", 2, { body: SDP }).response(491).reply("held", "200 OK", SDP).expect("ACK").request("BYE", 3).response(200);
    let held: unknown;
    const call = await play(scenario, answerThen(async (one) => {
      held = await one.hold().then(() => "held", (error: unknown) => error);
    }));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(held).toBe("held");
  });

  it("REFER of ours and BYE: the call is over, the redirection settles", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("refer-bye").invite().answered().request("ACK", 1).expect("REFER", "sent").request("BYE", 2).response(200).reply("sent", "481 Call Does Not Exist");
    let settled = false;
    const call = await play(scenario, answerThen(async (one) => {
      await one.redirect("tel:12345").catch(() => undefined);
      settled = true;
    }));
    expect((await call.ended).reason).toBe("remote-hangup");
    await until(() => settled, "the redirection to settle");
  });

  it("a BYE of ours and a re-INVITE that crosses it: the re-INVITE is refused, the BYE counts", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("our-bye-reinvite").invite().answered().request("ACK", 1).expect("BYE", "theirs").request("INVITE", 2, { body: SDP }).response(481, [100]).request("ACK", 2, { branch: "INVITE2" }).reply("theirs", "200 OK");
    const call = await play(scenario, answerThen((one) => one.hangup()));
    expect((await call.ended).reason).toBe("hangup");
  });

  it("nobody acknowledges: the 200 is repeated for 64*T1, then BYE", { timeout: 30_000 }, async () => {
    const call = await play(new SippScenario("never-ack").invite().answered().expect("BYE", "over").reply("over", "200 OK"), answer);
    expect(answers()).toBeGreaterThan(4);
    expect(await call.ended).toMatchObject({ by: "system" });
  });

  it("CANCEL of ours and a 200: acknowledged, and ended by BYE", { timeout: 30_000 }, async () => {
    const scenario = new SippScenario("cancel-200").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("off", "200 OK").reply("call", "200 OK", SDP, "sipp").expect("ACK").expect("BYE", "over").reply("over", "200 OK");
    const peer = await start(scenario, carrierPort);
    const call = await hotline.adapter.originate("tel:13900139000");
    await until(() => call.state === "ringing", "the ring");
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });

  it("CANCEL of ours before any response waits for the first one", { timeout: 30_000 }, async () => {
    // SIPp fails when a CANCEL comes while it pauses; repetitions of the INVITE it knows.
    const scenario = new SippScenario("cancel-early").expect("INVITE", "call").pause(800).reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("off", "200 OK").reply("call", "487 Request Terminated", "", "sipp").expect("ACK");
    const peer = await start(scenario, carrierPort);
    const call = await hotline.adapter.originate("tel:13900139000");
    // The INVITE is on its way once the sound is there.
    await until(() => hotline.media.open === 1, "the INVITE");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });
});
