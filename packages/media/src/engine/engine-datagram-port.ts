import type { DatagramPort, Logger } from "@hotlinejs/core";
import { PartMailbox } from "./part-mailbox.js";
import { checkPlace } from "./remote-checks.js";
import type { WorkerSlot } from "./worker-slot.js";

type Reason = "closed" | "worker-failed";

/** Main-thread handle of a datagram port. */
export class EngineDatagramPort implements DatagramPort {
  readonly closed: Promise<{ reason: Reason }>;
  readonly #mailbox: PartMailbox;
  #local = { address: "", port: 0 };
  #reason: Reason | undefined;
  #settle: (end: { reason: Reason }) => void = () => undefined;

  constructor(
    readonly id: string,
    private readonly slot: WorkerSlot,
    log: Logger | undefined,
  ) {
    this.#mailbox = new PartMailbox(id, log);
    this.closed = new Promise((resolve) => (this.#settle = resolve));
    slot.addLeg(id, {
      event: (event) => {
        if (event.type === "ended") this.#end(event.reason);
      },
      keyDown: () => undefined,
      playEnd: () => undefined,
      lineMessage: (message) => this.#mailbox.deliver(message),
      gone: (reason) => this.#end(reason),
    });
  }

  get localAddress(): string {
    return this.#local.address;
  }

  get localPort(): number {
    return this.#local.port;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  /** Told once by who made it. */
  bound(local: { address: string; port: number }): void {
    this.#local = local;
  }

  setRemote(remote: { readonly address: string; readonly port: number }): void {
    checkPlace(remote.address, remote.port);
    if (!this.ended) this.slot.send({ op: "port-remote", leg: this.id, remote: { address: remote.address, port: remote.port } });
  }

  post(message: unknown): void {
    if (!this.ended) this.slot.send({ op: "line-message", leg: this.id, message });
  }

  listen(listener: (message: unknown) => void): () => void {
    return this.#mailbox.listen(listener);
  }

  async close(): Promise<void> {
    if (this.ended) return;
    // Messages that are on their way still arrive before this is answered.
    await this.slot.request<"close-port">({ op: "close-port", leg: this.id }).catch(() => undefined); // Gone already: closed all the same.
    this.#end("closed");
  }

  #end(reason: Reason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.slot.removeLeg(this.id);
    this.#settle({ reason });
  }
}
