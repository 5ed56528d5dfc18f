import { describe, expect, it } from "vitest";
import { uriEquals, uriUser } from "../grammar/uri.js";
import { torture, type TortureName, TORTURE_NAMES } from "../test-support/rfc4475.js";
import { ALICE, BOB, leftovers, makeWorld, NOTHING_LEFT } from "../test-support/world.js";
import { DEFAULT_LIMITS } from "../transport/limits.js";
import type { IncomingInvite, IncomingRequest } from "../user-agent/session-types.js";
import { SipRequest, SipResponse } from "./message.js";
import { parseMessage } from "./parser.js";

/**
 * Each message of RFC 4475: what the parser makes of it, and what a user agent answers. Those that need a registrar or a
 * description to be judged come again in src/rfc4475.test.ts.
 */
const done = new Set<TortureName>();
const parse = (name: TortureName) => {
  done.add(name);
  return parseMessage(torture(name), DEFAULT_LIMITS);
};

function request(name: TortureName): SipRequest {
  const { message, problem, garbage } = parse(name);
  expect(problem).toBeUndefined();
  if (!(message instanceof SipRequest)) throw new Error(`no request: ${garbage ?? ""}`);
  return message;
}

function response(name: TortureName): SipResponse {
  const { message } = parse(name);
  if (!(message instanceof SipResponse)) throw new Error("no response");
  return message;
}

/** Status lines a user agent answers with; all of its transactions have run out when this returns. */
async function answers(name: TortureName, serve: { onInvite?(invite: IncomingInvite): void; onRequest?(incoming: IncomingRequest): void } = {}): Promise<string[]> {
  const world = makeWorld();
  const heard: string[] = [];
  const port = world.network.port(ALICE, portOf(name), (text) => void heard.push(text));
  const bob = await world.agent(BOB, { methods: ["REGISTER", "MESSAGE"], onRequest: (incoming) => void (incoming.request.method !== "OPTIONS" && incoming.respond({ status: 200 })), ...serve });
  for (let i = 0; i < 2; i++) {
    port.send(torture(name).toString("latin1"), { address: BOB, port: 5060 });
    await world.clock.advance(50);
  }
  const lines = heard.map((text) => text.slice(8, text.indexOf("\r\n")));
  expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  expect(world.errors).toEqual([]);
  return lines;
}

/** Where the answer goes: the port of Via, at the source's address. */
function portOf(name: TortureName): number {
  const { message } = parseMessage(torture(name), DEFAULT_LIMITS);
  return message?.via.params.has("rport") === true ? 5060 : (message?.via.port ?? 5060);
}

const reading = async (name: TortureName, answer: string | undefined, check: (message: SipRequest) => void): Promise<void> => {
  check(request(name));
  const all = await answers(name);
  if (answer === undefined) expect(all).toEqual([]);
  else expect(all[0]).toContain(answer);
};

async function refused(name: TortureName, status: number): Promise<void> {
  const { message, problem } = parse(name);
  expect(message).toBeInstanceOf(SipRequest);
  expect(problem?.status).toBe(status);
  const all = await answers(name, { onInvite: () => expect.unreachable(), onRequest: () => expect.unreachable() });
  expect(all.length).toBeGreaterThan(0);
  for (const line of all) expect(line.startsWith(String(status))).toBe(true);
}

