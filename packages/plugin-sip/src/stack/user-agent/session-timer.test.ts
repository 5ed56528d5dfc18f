import { describe, expect, it } from "vitest";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER, type World } from "../test-support/world.js";
import type { IncomingInvite, InviteOutcome, Session, SessionEnd } from "./session-types.js";
import type { InviteOptions, UserAgent, UserAgentOptions } from "./types.js";

/** Session timers (RFC 4028) between two user agents in virtual time. */
const timer = (expires: number, minSe?: number): Partial<UserAgentOptions> => ({ sessionTimer: { expires, ...(minSe === undefined ? {} : { minSe }) } });

interface Connected {
  readonly world: World;
  readonly alice: UserAgent;
  readonly bob: UserAgent;
  readonly caller: Session;
  readonly callee: Session;
  readonly ends: { caller?: SessionEnd; callee?: SessionEnd };
  /** Start lines that went over the wire since the answer, from whom, and when in seconds. */
  lines(): string[];
  finish(): Promise<void>;
}

async function connect(options: { alice?: Partial<UserAgentOptions>; bob?: Partial<UserAgentOptions>; call?: Partial<InviteOptions>; edit?: (world: World) => void } = {}): Promise<Connected> {
  const world = makeWorld();
  options.edit?.(world);
  let invite: IncomingInvite | undefined;
  const bob = await world.agent(BOB, {
    onInvite: (one) => {
      invite = one;
      void one.accept({ body: ANSWER });
    },
    ...options.bob,
  });
  const alice = await world.agent(ALICE, options.alice);
  let outcome: InviteOutcome | undefined;
  void alice.invite({ ...call(BOB), ...options.call }).outcome.then((value) => void (outcome = value));
  await world.clock.advance(1_000);
  if (outcome?.answered !== true) throw new Error(`not connected: ${String(outcome?.status)}`);
  const ends: { caller?: SessionEnd; callee?: SessionEnd } = {};
  const caller = outcome.session;
  const callee = invite?.session as Session;
  caller.handle({ ended: (end) => void (ends.caller = end) });
  callee.handle({ ended: (end) => void (ends.callee = end) });
  const answered = world.network.sent.find(({ text }) => text.startsWith("SIP/2.0 200"))?.at ?? 0;
  return {
    world, alice, bob, caller, callee, ends,
    lines: () => world.network.sent.filter(({ at, text }) => at > answered + 100 && !text.startsWith("SIP/2.0 100")).map(({ from, text, at }) => `${from.address === ALICE ? "caller" : "callee"} ${text.slice(0, text.indexOf(" sip:") < 0 ? 11 : text.indexOf(" sip:"))} ${Math.round((at - answered) / 1000)}`),
    finish: async () => {
      void caller.bye();
      await world.clock.advance(100);
      expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    },
  };
}

const header = (text: string | undefined, name: string): string | undefined => new RegExp(`^${name}: (.*)\\r$`, "m").exec(text ?? "")?.[1];
const sent = (world: World, start: string): string | undefined => world.network.sent.find(({ text }) => text.startsWith(start))?.text;

