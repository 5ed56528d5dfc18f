import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../transport/limits.js";
import { SipRequest, type SipResponse } from "./message.js";
import { type ParsedMessage, parseMessage } from "./parser.js";

/** Cases near those of RFC 4475 (named as there; its own messages are in rfc4475.test.ts), and some of our own. */
const parse = (text: string, encoding: BufferEncoding = "utf8"): ParsedMessage => parseMessage(Buffer.from(text, encoding), DEFAULT_LIMITS);
const lines = (...all: string[]): string => `${all.join("\r\n")}\r\n\r\n`;

const BASE = ["Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw", "Max-Forwards: 70", "From: <sip:caller@example.com>;tag=1", "To: <sip:user@example.com>", "Call-ID: a.1@host5.example.net", "CSeq: 1 OPTIONS"];
const options = (...extra: string[]): string => lines("OPTIONS sip:user@example.com SIP/2.0", ...BASE, ...extra);
const replaced = (name: string, line: string): string => lines("OPTIONS sip:user@example.com SIP/2.0", ...BASE.map((one) => (one.startsWith(name) ? line : one)));

function request(parsed: ParsedMessage): SipRequest {
  if (!(parsed.message instanceof SipRequest)) throw new Error(`no request: ${parsed.garbage ?? ""}`);
  return parsed.message;
}

describe("Call-ID", () => {
  it.each(["a\\\0b", "a\u0007b", "a\tb", "a\u007fb", "a b"])("%j is refused: it would be kept, and no database holds it", (id) => {
    expect(parse(replaced("Call-ID", `Call-ID: ${id}`)).problem).toEqual({ status: 400, reason: "Bad Call-ID" });
  });
});