describe("RFC 4475 section 3.1.1: valid messages", () => {
  it("3.1.1.1 wsinv: a short tortuous INVITE", async () => {
    const message = request("wsinv");
    expect(message.from).toMatchObject({ displayName: 'J Rosenberg \\"', uri: "sip:jdrosen@example.com", tag: "98asjd8" });
    expect(message.to.tag).toBe("1918181833n");
    expect(message.cseq).toEqual({ seq: 9, method: "INVITE" });
    expect(message.via).toMatchObject({ transport: "UDP", host: "192.0.2.2" });
    expect(message.via.params.get("branch")).toBe("390skdjuw");
    expect(message.headers.list("via")).toHaveLength(3);
    expect(message.headers.get("subject")).toBe("");
    expect(message.headers.get("newfangledheader")).toBe("newfangled value continued newfangled value");
    expect(message.headers.get("unknownheaderwithunusualvalue")).toBe(";;,,;;,;");
    expect(message.contacts()[0]).toMatchObject({ displayName: 'Quoted string ""' });
    expect(message.contacts()[0]?.params.get("newparam")).toBe("newvalue");
    expect(message.body).toHaveLength(150);
    // It has a To tag: it belongs to a dialog nobody knows of.
    expect((await answers("wsinv"))[0]).toContain("481");
  });

  it("3.1.1.2 intmeth: a wide range of valid characters", () =>
    reading("intmeth", "405", (message) => {
      expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
      expect(message.to.displayName).toBe("BEL:\x07 NUL:\0 DEL:\x7f");
      expect(message.from).toMatchObject({ displayName: "token1~` token2'+_ token3*%!.-", tag: "_token~1'+`*%!-." });
      expect(message.from.params.get("fromparam''~+*_!.-%")).toBe("работающий");
      expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe("\ufeff大停電");
    }));

  it("3.1.1.3 esc01: valid use of the % escape", () =>
    reading("esc01", "480", (message) => {
      expect(uriUser(message.parsedUri())).toBe("sips:user@example.com");
      expect(message.parsedUri().host).toBe("example.net");
      expect(uriUser(message.to.parsedUri())).toBe("user");
      expect(uriUser(message.from.parsedUri())).toBe("I have spaces");
      const contact = message.contacts()[0]?.parsedUri();
      expect(contact?.params.has("lr")).toBe(true);
      expect(contact?.params.get("name")).toBe("v%61lue%25%34%31");
    }));

  it("3.1.1.4 escnull: escaped nulls in URIs", () =>
    reading("escnull", "200", (message) => {
      const [first, second] = message.contacts().map((each) => each.parsedUri());
      expect(uriUser(first as NonNullable<typeof first>)).toBe("\0");
      expect(uriEquals(first as NonNullable<typeof first>, second as NonNullable<typeof second>)).toBe(false);
    }));

  it("3.1.1.5 esc02: % where it is no escape", () =>
    reading("esc02", "405", (message) => {
      expect(message.method).toBe("RE%47IST%45R");
      expect(message.to.displayName).toBe("%Z%45");
      expect(message.contacts()).toHaveLength(2);
      expect(message.headers.get("c%6fntact")).toBe("<sip:alias2@host2.example.com>");
    }));

  it("3.1.1.6 lwsdisp: no space between display name and <", () => reading("lwsdisp", "200", (message) => expect(message.from).toMatchObject({ displayName: "caller", uri: "sip:caller@example.com" })));

  it("3.1.1.7 longreq: long values in header fields", () =>
    reading("longreq", "480", (message) => {
      expect(message.headers.list("via")).toHaveLength(34);
      expect(message.via).toMatchObject({ transport: "TCP", host: "sip33.example.com" });
      expect(message.to.displayName).toContain("extremeextreme");
      expect(message.from.tag).toHaveLength(155);
    }));

  it("3.1.1.8 dblreq: what follows the request in its datagram is ignored", () =>
    reading("dblreq", "200", (message) => {
      expect(message.method).toBe("REGISTER");
      expect(message.body).toHaveLength(0);
    }));

  it("3.1.1.9 semiuri: semicolons in the user part", () =>
    reading("semiuri", "200", (message) => {
      expect(message.parsedUri()).toMatchObject({ user: "user;par=u%40example.net", host: "example.com" });
      expect(message.headers.list("accept")).toHaveLength(6);
    }));

  it("3.1.1.10 transports: varied and unknown transports in Via", () => reading("transports", "200", (message) => expect(message.headers.list("via").map((each) => each.slice(8, 12))).toEqual(["UDP ", "SCTP", "TLS ", "UNKN", "TCP "])));

  it("3.1.1.11 mpart01: a multipart MESSAGE with a binary part", () =>
    reading("mpart01", "200", (message) => {
      expect(message.contentType).toBe("multipart/mixed");
      expect(message.body).toHaveLength(553);
      expect(message.toBuffer().subarray(-553)).toEqual(torture("mpart01").subarray(-553));
    }));

  it("3.1.1.12 unreason: an unusual reason phrase", () => expect(response("unreason")).toMatchObject({ status: 200, reason: "= 2**3 * 5**2 но сто девяносто девять - простое" }));

  it("3.1.1.13 noreason: an empty reason phrase", () => expect(response("noreason")).toMatchObject({ status: 100, reason: "" }));
});

