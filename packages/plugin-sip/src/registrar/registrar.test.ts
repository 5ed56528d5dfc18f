import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { SipHeaders, SipRequest } from "../stack/index.js";
import type { MessageSource } from "../stack/index.js";
import type { Binding, UnbindReason } from "./binding.js";
import { Registrar } from "./registrar.js";

let clock: ManualClock;
let told: [what: string, contact: string, extra: boolean | UnbindReason][];
let registrar: Registrar;
let cseq: number;

function make(options: { maxContacts?: number } = {}): Registrar {
  let id = 0;
  return new Registrar({
    clock,
    ids: { next: () => `id-${++id}` },
    listener: {
      bound: (b, refreshed) => void told.push(["bound", b.contact, refreshed]),
      unbound: (b, reason) => void told.push(["unbound", b.contact, reason]),
    },
    ...options,
  });
}

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  cseq = 0;
  registrar = make();
});

const SOURCE: MessageSource = { kind: "udp", address: "192.0.2.10", port: 40000, local: { address: "10.0.0.1", port: 5060 } };

interface Fields {
  contact?: string | string[];
  expires?: string;
  callId?: string;
  cseq?: number;
  via?: string;
  path?: string;
  userAgent?: string;
}

function register(fields: Fields = {}, source: MessageSource = SOURCE, account = "1001") {
  const headers = new SipHeaders();
  headers.add("Via", fields.via ?? "SIP/2.0/UDP 192.168.1.5:5062;branch=z9hG4bK1;rport");
  headers.add("Call-ID", fields.callId ?? "a");
  headers.add("CSeq", `${fields.cseq ?? ++cseq} REGISTER`);
  for (const contact of [fields.contact ?? []].flat()) headers.append("contact", contact);
  if (fields.expires !== undefined) headers.add("Expires", fields.expires);
  if (fields.path !== undefined) headers.append("path", fields.path);
  // As the parser does: escaped in quotes NUL may come.
  headers.append("user-agent", fields.userAgent ?? "phone/1");
  return registrar.register(account, new SipRequest("REGISTER", "sip:10.0.0.1", headers), source);
}

const contacts = (): string[] => registrar.lookup("1001").map((b) => b.contact);
const A = "<sip:1001@192.168.1.5:5062>";
const B = "<sip:1001@192.168.1.6:5062>";

