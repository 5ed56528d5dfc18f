import { describe, expect, it } from "vitest";
import { until } from "../support/hotline-side.js";
import { SIPP_CHALLENGE, SippStage, sippPresent } from "../support/sipp-stage.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";

/** What meets our turning to the next trunk, on the wire: the first carrier says nothing for `tryMs`. */
const present = sippPresent();
const LONG = { timeout: 40_000 };

describe.skipIf(!present)("turning to the next trunk on the wire", () => {
  const stage = new SippStage({}, { tryMs: 500 }, {});

  it("a late answer of the first gets ACK and BYE, while the next rings on and is answered", LONG, async () => {
    const first = await stage.start(new SippScenario("late-200").expect("INVITE", "call").pause(1_000).reply("call", "200 OK", SDP, "sipp").expect("ACK").expect("BYE", "over").reply("over", "200 OK"), stage.carrierPort);
    const second = await stage.start(new SippScenario("next").expect("INVITE", "call").reply("call", "180 Ringing", "", "next").pause(1_500).reply("call", "200 OK", SDP, "next").expect("ACK").back("call", "next", "BYE", 1).response(200), stage.secondPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    expect(call.via.key).toBe("second");
    await first.succeeded();
    await second.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("our hanging up then: CANCEL to both, to the silent one once it speaks", LONG, async () => {
    const given = (scenario: SippScenario): SippScenario => scenario.expect("CANCEL", "off").reply("off", "200 OK").reply("call", "487 Request Terminated", "", "sipp").expect("ACK");
    const first = await stage.start(given(new SippScenario("silent").expect("INVITE", "call").pause(1_500).reply("call", "180 Ringing", "", "sipp")), stage.carrierPort);
    const second = await stage.start(given(new SippScenario("rings").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp")), stage.secondPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the second to ring", 10);
    await call.hangup({ reason: "cancelled" });
    await second.succeeded();
    await first.succeeded();
    expect(await call.answered).toBe(false);
  });

  it("a refusal of the first that comes after that changes nothing", LONG, async () => {
    const first = await stage.start(new SippScenario("late-486").expect("INVITE", "call").pause(1_000).reply("call", "486 Busy Here", "", "sipp").expect("ACK"), stage.carrierPort);
    const second = await stage.start(new SippScenario("next").expect("INVITE", "call").reply("call", "180 Ringing", "", "next").pause(1_500).reply("call", "200 OK", SDP, "next").expect("ACK").back("call", "next", "BYE", 1).response(200), stage.secondPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await first.succeeded();
    await second.succeeded();
  });
});

describe.skipIf(!present)("a carrier that asks for a password, on the wire", () => {
  const stage = new SippStage({ registration: { username: "u", password: "p" } }, { tryMs: 500 }, {});
  const PROVEN = { Authorization: `Digest username="u", realm="sipp",.*response=` };
  const asks = (scenario: SippScenario): SippScenario => scenario.reply("call", "401 Unauthorized", "", "sipp", SIPP_CHALLENGE).expect("ACK");

  it("has it in a second INVITE", LONG, async () => {
    const carrier = await stage.start(asks(new SippScenario("challenges").expect("INVITE", "call")).expect("INVITE", "again", PROVEN).reply("again", "200 OK", SDP, "proven").expect("ACK").back("again", "proven", "BYE", 1).response(200), stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await carrier.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("after we have hung up: no second INVITE", LONG, async () => {
    // SIPp fails when another INVITE comes while it pauses.
    const carrier = await stage.start(asks(new SippScenario("cancelled").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("off", "200 OK")).pause(600), stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring", 10);
    await call.hangup({ reason: "cancelled" });
    await carrier.succeeded();
    expect(await call.answered).toBe(false);
  });

  it("after it was given up for the next trunk: no second INVITE", LONG, async () => {
    const first = await stage.start(asks(new SippScenario("late-401").expect("INVITE", "call").pause(1_000)).pause(600), stage.carrierPort);
    const second = await stage.start(new SippScenario("next").expect("INVITE", "call").reply("call", "180 Ringing", "", "next").pause(1_000).reply("call", "200 OK", SDP, "next").expect("ACK").expect("BYE", "over").reply("over", "200 OK"), stage.secondPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    expect(call.via.key).toBe("second");
    await first.succeeded();
    await call.hangup();
    await second.succeeded();
  });
});
