import type { Connection, OutboundCall } from "@hotlinejs/core";
import type { Occupation } from "../contract.js";
import type { AgentTalk } from "./agent-talk.js";

export interface InvitationHost {
  /** The call as the colleague sees it while it is not the colleague's. */
  readonly show: () => AgentTalk;
  /** The caller is the colleague's. */
  readonly keep: (connection: Connection, leg: OutboundCall) => Pick<AgentTalk, "left">;
}

/**
 * A colleague who is rung for another agent's caller, or asked about one: sees the call from the first ring, is offered nothing else
 * meanwhile, and has the caller once the other is out of it.
 * ```
 * (dialled) ringing --answered--> consulting <--> conference
 *              \------ transfer ------\---- the other leaves ----> has the caller, after-call work at the end
 * ```
 */
export class Invitation {
  readonly #host: InvitationHost;
  readonly #occupation: Occupation | undefined;
  #talk: AgentTalk | undefined;
  #kept = false;

  constructor(host: InvitationHost, occupation: Occupation | undefined) {
    this.#host = host;
    this.#occupation = occupation;
  }

  /** @param talking the other agent talks with the colleague, not with the caller */
  at(state: "ringing" | "consulting" | "conference", leg: OutboundCall, talking: boolean): void {
    if (this.#talk === undefined) {
      this.#talk = this.#host.show();
      void leg.ended.then(() => this.#kept || this.over());
    }
    this.#talk.guest(state, leg, talking);
  }

  has(connection: Connection, leg: OutboundCall): void {
    if (leg.signal.aborted || this.#kept) return;
    this.#kept = true;
    void this.#host.keep(connection, leg).left.then(() => this.over());
  }

  /** The colleague's part is over, or there never was one. Idempotent. */
  over(): void {
    this.#talk?.close();
    this.#occupation?.release({ wrapUp: this.#kept });
  }
}
