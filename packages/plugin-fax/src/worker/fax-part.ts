import type { DatagramPart, DatagramPartPort, OpenDatagramPart } from "@hotlinejs/core";
import { FaxTerminal } from "../domain/terminal.js";
import type { TerminalOutput } from "../domain/terminal.js";
import { T30Receiver } from "../domain/t30/receiver.js";
import { T30Sender } from "../domain/t30/sender.js";
import type { FromTerminal, TerminalSession, ToTerminal } from "./messages.js";

/** Runs a fax terminal on a datagram port, in a media worker. */
export const openDatagrams: OpenDatagramPart = (_options, port) => new FaxPart(port);

class FaxPart implements DatagramPart {
  #terminal: FaxTerminal | undefined;
  /** The far end may begin before its agreement has come through to here. */
  #early: Uint8Array[] = [];

  constructor(private readonly port: DatagramPartPort) {}

  message(message: unknown): void {
    const order = message as ToTerminal;
    if (order.type === "begin") this.#begin(order.session);
    else this.#run((terminal, now) => terminal.stop(now, order.cause));
  }

  datagram(octets: Uint8Array): void {
    if (this.#terminal !== undefined) this.#run((terminal, now) => terminal.datagram(octets, now));
    else if (this.#early.length < 100) this.#early.push(octets);
  }

  close(): void {
    this.port.wakeAt(undefined, () => undefined);
    this.#terminal = undefined;
  }

  #begin(session: TerminalSession): void {
    if (this.#terminal !== undefined) return;
    const { localId } = session;
    const machine = session.role === "receive" ? new T30Receiver({ localId, cedMs: session.cedMs }) : new T30Sender({ localId, pages: session.pages, cng: session.cng, maxBitsPerSecond: session.maxBitsPerSecond });
    this.#terminal = new FaxTerminal({ machine, version: session.version, redundancy: session.redundancy, maxDatagram: session.maxDatagram });
    this.#run((terminal, now) => terminal.start(now));
    const early = this.#early;
    this.#early = [];
    for (const octets of early) this.datagram(octets);
  }

  #run(step: (terminal: FaxTerminal, now: number) => readonly TerminalOutput[]): void {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    for (const output of step(terminal, this.port.now())) {
      if (output.type === "datagram") this.port.send(output.octets);
      else if (output.type === "done") this.#tell({ type: "done", result: output.result, counts: { ...terminal.counts } });
      else this.#tell(output);
    }
    this.port.wakeAt(terminal.deadline, () => this.#run((each, now) => each.tick(now)));
  }

  #tell(message: FromTerminal): void {
    this.port.post(message);
  }
}
