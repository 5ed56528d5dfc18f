import type { Call } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { until } from "../support/hotline-side.js";
import { ANY_ORDER, answer, answerThen, count, SippStage, sippPresent, statuses } from "../support/sipp-stage.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";

/** What crosses within an answered call, on the wire: beside `races.test.ts`. */
const present = sippPresent();
const LONG = { timeout: 40_000 };
const HOLD = `${SDP}\na=sendonly`;
const T38 = ["v=0", "o=sipp 1 2 IN IP4 [media_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0", "m=image [media_port] udptl t38", "a=T38FaxVersion:0", "a=T38FaxRateManagement:transferredTCF"].join("\n");
const answered = (name: string): SippScenario => new SippScenario(name).invite().answered().request("ACK", 1);

const stage = new SippStage();
const holding = (settled: (outcome: unknown) => void) => answerThen((call) => call.hold().then(() => settled("held"), settled));

describe.skipIf(!present)("BYE on the wire", () => {
  it("our BYE waits for the ACK of our 200", LONG, async () => {
    // SIPp fails when the BYE comes while it pauses.
    const run = await stage.calls(new SippScenario("bye-waits").invite().answered().pause(500).request("ACK", 1).expect("BYE", "over").reply("over", "200 OK"), answer);
    await run.saw(/SIP\/2\.0 200 OK[^]*CSeq: 1 INVITE/i);
    const call = stage.hotline.arrived.at(-1) as Call;
    await call.hangup();
    await run.succeeded();
    expect(await call.ended).toMatchObject({ reason: "hangup", by: "local" });
  });

  it("BYE and the 200 to a re-INVITE of ours: it is acknowledged, the call is over", LONG, async () => {
    let held: unknown;
    const { call } = await stage.play(answered("bye-held").expect("INVITE", "held").reply("held", "100 Trying").request("BYE", 2).response(200).reply("held", "200 OK", SDP).expect("ACK"), holding((outcome) => (held = outcome)));
    expect((await call.ended).reason).toBe("remote-hangup");
    await until(() => held !== undefined, "the hold to settle");
    expect(held).toBeInstanceOf(Error);
  });

  it("a re-INVITE and BYE at once: the re-INVITE settles, its 200 is not repeated after the end", LONG, async () => {
    const { call, messages } = await stage.play(answered("reinvite-bye").request("INVITE", 2, { body: HOLD }).request("BYE", 3).pause(600), answer, ...ANY_ORDER);
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(statuses(messages, "3 BYE")).toEqual([200]);
    expect([[200], [481], [487], [500]]).toContainEqual(statuses(messages, "2 INVITE"));
    expect(count(messages, "received", /^CSeq: 2 INVITE/im, /SIP\/2\.0 200/)).toBeLessThan(3);
  });

  it("BYE and a re-INVITE at once: 200 and 481", LONG, async () => {
    const { call, messages } = await stage.play(answered("bye-reinvite").request("BYE", 2).request("INVITE", 3, { body: SDP }).pause(300).request("ACK", 3, { branch: "INVITE3" }), answer, ...ANY_ORDER);
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(statuses(messages, "2 BYE")).toEqual([200]);
    expect(statuses(messages, "3 INVITE")).toEqual([481]);
  });

  it("our BYE and an UPDATE that crosses it: 481 to the UPDATE", LONG, async () => {
    const { call } = await stage.play(answered("our-bye-update").expect("BYE", "theirs").request("UPDATE", 2, { body: SDP }).response(481).reply("theirs", "200 OK"), answerThen((one) => one.hangup()));
    expect((await call.ended).reason).toBe("hangup");
  });

  it("our BYE and a REFER that crosses it: 481, nobody is asked", LONG, async () => {
    let asked = false;
    const scenario = answered("our-bye-refer").expect("BYE", "theirs").request("REFER", 2, { headers: { "Refer-To": "<sip:1002@127.0.0.1>" } }).response(481).reply("theirs", "200 OK");
    const { call } = await stage.play(scenario, (one) => {
      one.subscribe((event) => void (asked ||= event.type === "transfer-request"));
      answerThen(() => one.hangup())(one);
    });
    expect((await call.ended).reason).toBe("hangup");
    expect(asked).toBe(false);
  });

  it("our BYE, and an INFO and a refresh that cross it: 481 to both", LONG, async () => {
    const { call, messages } = await stage.play(answered("our-bye-info").expect("BYE", "theirs").request("INFO", 2).request("UPDATE", 3).pause(300).reply("theirs", "200 OK"), answerThen((one) => one.hangup()), ...ANY_ORDER);
    expect((await call.ended).reason).toBe("hangup");
    expect([statuses(messages, "2 INFO"), statuses(messages, "3 UPDATE")]).toEqual([[481], [481]]);
  });

  it("our BYE that is lost comes again", LONG, async () => {
    const { call, messages } = await stage.play(answered("bye-lost").expect("BYE", "theirs").pause(300).reply("theirs", "200 OK"), answerThen((one) => one.hangup()));
    expect((await call.ended).reason).toBe("hangup");
    expect(count(messages, "received", /^BYE/m)).toBeGreaterThan(1);
  });

  it("a 200 to our INVITE that comes again after our BYE is acknowledged again", LONG, async () => {
    const scenario = new SippScenario("200-after-bye").expect("INVITE", "call").reply("call", "200 OK", SDP, "sipp").expect("ACK").expect("BYE", "over").reply("over", "200 OK").reply("call", "200 OK", SDP, "sipp").expect("ACK");
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await call.hangup();
    await peer.succeeded();
  });
});

