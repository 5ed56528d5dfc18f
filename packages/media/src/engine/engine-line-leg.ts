import type { LineLeg } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { EngineLeg } from "./engine-leg.js";

/** Main-thread handle of a leg on a board line. */
export class EngineLineLeg extends EngineLeg implements LineLeg {
  readonly #hearers = new Set<(message: unknown) => void>();
  /** Came before anybody listened. */
  #early: unknown[] = [];

  post(message: unknown): void {
    if (!this.ended) this.slot.send({ op: "line-message", leg: this.id, message });
  }

  listen(listener: (message: unknown) => void): () => void {
    this.#hearers.add(listener);
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.lineMessage(message);
    return () => this.#hearers.delete(listener);
  }

  protected override lineMessage(message: unknown): void {
    if (this.#hearers.size === 0) this.#early.push(message);
    for (const hearer of [...this.#hearers]) {
      try {
        hearer(message);
      } catch (error) {
        this.context.log?.error({ legId: this.id }, `listener of a line's part failed: ${errorText(error)}`);
      }
    }
  }
}
