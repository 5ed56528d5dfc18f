/*
 * Scenarios for SIPp, written as the steps of one dialog in which SIPp calls the hotline, or is called. What SIPp sends bears branches of its own,
 * so that transactions can cross: SIPp's `[branch]` and `[last_*]` know only the message before.
 */

/** Of a message that came, kept for a later answer. */
const KEPT = ["Via", "From", "To", "CSeq"] as const;

export class SippScenario {
  readonly #steps: string[] = [];
  readonly #unused: string[] = [];

  constructor(private readonly name: string) {}

  /** The INVITE, up to the hotline's tag in its `status` response. */
  invite(headers: Readonly<Record<string, string>> = {}, body = SDP): this {
    return this.request("INVITE", 1, { headers, body, early: true });
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
  request(method: string, cseq: number, options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string; readonly branch?: string; readonly early?: boolean } = {}): this {
    const { headers = {}, body = "", branch = `${method}${cseq}`, early = false } = options;
    return this.#send([
      `${method} sip:12333@[remote_ip]:[remote_port] SIP/2.0`,
      `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK${branch}x[pid]x[call_number]`,
      `From: <sip:13800138000@[local_ip]:[local_port]>;tag=c[pid]x[call_number]`,
      `To: <sip:12333@[remote_ip]:[remote_port]>${early ? "" : ";tag=[$tag]"}`,
      "Call-ID: [call_id]",
      `CSeq: ${cseq} ${method}`,
      "Contact: <sip:caller@[local_ip]:[local_port]>",
      "Max-Forwards: 70",
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
    const text = this.#steps.join("\n");
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