describe.skipIf(!present)("REFER and its end on the wire", () => {
  const REFER = { headers: { "Refer-To": "<sip:1002@127.0.0.1>" } };
  const transferred = (then: (event: { accept(): { progress(status: number): void; finish(status: number): Promise<void> } }, call: Call) => void) => (call: Call): void => {
    call.subscribe((event) => {
      if (event.type === "transfer-request") then(event, call);
    });
    answer(call);
  };

  it("BYE while a NOTIFY is under way: no more are sent", LONG, async () => {
    // SIPp fails when another comes while it pauses.
    const scenario = answered("bye-notify").request("REFER", 2, REFER).response(202).expect("NOTIFY", "trying").request("BYE", 3).response(200).reply("trying", "481 Subscription Does Not Exist").pause(300);
    const { call, messages } = await stage.play(scenario, transferred((event) => {
      const report = event.accept();
      report.progress(180);
      void report.finish(200);
    }));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(new Set(messages.flatMap((each) => /^CSeq: (\d+) NOTIFY/im.exec(each)?.[1] ?? [])).size).toBe(1);
  });

  it("the final NOTIFY is answered before our BYE", LONG, async () => {
    const scenario = answered("notify-bye").request("REFER", 2, REFER).response(202).expect("NOTIFY", "trying").reply("trying", "200 OK").expect("NOTIFY", "done", { "Subscription-State": "terminated" }).pause(300).reply("done", "200 OK").expect("BYE", "over").reply("over", "200 OK");
    const { call } = await stage.play(scenario, transferred((event, one) => void event.accept().finish(200).then(() => one.hangup())));
    expect((await call.ended).reason).toBe("hangup");
  });

  it("a NOTIFY that nobody answers does not hold our BYE for longer than two seconds", LONG, async () => {
    const scenario = answered("notify-silent").request("REFER", 2, REFER).response(202).expect("NOTIFY").expect("BYE", "over").reply("over", "200 OK");
    const { call } = await stage.play(scenario, transferred((event, one) => void event.accept().finish(200).then(() => one.hangup())));
    expect((await call.ended).reason).toBe("hangup");
  });
});

