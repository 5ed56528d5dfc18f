/*
 * Scenarios for SIPp, written as the steps of one dialog in which SIPp calls the hotline, or is called. What SIPp sends bears branches of its own,
 * so that transactions can cross: SIPp's `[branch]` and `[last_*]` know only the message before.
 */

/** Of a message that came, kept for a later answer. */
const KEPT = ["Via", "From", "To", "CSeq"] as const;

export class SippScenario {
  readonly #steps: string[] = [];
  readonly #unused: string[] = [];
  readonly #branches: string[][] = [];

  /** @param from who calls, where SIPp does @param to whom */
  constructor(
    private readonly name: string,
    private readonly from = "13800138000",
    readonly to = "12333",
  ) {}

  /** The INVITE, up to the hotline's tag in its `status` response. */
  invite(headers: Readonly<Record<string, string>> = {}, body = SDP): this {
    return this.request("INVITE", 1, { headers, body, early: true });
  }

  /** The same by an account, which is asked for its password: the INVITE comes again, as number 2. */
  inviteAs(password: string, body = SDP): this {
    return this.invite({}, body).proven("INVITE", password, body);
  }

  /** Registers its account where it waits, for an hour. */
  register(password: string): this {
    const headers = { Expires: "3600" };
    return this.request("REGISTER", 1, { headers, early: true }).proven("REGISTER", password, "", headers).response(200);
  }

  /** Asked for a password (401), it acknowledges that, and asks again as number 2. */
  private proven(method: string, password: string, body: string, headers: Readonly<Record<string, string>> = {}): this {
    this.#steps.push(`<recv response="100" optional="true"/>${this.#tagged(`<recv response="401" auth="true">`)}`);
    if (method === "INVITE") this.request("ACK", 1, { branch: "INVITE1" });
    return this.request(method, 2, { headers, body, early: true, raw: [`[authentication username=${this.from} password=${password}]`] });
  }

  /** Waits until the test presses a key of its phone (`SippRun.press`). What is keyed can be sent as `[$keyed]`. */
  waits(): this {
    this.#steps.push(`<recv request="INFO"><action><ereg regexp="[^ ].*" search_in="hdr" header="Subject:" check_it="false" assign_to="keyed"/></action></recv>`);
    return this;
  }

  /** Waits for 200 to the INVITE and keeps the hotline's tag. 100 and 180 may come before. */
  answered(): this {
    this.#steps.push(`<recv response="100" optional="true"/><recv response="180" optional="true"/>${this.#tagged(`<recv response="200" rtd="false">`)}`);
    return this;
  }

  /** A response that must come; the optional ones may come before it. */
  response(status: number, optional: readonly number[] = []): this {
    this.#steps.push(`${optional.map((each) => `<recv response="${each}" optional="true"/>`).join("")}<recv response="${status}"/>`);
    return this;
  }

  /** The same, whose To tag is the dialog's. */
  ringing(status: number): this {
    this.#steps.push(`<recv response="100" optional="true"/>${this.#tagged(`<recv response="${status}">`)}`);
    return this;
  }

  /** The same, a response that wants a PRACK. */
  reliable(status: number): this {
    this.#steps.push(`<recv response="100" optional="true"/>${this.#tagged(`<recv response="${status}">`, check("RSeq", "[0-9]+", "rseq"))}`);
    return this;
  }

  /** Acknowledges the reliable response that came last. */
  prack(cseq: number, body = "", branch?: string): this {
    return this.request("PRACK", cseq, { headers: { RAck: "[$rseq] 1 INVITE" }, body, ...(branch === undefined ? {} : { branch }) });
  }

