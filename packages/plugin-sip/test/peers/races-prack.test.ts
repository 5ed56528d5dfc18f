import { describe, expect, it } from "vitest";
import { until } from "../support/hotline-side.js";
import { freePort } from "../support/peers.js";
import { Phone } from "../support/phone.js";
import { ANY_ORDER, answer, count, SippStage, sippPresent, statuses } from "../support/sipp-stage.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";
import type { Dialog } from "../../src/stack/index.js";

/** The races of reliable provisional responses and of UPDATE before the answer (RFC 3262, RFC 3311) on the wire; the table is in docs/guides/sip.md. */
const present = sippPresent();
const LONG = { timeout: 40_000 };
const RELIABLE = { Require: "100rel" };
const UPDATES = { Allow: "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE" };
const rel = (seq: number): Record<string, string> => ({ Require: "100rel", RSeq: String(seq) });


const stage = new SippStage();

describe.skipIf(!present)("PRACK on the wire, SIPp calls", () => {
  it("no PRACK comes: the 180 is repeated at growing intervals, then 504", LONG, async () => {
    const { call, messages } = await stage.play(new SippScenario("no-prack").invite(RELIABLE).reliable(180).response(504).request("ACK", 1, { branch: "INVITE1" }), (one) => void one.ring());
    expect(await call.ended).toMatchObject({ reason: "failed", by: "system", status: 504 });
    // At T1, 3*T1, 7*T1 ... to 64*T1: six times after the first, of which the last is close to the end.
    expect(count(messages, "received", /SIP\/2\.0 180/)).toBeGreaterThan(5);
    expect(count(messages, "received", /SIP\/2\.0 180/)).toBeLessThan(8);
    expect(new Set(messages.flatMap((each) => /^RSeq: (\d+)/im.exec(each)?.[1] ?? [])).size).toBe(1);
  });

  it("the PRACK that comes late, after repetitions: answered, and the 180 is not said again", LONG, async () => {
    const scenario = new SippScenario("late-prack").invite(RELIABLE).reliable(180).pause(400).prack(2).response(200).pause(600).request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).response(487).request("ACK", 1, { branch: "INVITE1" });
    const { call, messages } = await stage.play(scenario, (one) => void one.ring());
    const last = messages.findIndex((each) => each.includes("message received") && /^CSeq: 2 PRACK/im.test(each));
    expect(count(messages.slice(0, last), "received", /SIP\/2\.0 180/)).toBeGreaterThan(2);
    expect(count(messages.slice(last), "received", /SIP\/2\.0 180/)).toBe(0);
    expect((await call.ended).reason).toBe("cancelled");
  });

  it("a second PRACK for the same response: 481", LONG, async () => {
    const scenario = new SippScenario("prack-again").invite(RELIABLE).reliable(180).prack(2).response(200).prack(3).response(481).request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).response(487).request("ACK", 1, { branch: "INVITE1" });
    const { call } = await stage.play(scenario, (one) => void one.ring());
    expect((await call.ended).reason).toBe("cancelled");
  });

  it.each([
    ["CANCEL and PRACK", RELIABLE, [["CANCEL", 1], ["PRACK", 2]]],
    ["PRACK and CANCEL", RELIABLE, [["PRACK", 2], ["CANCEL", 1]]],
    ["BYE and PRACK", RELIABLE, [["BYE", 2], ["PRACK", 3]]],
    ["PRACK and BYE", RELIABLE, [["PRACK", 2], ["BYE", 3]]],
    ["CANCEL and UPDATE", { ...RELIABLE, ...UPDATES }, [["CANCEL", 1], ["UPDATE", 3]]],
    ["UPDATE and CANCEL", { ...RELIABLE, ...UPDATES }, [["UPDATE", 3], ["CANCEL", 1]]],
  ] as const)("%s at once: the call is cancelled once, all is answered", LONG, async (name, headers, both) => {
    const update = name.includes("UPDATE");
    const scenario = new SippScenario(name).invite(headers, update ? "" : SDP).reliable(180);
    if (update) scenario.prack(2, SDP).response(200);
    for (const [method, seq] of both) {
      if (method === "PRACK") scenario.prack(seq);
      else if (method === "CANCEL") scenario.request("CANCEL", seq, { branch: "INVITE1", early: true });
      else scenario.request(method, seq, { body: method === "UPDATE" ? SDP : "" });
    }
    const { call, messages } = await stage.play(scenario.pause(400).request("ACK", 1, { branch: "INVITE1" }).pause(50), (one) => void one.ring(), ...ANY_ORDER);
    expect(await call.ended).toMatchObject({ reason: "cancelled", by: "remote" });
    expect(statuses(messages, "1 INVITE")).toEqual([487]);
    for (const [method, seq] of both) {
      // One that comes when the call is over by then is for none.
      expect(["200", ...(method === "CANCEL" || method === "BYE" ? [] : ["481"])]).toContain(statuses(messages, `${seq} ${method}`).join());
    }
  });

  it("a 200 does not wait for the PRACK of a plain 180, which is answered after it", LONG, async () => {
    const scenario = new SippScenario("200-prack").invite(RELIABLE).reliable(180).response(200).request("ACK", 1).prack(2).response(200).request("BYE", 3).response(200);
    const { call } = await stage.play(scenario, (one) => {
      void one.ring();
      answer(one);
    });
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("a 200 waits for the PRACK of a description", LONG, async () => {
    // SIPp fails when the 200 comes while it pauses.
    const scenario = new SippScenario("200-waits").invite(RELIABLE, "").reliable(180).pause(300).prack(2, SDP).response(200).response(200).request("ACK", 1).request("BYE", 3).response(200);
    const { call } = await stage.play(scenario, answer);
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("CANCEL while the 200 waits for a PRACK: no 200 goes out", LONG, async () => {
    const scenario = new SippScenario("200-waits-cancel").invite(RELIABLE, "").reliable(180).request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).response(487).request("ACK", 1, { branch: "INVITE1" }).pause(200);
    const { call, messages } = await stage.play(scenario, answer);
    expect((await call.ended).reason).toBe("cancelled");
    expect(count(messages, "received", /SIP\/2\.0 200/, /CSeq: 1 INVITE/i)).toBe(0);
  });

  it("UPDATE with an offer before the first is answered: 500 with Retry-After", LONG, async () => {
    const scenario = new SippScenario("update-early").invite({ ...RELIABLE, ...UPDATES }).reliable(180).prack(2).response(200).request("UPDATE", 3, { body: SDP }).response(500).request("CANCEL", 1, { branch: "INVITE1", early: true }).response(200).response(487).request("ACK", 1, { branch: "INVITE1" });
    const { call, messages } = await stage.play(scenario, (one) => void one.ring());
    expect(count(messages, "received", /SIP\/2\.0 500/, /^Retry-After: \d+/im)).toBe(1);
    expect((await call.ended).reason).toBe("cancelled");
  });
});

describe.skipIf(!present)("PRACK on the wire, SIPp is called", () => {
  it("a reliable response that overtakes another is not acknowledged before that one has come", LONG, async () => {
    const scenario = new SippScenario("overtaking")
      .expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp", rel(7)).expect("PRACK", "first", { RAck: "^ *7 1 INVITE" }).reply("first", "200 OK")
      .reply("call", "183 Session Progress", "", "sipp", rel(9)).pause(200)
      .reply("call", "183 Session Progress", "", "sipp", rel(8)).expect("PRACK", "second", { RAck: "^ *8 1 INVITE" }).reply("second", "200 OK")
      .reply("call", "183 Session Progress", "", "sipp", rel(9)).expect("PRACK", "third", { RAck: "^ *9 1 INVITE" }).reply("third", "200 OK")
      .reply("call", "486 Busy Here", "", "sipp").expect("ACK");
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    const messages = await peer.succeeded();
    expect(count(messages, "received", /^PRACK/m)).toBe(3);
    expect((await call.ended).reason).toBe("busy");
  });

  it("a PRACK that is lost comes again, as the same request; so does the response it is for, which gets no other", LONG, async () => {
    const scenario = new SippScenario("prack-lost").expect("INVITE", "call").reply("call", "183 Session Progress", SDP, "sipp", rel(1)).expect("PRACK", "prack").pause(300).reply("call", "183 Session Progress", SDP, "sipp", rel(1)).pause(200).reply("prack", "200 OK").reply("call", "200 OK", "", "sipp").expect("ACK").expect("BYE", "over").reply("over", "200 OK");
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await call.hangup();
    const messages = await peer.succeeded();
    const pracks = messages.filter((each) => each.includes("message received") && /^PRACK/m.test(each));
    expect(pracks.length).toBeGreaterThan(1);
    expect(new Set(pracks.map((each) => /branch=[^;\s]+/.exec(each)?.[0])).size).toBe(1);
    expect(new Set(pracks.map((each) => /^CSeq: .*$/im.exec(each)?.[0])).size).toBe(1);
  });

  it("a 200 to the INVITE before the PRACK is answered: the call is answered", LONG, async () => {
    const scenario = new SippScenario("200-first").expect("INVITE", "call").reply("call", "183 Session Progress", SDP, "sipp", rel(1)).expect("PRACK", "prack").reply("call", "200 OK", "", "sipp").expect("ACK").reply("prack", "200 OK").back("call", "sipp", "BYE", 1).response(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await peer.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("a PRACK that is refused changes nothing: the INVITE has its own answer", LONG, async () => {
    const scenario = new SippScenario("prack-refused").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp", rel(1)).expect("PRACK", "prack").reply("prack", "481 Call Does Not Exist").reply("call", "200 OK", SDP, "sipp").expect("ACK").back("call", "sipp", "BYE", 1).response(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await peer.succeeded();
    await call.ended;
  });

  it("CANCEL of ours and a reliable 183: no PRACK, 487", LONG, async () => {
    // SIPp fails when a PRACK comes while it pauses.
    const scenario = new SippScenario("cancel-183").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("call", "183 Session Progress", SDP, "sipp", rel(1)).pause(300).reply("off", "200 OK").reply("call", "487 Request Terminated", "", "sipp").expect("ACK");
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring");
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });

  it.each(["200 OK", "481 Call Does Not Exist"])("CANCEL of ours and a PRACK under way that gets %s: cancelled once", LONG, async (status) => {
    const scenario = new SippScenario("prack-cancel").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp", rel(1)).expect("PRACK", "prack").expect("CANCEL", "off").reply("prack", status).reply("off", "200 OK").reply("call", "487 Request Terminated", "", "sipp").expect("ACK").pause(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring");
    await call.hangup({ reason: "cancelled" });
    const messages = await peer.succeeded();
    expect(count(messages, "received", /^CANCEL/m)).toBe(1);
    expect(await call.answered).toBe(false);
  });

  it("each phone behind a fork has PRACKs of its own, the first that answers the call", LONG, async () => {
    const scenario = new SippScenario("fork-prack")
      .expect("INVITE", "call")
      .reply("call", "180 Ringing", "", "one", rel(5)).expect("PRACK", "first", { RAck: "^ *5 1 INVITE", To: "tag=one" }).reply("first", "200 OK")
      .reply("call", "180 Ringing", "", "two", rel(900)).expect("PRACK", "second", { RAck: "^ *900 1 INVITE", To: "tag=two" }).reply("second", "200 OK")
      .reply("call", "200 OK", SDP, "two").expect("ACK", undefined, { To: "tag=two" })
      .reply("call", "200 OK", SDP, "one").expect("ACK", undefined, { To: "tag=one" }).expect("BYE", "over", { To: "tag=one", Reason: "SIP;cause=200" }).reply("over", "200 OK")
      .back("call", "two", "BYE", 1).response(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await peer.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });
});

describe.skipIf(!present)("UPDATE before the answer on the wire, the stack calls SIPp", () => {
  /** SIPp has answered our offer in a reliable 183, and both ask anew at once. */
  async function early(scenario: SippScenario, options: { reoffer?: "answered" | "open" } = {}): Promise<{ statuses: number[]; update: () => Promise<void>; peer: Awaited<ReturnType<SippStage["start"]>>; end: () => Promise<void> }> {
    const port = await freePort();
    const peer = await stage.start(scenario, port);
    const phone = await new Phone("13800138000", { agent: { supported: ["100rel"] } }).start();
    let dialog: Dialog | undefined;
    const outgoing = phone.agent.invite({
      uri: `sip:12333@127.0.0.1:${port}`, from: "<sip:13800138000@127.0.0.1>", body: SDP.replaceAll("[media_ip]", "127.0.0.1").replace("[media_port]", "40000").replaceAll("\n", "\r\n"), provisional: (_, one) => void (dialog = one),
      reoffer: (offer) => void (options.reoffer === "answered" && offer.accept({ body: "v=0\r\n" })),
    });
    await until(() => dialog !== undefined, "the early dialog");
    const statuses: number[] = [];
    return {
      statuses, peer,
      update: async () => void statuses.push((await outgoing.update(dialog as Dialog, { body: "v=0\r\n" })).status),
      end: async () => {
        await outgoing.outcome;
        await phone.stop();
      },
    };
  }

  it("UPDATE and UPDATE: 491 to both", LONG, async () => {
    const scenario = new SippScenario("update-update").expect("INVITE", "call").reply("call", "183 Session Progress", SDP, "sipp", rel(1)).expect("PRACK", "prack").reply("prack", "200 OK").expect("UPDATE", "theirs").back("call", "sipp", "UPDATE", 1, SDP).response(491).reply("theirs", "491 Request Pending").reply("call", "486 Busy Here", "", "sipp").expect("ACK");
    const { statuses, update, peer, end } = await early(scenario, { reoffer: "answered" });
    await peer.saw(/message sent[^]*200 OK[^]*PRACK/);
    await update();
    await peer.succeeded();
    expect(statuses).toEqual([491]);
    await end();
  });

  it("a second offer of the same side while the first is open: 500 with Retry-After", LONG, async () => {
    const scenario = new SippScenario("second-offer").expect("INVITE", "call").reply("call", "183 Session Progress", SDP, "sipp", rel(1)).expect("PRACK", "prack").reply("prack", "200 OK").back("call", "sipp", "UPDATE", 1, SDP).back("call", "sipp", "UPDATE", 2, SDP).response(500).reply("call", "486 Busy Here", "", "sipp").expect("ACK").response(487);
    const { peer, end } = await early(scenario, { reoffer: "open" });
    const messages = await peer.succeeded();
    expect(count(messages, "received", /SIP\/2\.0 500/, /^Retry-After: \d+/im)).toBe(1);
    await end();
  });

  it("UPDATE of the called side before it has answered the first offer: 491", LONG, async () => {
    const scenario = new SippScenario("update-491").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp", rel(1)).expect("PRACK", "prack").reply("prack", "200 OK").back("call", "sipp", "UPDATE", 1, SDP).response(491).reply("call", "486 Busy Here", "", "sipp").expect("ACK");
    const { peer, end } = await early(scenario, { reoffer: "answered" });
    await peer.succeeded();
    await end();
  });
});