describe.skipIf(!present)("offers that cross on the wire", () => {
  it("hold against hold, the hotline was called: the far end's, tried again at once, is answered before ours comes again", LONG, async () => {
    const scenario = answered("hold-hold")
      .expect("INVITE", "first").reply("first", "100 Trying").request("INVITE", 2, { body: HOLD }).response(491, [100]).request("ACK", 2, { branch: "INVITE2" }).reply("first", "491 Request Pending").expect("ACK")
      .request("INVITE", 3, { body: HOLD }).response(200, [100]).request("ACK", 3)
      .expect("INVITE", "again").reply("again", "200 OK", `${SDP}\na=inactive`).expect("ACK").request("BYE", 4).response(200);
    let held: unknown;
    const { call, messages } = await stage.play(scenario, holding((outcome) => (held = outcome)));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(held).toBe("held");
    const written = messages.filter((each) => each.includes("message received") && /^m=audio/m.test(each)).map((each) => Number(/^o=\S+ \S+ (\d+)/m.exec(each)?.[1]));
    // RFC 3264 section 8: each description of ours has a version one above that before; the first offer was refused and counts.
    expect([...new Set(written)]).toEqual([...new Set(written)].sort((a, b) => a - b));
    expect(new Set(written).size).toBe(4);
  });

  it("hold against hold, the hotline has called and waits longer (2.1 s): the far end's comes through at once", LONG, async () => {
    const scenario = new SippScenario("hold-hold-called")
      .expect("INVITE", "call").reply("call", "200 OK", SDP, "sipp").expect("ACK")
      .expect("INVITE", "first").back("call", "sipp", "INVITE", 1, HOLD).response(491, [100]).back("call", "sipp", "ACK", 1).reply("first", "491 Request Pending").expect("ACK")
      .back("call", "sipp", "INVITE", 2, HOLD).response(200, [100]).back("call", "sipp", "ACK", 2)
      .expect("INVITE", "again").reply("again", "200 OK", `${SDP}\na=inactive`).expect("ACK").back("call", "sipp", "BYE", 3).response(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    const toldHeld: boolean[] = [];
    call.subscribe((event) => void (event.type === "remote-hold" && toldHeld.push(event.held)));
    await expect(call.hold()).resolves.toBeUndefined();
    await peer.succeeded();
    expect(toldHeld).toEqual([true]);
  });

  it("T.38 against T.38: 491 to both; a fax of the far end does not begin while sound of ours waits", LONG, async () => {
    const scenario = answered("hold-t38")
      .expect("INVITE", "first").reply("first", "100 Trying").request("INVITE", 2, { body: T38 }).response(491, [100]).request("ACK", 2, { branch: "INVITE2" }).reply("first", "491 Request Pending").expect("ACK")
      .request("INVITE", 3, { body: T38 }).response(491, [100]).request("ACK", 3, { branch: "INVITE3" })
      .expect("INVITE", "again").reply("again", "200 OK", SDP).expect("ACK").request("BYE", 4).response(200);
    let held: unknown;
    const { call } = await stage.play(scenario, holding((outcome) => (held = outcome)));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(held).toBe("held");
  });

  it("T.38 of ours and T.38 of the far end: 491 to both, ours comes again and is taken", LONG, async () => {
    const scenario = answered("t38-t38")
      .expect("INVITE", "first").reply("first", "100 Trying").request("INVITE", 2, { body: T38 }).response(491, [100]).request("ACK", 2, { branch: "INVITE2" }).reply("first", "491 Request Pending").expect("ACK")
      .expect("INVITE", "again").reply("again", "200 OK", T38).expect("ACK").request("BYE", 3).response(200);
    let port: unknown;
    const { call } = await stage.play(scenario, answerThen((one) => one.mediaPort("t38", { part: { module: "x" } } as never).then((made) => (port = made), (error: unknown) => (port = error))));
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(port).not.toBeInstanceOf(Error);
    expect(port).toBeDefined();
  });
});
