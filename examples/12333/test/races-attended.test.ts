import { afterEach, describe, expect, it } from "vitest";
import { count, crossing, type SippRun } from "../../../packages/plugin-sip/test/support/sipp-run.js";
import { SippScenario } from "../../../packages/plugin-sip/test/support/sipp-scenario.js";
import { hasSipp } from "./support/peers.js";
import { until } from "./support/queue-hotline.js";
import { RtpProbe } from "./support/rtp-probe.js";
import { asks, cancelled, leaving, letGo, lift, lifted, referTo, rung, sdp, SippDesk, told } from "./support/sipp-desk.js";

/** A phone with two calls, the citizen's and one to a colleague, that joins these two: each of the three parties is a SIPp, the phone one for each of its calls. */
const LONG = { timeout: 60_000 };
const CITIZEN = "13800138000";
const KEYED = { "Refer-To": "[$keyed]" };

describe.skipIf(!hasSipp())("REFER with Replaces between three parties, on the wire", () => {
  const desk = new SippDesk();
  const probes: RtpProbe[] = [];
  afterEach(() => probes.splice(0).forEach((probe) => probe.close()));

  /** A phone that is called and, told to whom, refers its caller there. */
  const refers = (name: string): SippScenario => asks(lifted(name).waits(), "REFER", 1, KEYED);
  const accepted = (name: string): SippScenario => told(refers(name).response(202), "active");
  /** The second call of 1001's phone. */
  const dials = (): SippScenario => new SippScenario("dials", "1001", "1002").inviteAs("secret");
  const consults = (): SippScenario => dials().answered().request("ACK", 2);
  /** 1001's phone begins its second call, and the colleague has lifted. */
  const consulting = async (scenario: SippScenario): Promise<SippRun> => {
    const second = await desk.caller(scenario);
    await second.saw(/message sent[^]*^CSeq: 2 ACK/im);
    return second;
  };
  const probe = async (): Promise<RtpProbe> => {
    probes.push(await RtpProbe.open());
    return probes.at(-1) as RtpProbe;
  };

  it("joins citizen and colleague, who hear each other; both calls of the phone are over, there is one record", LONG, async () => {
    const [one, other] = [await probe(), await probe()];
    const asked = await desk.phone("1002", letGo(lifted("asked", sdp(other.port))));
    const { caller, phone } = await desk.talk(leaving("citizen", sdp(one.port)), letGo(told(accepted("refers"), "terminated")));
    const second = await consulting(letGo(consults()));
    await phone.press(await referTo("1002", second, "called"));
    const messages = await phone.succeeded();
    expect(count(messages, "received", /^NOTIFY /m, /^SIP\/2\.0 200/m)).toBe(1);
    await second.succeeded();
    const interaction = await desk.joined(CITIZEN, "1002");
    one.playTone(700);
    other.playTone(1_600);
    await Promise.all([one.hearsTone(1_600), other.hearsTone(700)]);
    // The consultation's own record is closed; all three legs stand in the caller's.
    expect(await desk.rows("select id from core_interaction where ended_at is null")).toEqual([{ id: interaction }]);
    expect(desk.calls.current("1002")).toMatchObject({ state: "talking", interactionId: interaction, citizenNumber: CITIZEN });
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
    await until(() => desk.calls.current("1002") === undefined, "the colleague's call is over");
    expect(await desk.rows(`select role, to_number from core_leg where interaction_id = '${interaction}' order by started_at`)).toEqual([
      { role: "citizen", to_number: "12333" },
      { role: "agent", to_number: "sip:1001" },
      { role: "agent", to_number: "sip:1002" },
    ]);
  });

  it("the same when the phone asks in the other of its two calls", LONG, async () => {
    const asked = await desk.phone("1002", letGo(lifted("asked")));
    const { caller, phone } = await desk.talk(leaving("citizen"), letGo(lifted("is-replaced")));
    const second = await consulting(letGo(told(consults().waits().request("REFER", 3, { headers: KEYED }).response(202), "active", "terminated")));
    await second.press(await referTo(CITIZEN, phone, "rung"));
    await Promise.all([phone.succeeded(), second.succeeded()]);
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
  });

  it("while the second call rings: that ends with 487, the address is rung for the caller", LONG, async () => {
    const asked = await desk.phone("1002", letGo(lift(rung("asked").or("CANCEL", "off", cancelled).waits())), "-m", "2");
    const { caller, phone } = await desk.talk(leaving("citizen"), letGo(told(accepted("refers"), "active", "terminated")));
    const second = await desk.caller(dials().ringing(180).response(487).request("ACK", 2, { branch: "INVITE2" }));
    await phone.press(await referTo("1002", second, "called"));
    await second.succeeded();
    await phone.saw(/message received[^]*^NOTIFY [^]*^SIP\/2\.0 180/im);
    await asked.press();
    await phone.succeeded();
    await desk.joined(CITIZEN, "1002");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
    const rings = (await asked.messages()).filter((each) => /message received[^]*^INVITE /m.test(each));
    expect(rings.map((each) => /^From: .*<sip:(\d+)@/m.exec(each)?.[1])).toEqual(["1001", CITIZEN]);
  });

  it.each(["BYE", "REFER"])("and the BYE of the caller, of which the %s comes first: phone and colleague talk on", LONG, async (first) => {
    const asked = await desk.phone("1002", letGo(lifted("asked")));
    // The REFER is refused, or taken and then in vain, of which the phone may hear before its call with the caller is ended.
    const inVain = letGo(first === "BYE" ? refers("refused").response(603) : accepted("in-vain").or("NOTIFY", "failed", (phone) => letGo(phone.reply("failed", "200 OK"))));
    const { caller, phone } = await desk.talk(leaving("citizen"), inVain);
    const second = await consulting(hangsUpOf(consults().waits()));
    const both = [{ run: caller, sends: /^BYE /m }, { run: phone, sends: /^REFER /m, keyed: await referTo("1002", second, "called") }];
    await crossing(...(first === "BYE" ? both : both.reverse()));
    expect(count(await phone.succeeded(), "received", /^NOTIFY /m, /^SIP\/2\.0 200/m)).toBe(0);
    await caller.succeeded();
    await desk.joined("1001", "1002");
    await second.press();
    await Promise.all([second.succeeded(), asked.succeeded()]);
  });

  it("and the phone's BYE in both calls: the others are joined all the same", LONG, async () => {
    const asked = await desk.phone("1002", letGo(lifted("asked")));
    const { caller, phone } = await desk.talk(leaving("citizen"), told(asks(refers("refers-and-leaves"), "BYE", 2).response(202), "active").response(200));
    const second = await consulting(hangsUpOf(consults().waits()));
    await crossing({ run: phone, sends: /^BYE /m, keyed: await referTo("1002", second, "called") }, { run: second, sends: /^BYE /m });
    await Promise.all([phone.succeeded(), second.succeeded()]);
    await desk.joined(CITIZEN, "1002");
    // Who has them joined is told of it as ever, and so nothing is left that would end them.
    await until(() => desk.calls.current("1002")?.citizenNumber === CITIZEN, "the colleague's page shows the caller");
    await caller.press();
    await Promise.all([caller.succeeded(), asked.succeeded()]);
  });
});

/** The phone ends the call it has made. */
function hangsUpOf(scenario: SippScenario): SippScenario {
  return scenario.request("BYE", 3).response(200);
}
