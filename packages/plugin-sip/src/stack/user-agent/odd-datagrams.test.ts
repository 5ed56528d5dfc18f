import { describe, expect, it } from "vitest";
import { raw } from "../test-support/raw-peer.js";
import { ALICE, ANSWER, BOB, leftovers, NOTHING_LEFT } from "../test-support/world.js";
import type { UserAgentOptions } from "./types.js";

/** Messages written by hand that nearly fit a transaction or a dialog, against RFC 3261 sections 8.2, 9, 12, 13, 14 and 17. */
const BODY = { body: "v=0\r\n", "Content-Type": "application/sdp" };

/** A call that rings or is answered, and what its caller writes within it. */
async function call(options: { answered: boolean; agent?: Partial<UserAgentOptions>; invite?: Record<string, string> }) {
  const peer = await raw({ supported: ["100rel"], ...options.agent });
  await peer.ask(peer.make("INVITE", { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcall;rport`, ...BODY, ...options.invite }));
  const [invite] = peer.incoming;
  if (invite === undefined) throw new Error("no call has come");
  if (options.answered) void invite.accept({ body: ANSWER });
  else invite.ring();
  await peer.world.clock.advance(20);
  const To = `<sip:12333@${BOB}>;tag=${invite.localTag}`;
  const within = (method: string, seq: number, over: Record<string, string> = {}): Promise<string[]> => peer.ask(peer.make(method, { To, CSeq: `${seq} ${method}`, ...over }));
  if (options.answered) await within("ACK", 1);
  return { ...peer, invite, To, within, end: async () => expect(await leftovers(peer.world, peer.bob)).toEqual(NOTHING_LEFT) };
}

describe("a dialog that is nearly meant", () => {
  it("with a wrong tag on either side, swapped tags or another Call-ID: 481, and the call goes on", async () => {
    const { within, To, invite, end } = await call({ answered: true });
    const others: readonly Record<string, string>[] = [{ To: `${To}x` }, { From: "<sip:a@x.test>;tag=other" }, { From: `<sip:a@x.test>;tag=${invite.localTag}`, To: `<sip:12333@${BOB}>;tag=ft` }, { "Call-ID": "C1" }];
    for (const over of others) {
      expect((await within("BYE", 2, over))[0]).toContain("481");
    }
    expect(invite.session?.state).toBe("confirmed");
    expect((await within("BYE", 2))[0]).toContain("200 OK");
    await end();
  });

  it("with a CSeq that is not above the last: 500, and the call goes on", async () => {
    const { within, invite, end } = await call({ answered: true });
    expect((await within("INFO", 5))[0]).toContain("200 OK");
    for (const [method, seq] of [["BYE", 5], ["BYE", 1], ["UPDATE", 4], ["INVITE", 5]] as const) expect((await within(method, seq))[0]).toContain("500");
    expect(invite.session?.state).toBe("confirmed");
    // What was refused with 500 is repeated until its ACK; a number that is higher counts.
    await within("ACK", 5);
    expect((await within("BYE", 2 ** 31 - 1))[0]).toContain("200 OK");
    await end();
  });

  it("CSeq numbers beyond 31 bits, or of another method: 400", async () => {
    const { within, invite, end } = await call({ answered: true });
    expect((await within("BYE", 2 ** 31))[0]).toContain("400");
    expect((await within("BYE", 2, { CSeq: "2 INVITE" }))[0]).toContain("400");
    expect(invite.session?.state).toBe("confirmed");
    await within("BYE", 2);
    await end();
  });

  it("ACKs with another CSeq or other tags are none: the 200 is said again until the right one", async () => {
    const { world, bob, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE", BODY));
    void incoming[0]?.accept({ body: ANSWER });
    await world.clock.advance(20);
    const to = `<sip:12333@${BOB}>;tag=${incoming[0]?.localTag ?? ""}`;
    await ask(make("ACK", { To: to, CSeq: "2 ACK" }));
    await ask(make("ACK", { To: `${to}x` }));
    await ask(make("ACK", { To: to, From: "<sip:a@x.test>;tag=other" }));
    await world.clock.advance(2_000);
    expect(incoming[0]?.session?.state).toBe("pending");
    expect(heard.filter((text) => text.startsWith("SIP/2.0 200")).length).toBeGreaterThan(1);
    // A Require that nobody knows is no matter in an ACK (section 8.2.2.3).
    await ask(make("ACK", { To: to, Require: "unheard-of" }));
    expect(incoming[0]?.session?.state).toBe("confirmed");
    await world.clock.advance(5_000);
    expect(heard.filter((text) => text.startsWith("SIP/2.0 200"))).toEqual([]);
    void incoming[0]?.session?.bye();
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("what an early dialog has no use for ends it for nobody", async () => {
    const { within, invite, end } = await call({ answered: false });
    expect((await within("INFO", 2))[0]).toContain("200 OK");
    for (const [method, seq] of [["REFER", 3], ["MESSAGE", 4], ["SUBSCRIBE", 5]] as const) expect((await within(method, seq))[0]).toContain("405");
    expect((await within("NOTIFY", 6))[0]).toContain("481");
    expect((await within("INVITE", 7))[0]).toContain("500");
    await within("ACK", 7);
    expect(invite.state).toBe("ringing");
    invite.reject({ status: 486 });
    await within("ACK", 1, { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcall;rport` });
    await end();
  });
});

