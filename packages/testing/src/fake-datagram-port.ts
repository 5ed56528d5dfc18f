import type { DatagramPort } from "@hotlinejs/core";

/** A datagram port without a network: keeps what its part is told, and the test speaks for the part. */
export class FakeDatagramPort implements DatagramPort {
  readonly localAddress = "127.0.0.1";
  readonly localPort = 30_000;
  readonly closed: Promise<{ reason: "closed" | "worker-failed" }>;
  /** What was sent to the part. */
  readonly posted: unknown[] = [];
  remote: { readonly address: string; readonly port: number } | undefined;
  ended = false;
  readonly #hearers = new Set<(message: unknown) => void>();
  #settle: (end: { reason: "closed" | "worker-failed" }) => void = () => undefined;

  constructor(readonly id: string) {
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  setRemote(remote: { readonly address: string; readonly port: number }): void {
    this.remote = remote;
  }

  post(message: unknown): void {
    if (!this.ended) this.posted.push(message);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.#hearers.add(listener);
    return () => this.#hearers.delete(listener);
  }

  /** The part sends a message. */
  partSends(message: unknown): void {
    for (const hearer of [...this.#hearers]) hearer(message);
  }

  /** The part has failed. */
  fail(): void {
    this.ended = true;
    this.#settle({ reason: "worker-failed" });
  }

  close(): Promise<void> {
    this.ended = true;
    this.#settle({ reason: "closed" });
    return Promise.resolve();
  }
}