describe("who refreshes", () => {
  it("both know session timers: the caller does, by UPDATE, each half of the interval", async () => {
    const { world, lines, finish } = await connect({ alice: timer(1800), bob: timer(3600) });
    expect(header(sent(world, "INVITE"), "Session-Expires")).toBe("1800");
    expect(header(sent(world, "INVITE"), "Supported")).toContain("timer");
    expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBe("1800;refresher=uac");
    expect(header(sent(world, "SIP/2.0 200"), "Require")).toBe("timer");
    await world.clock.advance(1_900_000);
    expect(lines()).toEqual(["caller UPDATE 900", "callee SIP/2.0 200 900", "caller UPDATE 1800", "callee SIP/2.0 200 1800"]);
    const update = sent(world, "UPDATE");
    expect(header(update, "Session-Expires")).toBe("1800;refresher=uac");
    expect(update?.endsWith("\r\n\r\n")).toBe(true);
    await finish();
  });

  it("a caller that asks for it makes the called side refresh", async () => {
    const { world, lines, finish } = await connect({ alice: timer(600), bob: timer(600), call: { headers: {} }, edit: (w) => void (w.network.rewrite = (text) => text.replace("Session-Expires: 600\r\n", "Session-Expires: 600;refresher=uas\r\n")) });
    await world.clock.advance(310_000);
    expect(lines()).toEqual(["callee UPDATE 300", "caller SIP/2.0 200 300"]);
    expect(header(sent(world, "UPDATE"), "Session-Expires")).toBe("600;refresher=uac");
    await finish();
  });

  it("a caller that knows them but does not ask: the called side does", async () => {
    const { world, lines, finish } = await connect({ alice: { supported: ["timer"] }, bob: timer(200) });
    expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBe("200;refresher=uas");
    await world.clock.advance(110_000);
    expect(lines()).toEqual(["callee UPDATE 100", "caller SIP/2.0 200 100"]);
    await finish();
  });

  it("a called side that knows none: the session does not expire", async () => {
    const { world, lines, finish } = await connect({ alice: timer(90) });
    await world.clock.advance(10_000_000);
    expect(lines()).toEqual([]);
    await finish();
  });

  it("a caller that knows none is not troubled", async () => {
    const { world, lines, finish } = await connect({ bob: timer(90) });
    expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBeUndefined();
    await world.clock.advance(10_000_000);
    expect(lines()).toEqual([]);
    await finish();
  });

  it("a proxy asked in the name of a caller that knows none: the called side refreshes and demands nothing", async () => {
    const { world, lines, finish } = await connect({ bob: timer(1800), call: { headers: { "Session-Expires": "120" } } });
    const answer = sent(world, "SIP/2.0 200");
    expect(header(answer, "Session-Expires")).toBe("120;refresher=uas");
    expect(header(answer, "Require")).toBeUndefined();
    await world.clock.advance(65_000);
    expect(lines()).toEqual(["callee UPDATE 60", "caller SIP/2.0 200 60"]);
    await finish();
  });

  it("the called side makes the interval shorter, but not than the caller's Min-SE", async () => {
    for (const [minSe, agreed] of [[90, 300], [500, 500]] as const) {
      const { world, finish } = await connect({ alice: timer(1800, minSe), bob: timer(300) });
      expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBe(`${agreed};refresher=uac`);
      await finish();
    }
  });
});

describe("how it is refreshed", () => {
  it("by re-INVITE with the same description where the peer takes no UPDATE", async () => {
    const { world, callee, lines, finish } = await connect({ alice: timer(200), bob: timer(200), edit: (w) => void (w.network.rewrite = (text, from) => (from.address === BOB ? text.replace("UPDATE, ", "") : text)) });
    callee.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    await world.clock.advance(110_000);
    expect(lines()).toEqual(["caller INVITE 100", "callee SIP/2.0 200 100", "caller ACK 100"]);
    const again = world.network.sent.filter(({ text }) => text.startsWith("INVITE")).at(-1)?.text;
    expect(again?.endsWith(OFFER)).toBe(true);
    expect(header(again, "Session-Expires")).toBe("200;refresher=uac");
    await finish();
  });

  it("by the owner of the session where it wants to, and any re-INVITE counts", async () => {
    const { world, caller, callee, lines, ends, finish } = await connect({ alice: timer(200), bob: timer(200), edit: (w) => void (w.network.rewrite = (text, from) => (from.address === BOB ? text.replace("UPDATE, ", "") : text)) });
    callee.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    caller.handle({
      refresh: () => {
        void caller.reinvite({ body: `${OFFER}a=sendonly\r\n` });
        return true;
      },
    });
    await world.clock.advance(60_000);
    void caller.reinvite({ body: OFFER });
    await world.clock.advance(90_000);
    expect(lines()).toEqual(["caller INVITE 61", "callee SIP/2.0 200 61", "caller ACK 61"]);
    await world.clock.advance(20_000);
    expect(lines()).toHaveLength(6);
    expect(ends).toEqual({});
    await finish();
  });

  it("a refusal of the refresh is no end: it is tried again while there is time", async () => {
    let refuse = true;
    const { world, lines, ends, finish } = await connect({
      alice: timer(400), bob: timer(400),
      edit: (w) => void (w.network.rewrite = (text, from) => (refuse && from.address === BOB && /CSeq: \d+ UPDATE/.test(text) ? text.replace("SIP/2.0 200 OK", "SIP/2.0 503 Service Unavailable") : text)),
    });
    await world.clock.advance(201_000);
    refuse = false;
    await world.clock.advance(300_000);
    expect(lines().filter((line) => line.includes("UPDATE"))).toEqual(["caller UPDATE 200", "caller UPDATE 250", "caller UPDATE 450"]);
    expect(ends).toEqual({});
    await finish();
  });
});

