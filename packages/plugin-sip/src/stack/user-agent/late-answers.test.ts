import { describe, expect, it } from "vitest";
import { raw } from "../test-support/raw-peer.js";
import { ALICE, ANSWER, BOB, leftovers, NOTHING_LEFT } from "../test-support/world.js";
import type { UserAgentOptions } from "./types.js";

/** A telephone at ALICE that was rung by an earlier process at BOB, which is gone; it writes its answers itself. */
async function phone(options: Partial<UserAgentOptions> = {}) {
  const peer = await raw(options);
  const answer = (over: Readonly<Record<string, string>> = {}): string => {
    const { status = "200 OK", ...headers } = { Via: `SIP/2.0/UDP ${BOB}:5060;branch=z9hG4bKgone;rport`, From: `<sip:12333@${BOB}>;tag=ours`, To: "<sip:a@x.test>;tag=theirs", "Call-ID": "rung", CSeq: "7 INVITE", Contact: "<sip:a@10.0.0.9:5099>", "Content-Type": "application/sdp", ...over };
    return [`SIP/2.0 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `Content-Length: ${ANSWER.length}`, "", ANSWER].join("\r\n");
  };
  const lift = async (over?: Readonly<Record<string, string>>): Promise<string[]> => {
    await peer.ask(answer(over));
    return peer.heard.map((text) => text.slice(0, text.indexOf(" ")));
  };
  /** Says 200 to the BYE that it heard. */
  const obey = (): Promise<string[]> => {
    const bye = peer.heard.find((text) => text.startsWith("BYE")) ?? "";
    const line = (name: string): string => bye.split("\r\n").find((one) => one.toLowerCase().startsWith(`${name}:`)) ?? "";
    return peer.ask(["SIP/2.0 200 OK", ...["via", "from", "to", "call-id", "cseq"].map(line), "Content-Length: 0", "", ""].join("\r\n"));
  };
  return { ...peer, lift, obey, end: async () => expect(await leftovers(peer.world, peer.bob)).toEqual(NOTHING_LEFT) };
}

describe("a telephone lifted after the process that rang it is gone", () => {
  it("is acknowledged and let go at once, with the cause, where its answer came from", async () => {
    const { lift, obey, heard, bob, end } = await phone();
    expect(await lift()).toEqual(["ACK", "BYE"]);
    const [ack = "", bye = ""] = [...heard];
    expect(ack).toContain("CSeq: 7 ACK");
    expect(bye).toContain("CSeq: 8 BYE");
    expect(bye).toContain("Reason: Q.850;cause=41");
    for (const text of [ack, bye]) {
      expect(text.split(" ")[1]).toBe("sip:a@10.0.0.9:5099");
      for (const part of ["Call-ID: rung", `From: <sip:12333@${BOB}>;tag=ours`, "To: <sip:a@x.test>;tag=theirs"]) expect(text).toContain(part);
    }
    expect(bob.metrics().dropped).toBe(0);
    await obey();
    await end();
  });

  it("whose ACK was lost hears it again, and no second BYE of its own", async () => {
    const { lift, obey, end } = await phone();
    await lift();
    expect((await lift()).filter((method) => method === "ACK")).toHaveLength(1);
    expect((await lift()).filter((method) => method === "BYE")).toHaveLength(0);
    await lift();
    await obey();
    await end();
  });

  // Found by the fuzz run, seeds 2145 and 2159.
  it.each([
    ["a Contact that cannot be read", { Contact: "<sip:a@1\u00012.0.2.9:5060>" }, "sip:a@x.test", ""],
    ["a Contact without an address", { Contact: "<sip:>" }, "sip:a@x.test", ""],
    ["a Record-Route that cannot be read", { "Record-Route": "<sip:[::1;lr>" }, "sip:a@10.0.0.9:5099", ""],
    ["a Record-Route that can", { "Record-Route": "<sip:10.0.0.7;lr>" }, "sip:a@10.0.0.9:5099", "Route: <sip:10.0.0.7;lr>"],
  ])("whose answer has %s is let go all the same", async (_what, over, target, route) => {
    const { lift, heard, obey, bob, end } = await phone();
    expect(await lift(over)).toEqual(["ACK", "BYE"]);
    for (const text of heard) {
      expect(text.split(" ")[1]).toBe(target);
      expect(text.split("\r\n").find((line) => line.startsWith("Route:")) ?? "").toBe(route);
    }
    expect(bob.metrics().dropped).toBe(0);
    await obey();
    await end();
  });

  it("only by a 2xx to an INVITE that has both tags, came to us last, and from where our telephones and trunks are", async () => {
    const { lift, bob } = await phone();
    const others: readonly Readonly<Record<string, string>>[] = [{ status: "180 Ringing" }, { status: "486 Busy Here" }, { CSeq: "7 OPTIONS" }, { To: "<sip:a@x.test>" }, { From: `<sip:12333@${BOB}>` }, { Via: `SIP/2.0/UDP ${BOB}:5060;branch=z9hG4bKgone, SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKx` }, { Via: `SIP/2.0/UDP ${BOB}:5070;branch=z9hG4bKgone` }, { via: "SIP/2.0/UDP 192.0.2.15;;,;,," }];
    for (const over of others) expect(await lift(over), JSON.stringify(over)).toEqual([]);
    expect(bob.metrics().dropped).toBe(8);
    const stranger = await phone({ known: () => false });
    expect(await stranger.lift()).toEqual([]);
    await stranger.end();
  });

  it("of a flood of such answers no more than 64 are ended at once", async () => {
    const { port, heard, world, answersOf, end } = await phone().then((one) => ({ ...one, answersOf: (method: string) => one.heard.filter((text) => text.startsWith(method)).length }));
    const text = (n: number): string => ["SIP/2.0 200 OK", `Via: SIP/2.0/UDP ${BOB}:5060;branch=z9hG4bKgone${n}`, `From: <sip:12333@${BOB}>;tag=ours`, "To: <sip:a@x.test>;tag=theirs", `Call-ID: flood${n}`, "CSeq: 7 INVITE", "Content-Length: 0", "", ""].join("\r\n");
    for (let n = 0; n < 200; n++) port.send(text(n), { address: BOB, port: 5060 });
    await world.clock.advance(20);
    expect(heard.length).toBeGreaterThan(0);
    expect([answersOf("ACK"), answersOf("BYE")]).toEqual([64, 64]);
    await end();
  });
});