describe("Registrar", () => {
  it("takes no message full of contacts, whose comparing would take seconds", () => {
    expect(register({ contact: Array.from({ length: 10 }, (_, i) => `<sip:1001@192.168.1.${i + 1}>`) })).toMatchObject({ status: 200 });
    expect(register({ contact: Array.from({ length: 4_000 }, (_, i) => `<sip:${i}@a>`).join(",") })).toMatchObject({ status: 403, reason: "Too Many Contacts" });
    expect(contacts()).toHaveLength(10);
  });

  it("takes no Contact nor Path that would make every answer long", () => {
    const long = (octets: number): string => `sip:${"1".repeat(octets - "sip:@192.168.1.5".length)}@192.168.1.5`;
    expect(register({ contact: `<${long(513)}>` })).toMatchObject({ status: 400, reason: "Contact Too Long" });
    expect(register({ contact: [A, `<sip:1001@192.168.1.5;x=${"y".repeat(500)}>`] })).toMatchObject({ status: 400, reason: "Contact Too Long" });
    expect(register({ contact: A, path: `<sip:192.0.2.9;lr;x=${"y".repeat(2_048)}>` })).toMatchObject({ status: 400, reason: "Path Too Long" });
    expect(contacts()).toEqual([]);
    expect(register({ contact: `<${long(512)}>`, path: `<sip:192.0.2.9;lr;x=${"y".repeat(2_000)}>` })).toMatchObject({ status: 200 });
    expect(contacts()).toEqual([long(512)]);
    // One stored before there was this bound goes away as ever.
    expect(register({ contact: `<${long(2_000)}>;expires=0` })).toMatchObject({ status: 200 });
  });

  it("keeps the answer short however many long Contacts an account has; the one that would expire first makes room", () => {
    registrar = make({ maxContacts: 30 });
    let listed: readonly string[] = [];
    for (let i = 0; i < 30; i++) {
      const { headers } = register({ contact: `<sip:${String(i).padStart(2, "0")}${"1".repeat(480)}@192.168.1.5>;expires=${120 + i}`, callId: `c${i}` });
      listed = headers.Contact as readonly string[];
      expect(Buffer.byteLength(listed.join("\r\nContact: "))).toBeLessThan(8_500);
    }
    expect(listed.length).toBeGreaterThan(12);
    expect(contacts().map((each) => each.slice(4, 6)).sort()).toEqual(Array.from({ length: listed.length }, (_, i) => String(30 - listed.length + i).padStart(2, "0")));
  });

  it("keeps no control characters, which no answer nor database could hold", () => {
    const answer = register({ contact: `${A};+sip.instance="u\\\0\\\u001bq";reg-id="1\\\0"`, userAgent: "phone \\\0\u009b\u202e1" });
    expect(answer).toMatchObject({ status: 200, headers: { Contact: ['<sip:1001@192.168.1.5:5062>;expires=300;q=1;+sip.instance="uq"'] } });
    expect(registrar.lookup("1001")).toMatchObject([{ userAgent: "phone \\1", instance: "uq;1" }]);
    expect(register({ contact: B, path: '"a\\\0" <sip:192.0.2.9;lr>' })).toMatchObject({ status: 400, reason: "Bad Path" });
    expect(register({ contact: `<sip:10\\\u000001@192.168.1.7>` })).toMatchObject({ status: 400, reason: "Bad Contact" });
    expect(contacts()).toEqual(["sip:1001@192.168.1.5:5062"]);
    expect(register({ contact: B, path: '"a"\t<sip:192.0.2.9;lr>' })).toMatchObject({ status: 200 });
  });

  it("binds, lists, refreshes and removes", async () => {
    expect(register({ contact: `${A};expires=120` })).toMatchObject({ status: 200, headers: { Contact: ["<sip:1001@192.168.1.5:5062>;expires=120;q=1"] } });
    await clock.advance(60_000);
    expect(register()).toMatchObject({ status: 200, headers: { Contact: ["<sip:1001@192.168.1.5:5062>;expires=60;q=1"] } });
    register({ contact: A, expires: "90" });
    expect(register({ contact: `${A};expires=0` })).toMatchObject({ status: 200 });
    expect(contacts()).toEqual([]);
    expect(told).toEqual([
      ["bound", "sip:1001@192.168.1.5:5062", false],
      ["bound", "sip:1001@192.168.1.5:5062", true],
      ["unbound", "sip:1001@192.168.1.5:5062", "removed"],
    ]);
    expect(clock.armed).toBeLessThanOrEqual(1);
  });

  it("expires by the clock, each binding at its own time", async () => {
    register({ contact: [`${A};expires=60`, `${B};expires=100`] });
    await clock.advance(59_999);
    expect(contacts()).toHaveLength(2);
    await clock.advance(1);
    expect(contacts()).toEqual(["sip:1001@192.168.1.6:5062"]);
    await clock.advance(40_000);
    expect(contacts()).toEqual([]);
    expect(told.slice(2)).toEqual([
      ["unbound", "sip:1001@192.168.1.5:5062", "expired"],
      ["unbound", "sip:1001@192.168.1.6:5062", "expired"],
    ]);
  });

  it.each([
    ["59", 423],
    ["1", 423],
    ["60", 200],
  ])("answers Expires %s with %i", (expires, status) => {
    const answer = register({ contact: A, expires });
    expect(answer.status).toBe(status);
    if (status === 423) expect(answer.headers).toEqual({ "Min-Expires": "60" });
    expect(contacts()).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    [undefined, 300],
    ["7200", 3600],
    ["4294967295", 3600],
    ["soon", 3600],
    ["-5", 3600],
  ])("grants Expires %s for %i s", (expires, granted) => {
    const answer = register({ contact: A, ...(expires === undefined ? {} : { expires }) });
    expect(answer.headers.Contact).toEqual([expect.stringContaining(`;expires=${granted};`)]);
  });

  it("lets the contact's own expires win over the header", () => {
    register({ contact: [`${A};expires=600`, B], expires: "120" });
    expect(registrar.lookup("1001").map((b) => (b.expiresAt - clock.now()) / 1000)).toEqual([600, 120]);
  });

  it("removes everything with Contact *, and only so", () => {
    register({ contact: [A, B] });
    expect(register({ contact: "*" })).toMatchObject({ status: 400 });
    expect(register({ contact: "*", expires: "60" })).toMatchObject({ status: 400 });
    expect(register({ contact: ["*", A], expires: "0" })).toMatchObject({ status: 400 });
    expect(contacts()).toHaveLength(2);
    const answer = register({ contact: "*", expires: "0" });
    expect(answer.status).toBe(200);
    expect(answer.headers.Contact).toBeUndefined();
    expect(contacts()).toEqual([]);
  });

  it("does not let an older request undo a newer one, and changes all or nothing", () => {
    register({ contact: A, cseq: 5 });
    expect(register({ contact: [B, `${A};expires=0`], cseq: 5 })).toMatchObject({ status: 500 });
    expect(register({ contact: "*", expires: "0", cseq: 4 })).toMatchObject({ status: 500 });
    expect(contacts()).toEqual(["sip:1001@192.168.1.5:5062"]);
    expect(register({ contact: `${A};expires=0`, cseq: 1, callId: "another" })).toMatchObject({ status: 200 });
    expect(contacts()).toEqual([]);
  });

  it("orders by q, then by the newest", () => {
    register({ contact: [`${A};q=0.2`, `${B};q=0.9`, "<sip:1001@192.168.1.7>;q=junk"] });
    expect(contacts()).toEqual(["sip:1001@192.168.1.7", "sip:1001@192.168.1.6:5062", "sip:1001@192.168.1.5:5062"]);
  });

  it("knows a contact again by the rules of URI comparison", () => {
    register({ contact: "<sip:1001@Phone.Example:5062;transport=udp>" });
    register({ contact: "<sip:1001@phone.example:5062;transport=UDP;ob>" });
    expect(contacts()).toHaveLength(1);
    register({ contact: "<sip:1001@phone.example:5063;transport=udp>" });
    expect(contacts()).toHaveLength(2);
  });

  it("takes a phone with the same instance for the same phone at another port", () => {
    register({ contact: `${A};+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1` });
    register({ contact: `<sip:1001@192.168.1.5:61000>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1`, callId: "after restart" });
    expect(contacts()).toEqual(["sip:1001@192.168.1.5:61000"]);
    expect(told.slice(1)).toEqual([
      ["bound", "sip:1001@192.168.1.5:61000", false],
      ["unbound", "sip:1001@192.168.1.5:5062", "replaced"],
    ]);
    register({ contact: `<sip:1001@192.168.1.5:62000>;expires=0;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1` });
    expect(contacts()).toEqual(["sip:1001@192.168.1.5:61000"]);
  });

  it("makes room for a new phone by letting the one go that expires first", () => {
    registrar = make({ maxContacts: 2 });
    register({ contact: `${A};expires=100` });
    register({ contact: `${B};expires=200` });
    register({ contact: "<sip:1001@192.168.1.7>;expires=300" });
    expect(contacts()).toEqual(["sip:1001@192.168.1.7", "sip:1001@192.168.1.6:5062"]);
  });

  it("binds the same contact once when it is given twice", () => {
    register({ contact: [A, A] });
    expect(contacts()).toHaveLength(1);
  });

  it.each(["<tel:+861012333>", "<mailto:a@b>", "<sip:1001@>", "<sip:1001@host", "not an address"])("refuses the contact %s", (contact) => {
    expect(register({ contact })).toMatchObject({ status: 400 });
    expect(registrar.all()).toEqual([]);
  });

  it("keeps accounts apart", () => {
    register({ contact: A });
    register({ contact: "*", expires: "0" }, SOURCE, "1002");
    expect(contacts()).toHaveLength(1);
    expect(registrar.lookup("1002")).toEqual([]);
  });

  describe("where a phone is reached", () => {
    const to = (): Binding["destination"] | undefined => registrar.lookup("1001")[0]?.destination;

    it("behind NAT: at its source", () => {
      register({ contact: A });
      expect(to()).toEqual({ kind: "udp", host: "192.0.2.10", port: 40000 });
    });

    it("without rport and with a foreign contact: at its source all the same, never at a third party", () => {
      register({ contact: "<sip:1001@203.0.113.1>", via: "SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK1" });
      expect(to()).toEqual({ kind: "udp", host: "192.0.2.10", port: 40000 });
    });

    it("without rport at its own address: at the port of its contact", () => {
      register({ contact: "<sip:1001@192.0.2.10:5099>", via: "SIP/2.0/UDP 192.0.2.10:5099;branch=z9hG4bK1" });
      expect(to()).toEqual({ kind: "udp", host: "192.0.2.10", port: 5099 });
    });

    it("over TCP: on its connection", () => {
      register({ contact: A, via: "SIP/2.0/TCP 192.168.1.5;branch=z9hG4bK1" }, { ...SOURCE, kind: "tcp", flow: "f7" });
      expect(to()).toEqual({ kind: "tcp", host: "192.0.2.10", port: 40000, flow: "f7" });
    });

    it("tells when a phone that refreshes is reached by another way", () => {
      const moves: boolean[] = [];
      registrar = new Registrar({ clock, ids: { next: () => "id" }, listener: { bound: (_binding, _refreshed, moved) => void moves.push(moved), unbound: () => undefined } });
      register({ contact: A });
      register({ contact: A });
      register({ contact: A }, { ...SOURCE, port: 40_001 });
      register({ contact: A }, { ...SOURCE, kind: "tcp", flow: "f7" });
      register({ contact: A }, { ...SOURCE, kind: "tcp", flow: "f8" });
      register({ contact: A }, { ...SOURCE, kind: "tcp", flow: "f8" });
      expect(moves).toEqual([false, false, true, true, true, false]);
    });

    it("through a proxy: along the path, which is told back", () => {
      const answer = register({ contact: A, path: "<sip:edge.example;lr>", via: "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1" });
      expect(answer.headers.Path).toEqual(["<sip:edge.example;lr>"]);
      expect(registrar.lookup("1001")[0]).toMatchObject({ path: ["<sip:edge.example;lr>"], destination: { host: "192.0.2.10", port: 40000 } });
    });
  });

  it("takes back what was stored, without what has run out, and can drop a dead phone", () => {
    register({ contact: [`${A};expires=100`, `${B};expires=200`] });
    const stored = registrar.all();
    clock.set(clock.now() + 150_000);
    told = [];
    registrar = make();
    registrar.restore(stored);
    expect(contacts()).toEqual(["sip:1001@192.168.1.6:5062"]);
    expect(told.map((t) => t[0])).toEqual(["unbound", "bound"]);
    const [left] = registrar.all();
    if (left === undefined) throw new Error("no binding");
    registrar.drop(left);
    registrar.drop(left);
    expect(told.slice(2)).toEqual([["unbound", "sip:1001@192.168.1.6:5062", "lost"]]);
  });

  it("does not have a phone rung that does not answer, until it does or registers again; it stays registered", () => {
    const silences: string[] = [];
    registrar = new Registrar({ clock, ids: { next: () => `id-${silences.length}-${registrar.all().length}` }, listener: { bound: () => undefined, unbound: () => undefined, silent: ({ contact }, silent) => void silences.push(`${contact} ${silent}`) } });
    register({ contact: [A, B] });
    const rung = (): string[] => registrar.reachable("1001").map(({ contact }) => contact).sort();
    const [a] = registrar.lookup("1001").filter(({ contact }) => contact === "sip:1001@192.168.1.5:5062");
    if (a === undefined) throw new Error("no binding");
    registrar.setSilent(a, true);
    registrar.setSilent(a, true);
    expect([rung(), contacts().length, registrar.silent, registrar.isSilent(a)]).toEqual([["sip:1001@192.168.1.6:5062"], 2, 1, true]);
    registrar.setSilent(a, false);
    expect([rung().length, registrar.silent]).toEqual([2, 0]);
    registrar.setSilent(a, true);
    register({ contact: A });
    expect([rung().length, registrar.silent]).toEqual([2, 0]);
    registrar.setSilent(a, true);
    register({ contact: A, expires: "0" });
    registrar.setSilent(a, true);
    expect([registrar.silent, silences]).toEqual([0, ["sip:1001@192.168.1.5:5062 true", "sip:1001@192.168.1.5:5062 false", "sip:1001@192.168.1.5:5062 true", "sip:1001@192.168.1.5:5062 true"]]);
  });

  it("arms no timer once closed", () => {
    register({ contact: A });
    registrar.close();
    expect(clock.armed).toBe(0);
    register({ contact: B });
    expect(clock.armed).toBe(0);
  });
});

