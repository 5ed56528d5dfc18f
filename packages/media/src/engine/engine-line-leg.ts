import type { LineLeg } from "@hotlinejs/core";
import { EngineLeg } from "./engine-leg.js";
import { PartMailbox } from "./part-mailbox.js";

/** Main-thread handle of a leg on a board line. */
export class EngineLineLeg extends EngineLeg implements LineLeg {
  readonly #mailbox = new PartMailbox(this.id, this.context.log);

  post(message: unknown): void {
    if (!this.ended) this.slot.send({ op: "line-message", leg: this.id, message });
  }

  listen(listener: (message: unknown) => void): () => void {
    return this.#mailbox.listen(listener);
  }

  protected override lineMessage(message: unknown): void {
    this.#mailbox.deliver(message);
  }
}