describe("valid messages", () => {
  it("wsinv: folding, odd white space, compact forms, escapes in quotes", () => {
    const parsed = parse(
      lines(
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0", "TO :", " sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n", 'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>', "  ;", "  tag = 98asjd8",
        "MaX-fOrWaRdS: 0068", "Call-ID: wsinv.ndaksdj@192.0.2.1", "Content-Length   : 5", "cseq: 0009", "  INVITE", "Via  : SIP  /   2.0", " /UDP", "    192.0.2.2;branch=z9hG4bK390skdjuw", "s :",
        "NewFangledHeader:   newfangled value", " continued newfangled value", "UnknownHeaderWithUnusualValue: ;;,,;;,;", "Content-Type: application/sdp", "Route:", " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;", "  branch  =   z9hG4bK9ikj8  ,", " SIP  /    2.0   / UDP  192.168.255.111   ; branch=", " z9hG4bK30239", 'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =', "      newvalue ;", "  secondparam ; q = 0.33",
      ) + "v=0\r\n",
    );
    const message = request(parsed);
    expect(parsed.problem).toBeUndefined();
    expect(message.from.displayName).toBe('J Rosenberg \\"');
    expect(message.from.tag).toBe("98asjd8");
    expect(message.to.tag).toBe("1918181833n");
    expect(message.to.uri).toBe("sip:vivekg@chair-dnrc.example.com");
    expect(message.cseq).toEqual({ seq: 9, method: "INVITE" });
    expect(message.via).toMatchObject({ transport: "UDP", host: "192.0.2.2" });
    expect(message.via.params.get("branch")).toBe("z9hG4bK390skdjuw");
    expect(message.headers.list("via")).toHaveLength(3);
    expect(message.headers.get("newfangledheader")).toBe("newfangled value continued newfangled value");
    expect(message.headers.get("subject")).toBe("");
    expect(message.contacts()[0]?.displayName).toBe('Quoted string ""');
    expect(message.contacts()[0]?.params.get("q")).toBe("0.33");
    expect(message.parsedUri().params.has("unknownparam")).toBe(true);
    expect(message.body.toString()).toBe("v=0\r\n");
  });

  it("intmeth: a method of odd token characters, UTF-8 names, escaped user", () => {
    const method = "!interesting-Method0123456789_*+`.%indeed'~";
    const parsed = parse(
      lines(
        `${method} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0`, "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        'To: "BEL:\\\u0007 NUL:\\\u0001 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@example.com>',
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.", "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{", `CSeq: 139122385 ${method}`, "Max-Forwards: 255",
        'extensionHeader-!.%*+_`\'~:大停電', "Content-Length: 0",
      ),
    );
    const message = request(parsed);
    expect(parsed.problem).toBeUndefined();
    expect(message.method).toBe(method);
    expect(message.from.tag).toBe("_token~1'+`*%!-.");
    expect(message.from.params.get("fromparam''~+*_!.-%")).toBe("работающий");
    expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe("大停電");
    expect(message.parsedUri().password).toBe("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  });

  it("esc01, escnull: escapes in URIs stay as they are and compare equal to what they mean", () => {
    const parsed = parse(replaced("To", "To: sip:null-%00-null@example.com;x=1").replace("OPTIONS sip:user@", "OPTIONS sip:sips%3Auser%40example.com@"));
    expect(parsed.problem).toBeUndefined();
    expect(request(parsed).parsedUri().user).toBe("sips%3Auser%40example.com");
    expect(request(parsed).to.parsedUri().user).toBe("null-%00-null");
  });

  it("esc02: a % in a method name is no escape", () => {
    const parsed = parse(options().replaceAll("OPTIONS", "RE%47IST%45R"));
    expect(parsed.problem).toBeUndefined();
    expect(request(parsed).method).toBe("RE%47IST%45R");
  });

  it("lwsdisp: no space between display name and <", () => {
    const parsed = parse(replaced("From", "From: caller<sip:caller@example.com>;tag=323"));
    expect(parsed.problem).toBeUndefined();
    expect(request(parsed).from).toMatchObject({ displayName: "caller", uri: "sip:caller@example.com" });
  });

  it("longreq: long values pass", () => {
    const long = "x".repeat(600);
    const parsed = parse(options(`X-${"Long".repeat(40)}: ${long}`, `Via: SIP/2.0/TCP sip33.example.com;${long}=${long}`).replace("a.1@host5", `${long}@host5`));
    expect(parsed.problem).toBeUndefined();
  });

  it("dblreq: what follows Content-Length in a datagram is ignored", () => {
    const parsed = parse(options("Content-Length: 0") + options("Content-Length: 0"));
    expect(parsed.problem).toBeUndefined();
    expect(request(parsed).body).toHaveLength(0);
  });

  it("semiuri: semicolons in the user part belong to it", () => {
    const parsed = parse(options().replace("OPTIONS sip:user@", "OPTIONS sip:user;par=u%40example.net@"));
    expect(request(parsed).parsedUri()).toMatchObject({ user: "user;par=u%40example.net", host: "example.com" });
  });

  it("transports: any transport may stand in Via below the top", () => {
    expect(parse(options("Via: SIP/2.0/SCTP a;branch=z9hG4bK1, SIP/2.0/UNKNOWN b;branch=z9hG4bK2")).problem).toBeUndefined();
  });

  it("unreason, noreason: UTF-8 and empty reason phrases", () => {
    const rest = ["Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923", "Call-ID: u.1", "CSeq: 35 INVITE", "From: sip:user@example.com;tag=11141343", "To: sip:user@example.edu;tag=2229"];
    const odd = parse(lines("SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять", ...rest)).message as SipResponse;
    expect(odd).toMatchObject({ status: 200, reason: "= 2**3 * 5**2 но сто девяносто девять" });
    expect((parse(lines("SIP/2.0 100 ", ...rest)).message as SipResponse).reason).toBe("");
    expect((parse(lines("SIP/2.0 100", ...rest)).message as SipResponse).status).toBe(100);
  });

  it("mpart01: a binary body arrives byte for byte", () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const head = Buffer.from(options("Content-Length: 256"));
    expect(parseMessage(Buffer.concat([head, body]), DEFAULT_LIMITS)).toMatchObject({ problem: undefined, message: { body } });
  });

  it("unkscm, novelsc: unknown URI schemes are read, the user agent refuses them", () => {
    expect(request(parse(options().replace("OPTIONS sip:user@example.com", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent"))).parsedUri()).toMatchObject({ scheme: "nobodyknowsthisscheme", opaque: "totallyopaquecontent" });
  });

  it("leading CRLFs, IPv6 everywhere, and written again it reads the same", () => {
    const text = replaced("Via", "Via: SIP/2.0/UDP [2001:db8::9:1]:5070;received=[2001:db8::9:255];branch=z9hG4bKas3").replace("sip:user@example.com SIP", "sip:user@[2001:db8::10]:5090;x SIP");
    const first = parse(`\r\n\r\n${text}`);
    expect(first.problem).toBeUndefined();
    expect(request(first).via).toMatchObject({ host: "[2001:db8::9:1]", port: 5070 });
    expect(request(first).parsedUri()).toMatchObject({ host: "[2001:db8::10]", port: 5090 });
    const again = parseMessage(request(first).toBuffer(), DEFAULT_LIMITS);
    expect([...request(again).headers.entries()].filter(([name]) => name !== "content-length")).toEqual([...request(first).headers.entries()]);
  });
});

describe("requests to refuse with 400", () => {
  const bad: readonly (readonly [string, string])[] = [
    ["badinv01: stray separators in To", replaced("To", "To: <sip:j@example.com>;;;;")],
    ["clerr: body shorter than Content-Length", `${options("Content-Length: 9999")}v=0\r\n`],
    ["ncl: negative Content-Length", options("Content-Length: -999")],
    ["Content-Length that is no number", options("Content-Length: 0x10")],
    ["scalar02: CSeq too large", replaced("CSeq", "CSeq: 36893488147419103232 OPTIONS")],
    ["scalar02: Max-Forwards above 255", replaced("Max-Forwards", "Max-Forwards: 300")],
    ["quotbal: quotes not balanced", replaced("To", 'To: "Mr J. User <sip:j.user@example.com>')],
    ["ltgtruri: <> around the Request-URI", options().replace("OPTIONS sip:user@example.com", "OPTIONS <sip:user@example.com>")],
    ["lwsruri: space in the Request-URI", options().replace("OPTIONS sip:user@example.com", "OPTIONS sip:user@example.com; lr")],
    ["lwsstart: more than one space in the request line", options().replace("OPTIONS sip", "OPTIONS  sip")],
    ["trws: space after the request line", options().replace("SIP/2.0\r\n", "SIP/2.0  \r\n")],
    ["badaspec: space in an addr-spec", replaced("To", 'To: "Watson, Thomas" < sip:t.watson@example.org >')],
    ["baddn: display name that is no token", replaced("From", "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43")],
    ["mismatch01: CSeq with another method", replaced("CSeq", "CSeq: 1 INVITE")],
    ["multi01: repeated single headers", options("Call-ID: another", "From: <sip:x@y>;tag=2")],
    ["mcl01: two Content-Lengths", `${options("Content-Length: 2", "Content-Length: 4")}1234`],
    ["a Via that cannot be read", replaced("Via", "Via: SIP/2.0/UDP 192.0.2.15;;,;,,")],
    ["an endless branch", replaced("Via", `Via: SIP/2.0/UDP iftgw.example.com;branch=${"x".repeat(1025)}`)],
    ["headers in the Request-URI", options().replace("example.com SIP", "example.com?Subject=x SIP")],
    ["no From tag", replaced("From", "From: <sip:caller@example.com>")],
    ["a URI without host", options().replace("OPTIONS sip:user@example.com", "OPTIONS sip:user@")],
    ["a bad escape", options().replace("OPTIONS sip:user@", "OPTIONS sip:us%zzer@")],
    ["an empty user", options().replace("OPTIONS sip:user@", "OPTIONS sip:@")],
    ["a repeated URI parameter", options().replace("example.com SIP", "example.com;a=1;a=2 SIP")],
    ["a port above 65535", options().replace("example.com SIP", "example.com:70000 SIP")],
    ["bare LF", options().replace("\r\nMax", "\nMax")],
    ["bare CR in a value", options("X-A: a\rVia: b")],
    ["bare CR in a folded value", options("X-A: a,\r\n b\rVia: c")],
    ["bare LF in a folded value", options("X-A: a,\r\n b\n c")],
    ["a folded value that ends in a bare CR", options("X-A: a,\r\n b\r")],
    ["NUL in a value", options("X-A: a\0b")],
    ["a header line without colon", options("What is this")],
    ["a header name with a space", options("Bad name: x")],
    ["no end of headers", options().slice(0, -2)],
    ["a request line without version", options().replace(" SIP/2.0", " xx SIP/")],
  ];
  it.each(bad)("%s", (_name, text) => {
    const parsed = parse(text);
    expect(request(parsed).method).toBe("OPTIONS");
    expect(parsed.problem?.status).toBe(400);
  });

  it("what is echoed into the refusal cannot end a line of it", () => {
    const message = request(parse(replaced("Call-ID", "Call-ID: a\r\n b\rVia: SIP/2.0/UDP 192.0.2.66\n\r c")));
    expect(message.callId).not.toMatch(/[\r\n]/);
  });

  it("badvers: an unknown version gets 505", () => {
    expect(parse(options().replace("SIP/2.0", "SIP/7.0")).problem?.status).toBe(505);
  });

  it("more than 200 headers get 513", () => {
    expect(parse(options(...Array.from({ length: 250 }, (_, i) => `X-${i}: y`))).problem?.status).toBe(513);
  });

  it("Latin-1 text gets 400 and is echoed byte for byte", () => {
    const parsed = parse(replaced("From", "From: \"M\xfcller\" <sip:caller@example.com>;tag=1"), "latin1");
    expect(parsed.problem?.status).toBe(400);
    expect(request(parsed).toBuffer().toString("latin1")).toContain("M\xfcller");
  });
});

describe("messages to drop in silence", () => {
  const response = (first: string, ...extra: string[]): string => lines(first, "Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK1", "Call-ID: s", "CSeq: 1 INVITE", "From: <sip:a@b>;tag=1", "To: <sip:a@b>;tag=2", ...extra);
  const silent: readonly (readonly [string, string])[] = [
    ["bigcode: a status that is none", response("SIP/2.0 4294967301 better not break the receiver")],
    ["status 000", response("SIP/2.0 000 x")],
    ["scalarlg: CSeq too large in a response", response("SIP/2.0 200 OK").replace("CSeq: 1", "CSeq: 9292394834772304023312")],
    ["a response with two From", response("SIP/2.0 200 OK", "From: <sip:x@y>")],
    ["a request without Via", replaced("Via", "X: y")],
    ["a Via that names nobody to answer", replaced("Via", "Via: SIP/2.0/UDP ;branch=z9hG4bK1")],
    ["a response without Call-ID", response("SIP/2.0 200 OK").replace("Call-ID: s\r\n", "")],
    ["text", "hello\r\n\r\n"],
    ["HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["nothing but line ends", "\r\n\r\n\r\n"],
    ["nothing", ""],
    ["one byte", "I"],
    ["only a request line", "INVITE sip:a@b SIP/2.0\r\n\r\n"],
  ];
  it.each(silent)("%s", (_name, text) => {
    expect(parse(text).message).toBeUndefined();
  });

  it("a long run of anything at any place is read in no time", { timeout: 20_000 }, () => {
    const folded = options(`X-Big: a\r\n b${" ".repeat(60_000)}c`);
    const loose = replaced("Via", `Via: SIP/2.0/UDP h${" ".repeat(60_000)}x`);
    const lines = `OPTIONS sip:a@b SIP/2.0\r\n${"c\n".repeat(20_000)}c:`;
    // Each took seconds, some of them a minute; a hundred readings would not end here.
    for (let i = 0; i < 100; i++) for (const text of [folded, loose, lines]) parse(text);
    expect(request(parse(folded)).headers.get("x-big")).toHaveLength(60_004);
    expect(parse(loose).problem?.status).toBe(400);
  });

  it("64 KB of noise, of one header, of one line, of commas, of quotes", () => {
    const noise = Buffer.alloc(65_507);
    for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919 + (i >> 3)) & 0xff;
    expect(parseMessage(noise, DEFAULT_LIMITS).message).toBeUndefined();
    for (const filler of ["a", ",", '"', "<", ";", "\\", " ", "\r", "\n", ":", "%", "\r\n ", "\r\n"]) {
      const text = options(`X-Big: ${filler.repeat(Math.floor(60_000 / filler.length))}`);
      const began = process.cpuUsage();
      parse(text);
      parse(replaced("To", `To: ${filler.repeat(Math.floor(60_000 / filler.length))}`));
      parse(replaced("Via", `Via: ${filler.repeat(Math.floor(60_000 / filler.length))}`));
      expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000);
    }
  });

  it("any truncation and any flipped byte of a good message: never an exception", () => {
    const good = Buffer.from(`${lines("INVITE sip:user@example.com;a=b SIP/2.0", ...BASE.map((one) => one.replace("OPTIONS", "INVITE")), 'Contact: "A, B" <sip:a@[::1]:5060;transport=tcp>;q=1', "Record-Route: <sip:p1;lr>, <sip:p2;lr>", "Content-Length: 5")}hello`);
    let served = 0;
    for (let i = 0; i < good.length; i++) {
      for (const bytes of [good.subarray(0, i), flipped(good, i, 0x80), flipped(good, i, 0x0a), flipped(good, i, 0x22)]) {
        const { message, problem } = parseMessage(bytes, DEFAULT_LIMITS);
        if (message === undefined || problem !== undefined) continue;
        served++;
        expect(() => [message.via, message.from, message.to, message.callId, message.cseq]).not.toThrow();
        message.toBuffer();
      }
    }
    expect(served).toBeGreaterThan(0);
  });
});

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}