  #tagged(open: string, more = ""): string {
    return `${open}<action><ereg regexp="tag=([^;>]+)" search_in="hdr" header="To:" check_it="true" assign_to="whole,tag"/>${more}</action></recv>`;
  }

  /** A request that may come in place of the next that must: then the branch is played, and that is the end. */
  or(method: string, name: string, branch: (scenario: SippScenario) => SippScenario): this {
    const other = new SippScenario(this.name, this.from, this.to).expect(method, name);
    const label = `branch${this.#branches.length}`;
    this.#steps.push(...other.#steps.splice(0).map((step) => step.replace("<recv ", `<recv optional="true" next="${label}" `)));
    this.#branches.push([`<label id="${label}"/>`, ...branch(other).#steps]);
    return this;
  }

  /** A request that must come. With a name, its headers are kept for `reply`, and of an INVITE what `back` needs. `checks`: patterns that headers must have. */
  expect(method: string, name?: string, checks: Readonly<Record<string, string>> = {}): this {
    const keep = name === undefined ? "" : KEPT.map((header) => check(header, "[^ ].*", `${name}${header}`)).join("");
    const target = name === undefined || method !== "INVITE" ? "" : check("Contact", "sip:[^>;]+", `${name}Target`);
    const rest = Object.entries(checks).map(([header, pattern]) => check(header, pattern, "checked")).join("");
    this.#steps.push(`<recv request="${method}">${keep + target + rest === "" ? "" : `<action>${keep}${target}${rest}</action>`}</recv>`);
    return this;
  }

  /** Answers a request that was kept under this name. @param tag of SIPp, for the INVITE that calls it */
  reply(name: string, status: string, body = "", tag?: string, headers: Readonly<Record<string, string>> = {}): this {
    return this.#send([
      `SIP/2.0 ${status}`,
      ...KEPT.map((header) => `${header}: [$${name}${header}]${header === "To" && tag !== undefined ? `;tag=${tag}` : ""}`),
      "Call-ID: [call_id]",
      "Contact: <sip:caller@[local_ip]:[local_port]>",
      ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`),
      ...(body === "" ? ["Content-Length: 0"] : ["Content-Type: application/sdp", "Content-Length: [len]", "", body]),
    ]);
  }

  /** Sends a request in the dialog of an INVITE of the hotline that was kept under this name. @param tag with which SIPp has answered it */
  back(name: string, tag: string, method: string, cseq: number, body = "", headers: Readonly<Record<string, string>> = {}): this {
    return this.#send([
      `${method} [$${name}Target] SIP/2.0`,
      `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bKback${method}${cseq}x[pid]`,
      `From: [$${name}To];tag=${tag}`,
      `To: [$${name}From]`,
      "Call-ID: [call_id]",
      `CSeq: ${cseq} ${method}`,
      "Contact: <sip:caller@[local_ip]:[local_port]>",
      "Max-Forwards: 70",
      ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`),
      ...(body === "" ? ["Content-Length: 0"] : ["Content-Type: application/sdp", "Content-Length: [len]", "", body]),
    ]);
  }

  /** Sends a request of the dialog. `branch` makes it one of an earlier transaction (CANCEL; ACK of a refusal). */
  request(method: string, cseq: number, options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly branch?: string; readonly early?: boolean; readonly raw?: readonly string[] } = {}): this {
    const { headers = {}, body = "", branch = `${method}${cseq}`, early = false, raw = [] } = options;
    const register = method === "REGISTER";
    return this.#send([
      `${method} sip:${register ? "" : `${this.to}@`}[remote_ip]:[remote_port] SIP/2.0`,
      `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK${branch}x[pid]x[call_number]`,
      `From: <sip:${this.from}@[local_ip]:[local_port]>;tag=c[pid]x[call_number]`,
      `To: <sip:${register ? this.from : this.to}@[remote_ip]:[remote_port]>${early ? "" : ";tag=[$tag]"}`,
      "Call-ID: [call_id]",
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${register ? this.from : "caller"}@[local_ip]:[local_port]>`,
      "Max-Forwards: 70",
      ...raw,
      ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`),
      ...(body === "" ? ["Content-Length: 0"] : ["Content-Type: application/sdp", "Content-Length: [len]", "", body]),
    ]);
  }

  pause(ms: number): this {
    this.#steps.push(`<pause milliseconds="${ms}"/>`);
    return this;
  }

  #send(lines: readonly string[]): this {
    this.#steps.push(`<send><![CDATA[\n\n${lines.join("\n")}\n${lines.at(-1)?.startsWith("Content-Length") === true ? "\n" : ""}]]></send>`);
    return this;
  }

  /** The file's text. */
  get xml(): string {
    const branches = this.#branches.flatMap((steps) => ['<nop next="end"/>', ...steps]);
    const text = [...this.#steps, ...branches, ...(branches.length === 0 ? [] : ['<label id="end"/>'])].join("\n");
    const assigned = [...text.matchAll(/assign_to="([^"]+)"/g)].flatMap(([, names = ""]) => names.split(","));
    const unused = [...new Set([...assigned, ...this.#unused])].filter((name) => !text.includes(`[$${name}]`));
    return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${this.name}">\n${text}\n${unused.length === 0 ? "" : `<Reference variables="${unused.join(",")}"/>\n`}</scenario>\n`;
  }
}

function check(header: string, pattern: string, variable: string): string {
  return `<ereg regexp="${pattern.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;")}" search_in="hdr" header="${header}:" check_it="true" assign_to="${variable}"/>`;
}

/** What SIPp offers and answers. */
export const SDP = ["v=0", "o=sipp 1 1 IN IP4 [media_ip]", "s=-", "c=IN IP4 [media_ip]", "t=0 0", "m=audio [media_port] RTP/AVP 8", "a=rtpmap:8 PCMA/8000"].join("\n");
