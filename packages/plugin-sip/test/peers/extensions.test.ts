import type { Call } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../support/hotline-side.js";
import { freePort, peerPresent } from "../support/peers.js";
import { SippPeers, type SippPeer } from "../support/sipp-peers.js";

/** What carriers do beyond the plain call, as SIPp understands the RFCs. Each scenario checks what it gets, and each test what the hotline made of it. */
const SIPP = "/usr/bin/sipp";
const present = peerPresent("SIPp", SIPP);
const LONG = { timeout: 60_000 };

let hotline: HotlineSide | undefined;
let peers: SippPeers;

beforeEach(async () => {
  hotline = undefined;
  peers = await SippPeers.open();
});

afterEach(async () => {
  await peers.stop();
  await hotline?.stop();
  await peers.remove();
  if (hotline !== undefined) expect(hotline.media.open).toBe(0);
});

const sipp = (name: string, ...args: string[]): Promise<SippPeer> => peers.start(name, ...args);

/** SIPp calls 12333 by the trunk `demo`; the call it makes. */
async function calls(side: HotlineSide, name: string, ...args: string[]): Promise<{ readonly call: Call; readonly peer: SippPeer }> {
  hotline = await side.start();
  const arrived = hotline.next();
  const peer = await sipp(name, "-s", "12333", ...args, `127.0.0.1:${hotline.port}`);
  return { call: await Promise.race([arrived, failing(peer)]), peer };
}

/** A peer that ends before its call has come has failed. */
async function failing(peer: SippPeer): Promise<never> {
  await peer.succeeded();
  throw new Error("SIPp ended before its call was there");
}

/** A hotline whose calls go out to this port. */
async function callingOut(port: number, trunk: Record<string, unknown> = {}): Promise<HotlineSide> {
  return (hotline = await new HotlineSide({ trunks: [{ key: "carrier", callerId: "12333", outbound: { host: "127.0.0.1", port }, ...trunk }] }).start());
}

/** Of a call that rings: another request than its INVITE has come. */
function pracked(side: HotlineSide | undefined): boolean {
  const metrics = side?.adapter.agent?.metrics();
  return metrics !== undefined && metrics.received - metrics.retransmissionsReceived >= 2;
}

const headers = (...lines: string[]): string[] => ["-key", "headers", lines.join("\r\n")];

describe.skipIf(!present)("who calls, with SIPp", () => {
  it.each([
    ["its P-Asserted-Identity is believed", true, ['P-Asserted-Identity: "Wang Fang" <sip:13911112222@carrier.example>', "Privacy: none"], { number: "13911112222", displayName: "Wang Fang" }],
    ["Privacy: id withholds the caller", true, ["P-Asserted-Identity: <sip:13911112222@carrier.example>", "Privacy: id"], { number: "", uri: "sip:anonymous@anonymous.invalid" }],
    ["a trunk that is not trusted may assert nothing", false, ["P-Asserted-Identity: <sip:13911112222@carrier.example>"], { number: "13800138000" }],
  ])("%s (RFC 3325, RFC 3323); our BYE has a Reason (RFC 3326)", LONG, async (_, trustIdentity, lines, from) => {
    const { call, peer } = await calls(new HotlineSide({ trunks: [{ key: "demo", match: ["127.0.0.1"], trustIdentity }] }), "carrier-calls-with", ...headers(...lines));
    expect(call.from).toMatchObject(from);
    await call.answer();
    await call.hangup();
    await peer.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
  });

  it.each([
    ["Diversion (RFC 5806)", "Diversion: <sip:02188880000@carrier.example>;reason=no-answer;counter=1, <sip:01066660000@carrier.example>;reason=user-busy;counter=1"],
    ["History-Info (RFC 7044)", "History-Info: <sip:01066660000@carrier.example>;index=1, <sip:02188880000@carrier.example;cause=486>;index=1.1, <sip:12333@127.0.0.1;cause=408>;index=1.1.1"],
  ])("the number first called is found in %s", LONG, async (_, line) => {
    const { call, peer } = await calls(new HotlineSide(), "carrier-calls-with", ...headers(line));
    expect(call.attributes).toMatchObject({ "diverted-from": "01066660000", "diverted-by": "02188880000", "diversion-reason": "no-answer", "diversion-count": "2" });
    await call.answer();
    await call.hangup();
    await peer.succeeded();
  });

  it("a call that is sent on says from where, in Diversion (RFC 5806)", LONG, async () => {
    const peer = await sipp("carrier-sent-on");
    const side = await callingOut(peer.port, { forwarded: "diversion" });
    const forwarded = { called: "12333", before: { from: "02188880000", by: "02188880000", reason: "no-answer", count: 1 } };
    const call = await side.adapter.originate("tel:13900139000", { forwarded });
    expect(await call.answered).toBe(true);
    await call.hangup();
    await peer.succeeded();
  });

  it("a caller of ours who is withheld is told to the carrier alone", LONG, async () => {
    const peer = await sipp("carrier-identity");
    const side = await callingOut(peer.port, { identity: "asserted" });
    const call = await side.adapter.originate("tel:13900139000", { headers: { Privacy: "id" } });
    expect(await call.answered).toBe(true);
    expect(call.from.number).toBe("12333");
    await call.hangup();
    await peer.succeeded();
  });
});