describe("RFC 4475 section 3.1.2: invalid messages", () => {
  it("3.1.2.1 badinv01: extraneous separators, in Via too", () => refused("badinv01", 400));
  it("3.1.2.2 clerr: Content-Length larger than the message", () => refused("clerr", 400));
  it("3.1.2.3 ncl: a negative Content-Length", () => refused("ncl", 400));
  it("3.1.2.4 scalar02: a request with scalar fields that overflow", () => refused("scalar02", 400));
  it("3.1.2.5 scalarlg: a response with scalar fields that overflow is discarded", () => expect(parse("scalarlg").message).toBeUndefined());
  it("3.1.2.6 quotbal: an unterminated quoted string", () => refused("quotbal", 400));
  it("3.1.2.7 ltgtruri: <> around the Request-URI", () => refused("ltgtruri", 400));
  it("3.1.2.8 lwsruri: white space in the Request-URI", () => refused("lwsruri", 400));
  it("3.1.2.9 lwsstart: more than one space in the request line", () => refused("lwsstart", 400));
  it("3.1.2.10 trws: spaces after the request line", () => refused("trws", 400));
  it("3.1.2.11 escruri: escaped headers in the Request-URI", () => refused("escruri", 400));
  it("3.1.2.12 baddate: a time zone in Date that may be ignored", () => reading("baddate", "480", (message) => expect(message.headers.get("date")).toBe("Fri, 01 Jan 2010 16:00:00 EST")));
  it("3.1.2.13 regbadct: a Contact that needs angle brackets", () => {
    expect(() => request("regbadct").contacts()).toThrow("URI needs angle brackets");
  });
  it("3.1.2.14 badaspec: spaces within an addr-spec", () => refused("badaspec", 400));
  it("3.1.2.15 baddn: a display name that is no token", () => refused("baddn", 400));
  it("3.1.2.16 badvers: an unknown version, in Via too", () => refused("badvers", 505));
  it("3.1.2.17 mismatch01: another method in CSeq", () => refused("mismatch01", 400));
  it("3.1.2.18 mismatch02: an unknown method, another one in CSeq", () => refused("mismatch02", 400));
  it("3.1.2.19 bigcode: a status that overflows is discarded", () => expect(parse("bigcode").message).toBeUndefined());
});

