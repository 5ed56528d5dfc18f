import { setImmediate as nextTurn } from "node:timers/promises";

/** Lets so much happen in one turn of the event loop, whoever asks; the rest waits for the turns after it, and timers and datagrams come between. */
export class TurnBudget {
  readonly #size: number;
  #left: number;
  #turn: Promise<void> | undefined;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** Resolves when one more may be done. */
  async take(): Promise<void> {
    while (this.#left === 0) await this.#turn;
    this.#left--;
    this.#turn ??= nextTurn().then(() => {
      this.#left = this.#size;
      this.#turn = undefined;
    });
  }
}