describe("when nobody refreshes", () => {
  it("the other side ends the call a while before the interval is over", async () => {
    const { world, ends, finish } = await connect({ alice: timer(600), bob: timer(600) });
    // A caller that has died: nothing of it comes through any more.
    world.network.drop = ({ from }) => from.address === ALICE;
    await world.clock.advance(567_000);
    expect(ends.callee).toBeUndefined();
    await world.clock.advance(2_000);
    expect(ends.callee).toMatchObject({ by: "system", cause: "session-expired" });
    expect(header(world.network.sent.find(({ from, text }) => from.address === BOB && text.startsWith("BYE"))?.text, "Reason")).toBe('SIP;cause=408;text="Session expired"');
    await finish();
  });

  it("a refresh nobody answers ends the call at once for the refresher", async () => {
    const { world, ends, alice, bob } = await connect({ alice: timer(600), bob: timer(600) });
    world.network.drop = ({ from }) => from.address === BOB;
    await world.clock.advance(335_000);
    expect(ends.caller).toMatchObject({ by: "system", cause: "dialog-lost" });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("a third of a short interval is left for the BYE", async () => {
    const { world, ends, finish } = await connect({ alice: timer(90), bob: timer(90), edit: (w) => void (w.network.drop = ({ text }) => text.startsWith("UPDATE")) });
    await world.clock.advance(58_000);
    expect(ends.callee).toBeUndefined();
    await world.clock.advance(3_000);
    expect(ends.callee?.cause).toBe("session-expired");
    await finish();
  });
});

describe("an interval that no peer may ask for", () => {
  const answering = (value: string) => (w: World) => void (w.network.rewrite = (text, from) => (from.address === BOB ? text.replace(/Session-Expires: .*/, `Session-Expires: ${value}`) : text));

  it("is served with refreshes that are 10 s apart, refused ones too, and asks for 90 s", async () => {
    let refuse = true;
    const { world, lines, ends, finish } = await connect({
      alice: timer(1800), bob: timer(1800),
      edit: (w) => void (w.network.rewrite = (text, from) => (from.address !== BOB ? text : (refuse && /CSeq: \d+ UPDATE/.test(text) ? text.replace("200 OK", "503 Not Now") : text).replace(/Session-Expires: .*/, "Session-Expires: 1;refresher=uac"))),
    });
    await world.clock.advance(25_000);
    expect(lines().filter((line) => line.includes("UPDATE"))).toEqual(["caller UPDATE 10", "caller UPDATE 20"]);
    refuse = false;
    await world.clock.advance(20_000);
    expect(lines().filter((line) => line.includes("UPDATE")).slice(2)).toEqual(["caller UPDATE 30", "caller UPDATE 40"]);
    expect(header(sent(world, "UPDATE"), "Session-Expires")).toBe("90;refresher=uac");
    expect(ends).toEqual({});
    await finish();
  });

  it("does not end the call before the shortest one would", async () => {
    const { world, ends, finish } = await connect({ alice: timer(1800), bob: timer(1800), edit: answering("1;refresher=uas") });
    await world.clock.advance(58_000);
    expect(ends).toEqual({});
    await world.clock.advance(3_000);
    expect(ends.caller).toMatchObject({ by: "system", cause: "session-expired" });
    await finish();
  });

  it("of a caller that cannot be told so counts as 90 s", async () => {
    const { world, lines, finish } = await connect({ bob: timer(1800), call: { headers: { "Session-Expires": "1", "Min-SE": "1" } } });
    expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBe("90;refresher=uas");
    await world.clock.advance(50_000);
    expect(lines()).toEqual(["callee UPDATE 45", "caller SIP/2.0 200 45"]);
    await finish();
  });

  it("may be as long as a number can be: the clock can hold it, nothing is sent and nothing ends", async () => {
    const { world, lines, ends, finish } = await connect({ alice: timer(1800), bob: timer(1800), edit: answering("999999999;refresher=uac") });
    await world.clock.advance(1_700_000);
    expect(lines()).toEqual([]);
    expect(ends).toEqual({});
    await finish();
  });
});

describe("an interval that is too short (422)", () => {
  it("is raised by the caller to the Min-SE it is told", async () => {
    const { world, finish } = await connect({ alice: timer(90), bob: timer(1800, 600) });
    const tries = world.network.sent.filter(({ text }) => text.startsWith("INVITE")).map(({ text }) => `${header(text, "CSeq") ?? ""} ${header(text, "Session-Expires") ?? ""} ${header(text, "Min-SE") ?? ""}`);
    expect(tries).toEqual(["1 INVITE 90 ", "2 INVITE 600 600"]);
    expect(header(sent(world, "SIP/2.0 422"), "Min-SE")).toBe("600");
    await finish();
  });

  it("is not told to a caller that knows no session timers", async () => {
    const { world, finish } = await connect({ bob: timer(1800, 600), call: { headers: { "Session-Expires": "120" } } });
    expect(header(sent(world, "SIP/2.0 200"), "Session-Expires")).toBe("120;refresher=uas");
    await finish();
  });

  it("in the call: UPDATE and re-INVITE with one are refused, and what was agreed stays", async () => {
    const { world, caller, callee, finish } = await connect({ alice: timer(1800), bob: timer(1800, 600), edit: (w) => void (w.network.rewrite = (text) => (/^(UPDATE|INVITE)[\s\S]*;tag=[\s\S]*;tag=/.test(text) ? text.replace(/Session-Expires: \d+/, "Session-Expires: 100") : text)) });
    callee.handle({ reoffer: () => expect.unreachable() });
    const statuses: number[] = [];
    void caller.update().then(({ status }) => statuses.push(status));
    void caller.reinvite({ body: OFFER }).then(({ status }) => statuses.push(status));
    await world.clock.advance(1_000);
    expect(statuses).toEqual([422, 422]);
    expect(callee.state).toBe("confirmed");
    await finish();
  });

  it("a peer that is never content is given up after some tries", async () => {
    const world = makeWorld();
    let least = 100;
    const port = world.network.port(BOB, 5060, (text) => {
      if (!text.startsWith("INVITE")) return;
      const kept = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line)).join("\r\n").replace(/^(To: .*)$/m, "$1;tag=b");
      port.send(`SIP/2.0 422 Session Interval Too Small\r\n${kept}\r\nMin-SE: ${(least += 100)}\r\nContent-Length: 0\r\n\r\n`, { address: ALICE, port: 5060 });
    });
    const alice = await world.agent(ALICE, timer(90));
    const outgoing = alice.invite(call(BOB));
    await world.clock.advance(5_000);
    await expect(outgoing.outcome).resolves.toMatchObject({ answered: false, status: 422 });
    expect(world.network.sent.filter(({ text }) => text.startsWith("INVITE"))).toHaveLength(4);
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
  });
});
