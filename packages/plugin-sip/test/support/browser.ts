import { once } from "node:events";
import { SystemClock } from "@hotlinejs/core";
import { WebSocket } from "ws";
import { challengeHandler } from "../../src/digest/challenge-handler.js";
import { createUserAgent } from "../../src/stack/index.js";
import type { Destination, IncomingInvite, InviteOptions, OutgoingInvite, RequestOutcome, UserAgent } from "../../src/stack/index.js";
import { offerOf } from "./phone.js";

/** A phone in a browser: it opens WebSockets and takes no connections (RFC 7118). */
export class Browser {
  readonly agent: UserAgent;
  readonly account: string;
  readonly invites: IncomingInvite[] = [];
  readonly url: string;
  readonly contact = `<sip:k3v9@tab.invalid;transport=ws>;+sip.instance="<urn:uuid:3f1c0a52-5f3b-4f3e-9d3c-000000000001>";reg-id=1`;
  onInvite: (invite: IncomingInvite) => void = (invite) => invite.ring();
  #started: Promise<void> | undefined;
  #socket: WebSocket | undefined;
  #destination: Destination | undefined;

  constructor(url: string, account: string, authorizationUser: string, password: string) {
    this.url = url;
    this.account = account;
    this.agent = createUserAgent({
      clock: new SystemClock(),
      transports: [{ kind: "ws", local: () => ({ address: "tab.invalid", port: 9 }) }],
      userAgentHeader: "test-browser",
      timers: { t1: 50, t2: 400, t4: 500 },
      onInvite: (invite) => {
        this.invites.push(invite);
        this.onInvite(invite);
      },
      onChallenge: challengeHandler(authorizationUser, password),
    });
  }

  /** @param options.ca the authority (PEM) that is believed, and no other, for wss:. */
  async open(options: { origin?: string; protocols?: string[]; ca?: string } = {}): Promise<void> {
    await (this.#started ??= this.agent.start());
    const socket = new WebSocket(this.url, options.protocols ?? ["sip"], { ...(options.origin === undefined ? {} : { origin: options.origin }), ...(options.ca === undefined ? {} : { ca: options.ca }) });
    socket.on("error", () => undefined);
    await Promise.race([once(socket, "open"), once(socket, "close").then(() => Promise.reject(new Error("refused")))]).catch(() => Promise.reject(new Error("refused")));
    const port = Number(new URL(this.url).port);
    const send = (data: string | Buffer): void => (socket.readyState === socket.OPEN ? socket.send(data) : undefined);
    const flow = this.agent.acceptWebSocket("ws", { send, close: () => socket.close() }, { address: "127.0.0.1", port });
    if (flow === undefined) throw new Error("the browser does not run");
    socket.on("message", (data: Buffer) => flow.message(data));
    socket.on("close", () => flow.closed());
    const before = this.#destination?.flow;
    this.#destination = { kind: "ws", host: "127.0.0.1", port, flow: flow.name };
    // As a browser's SIP library does: open calls go on over the new connection.
    if (before !== undefined) this.agent.handOver(before, this.#destination);
    this.#socket = socket;
  }

  /** Cuts the connection, as a network that goes away does. */
  async cut(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === socket.CLOSED) return;
    const closed = once(socket, "close");
    socket.terminate();
    await closed;
  }

  /** Resolves when the hotline closes the connection. */
  async closed(): Promise<void> {
    if (this.#socket !== undefined && this.#socket.readyState !== this.#socket.CLOSED) await once(this.#socket, "close");
  }

  /** What the socket answers to raw text. */
  async say(text: string): Promise<string> {
    const socket = this.#socket as WebSocket;
    const answer = once(socket, "message");
    socket.send(text);
    return String((await answer)[0]);
  }

  register(expires = 120): Promise<RequestOutcome> {
    return this.agent.request({
      method: "REGISTER",
      uri: "sip:127.0.0.1",
      from: `<sip:${this.account}@127.0.0.1>`,
      to: `<sip:${this.account}@127.0.0.1>`,
      contact: this.contact,
      destination: this.#destination as Destination,
      headers: { Expires: String(expires) },
    });
  }

  call(number: string, options: Partial<InviteOptions> = {}): OutgoingInvite {
    return this.agent.invite({ uri: `sip:${number}@127.0.0.1`, from: `<sip:${this.account}@127.0.0.1>`, body: offerOf(40_000), destination: this.#destination as Destination, ...options });
  }

  async stop(): Promise<void> {
    this.#socket?.terminate();
    await this.agent.stop({ graceMs: 0 });
  }
}
