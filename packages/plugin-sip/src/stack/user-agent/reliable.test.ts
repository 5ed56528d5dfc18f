import { describe, expect, it } from "vitest";
import { parseMessage } from "../message/parser.js";
import { SipRequest } from "../message/message.js";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER, type World } from "../test-support/world.js";
import { DEFAULT_LIMITS } from "../transport/limits.js";
import type { Dialog } from "../dialog/types.js";
import type { AcceptOutcome, IncomingInvite, IncomingReoffer, InviteOutcome, RequestOutcome } from "./session-types.js";
import type { InviteOptions, UserAgent } from "./types.js";

const RELIABLE = { supported: ["100rel"] };

function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const box: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    box.value = value;
  });
  return box;
}

interface Ringing {
  readonly world: World;
  readonly alice: UserAgent;
  readonly bob: UserAgent;
  readonly invite: IncomingInvite;
  readonly outgoing: ReturnType<UserAgent["invite"]>;
  readonly outcome: { value: InviteOutcome | undefined };
  readonly heard: { status: number; dialog: Dialog | undefined }[];
  end(): Promise<Record<string, number>>;
}

/** Alice's INVITE has reached Bob. */
async function ringing(options: Partial<InviteOptions> = {}): Promise<Ringing> {
  const world = makeWorld();
  let invite: IncomingInvite | undefined;
  const bob = await world.agent(BOB, { ...RELIABLE, onInvite: (one) => void (invite = one) });
  const alice = await world.agent(ALICE, RELIABLE);
  const heard: { status: number; dialog: Dialog | undefined }[] = [];
  const outgoing = alice.invite({ ...call(BOB), ...options, provisional: (response, dialog) => void heard.push({ status: response.status, dialog }) });
  const outcome = watch(outgoing.outcome);
  await world.clock.advance(20);
  world.network.sent.length = 0;
  return { world, alice, bob, invite: invite as IncomingInvite, outgoing, outcome, heard, end: () => leftovers(world, alice, bob) };
}

const DEMANDED = { headers: { Require: "100rel" } };