describe("a transaction that is nearly meant", () => {
  it("an INVITE with the same branch and another To is the same one (section 17.2.3): it is answered again, and nobody rings twice", async () => {
    const { ask, make, incoming, heard, end } = await call({ answered: false });
    const same = { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcall;rport` };
    expect((await ask(make("INVITE", { ...same, To: "<sip:other@x.test>", "Call-ID": "c9" })))[0]).toContain("180 Ringing");
    expect(incoming).toHaveLength(1);
    expect(heard[0]).toContain("Call-ID: c1");
    incoming[0]?.reject({ status: 486 });
    await end();
  });

  it("the same call by another way: 482, whatever its Route and Request-URI; with a To tag it is of a dialog, and 481", async () => {
    const { ask, make, incoming, end } = await call({ answered: false });
    expect((await ask(make("INVITE", { uri: `sip:elsewhere@${BOB}`, ...BODY })))[0]).toContain("482");
    expect((await ask(make("INVITE", { To: `<sip:12333@${BOB}>;tag=made-up`, ...BODY })))[0]).toContain("481");
    expect(incoming).toHaveLength(1);
    incoming[0]?.reject({ status: 486 });
    await end();
  });

  it("a CANCEL from another sent-by, or with another branch: 481; with the right ones 200, with the tag of the INVITE's own answer", async () => {
    const { ask, make, heard, invite, end } = await call({ answered: false });
    expect((await ask(make("CANCEL", { Via: `SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKcall;rport` })))[0]).toContain("481");
    expect((await ask(make("CANCEL", { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcalm;rport` })))[0]).toContain("481");
    expect(invite.state).toBe("ringing");
    // Require is no matter in a CANCEL either.
    const answers = await ask(make("CANCEL", { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcall;rport`, Require: "unheard-of" }));
    expect(answers.map((answer) => answer.slice(0, 3)).sort()).toEqual(["200", "487"]);
    const tags = heard.map((text) => /^To: .*;tag=(\S+)/m.exec(text)?.[1]);
    expect(new Set(tags)).toEqual(new Set([invite.localTag]));
    await ask(make("ACK", { Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKcall;rport`, To: `<sip:12333@${BOB}>;tag=${invite.localTag}` }));
    await end();
  });

  it("Require of what is not known: 420 with its name, in a dialog too, whose call goes on; BYE counts all the same", async () => {
    const { within, heard, invite, end } = await call({ answered: true });
    for (const [method, seq] of [["INFO", 2], ["UPDATE", 3], ["INVITE", 4]] as const) {
      expect((await within(method, seq, { Require: "unheard-of, 100rel" }))[0]).toContain("420");
      expect(heard[0]).toMatch(/^Unsupported: unheard-of\r$/m);
    }
    await within("ACK", 4);
    expect(invite.session?.state).toBe("confirmed");
    expect((await within("BYE", 5, { Require: "unheard-of" }))[0]).toContain("200 OK");
    await end();
  });
});

describe("the way of a call", () => {
  it.each(["INVITE", "OPTIONS", "REGISTER"])("%s with Max-Forwards 0 has arrived (RFC 4475 section 3.3.11)", async (method) => {
    const { ask, make, incoming, world, bob } = await raw({ onRequest: (request) => request.respond({ status: 200 }) });
    const answers = await ask(make(method, { "Max-Forwards": "0", ...(method === "INVITE" ? BODY : {}) }));
    if (method === "INVITE") {
      expect(incoming).toHaveLength(1);
      incoming[0]?.reject({ status: 486 });
    } else expect(answers[0]).toContain("200 OK");
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  const routes = (count: number, name = "p"): string => Array.from({ length: count }, (_, i) => `<sip:${name}${i}.test;lr>`).join(", ");

  it("as many proxies as a request may pass are kept, and gone back by", async () => {
    const { world, heard, invite, end } = await call({ answered: true, invite: { "Record-Route": routes(140) } });
    heard.length = 0;
    void invite.session?.bye();
    await world.clock.advance(20);
    expect(invite.session?.dialog.routeSet).toHaveLength(140);
    // Names of proxies are never looked up in a dialog: it goes where the INVITE came from.
    expect(heard[0]?.match(/^Route: /gm)).toHaveLength(140);
    await end();
  });

  it.each([
    ["more of them", routes(141)],
    ["so long that no datagram could answer", routes(60, "p".repeat(400))],
  ])("%s: 400, and nothing is kept", async (_, value) => {
    const { ask, make, incoming, world, bob } = await raw();
    expect((await ask(make("INVITE", { "Record-Route": value, ...BODY })))[0]).toContain("400");
    expect(incoming).toEqual([]);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("headers in a Contact do not become part of our requests", async () => {
    const { world, heard, invite, end } = await call({ answered: true, invite: { Contact: `<sip:a@${ALICE}:5060?Route=%3Csip%3Aevil.test%3E&Subject=x>` } });
    heard.length = 0;
    void invite.session?.bye();
    await world.clock.advance(20);
    expect(heard[0]?.split("\r\n", 1)[0]).toBe(`BYE sip:a@${ALICE}:5060 SIP/2.0`);
    await end();
  });
});
