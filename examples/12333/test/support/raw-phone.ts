import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** How a ringing or talking phone was let go. */
export interface LetGo {
  readonly method: "CANCEL" | "BYE";
  /** Of the header Reason. */
  readonly reason: string | undefined;
}

interface Ring {
  readonly invite: string;
  readonly tag: string;
  answered: boolean;
  over: boolean;
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const field = (text: string, name: string): string | undefined => new RegExp(`^${name}: *(.*)$`, "im").exec(text)?.[1]?.trim();

/** One device of an account, its SIP written by hand: registers, rings, is lifted, dies. */
export class RawPhone {
  readonly #sip: Socket = createSocket("udp4");
  readonly #rtp: Socket = createSocket("udp4");
  readonly #rings: Ring[] = [];
  #seq = 0;
  #dead = false;
  readonly #registration = randomBytes(6).toString("hex");
  /** In the order in which it happened. */
  readonly letGo: LetGo[] = [];

  private constructor(
    readonly user: string,
    private readonly password: string,
    private readonly hotline: number,
  ) {}

  /** @param hotline SIP port */
  static async open(user: string, password: string, hotline: number): Promise<RawPhone> {
    const phone = new RawPhone(user, password, hotline);
    for (const socket of [phone.#sip, phone.#rtp]) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    phone.#sip.on("message", (data) => phone.#take(data.toString()));
    return phone;
  }

  get ringing(): boolean {
    return this.#rings.some(({ answered, over }) => !answered && !over);
  }

  get talking(): boolean {
    return this.#rings.some(({ answered, over }) => answered && !over);
  }

  /** Calls that rang. */
  get calls(): number {
    return this.#rings.length;
  }

  /** @param expires seconds; 0 takes the registration back */
  async register(expires = 120): Promise<void> {
    const uri = `sip:127.0.0.1:${this.hotline}`;
    const challenge = await this.#registered(uri, expires, undefined);
    const nonce = /nonce="([^"]+)"/.exec(field(challenge, "WWW-Authenticate") ?? "")?.[1];
    const realm = /realm="([^"]+)"/.exec(field(challenge, "WWW-Authenticate") ?? "")?.[1];
    if (nonce === undefined || realm === undefined) throw new Error(`no challenge: ${challenge}`);
    const response = md5(`${md5(`${this.user}:${realm}:${this.password}`)}:${nonce}:00000001:abc:auth:${md5(`REGISTER:${uri}`)}`);
    const answer = await this.#registered(uri, expires, `Digest username="${this.user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc"`);
    if (!answer.startsWith("SIP/2.0 200")) throw new Error(`not registered: ${answer}`);
  }

  /** Lifts what rings. The answer leaves in this very moment. */
  lift(): void {
    const ring = this.#rings.find(({ answered, over }) => !answered && !over);
    if (ring === undefined) throw new Error(`a phone of ${this.user} does not ring`);
    ring.answered = true;
    const sdp = ["v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", `m=audio ${this.#rtp.address().port} RTP/AVP 8 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
    this.#answer(ring.invite, "200 OK", ring.tag, sdp);
  }

  /** Stops ringing by itself, as a phone does whose caller is never heard of again. */
  ringOut(): void {
    for (const ring of this.#rings) if (!ring.answered) ring.over = true;
  }

  /** No more packets, in either direction. Idempotent. */
  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#sip.close();
    this.#rtp.close();
  }

  async #registered(uri: string, expires: number, authorization: string | undefined): Promise<string> {
    this.#seq += 1;
    const seq = this.#seq;
    const { port } = this.#sip.address();
    const answered = new Promise<string>((resolve) => {
      const take = (data: Buffer): void => {
        const text = data.toString();
        if (!text.startsWith("SIP/2.0") || field(text, "CSeq") !== `${seq} REGISTER`) return;
        this.#sip.off("message", take);
        resolve(text);
      };
      this.#sip.on("message", take);
    });
    this.#send([
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${this.#registration}${seq}`,
      `From: <sip:${this.user}@127.0.0.1>;tag=${this.#registration}`,
      `To: <sip:${this.user}@127.0.0.1>`,
      `Call-ID: ${this.#registration}`,
      `CSeq: ${seq} REGISTER`,
      `Contact: <sip:${this.user}@127.0.0.1:${port}>`,
      `Expires: ${expires}`,
      "Max-Forwards: 70",
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      "Content-Length: 0",
      "",
      "",
    ]);
    return answered;
  }

  #take(text: string): void {
    const method = /^([A-Z]+) sip/.exec(text)?.[1];
    const ring = this.#rings.find(({ invite }) => field(invite, "Call-ID") === field(text, "Call-ID"));
    if (method === "INVITE" && ring === undefined) {
      const made: Ring = { invite: text, tag: randomBytes(4).toString("hex"), answered: false, over: false };
      this.#rings.push(made);
      this.#answer(text, "180 Ringing", made.tag);
    } else if ((method === "CANCEL" || method === "BYE") && ring !== undefined) {
      this.#answer(text, "200 OK", ring.tag);
      if (ring.over) return;
      // A CANCEL that crosses the answer ends nothing (RFC 3261 section 9.2).
      if (method === "CANCEL" && ring.answered) return;
      ring.over = true;
      this.letGo.push({ method, reason: field(text, "Reason") });
      if (method === "CANCEL") this.#answer(ring.invite, "487 Request Terminated", ring.tag);
    } else if (method !== undefined && method !== "ACK" && method !== "INVITE") this.#answer(text, "200 OK", ring?.tag ?? "none");
  }

  #answer(request: string, status: string, tag: string, sdp = ""): void {
    const to = field(request, "To") ?? "";
    this.#send([
      `SIP/2.0 ${status}`,
      ...[...request.matchAll(/^Via: .*$/gim)].map(([via]) => via.trim()),
      `From: ${field(request, "From") ?? ""}`,
      `To: ${to}${/;tag=/i.test(to) ? "" : `;tag=${tag}`}`,
      `Call-ID: ${field(request, "Call-ID") ?? ""}`,
      `CSeq: ${field(request, "CSeq") ?? ""}`,
      `Contact: <sip:${this.user}@127.0.0.1:${this.#sip.address().port}>`,
      ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${sdp.length}`,
      "",
      sdp,
    ]);
  }

  #send(lines: readonly string[]): void {
    this.#sip.send(lines.join("\r\n"), this.hotline, "127.0.0.1");
  }
}