describe("provisional responses that are acknowledged (RFC 3262)", () => {
  it("a caller that demands it gets its 180 reliably and sends one PRACK", async () => {
    const { world, invite, outcome, heard, end } = await ringing(DEMANDED);
    expect(invite.reliable).toBe(true);
    invite.ring();
    await world.clock.advance(5_000);
    expect(heard.map(({ status }) => status)).toEqual([180]);
    const [ring, prack] = world.network.sent.map(({ text }) => text);
    expect(ring).toContain("Require: 100rel\r\n");
    const seq = /^RSeq: (\d+)\r$/m.exec(ring ?? "")?.[1];
    expect(Number(seq)).toBeGreaterThan(0);
    expect(prack).toMatch(/^PRACK /);
    expect(prack).toContain(`RAck: ${seq ?? ""} 1 INVITE\r\n`);
    expect(prack).toContain("CSeq: 2 PRACK\r\n");
    expect(world.network.trace()).toHaveLength(3);
    const accepted = watch(invite.accept({ body: ANSWER }));
    await world.clock.advance(100);
    expect(accepted.value?.ok).toBe(true);
    if (outcome.value?.answered !== true) throw new Error("not answered");
    // The dialog goes on counting after the PRACK.
    const bye = watch(outcome.value.session.bye());
    await world.clock.advance(100);
    expect(bye.value?.status).toBe(200);
    expect(world.network.sent.some(({ text }) => text.includes("CSeq: 3 BYE"))).toBe(true);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("a caller that can but need not gets a 183 with a description reliably and a 180 plainly", async () => {
    const { world, invite, outgoing, end } = await ringing();
    expect(invite.reliable).toBe(false);
    invite.ring();
    invite.progress({ status: 183, body: ANSWER });
    await world.clock.advance(100);
    const [ring, progress] = world.network.sent.map(({ text }) => text);
    expect(ring).not.toContain("100rel\r\nRSeq");
    expect(ring).not.toContain("RSeq");
    expect(progress).toContain("RSeq:");
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("without the option nothing is acknowledged and a demand gets 420", async () => {
    const world = makeWorld();
    const bob = await world.agent(BOB);
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite({ ...call(BOB), ...DEMANDED }).outcome);
    await world.clock.advance(100);
    expect(outcome.value).toMatchObject({ answered: false, status: 420 });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("is repeated at 0.5, 1.5, 3.5 s ... until the PRACK comes", async () => {
    const { world, invite, outgoing, heard, end } = await ringing(DEMANDED);
    let cut = true;
    world.network.drop = ({ text }) => cut && text.startsWith("PRACK");
    const began = world.clock.now();
    invite.ring();
    await world.clock.advance(4_000);
    const rings = world.network.sent.filter(({ text }) => text.startsWith("SIP/2.0 180"));
    expect(rings.map(({ at }) => at - began)).toEqual([0, 500, 1_500, 3_500]);
    expect(new Set(rings.map(({ text }) => /RSeq: \d+/.exec(text)?.[0])).size).toBe(1);
    expect(heard).toHaveLength(1);
    cut = false;
    await world.clock.advance(8_000);
    const after = world.network.sent.filter(({ text }) => text.startsWith("SIP/2.0 180")).length;
    await world.clock.advance(20_000);
    expect(world.network.sent.filter(({ text }) => text.startsWith("SIP/2.0 180"))).toHaveLength(after);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("without a PRACK the INVITE is refused with 504 after 64*T1", async () => {
    const { world, invite, outcome, end } = await ringing(DEMANDED);
    world.network.drop = ({ text }) => text.startsWith("PRACK");
    const closed = watch(invite.closed);
    invite.ring();
    await world.clock.advance(31_900);
    expect(outcome.value).toBeUndefined();
    await world.clock.advance(200);
    expect(closed.value).toEqual({ cause: "unacknowledged" });
    expect(outcome.value).toMatchObject({ answered: false, status: 504 });
    await expect(invite.accept({ body: ANSWER })).resolves.toMatchObject({ ok: false, cause: "no-prack" });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("several go out one after the other, with numbers that rise by one", async () => {
    const { world, invite, outgoing, heard, end } = await ringing(DEMANDED);
    invite.ring();
    invite.progress({ status: 181 });
    invite.progress({ status: 183 });
    expect(world.network.sent).toHaveLength(1);
    await world.clock.advance(200);
    expect(heard.map(({ status }) => status)).toEqual([180, 181, 183]);
    const numbers = world.network.sent.flatMap(({ text }) => /^RSeq: (\d+)/m.exec(text)?.slice(1).map(Number) ?? []);
    expect(numbers).toEqual([numbers[0], (numbers[0] ?? 0) + 1, (numbers[0] ?? 0) + 2]);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("a 200 waits for the PRACK of a description and not for that of a plain 180", async () => {
    for (const body of [ANSWER, undefined]) {
      const { world, invite, outcome, end } = await ringing(DEMANDED);
      let cut = true;
      world.network.drop = ({ text }) => cut && text.startsWith("PRACK");
      invite.progress({ status: 183, body });
      const accepted: { value: AcceptOutcome | undefined } = watch(invite.accept({ body: ANSWER }));
      await world.clock.advance(400);
      expect(outcome.value?.answered).toBe(body === undefined ? true : undefined);
      await expect(invite.accept()).resolves.toMatchObject({ ok: false, cause: "already-answered" });
      cut = false;
      await world.clock.advance(2_000);
      expect(outcome.value?.answered).toBe(true);
      expect(accepted.value?.ok).toBe(true);
      // The PRACK that came after the 200 was answered too.
      expect(world.network.sent.filter(({ text }) => /^SIP\/2\.0 200[\s\S]*CSeq: \d+ PRACK/.test(text))).toHaveLength(1);
      if (outcome.value?.answered === true) void outcome.value.session.bye();
      expect(await end()).toEqual(NOTHING_LEFT);
    }
  });

  it("a CANCEL while the 200 waits ends the call", async () => {
    const { world, invite, outgoing, end } = await ringing(DEMANDED);
    world.network.drop = ({ text }) => text.startsWith("PRACK");
    invite.progress({ status: 183, body: ANSWER });
    const accepted = watch(invite.accept({ body: ANSWER }));
    await world.clock.advance(100);
    outgoing.cancel();
    await world.clock.advance(100);
    expect(accepted.value).toEqual({ ok: false, cause: "cancelled" });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("an INVITE without offer: the first reliable response offers, the PRACK answers", async () => {
    const answers: string[] = [];
    const { world, invite, outcome, end } = await ringing({ ...DEMANDED, body: undefined, prack: (response) => ({ body: `${response.body.toString()}a=answered\r\n` }) });
    invite.ring({
      body: OFFER,
      prack: (prack) => {
        answers.push(prack.request.body.toString());
        prack.respond({ status: 200 });
      },
    });
    await world.clock.advance(100);
    expect(answers).toEqual([`${OFFER}a=answered\r\n`]);
    void invite.accept();
    await world.clock.advance(100);
    expect(outcome.value?.answered).toBe(true);
    if (outcome.value?.answered === true) void outcome.value.session.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("a PRACK with an offer is answered in its 200, and refused with 488 where nobody can", async () => {
    for (const takes of [true, false]) {
      const { world, invite, outgoing, end } = await ringing({ ...DEMANDED, prack: () => ({ body: OFFER }) });
      invite.progress({ status: 183, body: ANSWER, ...(takes ? { prack: (prack) => prack.respond({ status: 200, body: ANSWER }) } : {}) });
      await world.clock.advance(100);
      const reply = world.network.sent.find(({ text }) => /^SIP[\s\S]*CSeq: \d+ PRACK/.test(text));
      expect(reply?.text.slice(8, 11)).toBe(takes ? "200" : "488");
      outgoing.cancel();
      expect(await end()).toEqual(NOTHING_LEFT);
    }
  });

  it.each([
    ["another number", (text: string) => text.replace(/RAck: \d+/, "RAck: 7"), "481"],
    ["another INVITE", (text: string) => text.replace(/(RAck: \d+) 1/, "$1 9"), "481"],
    ["another method", (text: string) => text.replace(/(RAck: .*) INVITE/, "$1 UPDATE"), "481"],
    ["an RAck that cannot be read", (text: string) => text.replace(/RAck: .*/, "RAck: x"), "400"],
    ["a PRACK for nothing", (text: string) => text, "481"],
  ])("refuses a PRACK with %s", async (name, change, status) => {
    const { world, invite, outgoing, end } = await ringing(DEMANDED);
    let good: string | undefined;
    const replies: string[] = [];
    world.network.drop = ({ text, to }) => {
      if (text.startsWith("PRACK") && !text.includes("forged")) {
        good ??= text;
        return name !== "a PRACK for nothing";
      }
      if (text.includes("forged") && text.startsWith("SIP/2.0") && to.address === ALICE) replies.push(text.slice(8, 11));
      return false;
    };
    invite.ring();
    await world.clock.advance(100);
    const forged = change(good as string).replace(/branch=\S+?;/, "branch=z9hG4bKforged;").replace(/CSeq: \d+/, "CSeq: 77");
    world.network.send(Buffer.from(forged), { address: ALICE, port: 5060 }, { address: BOB, port: 5060 });
    await world.clock.advance(50);
    expect(replies).toEqual([status]);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("one that overtakes another is not acknowledged before that one came", async () => {
    const world = makeWorld();
    const pracks: string[] = [];
    const alice = await world.agent(ALICE, RELIABLE);
    let respond: (status: string, seq: number) => void = () => undefined;
    const port = world.network.port(BOB, 5060, (text) => {
      const { message } = parseMessage(Buffer.from(text), DEFAULT_LIMITS);
      if (!(message instanceof SipRequest)) return;
      const head = `${text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line)).join("\r\n")}\r\nTo: ${message.headers.get("to") ?? ""}${message.to.tag === undefined ? ";tag=b" : ""}\r\nContact: <sip:b@${BOB}>\r\n`;
      const send = (line: string, extra = ""): void => port.send(`SIP/2.0 ${line}\r\n${head}${extra}Content-Length: 0\r\n\r\n`, { address: ALICE, port: 5060 });
      if (message.method === "PRACK") {
        pracks.push(message.headers.get("rack") ?? "");
        send("200 OK");
      } else if (message.method === "INVITE") respond = (status, seq) => send(status, `Require: 100rel\r\nRSeq: ${seq}\r\n`);
      else if (message.method === "CANCEL") send("200 OK");
    });
    const outgoing = alice.invite(call(BOB));
    await world.clock.advance(20);
    for (const seq of [10, 12, 10, 11, 12]) {
      respond("183 Session Progress", seq);
      await world.clock.advance(20);
    }
    expect(pracks).toEqual(["10 1 INVITE", "11 1 INVITE", "12 1 INVITE"]);
    outgoing.cancel();
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
  });

  it("holds through loss, copies and overtaking", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const world = makeWorld(seed);
      world.network.faults = { loss: 0.25, duplication: 0.2, delay: 5, jitter: 80 };
      const order: number[] = [];
      const bob = await world.agent(BOB, {
        ...RELIABLE,
        onInvite: (invite) => {
          invite.ring();
          invite.progress({ status: 182 });
          invite.progress({ status: 183, body: ANSWER });
          void invite.accept({ body: ANSWER });
        },
      });
      const alice = await world.agent(ALICE, RELIABLE);
      const outcome = watch(alice.invite({ ...call(BOB), ...DEMANDED, provisional: ({ status }) => void order.push(status) }).outcome);
      await world.clock.advance(60_000);
      expect(order).toEqual([180, 182, 183]);
      if (outcome.value?.answered !== true) throw new Error(`seed ${seed} was not answered`);
      void outcome.value.session.bye();
      expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    }
  });
});

describe("UPDATE before the answer (RFC 3311)", () => {
  /** The first offer is answered and acknowledged. */
  async function early(options: Partial<InviteOptions> = {}): Promise<Ringing & { dialog: Dialog }> {
    const made = await ringing({ ...DEMANDED, ...options });
    made.invite.progress({ status: 183, body: ANSWER });
    await made.world.clock.advance(100);
    made.world.network.sent.length = 0;
    return { ...made, dialog: made.heard[0]?.dialog as Dialog };
  }

  it("goes from the caller to the called and back, with offer and answer", async () => {
    const offers: string[] = [];
    const take = (offer: IncomingReoffer): void => {
      offers.push(`${offer.method} ${offer.request.body.length}`);
      void offer.accept({ body: ANSWER });
    };
    const { world, invite, outgoing, dialog, outcome, end } = await early({ reoffer: take });
    invite.handle({ reoffer: take });
    const there = watch(outgoing.update(dialog, { body: OFFER }));
    await world.clock.advance(100);
    expect(there.value).toMatchObject({ status: 200 });
    expect(there.value?.response?.body.toString()).toBe(ANSWER);
    const back = watch(invite.update({ body: OFFER }));
    await world.clock.advance(100);
    expect(back.value).toMatchObject({ status: 200 });
    expect(offers).toEqual([`UPDATE ${OFFER.length}`, `UPDATE ${OFFER.length}`]);
    void invite.accept();
    await world.clock.advance(100);
    expect(outcome.value?.answered).toBe(true);
    // Not an early dialog any more.
    await expect(outgoing.update(dialog, { body: OFFER })).resolves.toMatchObject({ status: 481 });
    await expect(invite.update({ body: OFFER })).resolves.toMatchObject({ status: 481 });
    if (outcome.value?.answered === true) void outcome.value.session.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("without a body refreshes the target, without a handler is refused with 488", async () => {
    const { world, invite, outgoing, dialog, end } = await early();
    const plain = watch(outgoing.update(dialog));
    const offer = watch(invite.update({ body: OFFER }));
    await world.clock.advance(100);
    expect(plain.value?.status).toBe(200);
    expect(offer.value?.status).toBe(488);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("both at once: 491 to each", async () => {
    const handlers = { reoffer: () => expect.unreachable() };
    const { world, invite, outgoing, dialog, end } = await early(handlers);
    invite.handle(handlers);
    const there = watch(outgoing.update(dialog, { body: OFFER }));
    const back = watch(invite.update({ body: OFFER }));
    await world.clock.advance(100);
    expect([there.value?.status, back.value?.status]).toEqual([491, 491]);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("an offer while one of the same side is open: 500 with Retry-After", async () => {
    const { world, invite, outgoing, dialog, end } = await early();
    let open: IncomingReoffer | undefined;
    invite.handle({ reoffer: (offer) => void (open = offer) });
    const first: { value: RequestOutcome | undefined } = watch(outgoing.update(dialog, { body: OFFER }));
    await world.clock.advance(20);
    // What the caller's stack would not do by itself.
    const sent = world.network.sent.find(({ text }) => text.startsWith("UPDATE"))?.text ?? "";
    world.network.send(Buffer.from(sent.replace(/branch=\S+?;/, "branch=z9hG4bKsecond;").replace(/CSeq: \d+/, "CSeq: 90")), { address: ALICE, port: 5060 }, { address: BOB, port: 5060 });
    await world.clock.advance(20);
    const refusal = world.network.sent.find(({ text }) => text.includes("z9hG4bKsecond") && text.startsWith("SIP/2.0"))?.text;
    expect(refusal).toMatch(/^SIP\/2\.0 500 /);
    expect(refusal).toMatch(/Retry-After: (\d|10)\r/);
    await expect(outgoing.update(dialog, { body: OFFER })).resolves.toMatchObject({ status: 491 });
    void open?.accept({ body: ANSWER });
    await world.clock.advance(50);
    expect(first.value?.status).toBe(200);
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("before the first offer is answered: 500 from the called, 491 from the caller", async () => {
    const { world, invite, outgoing, heard, end } = await ringing(DEMANDED);
    invite.ring();
    await world.clock.advance(100);
    const template = world.network.sent.find(({ text }) => text.startsWith("PRACK"))?.text ?? "";
    const forged = template.replaceAll("PRACK", "UPDATE").replace(/RAck: .*\r\n/, "").replace(/branch=\S+?;/, "branch=z9hG4bKforged;").replace("CSeq: 2", "CSeq: 20").replace("Content-Length: 0", `Content-Type: application/sdp\r\nContent-Length: ${OFFER.length}`) + OFFER;
    world.network.send(Buffer.from(forged), { address: ALICE, port: 5060 }, { address: BOB, port: 5060 });
    await world.clock.advance(50);
    expect(world.network.sent.find(({ text }) => text.includes("z9hG4bKforged") && text.startsWith("SIP/2.0"))?.text).toMatch(/^SIP\/2\.0 500 .*[\s\S]*Retry-After: /);
    await expect(invite.update({ body: OFFER })).resolves.toMatchObject({ status: 491 });
    await expect(outgoing.update(heard[0]?.dialog as Dialog, { body: OFFER })).resolves.toMatchObject({ status: 491 });
    outgoing.cancel();
    expect(await end()).toEqual(NOTHING_LEFT);
  });
});