describe.skipIf(!present)("how calls end, with SIPp", () => {
  it("the Q.850 cause of the carrier's BYE is kept, and not its SIP status", LONG, async () => {
    const { call, peer } = await calls(new HotlineSide(), "carrier-hangs-up");
    await call.answer();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup", by: "remote", status: 34 });
    await peer.succeeded();
  });

  it("the Q.850 cause beside a refusal says more than its status", LONG, async () => {
    const peer = await sipp("carrier-refuses");
    const call = await (await callingOut(peer.port)).adapter.originate("tel:13900139000");
    expect(await call.answered).toBe(false);
    await expect(call.ended).resolves.toMatchObject({ reason: "busy", by: "remote", status: 480 });
    await peer.succeeded();
  });
});

describe.skipIf(!present)("where calls of ours go, with SIPp", () => {
  it("a redirection is followed where the trunk says so", LONG, async () => {
    const takes = await sipp("carrier-takes");
    const redirects = await sipp("carrier-redirects", "-key", "elsewhere", String(takes.port));
    const call = await (await callingOut(redirects.port, { redirects: 1 })).adapter.originate("tel:13900139000");
    expect(await call.answered).toBe(true);
    await call.hangup();
    await redirects.succeeded();
    await takes.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
  });

  it("else it counts as declined", LONG, async () => {
    const redirects = await sipp("carrier-redirects", "-key", "elsewhere", String(await freePort()));
    const call = await (await callingOut(redirects.port)).adapter.originate("tel:13900139000");
    expect(await call.answered).toBe(false);
    await expect(call.ended).resolves.toMatchObject({ reason: "declined", by: "remote", status: 302 });
    await redirects.succeeded();
  });

  it("of two phones behind a fork the first has the call; the second is acknowledged and hung up", LONG, async () => {
    const peer = await sipp("carrier-forks");
    const side = await callingOut(peer.port);
    const call = await side.adapter.originate("tel:13900139000");
    const states: string[] = [];
    call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
    expect(await call.answered).toBe(true);
    // The first phone hangs up once the second has been let go.
    await peer.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(states).toEqual(["ringing", "answered", "ended"]);
    expect(side.media.made).toHaveLength(1);
  });

  it("sound before the answer is heard", LONG, async () => {
    const peer = await sipp("carrier-early-media");
    const side = await callingOut(peer.port);
    const call = await side.adapter.originate("tel:13900139000");
    const heard: unknown[] = [];
    call.subscribe((event) => void (event.type === "state" && heard.push([event.state, call.media !== undefined, side.media.last.remote?.codec])));
    expect(await call.answered).toBe(true);
    expect(heard).toEqual([["ringing", true, "PCMA"], ["answered", true, "PCMA"]]);
    expect(side.media.made).toHaveLength(1);
    await call.hangup();
    await peer.succeeded();
  });
});

