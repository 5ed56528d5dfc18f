import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { DatagramPart, DatagramPartPort } from "@hotlinejs/core";
import { openDatagrams } from "../../src/worker/fax-part.js";
import type { FaxPage } from "../../src/domain/t30/machine.js";
import type { FromTerminal, TerminalSession } from "../../src/worker/messages.js";

type Done = Extract<FromTerminal, { type: "done" }>;
/** Delays of the copies of a datagram that arrive, ms; none: lost. */
export type Weather = (octets: Uint8Array, direction: "in" | "out") => readonly number[];

/** Our fax part on a socket of this process, with weather on its way. */
export class UdpTerminal implements DatagramPartPort {
  readonly pages: FaxPage[] = [];
  readonly trace: string[] = [];
  readonly done: Promise<Done>;
  readonly #socket: Socket;
  readonly #weather: Weather;
  #remote: number | undefined;
  #part: DatagramPart | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settle: (done: Done) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  #closed = false;

  private constructor(socket: Socket, weather: Weather) {
    this.#socket = socket;
    this.#weather = weather;
    this.done = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    socket.on("message", (octets) => this.#later(octets, "in", () => this.#part?.datagram(new Uint8Array(octets))));
  }

  static async open(weather: Weather = () => [0]): Promise<UdpTerminal> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const terminal = new UdpTerminal(socket, weather);
    terminal.#part = await openDatagrams(undefined, terminal);
    return terminal;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  begin(remotePort: number, session: Partial<TerminalSession> & Pick<TerminalSession, "role">): void {
    this.#remote = remotePort;
    this.#part?.message({ type: "begin", session: { version: 0, redundancy: 3, maxDatagram: 400, localId: "+86 12333", ...session } });
  }

  stop(): void {
    this.#part?.message({ type: "stop", cause: "gone" });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#part?.close();
    this.#socket.close();
  }

  send(octets: Uint8Array): void {
    this.#later(octets, "out", () => this.#socket.send(octets, this.#remote ?? 0, "127.0.0.1"));
  }

  post(message: unknown): void {
    const report = message as FromTerminal;
    if (report.type === "page") this.pages.push(report.page);
    else if (report.type === "trace") this.trace.push(report.text);
    else this.#settle(report);
  }

  fail(error: Error): void {
    this.#fail(error);
  }

  now(): number {
    return performance.now();
  }

  wakeAt(time: number | undefined, fn: () => void): void {
    clearTimeout(this.#timer);
    if (time !== undefined && !this.#closed) this.#timer = setTimeout(fn, Math.max(0, time - this.now()));
  }

  #later(octets: Uint8Array, direction: "in" | "out", act: () => void): void {
    const guarded = (): void => {
      if (!this.#closed) act();
    };
    for (const delay of this.#weather(octets, direction)) {
      if (delay === 0) guarded();
      else setTimeout(guarded, delay);
    }
  }
}