describe("RFC 4475 section 3.2: the transaction layer", () => {
  it("3.2.1 badbranch: a branch of nothing but the cookie is matched as RFC 2543 does", async () => {
    const first = request("badbranch");
    const world = makeWorld();
    const heard: string[] = [];
    const port = world.network.port(ALICE, 5060, (text) => void heard.push(text));
    let served = 0;
    const bob = await world.agent(BOB, { onRequest: () => void served++ });
    const other = torture("badbranch").toString().replace("badbranch.", "another.");
    for (const text of [torture("badbranch").toString(), torture("badbranch").toString(), other]) port.send(text, { address: BOB, port: 5060 });
    await world.clock.advance(50);
    // The copy is one, the other call is another, though the branch is the same.
    expect(served).toBe(2);
    expect(heard.map((text) => text.slice(8, 11))).toEqual(["200", "200", "200"]);
    expect(first.via.params.get("branch")).toBe("z9hG4bK");
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("RFC 4475 section 3.3: the application layer", () => {
  it("3.3.1 insuf: required header fields are missing", () => refused("insuf", 400));
  it("3.3.2 unkscm: a Request-URI of an unknown scheme", () => reading("unkscm", "416", (message) => expect(message.parsedUri().scheme).toBe("nobodyknowsthisscheme")));
  it("3.3.3 novelsc: a Request-URI of a known scheme that is not SIP's", () => reading("novelsc", "416", (message) => expect(message.parsedUri().scheme).toBe("soap.beep")));
  it("3.3.4 unksm2: unknown schemes in header fields are read", () => {
    const message = request("unksm2");
    expect([message.to, message.from, ...message.contacts()].map((each) => each.parsedUri().scheme)).toEqual(["isbn", "http", "name"]);
  });
  it("3.3.5 bext01: options nobody supports in Require", async () => {
    expect(request("bext01").headers.tokens("require")).toHaveLength(2);
    const world = makeWorld();
    const heard: string[] = [];
    const port = world.network.port(ALICE, 5060, (text) => void heard.push(text));
    const bob = await world.agent(BOB);
    port.send(torture("bext01").toString(), { address: BOB, port: 5060 });
    await world.clock.advance(50);
    expect(heard[0]).toContain("SIP/2.0 420 ");
    expect(heard[0]).toContain("Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n");
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });
  it("3.3.6 invut: an unknown content type is read", () => expect(request("invut").contentType).toBe("application/unknownformat"));
  it("3.3.7 regaut01: an unknown Authorization scheme is read", () => expect(request("regaut01").headers.get("authorization")).toBe("NoOneKnowsThisScheme opaque-data=here"));
  it("3.3.8 multi01: several values in fields that have one", () => refused("multi01", 400));
  it("3.3.9 mcl01: two Content-Lengths", () => refused("mcl01", 400));
  it("3.3.10 bcast: a 200 that went by a broadcast address is discarded", async () => {
    expect(response("bcast").headers.list("via")).toHaveLength(2);
    const world = makeWorld();
    const calls: string[] = [];
    const port = world.network.port(BOB, 5060, (text) => {
      if (!text.startsWith("INVITE")) return;
      const own = (name: string): string => new RegExp(`^${name}: .*$`, "mi").exec(text)?.[0] ?? "";
      // The answer to our INVITE, with a second Via as the message has it.
      port.send(torture("bcast").toString().replace(/^Via: .*198.*$/m, own("Via")).replace(/^Call-ID: .*$/m, own("Call-ID")).replace("35 INVITE", /CSeq: (.*)\r/.exec(text)?.[1] ?? ""), { address: ALICE, port: 5060 });
      calls.push(text);
    });
    const alice = await world.agent(ALICE);
    const outgoing = alice.invite({ uri: `sip:user@${BOB}`, from: "sip:user@example.com", body: "v=0\r\n" });
    await world.clock.advance(40_000);
    expect(calls.length).toBeGreaterThan(1);
    await expect(outgoing.outcome).resolves.toMatchObject({ answered: false, status: 408 });
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
  });
  it("3.3.11 zeromf: Max-Forwards 0 is no matter to whom it is for", () => reading("zeromf", "200", (message) => expect(message.headers.get("max-forwards")).toBe("0")));
  it("3.3.12 cparam01: an unknown parameter of a Contact belongs to the header", () => {
    const contact = request("cparam01").contacts()[0];
    expect(contact?.uri).toBe("sip:+19725552222@gw1.example.net");
    expect(contact?.params.has("unknownparam")).toBe(true);
  });
  it("3.3.13 cparam02: one within angle brackets belongs to the URI", () => {
    const contact = request("cparam02").contacts()[0];
    expect(contact?.parsedUri().params.has("unknownparam")).toBe(true);
    expect(contact?.params.size).toBe(0);
  });
  it("3.3.14 regescrt: escaped headers in a registered URI", () => expect(request("regescrt").contacts()[0]?.parsedUri().headers).toBe("Route=%3Csip:sip.example.com%3E"));
  it("3.3.15 sdp01: an Accept that takes no description is read", () => expect(request("sdp01").headers.get("accept")).toBe("text/nobodyKnowsThis"));
});

describe("RFC 4475 section 3.4: backward compatibility", () => {
  // Without a From tag no dialog of RFC 3261 can be made; the RFC leaves it to the element whether it wants to be compatible.
  it("3.4.1 inv2543: an INVITE of RFC 2543 without tags is refused in order", () => refused("inv2543", 400));
});

it("all 49 messages have their test", () => {
  expect([...done].sort()).toEqual([...TORTURE_NAMES].sort());
  expect(TORTURE_NAMES).toHaveLength(49);
});