describe.skipIf(!present)("within the call, with SIPp", () => {
  it("the hotline refreshes a session that is its own to refresh, by UPDATE or re-INVITE, and ends one that the carrier lets expire (RFC 4028)", LONG, async () => {
    const [update, reinvite] = [await sipp("carrier-expires-update"), await sipp("carrier-expires-reinvite")];
    const side = (hotline = await new HotlineSide({
      trunks: [{ key: "update", outbound: { host: "127.0.0.1", port: update.port, prefixes: ["13"] } }, { key: "reinvite", outbound: { host: "127.0.0.1", port: reinvite.port, prefixes: ["15"] } }],
    }).start());
    const both = await Promise.all(["tel:13900139000", "tel:15900159000"].map((to) => side.adapter.originate(to)));
    expect(await Promise.all(both.map((call) => call.answered))).toEqual([true, true]);
    await update.succeeded();
    await reinvite.succeeded();
    for (const call of both) await expect(call.ended).resolves.toMatchObject({ reason: "failed", by: "system", status: 408 });
  });

  it("it is held by c=0.0.0.0 and by a=inactive, and taken back", LONG, async () => {
    const { call, peer } = await calls(new HotlineSide(), "hold-styles");
    const held: boolean[] = [];
    call.subscribe((event) => void (event.type === "remote-hold" && held.push(event.held)));
    await call.answer();
    await peer.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup" });
    expect(held).toEqual([true, false, true, false]);
    const directions = (hotline?.media.last.remotes ?? []).map(({ direction }) => direction).filter((direction, i, all) => direction !== all[i - 1]);
    expect(directions).toEqual(["sendrecv", "recvonly", "sendrecv", "inactive", "sendrecv"]);
  });

  it("a caller is sent elsewhere by REFER and tells by NOTIFY that he is there", LONG, async () => {
    const side = new HotlineSide({ trunks: [{ key: "demo", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: 5_999 } }] });
    const { call, peer } = await calls(side, "refer-followed");
    await call.answer();
    await call.redirect("tel:13900139000");
    await expect(call.ended).resolves.toMatchObject({ reason: "redirected", by: "local" });
    await peer.succeeded();
  });

  it("a REFER of the caller is refused by the hotline, or taken and reported on", LONG, async () => {
    const { call, peer } = await calls(new HotlineSide(), "refer-asked");
    const wanted: string[] = [];
    call.subscribe((event) => {
      if (event.type !== "transfer-request") return;
      wanted.push(event.to);
      if (wanted.length === 1) return event.reject();
      const report = event.accept();
      report.progress(180);
      void report.finish(200);
    });
    await call.answer();
    await peer.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup" });
    expect(wanted).toEqual([`sip:1002@127.0.0.1:${hotline?.port}`, `sip:1003@127.0.0.1:${hotline?.port}`]);
  });
});

describe.skipIf(!present)("what callers demand, with SIPp", () => {
  it("100rel is served (RFC 3262)", LONG, async () => {
    const { call, peer } = await calls(new HotlineSide(), "reliable-demanded");
    await call.ring();
    // SIPp wants its answers in turn: the INVITE's after that of the PRACK.
    await until(() => pracked(hotline), "the PRACK", 30);
    await call.answer();
    await peer.succeeded();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup" });
  });

  it("what is not there gets 420 and is named (RFC 3261 section 8.2.2.3)", LONG, async () => {
    hotline = await new HotlineSide({ reliableProvisionals: "off" }).start();
    const peer = await sipp("unknown-demanded", "-s", "12333", `127.0.0.1:${hotline.port}`);
    await peer.succeeded();
    expect(hotline.arrived).toEqual([]);
  });
});
