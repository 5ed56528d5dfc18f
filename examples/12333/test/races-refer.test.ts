import { describe, expect, it } from "vitest";
import { ANY_ORDER, count, crossing, statuses, type SippRun } from "../../../packages/plugin-sip/test/support/sipp-run.js";
import { SDP, type SippScenario } from "../../../packages/plugin-sip/test/support/sipp-scenario.js";
import { hasSipp } from "./support/peers.js";
import { until } from "./support/queue-hotline.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { asks, cancelled, declines, hangsUp, leaving, letGo, lift, lifted, rung, sdp, SippDesk, told } from "./support/sipp-desk.js";

/** A phone that refers its caller, or from whose screen somebody is asked, and what crosses that: the races of docs/guides/sip.md between three parties, each of them a SIPp. */
const LONG = { timeout: 60_000 };
const CITIZEN = "13800138000";
const REFER = { "Refer-To": "<sip:1002@127.0.0.1>" };

describe.skipIf(!hasSipp())("on the wire, between three parties,", () => {
  const desk = new SippDesk();
  /** A phone that refers its caller when told to, and hears that the colleague's phone rings. */
  const refers = (name: string): SippScenario => told(asks(lifted(name).waits(), "REFER", 1, REFER).response(202), "active", "active");
  const colleague = (name: string): SippScenario => rung(name).waits();
  /** The phone has referred its caller, and the colleague's rings. */
  const referred = async (phone: SippScenario, other: SippScenario, caller = leaving("citizen")): Promise<{ readonly caller: SippRun; readonly phone: SippRun; readonly asked: SippRun }> => {
    const asked = await desk.phone("1002", other);
    const talk = await desk.talk(caller, phone);
    await talk.phone.press();
    await talk.phone.saw(/message received[^]*^NOTIFY [^]*^SIP\/2\.0 180/im);
    return { ...talk, asked };
  };

  it("two REFERs of one phone at once: 491 to the second, the first goes on", LONG, async () => {
    const asked = await desk.phone("1002", letGo(lift(colleague("asked"))));
    const twice = asks(asks(lifted("refers-twice").waits(), "REFER", 1, REFER), "REFER", 2, REFER);
    const { caller, phone } = await desk.talk(leaving("citizen"), letGo(told(twice, "active", "active", "terminated")), ...ANY_ORDER);
    await phone.press();
    await asked.press();
    const messages = await phone.succeeded();
    expect([statuses(messages, "1 REFER"), statuses(messages, "2 REFER")]).toEqual([[202], [491]]);
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
    expect(count(await asked.messages(), "received", /^INVITE /m)).toBe(1);
  });

  it("BYE of the phone while the other side of its REFER rings: the transfer goes on", LONG, async () => {
    const { caller, phone, asked } = await referred(hangsUp(refers("refers-and-leaves").waits(), 2), letGo(lift(colleague("asked"))));
    await phone.press();
    await phone.succeeded();
    await asked.press();
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
  });

  it("BYE of the phone while the other side of its REFER rings, which then declines: the phone is rung again", LONG, async () => {
    const { caller, phone, asked } = await referred(hangsUp(refers("refers-and-leaves").waits(), 2), declines(colleague("declines")));
    await phone.press();
    await phone.succeeded();
    const again = await desk.phone("1001", letGo(lifted("rung-again")));
    await asked.press();
    await asked.succeeded();
    await desk.joined(CITIZEN, "1001");
    await caller.press();
    await Promise.all([caller.succeeded(), again.succeeded()]);
  });

  it("BYE of the phone while the other side of its REFER rings, and nobody takes the caller: first in the queue again", LONG, async () => {
    const { caller, phone, asked } = await referred(hangsUp(refers("refers-and-leaves").waits(), 2), declines(colleague("declines")));
    const next = await desk.caller(leaving("next", SDP, "13900139000"));
    await until(() => desk.at.acd.queue("q")?.waiting === 1, "another caller waits");
    // Or the queue would ring the same phone for the other.
    await desk.at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await phone.press();
    await phone.succeeded();
    const again = await desk.phone("1001", declines(rung("rung-again").waits()));
    await asked.press();
    await asked.succeeded();
    await again.saw(/message sent[^]*180 Ringing/);
    await again.press();
    await again.succeeded();
    await until(() => desk.at.acd.queue("q")?.waiting === 2, "both wait");
    const taker = await desk.phone("1002", letGo(lifted("takes")));
    await desk.at.acd.setAgentState("1002", "available", { actor: "test" });
    await desk.joined(CITIZEN, "1002");
    await next.press();
    await next.succeeded();
    await caller.press();
    await Promise.all([caller.succeeded(), taker.succeeded()]);
  });

  it("BYE of the caller while the other side of a REFER rings: that is cancelled", LONG, async () => {
    // The hotline may end the phone's call before it knows what became of the ringing.
    const leftAlone = letGo(refers("refers").or("NOTIFY", "failed", (told) => letGo(told.reply("failed", "200 OK"))));
    const { caller, phone, asked } = await referred(leftAlone, cancelled(rung("rings").expect("CANCEL", "off")));
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded(), phone.succeeded()]);
  });

  it("BYE of the phone while somebody it asks from the screen rings: a transfer, the caller hears it ring", LONG, async () => {
    const asked = await desk.phone("1002", letGo(lift(colleague("asked"))));
    const probe = await RtpProbe.open();
    const { caller, phone } = await desk.talk(leaving("citizen", sdp(probe.port)), hangsUp(lifted("leaves").waits(), 1));
    await desk.calls.consult("1001", "1002", "user:1");
    await asked.saw(/message sent[^]*180 Ringing/);
    await phone.press();
    await phone.succeeded();
    // Ring-back is 450 Hz alone; until then there was music.
    await probe.hearsBeep().finally(() => probe.close());
    await asked.press();
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
  });

  it.each(["the answer comes first", "the BYE comes first"])("BYE of the phone and the answer of somebody it asks from the screen: these two talk (%s)", LONG, async (first) => {
    const asked = await desk.phone("1002", letGo(lift(colleague("asked"))));
    const { caller, phone } = await desk.talk(leaving("citizen"), hangsUp(lifted("leaves").waits(), 1));
    await desk.calls.consult("1001", "1002", "user:1");
    await asked.saw(/message sent[^]*180 Ringing/);
    const both = [{ run: asked, sends: /^SIP\/2\.0 200 OK[^]*^CSeq: \d+ INVITE/im }, { run: phone, sends: /^BYE /m }];
    await crossing(...(first === "the answer comes first" ? both : both.reverse()));
    await phone.succeeded();
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
  });
});
