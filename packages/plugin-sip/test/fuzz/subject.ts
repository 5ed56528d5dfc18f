import { challengeHandler } from "../../src/digest/challenge-handler.js";
import { createUserAgent, seededRandom, silentLog } from "../../src/stack/index.js";
import type { IncomingInvite, RandomSource, Session, UserAgent } from "../../src/stack/index.js";
import { FakeClock } from "../../src/stack/test-support/fake-clock.js";
import { DESCRIPTIONS, FEATURES, request } from "./corpus.js";
import { readEverything } from "./readers.js";
import { Wire } from "./wire.js";

const BODY = DESCRIPTIONS[0] ?? "";
const PHONE = '"甲" <sip:a@192.0.2.9>';
const CALLED = "sip:12333@192.0.2.1";
/** Longer than any timer of a call: the longest is the interval between refreshes. */
const ALL_TIMERS_MS = 4_000_000;
/** So many of our own requests may wait for their answer; the oldest is forgotten by the peer. */
const MOST_OUTSTANDING = 40;

/**
 * A user agent in the middle of calls, with every extension on, a clock and a network of its own: the same
 * cases in the same order lead to the same states. What goes wrong is kept in `faults`.
 */
export class Subject {
  readonly faults: string[] = [];
  readonly #clock = new FakeClock();
  readonly #wires = [new Wire("udp"), new Wire("tcp")] as const;
  readonly #random: RandomSource;
  readonly #ua: UserAgent;
  readonly #waiting = new Set<IncomingInvite>();
  readonly #sessions = new Set<Session>();
  /** Requests of the user agent that the peer may answer. */
  readonly #outstanding: string[] = [];
  /** Addresses and numbers of the call that the peer made last. */
  #dialog: { readonly callId: string; readonly to: string; cseq: number } | undefined;
  #behaviour = 0;
  #calls = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#ua = createUserAgent({
      clock: this.#clock, transports: [...this.#wires], userAgentHeader: "fuzz", random: seededRandom(seed + 1), supported: ["100rel", "timer", "replaces", "norefersub"], sessionTimer: { expires: 1_800 }, methods: ["REGISTER", "MESSAGE"],
      resolver: ({ kind }) => [{ kind, host: "192.0.2.9", port: 5060 }], onChallenge: challengeHandler("a", "b"),
      // The guards of the stack keep a fault away from the process; here it counts.
      log: { ...silentLog, error: (message, fields) => void this.faults.push(`${message} ${JSON.stringify(fields)}`) },
      onInvite: (incoming) => this.#invited(incoming), onRequest: (incoming) => incoming.respond({ status: incoming.request.method === "REGISTER" ? 401 : 200 }),
    });
  }

  start(): Promise<void> {
    return this.#ua.start();
  }

  /** The peer's call, answered and acknowledged; a call and a request of ours. From here on a case may hit each of them. */
  async newCalls(): Promise<void> {
    const callId = `call-${this.#calls++}@192.0.2.9`;
    const invite = request({ method: "INVITE", extra: ["Supported: timer"], body: BODY }, { uri: CALLED, from: `${PHONE};tag=p`, to: `<${CALLED}>`, callId, cseq: 1, branch: `i${this.#calls}` });
    this.#behaviour = 0;
    this.#wires[0].receive(invite, invite.length);
    await this.#clock.advance(1);
    const to = /^To: (.*)$/im.exec(this.#wires[0].sent.map((each) => each.toString("latin1")).find((each) => each.startsWith("SIP/2.0 200") && each.includes(callId)) ?? "")?.[1];
    if (to === undefined) throw new Error("the call was not answered");
    const ack = request({ method: "ACK" }, { uri: CALLED, from: `${PHONE};tag=p`, to, callId, cseq: 1, branch: `a${this.#calls}` });
    this.#wires[0].receive(ack, ack.length);
    this.#dialog = { callId, to, cseq: 2 };
    const outgoing = this.#ua.invite({ uri: "sip:a@192.0.2.9", from: CALLED, body: BODY, timeoutMs: 60_000, transport: this.#calls % 2 === 0 ? "udp" : "tcp", prack: () => ({ body: BODY }), reoffer: (offer) => void offer.accept({ body: BODY }) });
    void outgoing.outcome.then((outcome) => {
      if (outcome.answered) this.#keep(outcome.session);
    });
    void this.#ua.request({ method: "OPTIONS", uri: "sip:a@192.0.2.9", from: CALLED });
    await this.#clock.advance(1);
  }

  /** A request within the call the peer made last, well formed. */
  inDialog(): Buffer {
    const dialog = this.#dialog;
    if (dialog === undefined) return Buffer.alloc(0);
    const parts = FEATURES[Math.floor(this.#random.number() * FEATURES.length)] ?? { method: "BYE" };
    return request(parts, { uri: CALLED, from: `${PHONE};tag=p`, to: dialog.to, callId: dialog.callId, cseq: dialog.cseq++, branch: this.#random.id(8) });
  }

  /** An answer to a request the user agent sent of late, well formed. */
  answer(): Buffer {
    const asked = this.#outstanding[Math.floor(this.#random.number() * this.#outstanding.length)];
    if (asked === undefined) return Buffer.alloc(0);
    const status = [100, 180, 183, 200, 200, 202, 302, 401, 407, 408, 422, 481, 486, 491, 500, 503, 603][Math.floor(this.#random.number() * 17)] ?? 200;
    const line = (name: string): string => new RegExp(`^${name}: .*$`, "gim").exec(asked)?.[0] ?? `${name}: `;
    const vias = asked.match(/^Via: .*$/gim) ?? [];
    const to = /;tag=/.test(line("To")) ? line("To") : `${line("To")};tag=${status % 7 === 0 ? "other" : "peer"}`;
    const more = status === 401 || status === 407 ? [`${status === 401 ? "WWW" : "Proxy"}-Authenticate: Digest realm="h", nonce="n${this.#random.id(4)}", algorithm=SHA-256, qop="auth,auth-int", stale=true`] : status === 422 ? ["Min-SE: 3600"] : status === 183 ? ["Require: 100rel", `RSeq: ${1 + Math.floor(this.#random.number() * 4)}`] : status === 503 ? ["Retry-After: 1"] : [];
    const body = status === 183 || status === 200 ? BODY : "";
    return Buffer.from([`SIP/2.0 ${status} Because`, ...vias, line("From"), to, line("Call-ID"), line("CSeq"), "Contact: <sip:a@192.0.2.9:5060>", "Record-Route: <sip:192.0.2.7;lr>", "Session-Expires: 90;refresher=uas", ...more, ...(body === "" ? [] : ["Content-Type: application/sdp"]), `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n"), "latin1");
  }

  /** One case, as a datagram or over a stream. A throw counts as a fault. */
  take(data: Buffer, overStream: boolean): void {
    try {
      this.#behaviour++;
      this.#wires[overStream ? 1 : 0].receive(data, 1 + (this.#behaviour % 700));
      readEverything(data);
    } catch (error) {
      this.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    for (const wire of this.#wires) {
      for (const bytes of wire.sent) {
        if (bytes[0] !== 0x53 || bytes[3] !== 0x2f) this.#outstanding.push(bytes.toString("latin1"));
        if (this.#outstanding.length > MOST_OUTSTANDING) this.#outstanding.shift();
      }
      wire.sent.length = 0;
    }
  }

  /** Lets time pass: timers fire, promises settle. */
  async pass(ms: number): Promise<void> {
    await this.#clock.advance(ms);
  }

  /** Ends what lives, waits out all timers: nothing may be left, and the user agent answers as at first. */
  async end(): Promise<void> {
    for (const incoming of this.#waiting) incoming.reject({ status: 480 });
    for (const session of this.#sessions) void session.bye();
    await this.#clock.advance(ALL_TIMERS_MS);
    const { sessions, dialogs, incomingInvites, outgoingInvites, clientTransactions, serverTransactions, timers } = this.#ua.metrics();
    const left = Object.entries({ sessions, dialogs, incomingInvites, outgoingInvites, clientTransactions, serverTransactions, timers }).filter(([, count]) => count !== 0);
    if (left.length > 0) this.faults.push(`left behind: ${left.map(([name, count]) => `${count} ${name}`).join(", ")}`);
    const [wire] = this.#wires;
    wire.sent.length = 0;
    const options = request({ method: "OPTIONS" }, { uri: CALLED, from: `${PHONE};tag=alive`, to: `<${CALLED}>`, callId: "alive-check", cseq: 1, branch: "alive" });
    wire.receive(options, options.length);
    if (wire.sent[0]?.toString("latin1", 0, 11) !== "SIP/2.0 200") this.faults.push("does not answer any more");
    await this.#clock.advance(ALL_TIMERS_MS);
    await this.#ua.stop({ graceMs: 0 });
    if (this.#clock.pending !== 0) this.faults.push(`${this.#clock.pending} timers outlive the user agent`);
  }

  #keep(session: Session): void {
    this.#sessions.add(session);
    session.handle({
      reoffer: (offer) => void offer.accept({ body: BODY }),
      refer: (refer) => {
        refer.accept();
        refer.notify(180);
        void refer.finish(200);
      },
      request: (incoming) => incoming.respond({ status: 200 }),
      ended: () => void this.#sessions.delete(session),
    });
  }

  /** Every way a hotline takes a call, in turn. */
  #invited(incoming: IncomingInvite): void {
    this.#waiting.add(incoming);
    void incoming.closed.then(() => this.#waiting.delete(incoming));
    incoming.handle({ reoffer: (offer) => void offer.accept({ body: BODY }) });
    const kind = this.#behaviour % 5;
    if (kind === 1) incoming.reject({ status: 486 });
    if (kind === 2) incoming.ring();
    if (kind === 3) incoming.progress({ status: 183, body: BODY, prack: (prack) => prack.respond({ status: 200, body: BODY }) });
    if (kind === 0 || kind === 3) {
      void incoming.accept({ body: BODY });
      if (incoming.session !== undefined) this.#keep(incoming.session);
    }
    if (kind === 4) void incoming.update({ body: BODY });
  }
}
