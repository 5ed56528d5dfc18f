import { describe, expect, it } from "vitest";
import { raw } from "../test-support/raw-peer.js";
import { ALICE, ANSWER, BOB, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";

describe("checks on requests outside of a dialog", () => {
  it.each<readonly [string, string, Record<string, string>, string, string | undefined]>([
    ["an unknown method", "FROBNICATE", {}, "405 Method Not Allowed", "Allow: INVITE"],
    ["BYE without dialog", "BYE", {}, "481", undefined],
    ["BYE in an unknown dialog", "BYE", { To: "<sip:x@y>;tag=gone" }, "481", undefined],
    ["re-INVITE in an unknown dialog", "INVITE", { To: "<sip:x@y>;tag=gone" }, "481", undefined],
    ["CANCEL of nothing", "CANCEL", {}, "481", undefined],
    ["REGISTER without registrar", "REGISTER", {}, "405", undefined],
    ["an unknown scheme", "INVITE", { uri: "magic:nowhere" }, "416 Unsupported URI Scheme", undefined],
    ["Require: 100rel", "INVITE", { Require: "100rel" }, "420 Bad Extension", "Unsupported: 100rel"],
    ["several unknown options", "INVITE", { Require: "replaces, x" }, "420", "Unsupported: x"],
    ["INVITE without Contact", "INVITE", { Contact: "*" }, "400", undefined],
    ["INVITE with a tel Contact", "INVITE", { Contact: "<tel:+1>" }, "400", undefined],
    ["INVITE with a broken Record-Route", "INVITE", { "Record-Route": "sip:a, ," }, "400", undefined],
    ["INVITE with a Record-Route that leads nowhere", "INVITE", { "Record-Route": "<tel:+1>" }, "400", undefined],
    ["INVITE with two Contacts", "INVITE", { Contact: "<sip:a@b>, <sip:c@d>" }, "400", undefined],
    ["a malformed To", "INVITE", { To: '"x <sip:a@b>' }, "400", undefined],
    ["OPTIONS", "OPTIONS", {}, "200 OK", "Allow: INVITE"],
    ["OPTIONS with Max-Forwards 0", "OPTIONS", { "Max-Forwards": "0" }, "200 OK", undefined],
  ])("%s", async (_name, method, over, status, header) => {
    const { world, bob, make, ask, heard, incoming } = await raw({ supported: ["replaces"] });
    const answers = await ask(make(method, over));
    expect(answers).toHaveLength(1);
    expect(answers[0]?.startsWith(status)).toBe(true);
    if (header !== undefined) expect(heard[0]).toContain(header);
    expect(heard[0]).toContain(`received=${ALICE}`);
    expect(heard[0]).toContain("rport=5060");
    expect(heard[0]).toContain("Call-ID: c1");
    expect(incoming).toHaveLength(0);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("stray ACK, stray responses and garbage are dropped", async () => {
    const { world, bob, make, ask } = await raw();
    expect(await ask(make("ACK"))).toEqual([]);
    expect(await ask(make("ACK", { To: "<sip:x@y>;tag=gone" }))).toEqual([]);
    expect(await ask(make("ACK", { To: '"broken' }))).toEqual([]);
    expect(await ask(make("INVITE").replace(/^INVITE[^\r]*/, "SIP/2.0 200 OK"))).toEqual([]);
    expect(await ask("\0\0\0\0")).toEqual([]);
    expect(bob.metrics().dropped).toBe(5);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("a refusal before any state is the same for each copy, and its ACK is dropped", async () => {
    const { world, bob, make, ask, heard, incoming } = await raw({ admission: () => ({ status: 503, retryAfter: 12 }) });
    const invite = make("INVITE");
    await ask(invite);
    const first = heard[0];
    await ask(invite);
    expect(heard[0]).toBe(first);
    expect(first).toContain("503 Service Unavailable");
    expect(first).toContain("Retry-After: 12");
    const to = /To: (.*)\r\n/.exec(first as string)?.[1] ?? "";
    expect(to).toContain(";tag=");
    expect(await ask(invite.replaceAll("INVITE", "ACK").replace(/To: .*\r\n/, `To: ${to}\r\n`))).toEqual([]);
    expect(incoming).toHaveLength(0);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 0, timers: 0, refused: 2 });
    expect(world.clock.pending).toBe(0);
  });

  it.each<readonly [string, string, Record<string, string>]>([
    ["a REGISTER with a To tag nobody gave", "REGISTER", { To: "<sip:1001@x>;tag=made-up" }],
    ["a request of a dialog there is not", "INFO", { To: "<sip:1001@x>;tag=made-up" }],
    ["a CANCEL of nothing", "CANCEL", {}],
    ["a CANCEL with a To tag", "CANCEL", { To: "<sip:1001@x>;tag=made-up" }],
    ["a malformed request", "INVITE", { CSeq: "1 OPTIONS" }],
  ])("a filter sees %s", async (_name, method, over) => {
    let served = 0;
    const { bob, make, ask } = await raw({ filter: () => "drop", onRequest: () => void served++ });
    expect(await ask(make(method, over))).toEqual([]);
    expect(served).toBe(0);
    expect(bob.metrics()).toMatchObject({ dropped: 1, serverTransactions: 0, timers: 0 });
  });

  it("nothing is kept of CANCELs that name no INVITE", async () => {
    const { bob, make, ask, heard } = await raw();
    for (let i = 0; i < 20; i++) expect(await ask(make("CANCEL", { "Call-ID": `c${i}` }))).toEqual(["481 Call/Transaction Does Not Exist"]);
    expect(heard).toHaveLength(1);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 0, timers: 0 });
  });

  it("a filter drops without a word; a throwing filter or admission lets pass", async () => {
    const { make, ask } = await raw({ filter: (request) => (request.headers.get("user-agent") === "friendly-scanner" ? "drop" : undefined) });
    expect(await ask(make("OPTIONS", {}, ["User-Agent: friendly-scanner"]))).toEqual([]);
    expect(await ask(make("OPTIONS"))).toHaveLength(1);
    const broken = await raw({
      admission: () => {
        throw new Error("x");
      },
    });
    await broken.ask(broken.make("INVITE"));
    expect(broken.incoming).toHaveLength(1);
    expect(broken.world.errors.join()).toContain("admission failed");
  });

  it("a handler that throws gives 500", async () => {
    const { make, ask } = await raw({
      onInvite: () => {
        throw new Error("boom");
      },
      onRequest: () => {
        throw new Error("boom");
      },
    });
    expect((await ask(make("INVITE")))[0]).toContain("500");
    expect((await ask(make("REGISTER", { "Call-ID": "c2" })))[0]).toContain("500");
  });

  it("a request the application forgets is closed with 500", async () => {
    const { world, bob, make, ask, heard } = await raw({ onRequest: () => undefined });
    expect(await ask(make("REGISTER"))).toEqual([]);
    await world.clock.advance(32_000);
    expect(heard[0]).toContain("500");
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("transactions", () => {
  it("a challenge is sent once for each copy of the INVITE, and repeated to nobody who may not have asked", async () => {
    const { world, bob, make, ask, heard } = await raw({ onInvite: (invite) => invite.reject({ status: 401, headers: { "WWW-Authenticate": 'Digest realm="r", nonce="n"' } }) });
    const invite = make("INVITE");
    expect(await ask(invite)).toHaveLength(1);
    await world.clock.advance(4_000);
    expect(heard).toHaveLength(1);
    expect(await ask(invite)).toEqual(["401 Unauthorized"]);
    await world.clock.advance(30_000);
    expect(heard).toHaveLength(1);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 0, timers: 0 });
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("a challenge after a provisional response is repeated like every refusal, since the sender asks no more", async () => {
    const { world, make, ask, heard, incoming } = await raw();
    await ask(make("INVITE"));
    await world.clock.advance(300);
    expect(heard[0]).toContain("100 Trying");
    incoming[0]?.reject({ status: 401 });
    await world.clock.advance(1_600);
    expect(heard.filter((text) => text.startsWith("SIP/2.0 401")).length).toBe(3);
  });

  it("a merged request gets 482, the first copy is served", async () => {
    const { world, bob, make, ask, incoming } = await raw();
    await ask(make("INVITE"));
    expect((await ask(make("INVITE")))[0]).toContain("482 Loop Detected");
    expect(incoming).toHaveLength(1);
    incoming[0]?.reject({ status: 486 });
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("the same branch from another sent-by is another transaction", async () => {
    const { make, ask, incoming } = await raw();
    await ask(make("INVITE", { Via: "SIP/2.0/UDP one:5060;branch=z9hG4bKsame;rport" }));
    await ask(make("INVITE", { Via: "SIP/2.0/UDP two:5060;branch=z9hG4bKsame;rport", "Call-ID": "c2" }));
    expect(incoming).toHaveLength(2);
  });

  it("a final refusal is repeated until the ACK, an INVITE again gets it again", async () => {
    const { world, bob, make, ask, incoming, heard } = await raw();
    const invite = make("INVITE");
    await ask(invite);
    incoming[0]?.reject({ status: 486 });
    await world.clock.advance(600);
    expect(heard).toHaveLength(2);
    expect(await ask(invite)).toEqual(["486 Busy Here"]);
    const to = /To: (.*)\r\n/.exec(heard[0] as string)?.[1] ?? "";
    await ask(invite.replaceAll("INVITE", "ACK").replace(/To: .*\r\n/, `To: ${to}\r\n`));
    heard.length = 0;
    await world.clock.advance(40_000);
    expect(heard).toEqual([]);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("without ACK a refusal is given up after 64*T1 at T1 doubling to T2", async () => {
    const { world, bob, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE"));
    heard.length = 0;
    incoming[0]?.reject({ status: 486 });
    await world.clock.advance(60_000);
    // At 0, 0.5, 1.5, 3.5, then every 4 s up to 31.5 s.
    expect(heard).toHaveLength(11);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("a request again gets the same answer without asking the application again", async () => {
    let asked = 0;
    const { make, ask, heard } = await raw({
      onRequest: (incoming) => {
        asked++;
        incoming.respond({ status: 200, headers: { Contact: "<sip:x@y>;expires=60" } });
      },
    });
    const register = make("REGISTER");
    await ask(register);
    const first = heard[0];
    await ask(register);
    expect(heard[0]).toBe(first);
    expect(asked).toBe(1);
  });

  it("a response goes to the port of Via without rport, to the source port with it", async () => {
    const { world, make, port } = await raw();
    const seen: number[] = [];
    for (const at of [5060, 6000]) if (at !== 5060) world.network.port(ALICE, at, () => seen.push(at));
    port.send(make("OPTIONS", { Via: `SIP/2.0/UDP nat.invalid:6000;branch=z9hG4bKa` }), { address: BOB, port: 5060 });
    await world.clock.advance(20);
    expect(seen).toEqual([6000]);
    expect(world.network.sent.at(-1)?.text).toContain(`received=${ALICE}`);
    port.send(make("OPTIONS", { Via: `SIP/2.0/UDP nat.invalid:6000;branch=z9hG4bKb;rport`, "Call-ID": "c9" }), { address: BOB, port: 5060 });
    await world.clock.advance(20);
    expect(world.network.sent.at(-1)?.to.port).toBe(5060);
  });

  it("provisional responses are repeated every minute while it rings", async () => {
    const { world, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE"));
    incoming[0]?.ring();
    heard.length = 0;
    await world.clock.advance(185_000);
    expect(heard.filter((text) => text.includes("180 Ringing"))).toHaveLength(4);
  });
});

describe("dialogs", () => {
  const toOf = (text: string | undefined): string => /To: (.*)\r\n/.exec(text ?? "")?.[1] ?? "";

  it("route set, target and tags are taken from the INVITE and used in BYE; Record-Route is echoed", async () => {
    const { world, make, ask, incoming, heard } = await raw();
    const invite = make("INVITE", { "Record-Route": `<sip:${ALICE};lr>, <sip:p2.test;lr;x=1>`, Contact: `"A" <sip:a@10.7.7.7:5099;x=y>`, body: OFFER });
    await ask(invite);
    heard.length = 0;
    void incoming[0]?.accept({ body: ANSWER });
    await world.clock.advance(10);
    expect(heard[0]).toContain(`Record-Route: <sip:${ALICE};lr>, <sip:p2.test;lr;x=1>`);
    const session = incoming[0]?.session;
    expect(session?.dialog.snapshot()).toMatchObject({ callId: "c1", remoteTag: "ft", remoteSeq: 1, localSeq: 0, remoteTarget: "sip:a@10.7.7.7:5099;x=y", routeSet: [`<sip:${ALICE};lr>`, "<sip:p2.test;lr;x=1>"], destination: { kind: "udp", host: ALICE, port: 5060 } });
    await ask(make("ACK", { To: toOf(heard[0]), Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKack` }));
    heard.length = 0;
    void session?.bye();
    await world.clock.advance(10);
    expect(heard[0]).toMatch(/^BYE sip:a@10\.7\.7\.7:5099;x=y SIP\/2\.0\r\n/);
    expect(heard[0]).toContain(`Route: <sip:${ALICE};lr>\r\nRoute: <sip:p2.test;lr;x=1>`);
    expect(heard[0]).toContain("To: <sip:a@x.test>;tag=ft");
  });

  it("a strict router becomes the Request-URI", async () => {
    const { world, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE", { "Record-Route": `<sip:${ALICE}>` }));
    void incoming[0]?.accept({ body: ANSWER });
    await world.clock.advance(10);
    const to = toOf(heard.at(-1));
    await ask(make("ACK", { To: to, Via: `SIP/2.0/UDP ${ALICE}:5060;branch=z9hG4bKack` }));
    heard.length = 0;
    void incoming[0]?.session?.bye();
    await world.clock.advance(10);
    expect(heard[0]).toMatch(new RegExp(`^BYE sip:${ALICE} SIP/2.0`));
    expect(heard[0]).toContain(`Route: <sip:a@${ALICE}:5060>`);
  });

  it("a phone behind NAT is called back where its INVITE came from", async () => {
    const { world, make, ask, incoming } = await raw();
    await ask(make("INVITE", { Via: "SIP/2.0/UDP 192.168.1.9:5060;branch=z9hG4bKn;rport", Contact: "<sip:a@192.168.1.9:5060>" }));
    void incoming[0]?.accept({ body: ANSWER });
    await world.clock.advance(10);
    expect(incoming[0]?.session?.dialog.destination).toMatchObject({ host: ALICE, port: 5060 });
    expect(incoming[0]?.session?.dialog.remoteTarget).toBe("sip:a@192.168.1.9:5060");
  });

  it("BYE in the early dialog ends the ringing call", async () => {
    const { world, bob, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE"));
    incoming[0]?.ring();
    await world.clock.advance(10);
    const answers = await ask(make("BYE", { To: toOf(heard.at(-1)), CSeq: "2 BYE" }));
    expect(answers.sort()).toEqual(["200 OK", "487 Request Terminated"]);
    expect(incoming[0]?.state).toBe("closed");
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("a second accept, a ring after the answer, a reject after the answer change nothing", async () => {
    const { world, bob, make, ask, incoming, heard } = await raw();
    await ask(make("INVITE"));
    const first = incoming[0]?.accept({ body: ANSWER });
    incoming[0]?.ring();
    incoming[0]?.reject({ status: 486 });
    expect(await incoming[0]?.accept()).toEqual({ ok: false, cause: "already-answered" });
    await world.clock.advance(10);
    expect(heard.filter((text) => text.includes("SIP/2.0 200"))).toHaveLength(1);
    await world.clock.advance(40_000);
    expect(await first).toEqual({ ok: false, cause: "no-ack" });
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("odd answers to our INVITE", () => {
  it.each([
    ["a Contact that cannot be read", "Contact: <sip:", true],
    ["no Contact", "X: y", true],
    ["a Record-Route that cannot be read", "Record-Route: <tel:1>", false],
    ["a Record-Route longer than any way", `Record-Route: ${Array.from({ length: 141 }, () => "<sip:p.test;lr>").join(", ")}`, false],
    ["no To tag", "X: no-tag", false],
  ])("%s", async (_name, line, usable) => {
    const world = makeWorld();
    const alice = await world.agent(ALICE);
    const heard: string[] = [];
    const peer = world.network.port(BOB, 5060, (text) => {
      heard.push(text.slice(0, text.indexOf(" ")));
      const method = heard.at(-1);
      if (method === "ACK") return;
      const copied = text.split("\r\n").filter((one) => /^(Via|From|Call-ID|CSeq):/.test(one));
      const to = method === "INVITE" ? `To: <sip:x@${BOB}>${line === "X: no-tag" ? "" : ";tag=t"}` : (/To: .*/.exec(text)?.[0] ?? "");
      peer.send(["SIP/2.0 200 OK", ...copied, to, ...(method === "INVITE" ? [line] : []), "Content-Length: 0", "", ""].join("\r\n"), { address: ALICE, port: 5060 });
    });
    const { outcome } = alice.invite({ uri: `sip:x@${BOB}`, from: "sip:a@b", body: OFFER });
    await world.clock.advance(100);
    const result = await outcome;
    expect(result.answered).toBe(usable);
    if (result.answered) void result.session.bye();
    else expect(result.status).toBe(502);
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
    // Who has answered with what cannot be used is let go at once, and does not say its 200 for half a minute.
    expect(heard).toEqual(["INVITE", "ACK", "BYE"]);
    expect(world.errors).toEqual([]);
  });
});

describe("forking", () => {
  it("a second 2xx of another branch is acknowledged and ended, the first call lives", async () => {
    const world = makeWorld();
    const alice = await world.agent(ALICE);
    const heard: string[] = [];
    let invite = "";
    const proxy = world.network.port(BOB, 5060, (text) => {
      if (text.startsWith("INVITE")) invite = text;
      else heard.push(text);
    });
    const outgoing = alice.invite({ uri: `sip:x@${BOB}`, from: "sip:a@b", body: OFFER });
    const outcome = outgoing.outcome;
    await world.clock.advance(20);
    const reply = (status: string, tag: string): void => {
      const [, ...rest] = invite.split("\r\n\r\n")[0]?.split("\r\n") ?? [];
      const headers = rest.filter((line) => /^(Via|From|Call-ID|CSeq)/.test(line));
      proxy.send([`SIP/2.0 ${status}`, ...headers, `To: <sip:x@${BOB}>;tag=${tag}`, `Contact: <sip:${tag}@${BOB}:5060>`, "Content-Length: 0", "", ""].join("\r\n"), { address: ALICE, port: 5060 });
    };
    reply("180 Ringing", "one");
    reply("180 Ringing", "two");
    reply("200 OK", "one");
    reply("200 OK", "two");
    reply("200 OK", "one");
    await world.clock.advance(50);
    const result = await outcome;
    expect(result.answered && result.session.dialog.remoteTag).toBe("one");
    expect(result.answered && result.session.state).toBe("confirmed");
    const starts = heard.map((text) => text.slice(0, text.indexOf("@")));
    expect(starts.filter((start) => start === "ACK sip:one")).toHaveLength(2);
    expect(starts.filter((start) => start === "ACK sip:two")).toHaveLength(1);
    expect(starts.filter((start) => start === "BYE sip:two")).toHaveLength(1);
    expect(starts).not.toContain("BYE sip:one");
    await alice.stop({ graceMs: 0 });
  });
});
