import type { Call } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { until } from "../support/hotline-side.js";
import { freePort } from "../support/peers.js";
import { answer, answerThen, SippStage, sippPresent } from "../support/sipp-stage.js";
import type { SippRun } from "../support/sipp-stage.js";
import { SDP, SippScenario } from "../support/sipp-scenario.js";

/** A dialog that another takes the place of while it ends, is answered or changes (RFC 3891), and phones that are lifted at once, on the wire. */
const present = sippPresent();
const LONG = { timeout: 40_000 };
const T38 = ["v=0", "o=sipp 1 1 IN IP4 [media_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0", "m=image [media_port] udptl t38", "a=T38FaxVersion:0", "a=T38FaxRateManagement:transferredTCF"].join("\n");
/** What a browser offers. Over UDP here: SIPp has no WebSocket, and what crosses lies in the media, which go by the offer. */
const BROWSER = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 8 101", "c=IN IP4 0.0.0.0", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=ice-ufrag:sipp", "a=ice-pwd:a-password-of-the-tab-1", `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "CD").join(":")}`, "a=setup:actpass", "a=mid:0", "a=rtcp-mux", "a=sendrecv"].join("\n");
const ELSEWHERE = { Reason: "SIP;cause=200;text=.Call completed elsewhere" };
const answered = (name: string): SippScenario => new SippScenario(name).invite().answered().request("ACK", 1);
const replaces = (value: string, body = SDP): SippScenario => new SippScenario("newcomer").invite({ Replaces: value, Require: "replaces" }, body);
const refused = (value: string, status: number, body = SDP): SippScenario => replaces(value, body).response(status, [100]).request("ACK", 1, { branch: "INVITE1", early: true });

const stage = new SippStage({ redirects: 1 });

/** A caller whose call is answered, and what names its dialog. */
async function talking(scenario: SippScenario, onCall: (call: Call) => void = answer): Promise<{ readonly run: SippRun; readonly call: Call; readonly value: string }> {
  const arrived = stage.hotline.arrived.length;
  const run = await stage.calls(scenario, onCall);
  const [, from, to, callId] = await run.saw(/message received[^]*^SIP\/2\.0 200[^]*^From: .*;tag=(\S+)[^]*^To: .*;tag=(\S+)[^]*^Call-ID: (\S+)/im);
  const call = stage.hotline.arrived[arrived] as Call;
  await until(() => call.state === "answered" || call.state === "ended", "the answered call", 10);
  return { run, call, value: `${callId};to-tag=${to};from-tag=${from}` };
}

/** Another SIPp, which makes no call of its own. */
async function newcomer(scenario: SippScenario): Promise<SippRun> {
  return stage.start(scenario, await freePort(), "-s", "12333", `127.0.0.1:${stage.hotline.port}`);
}

