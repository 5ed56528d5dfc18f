import type { LineLeg, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { BoardChannel } from "./board-driver.js";

/** A line in use with the leg around its sound: from the first ring, or the first moment of dialling, until both are let go. */
export class Seizure {
  readonly channel: BoardChannel;
  readonly leg: LineLeg;
  readonly #log: Logger;
  readonly #released: () => void;
  #over = false;
  #closed: Promise<void> = Promise.resolve();

  /** @param released told once, when the line is free again. */
  constructor(channel: BoardChannel, leg: LineLeg, log: Logger, released: () => void) {
    this.channel = channel;
    this.leg = leg;
    this.#log = log;
    this.#released = released;
    channel.attach(leg);
  }

  /** Hangs up and ends the leg. Idempotent, never rejects. */
  release(): Promise<void> {
    if (!this.#over) {
      this.#over = true; // first: closing the leg may lead here again
      this.#closed = this.#letGo();
    }
    return this.#closed;
  }

  async #letGo(): Promise<void> {
    this.channel.onHook();
    this.#released();
    try {
      await this.leg.close();
    } catch (error) {
      this.#log.warn({ line: this.channel.key, error: errorText(error) }, "the leg of a line could not be closed in order");
    }
  }
}
