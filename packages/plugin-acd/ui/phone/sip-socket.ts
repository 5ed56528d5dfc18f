import * as JsSIP from "jssip";
import type { Socket } from "jssip/lib/Socket.js";

/** RFC 5626 section 4.4.1, which RFC 7118 section 6 takes over: two line ends ask, one answers. */
const PING = "\r\n\r\n";
/** So long the hotline may take to answer; a whole way there and back takes a tenth of it on a bad mobile network. */
const ANSWER_MS = 2_000;
/** So long a connection may take to open. A browser by itself waits for minutes where nobody answers. */
const OPEN_MS = 5_000;
/** Asked by itself so often, so that no agent counts as reachable by a connection that is none. */
const ASK_EVERY_MS = 30_000;

/** The WebSocket of a telephone, which finds out that its network has gone: a browser keeps a socket "open" for as long as TCP tries, a quarter of an hour. */
export class SipSocket implements Pick<Socket, "url" | "via_transport" | "sip_uri" | "connect" | "disconnect" | "send"> {
  // Set by the user agent.
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: (data: unknown) => void = () => undefined;
  readonly #socket: Socket;
  #opening: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setInterval> | undefined;
  #proof: { readonly result: Promise<boolean>; settle(alive: boolean): void } | undefined;

  constructor(url: string) {
    const socket = new JsSIP.WebSocketInterface(url) as Socket & { ondata(data: unknown): void };
    socket.onconnect = () => {
      clearTimeout(this.#opening);
      clearInterval(this.#asking);
      this.#asking = setInterval(() => void this.prove(), ASK_EVERY_MS);
      this.onconnect();
    };
    socket.ondisconnect = (error: boolean, code?: number, reason?: string) => {
      this.#rest();
      this.ondisconnect(error, code, reason);
    };
    socket.ondata = (data: unknown) => {
      this.#proof?.settle(true);
      this.ondata(data);
    };
    this.#socket = socket;
  }

  get url(): string {
    return this.#socket.url;
  }
  get sip_uri(): string {
    return this.#socket.sip_uri;
  }
  get via_transport(): string {
    return this.#socket.via_transport;
  }
  set via_transport(value: string) {
    this.#socket.via_transport = value;
  }

  connect(): void {
    clearTimeout(this.#opening);
    this.#opening = setTimeout(() => this.#giveUp("not open in time"), OPEN_MS);
    this.#socket.connect();
  }

  disconnect(): void {
    this.#rest();
    this.#socket.disconnect();
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    return this.#socket.send(message);
  }

  /** Whether the hotline still answers by this connection. If not it is given up, and the user agent opens another. One question at a time. */
  prove(): Promise<boolean> {
    if (this.#proof !== undefined) return this.#proof.result;
    if (!this.#socket.send(PING)) return Promise.resolve(false);
    let settle: (alive: boolean) => void = () => undefined;
    const result = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        settle(false);
        this.#giveUp("a ping was not answered");
      }, ANSWER_MS);
      settle = (alive) => {
        clearTimeout(timer);
        this.#proof = undefined;
        resolve(alive);
      };
    });
    this.#proof = { result, settle: (alive) => settle(alive) };
    return result;
  }

  #giveUp(reason: string): void {
    this.disconnect();
    this.ondisconnect(true, undefined, reason);
  }

  #rest(): void {
    clearTimeout(this.#opening);
    clearInterval(this.#asking);
    this.#proof?.settle(false);
  }
}