describe.skipIf(!present)("INVITE with Replaces on the wire", () => {
  it("one takes the dialog over; the next who would gets 603, and the call goes on with the first", LONG, async () => {
    const { run, call, value } = await talking(answered("replaced").expect("BYE", "over", ELSEWHERE).reply("over", "200 OK"));
    const first = await newcomer(replaces(value).answered().request("ACK", 1).pause(1_000).request("BYE", 2).response(200));
    await run.succeeded();
    await (await newcomer(refused(value, 603))).succeeded();
    expect(call.state).toBe("answered");
    await first.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(stage.hotline.arrived.at(-1)).toBe(call);
  });

  it("the hotline has just hung up: 603", LONG, async () => {
    const { run, call, value } = await talking(answered("hung-up").expect("BYE", "over").pause(300).reply("over", "200 OK"));
    await call.hangup();
    await (await newcomer(refused(value, 603))).succeeded();
    await run.succeeded();
  });

  it("of a browser, and the hotline hangs up while its media are made ready: 603", LONG, async () => {
    const { run, call, value } = await talking(answered("hung-up-for").expect("BYE", "over").reply("over", "200 OK"));
    const leg = stage.hotline.media.last;
    const ready = leg.asWebRtc.bind(leg);
    let asked = false;
    leg.asWebRtc = async () => {
      asked = true;
      await call.hangup();
      return ready();
    };
    await (await newcomer(refused(value, 603, BROWSER))).succeeded();
    await run.succeeded();
    expect(asked).toBe(true);
    expect((await call.ended).reason).toBe("hangup");
  });

  it("the far end has just hung up: 603", LONG, async () => {
    const { run, value } = await talking(answered("far-end-hung-up").request("BYE", 2).response(200));
    await run.succeeded();
    await (await newcomer(refused(value, 603))).succeeded();
  });

  it("who is replaced hangs up in that moment: both BYEs get 200, the newcomer has the call", LONG, async () => {
    const { run, call, value } = await talking(answered("bye-replaces").expect("BYE", "over", ELSEWHERE).request("BYE", 2).response(200).reply("over", "200 OK"));
    const other = await newcomer(replaces(value).answered().request("ACK", 1).pause(500).request("BYE", 2).response(200));
    await run.succeeded();
    expect(call.state).toBe("answered");
    await other.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("early-only and a call that was answered in the meantime: 486, the call goes on", LONG, async () => {
    const { run, call, value } = await talking(answered("early-only").expect("BYE", "over").reply("over", "200 OK"));
    await (await newcomer(refused(`${value};early-only`, 486))).succeeded();
    expect(call.state).toBe("answered");
    await call.hangup();
    await run.succeeded();
  });

  it("nothing but T.38: 488, the call goes on", LONG, async () => {
    const { run, call, value } = await talking(answered("t38").expect("BYE", "over").reply("over", "200 OK"));
    await (await newcomer(refused(value, 488, T38))).succeeded();
    await call.hangup();
    await run.succeeded();
  });

  it("without an offer: a hold of ours waits until the ACK has brought the answer", LONG, async () => {
    const { run, call, value } = await talking(answered("late").expect("BYE", "over", ELSEWHERE).reply("over", "200 OK"));
    // SIPp fails when the hold comes while it pauses.
    const other = await newcomer(replaces(value, "").answered().pause(300).request("ACK", 1, { body: SDP }).expect("INVITE", "held").reply("held", "200 OK", SDP).expect("ACK").request("BYE", 2).response(200));
    await run.succeeded();
    await expect(call.hold()).resolves.toBeUndefined();
    await other.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it.each(["", ";early-only"])("a phone that rings is lifted in the moment in which another takes its place%s: it is let go", LONG, async (early) => {
    const scenario = new SippScenario("lifted").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off", ELSEWHERE).reply("off", "200 OK").reply("call", "200 OK", SDP, "sipp").expect("ACK").expect("BYE", "over", ELSEWHERE).reply("over", "200 OK");
    const rings = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring", 10);
    const [, callId] = await rings.saw(/message received[^]*^INVITE[^]*^Call-ID: (\S+)/im);
    const [, tag] = await rings.saw(/message received[^]*^INVITE[^]*^From: .*;tag=(\S+)/im);
    const other = await newcomer(replaces(`${callId};to-tag=${tag};from-tag=sipp${early}`).answered().request("ACK", 1).pause(400).request("BYE", 2).response(200));
    expect(await call.answered).toBe(true);
    await rings.succeeded();
    await other.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });
});

describe.skipIf(!present)("REFER with Replaces on the wire", () => {
  it("who is named has just hung up: 603, nobody is asked, the phone has its call", LONG, async () => {
    const { run, value } = await talking(answered("asked").request("BYE", 2).response(200));
    await run.succeeded();
    let asked = false;
    const scenario = answered("refers").request("REFER", 2, { headers: { "Refer-To": `<sip:1002@127.0.0.1?Replaces=${encodeURIComponent(value)}>` } }).response(603).request("BYE", 3).response(200);
    const { call } = await stage.play(scenario, (one) => {
      one.subscribe((event) => void (asked ||= event.type === "transfer-request"));
      answer(one);
    });
    expect((await call.ended).reason).toBe("remote-hangup");
    expect(asked).toBe(false);
  });

  it("who is named hangs up once it is asked: the phone hears that it failed, and has its call", LONG, async () => {
    const named = await talking(answered("asked").expect("BYE", "over").reply("over", "200 OK"));
    const scenario = answered("refers").request("REFER", 2, { headers: { "Refer-To": `<sip:1002@127.0.0.1?Replaces=${encodeURIComponent(named.value)}>` } }).response(202).expect("NOTIFY", "trying").reply("trying", "200 OK").expect("NOTIFY", "failed", { "Subscription-State": "terminated" }).reply("failed", "200 OK").request("BYE", 3).response(200);
    let replaced: unknown;
    const { call, messages } = await stage.play(scenario, (one) => {
      one.subscribe((event) => {
        if (event.type !== "transfer-request") return;
        replaced = event.replaces;
        const report = event.accept();
        void named.call.hangup().then(() => report.finish(487));
      });
      answer(one);
    });
    expect(replaced).toBe(named.call);
    expect(messages.some((each) => each.includes("message received") && each.includes("SIP/2.0 487"))).toBe(true);
    await named.run.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });
});

describe.skipIf(!present)("phones and answers at once, on the wire", () => {
  it("two phones of an account are lifted at once: one has the call, the other a BYE that says why", LONG, async () => {
    const ports = [await freePort(), await freePort()];
    const [winner, loser] = [
      await stage.start(new SippScenario("winner").expect("INVITE", "call").reply("call", "180 Ringing", "", "one").pause(300).reply("call", "200 OK", SDP, "one").expect("ACK").pause(300).back("call", "one", "BYE", 1).response(200), ports[0] as number),
      await stage.start(new SippScenario("loser").expect("INVITE", "call").reply("call", "180 Ringing", "", "two").expect("CANCEL", "off", ELSEWHERE).reply("off", "200 OK").reply("call", "200 OK", SDP, "two").expect("ACK").expect("BYE", "over", ELSEWHERE).reply("over", "200 OK"), ports[1] as number),
    ];
    stage.hotline.registrar.restore(ports.map((port, i) => ({ id: `b${i}`, account: "1001", contact: `sip:1001@127.0.0.1:${port}`, callId: `r${i}`, cseq: 1, q: 1, expiresAt: stage.hotline.clock.now() + 60_000, destination: { kind: "udp", host: "127.0.0.1", port }, path: [] })));
    const call = await stage.dial("sip:1001");
    expect(await call.answered).toBe(true);
    await loser.succeeded();
    await winner.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("a redirection that meets our hanging up is not followed", LONG, async () => {
    // SIPp fails when another INVITE comes while it pauses.
    const scenario = new SippScenario("late-302").expect("INVITE", "call").reply("call", "180 Ringing", "", "sipp").expect("CANCEL", "off").reply("off", "200 OK").reply("call", "302 Moved Temporarily", "", "sipp").expect("ACK").pause(400);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    await until(() => call.state === "ringing", "the ring", 10);
    await call.hangup({ reason: "cancelled" });
    await peer.succeeded();
    expect(await call.answered).toBe(false);
  });

  it("a refused session refresh is tried again", LONG, async () => {
    const timer = (value: string): Record<string, string> => ({ "Session-Expires": value, Require: "timer", Allow: "INVITE, ACK, CANCEL, BYE, UPDATE" });
    const scenario = new SippScenario("refresh-503").expect("INVITE", "call").reply("call", "200 OK", SDP, "sipp", timer("4;refresher=uac")).expect("ACK").expect("UPDATE", "first").reply("first", "503 Service Unavailable").expect("UPDATE", "second").reply("second", "200 OK", "", undefined, timer("1800;refresher=uac")).back("call", "sipp", "BYE", 1).response(200);
    const peer = await stage.start(scenario, stage.carrierPort);
    const call = await stage.dial();
    expect(await call.answered).toBe(true);
    await peer.succeeded();
    expect((await call.ended).reason).toBe("remote-hangup");
  });

  it("a hold while the call ends is refused", LONG, async () => {
    let held: unknown;
    const { call } = await stage.play(answered("hold-end").expect("INVITE", "held").request("BYE", 2).response(200).reply("held", "481 Call Does Not Exist").expect("ACK"), answerThen((one) => one.hold().catch((error: unknown) => (held = error))));
    expect((await call.ended).reason).toBe("remote-hangup");
    await until(() => held !== undefined, "the hold to settle");
    expect(held).toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });
});