describe("a Contact where no phone can be rung", () => {
  it.each([
    ["sip:1001@192.168.1.5:0", "Contact Has No Port"],
    ["sip:1001@239.1.1.1:5060", "Contact Is No Phone's Address"],
    ["sip:1001@255.255.255.255", "Contact Is No Phone's Address"],
    ["sip:1001@[ff02::1]", "Contact Is No Phone's Address"],
    ["sip:1001@10.0.0.1", "Contact Is The Registrar's Own"],
    ["sip:1001@10.0.0.1:5061;transport=tls", "Contact Is The Registrar's Own"],
    ["sip:1001@192.168.1.5;transport=sctp", "Contact Transport Not Supported"],
  ])("is refused: %s", (uri, reason) => {
    const request = (contact: string, expires: string): SipRequest => {
      const headers = new SipHeaders();
      for (const [name, value] of [["Via", "SIP/2.0/UDP 192.168.1.5:5062;branch=z9hG4bK1;rport"], ["Call-ID", "a"], ["CSeq", `${++cseq} REGISTER`], ["Expires", expires], ["Contact", contact]] as const) headers.append(name.toLowerCase(), value);
      return new SipRequest("REGISTER", "sip:10.0.0.1", headers);
    };
    const isOwn = (address: string, port: number): boolean => address === "10.0.0.1" && (port === 5060 || port === 5061);
    expect(registrar.register("1001", request(`<${uri}>`, "600"), SOURCE, isOwn)).toMatchObject({ status: 400, reason });
    expect(registrar.lookup("1001")).toEqual([]);
    // Whoever has it still may take it back.
    expect(registrar.register("1001", request(`<${uri}>`, "0"), SOURCE, isOwn)).toMatchObject({ status: 200 });
    expect(registrar.register("1001", request("<sip:1001@10.0.0.1:5070;transport=TCP>", "600"), SOURCE, isOwn)).toMatchObject({ status: 200 });
  });
});
