import type { Call } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { until } from "../support/hotline-side.js";
import { answer, answerThen, count, SippStage, sippPresent } from "../support/sipp-stage.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";

/** The races of the table in docs/guides/sip.md on the wire: SIPp sends what crosses, and its checks fail when we answer otherwise. */
const present = sippPresent();
const stage = new SippStage();

/** What SIPp sent and received last. */
let messages: readonly string[] = [];

/** SIPp calls; resolves with the call it made. */
async function play(scenario: SippScenario, onCall: (call: Call) => void): Promise<Call> {
  const { call, messages: seen } = await stage.play(scenario, onCall);
  messages = seen;
  return call;
}

/** How often the 200 to the first INVITE came. */
const answers = (): number => count(messages, "received", /SIP\/2\.0 200/, /CSeq: 1 INVITE/i);

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
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring");
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });

  it("CANCEL of ours before any response waits for the first one", { timeout: 30_000 }, async () => {
    // SIPp fails when a CANCEL comes while it pauses; repetitions of the INVITE it knows.
    const scenario = new SippScenario("cancel-early").expect("INVITE", "call").pause(800).reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("off", "200 OK").reply("call", "487 Request Terminated", "", "sipp").expect("ACK");
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    // The INVITE is on its way once the sound is there.
    await until(() => stage.hotline.media.open === 1, "the INVITE");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });
});
