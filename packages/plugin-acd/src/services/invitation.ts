import type { Connection, OutboundCall } from "@hotlinejs/core";
import type { CallMember, Occupation } from "../contract.js";
import type { AgentTalk } from "./agent-talk.js";
import { brokeOff } from "./reattachment.js";
import type { AgentTalkDeps } from "./talk-parts.js";

export interface InvitationHost {
  /** The call as the colleague sees it while it is not the colleague's. */
  readonly show: () => AgentTalk;
  /** The caller is the colleague's; `from`: who gave the caller on, where that is not who asked. */
  readonly keep: (connection: Connection, leg: OutboundCall, from: AgentTalk | undefined) => AgentTalk;
  /** The colleague's, for calling back one that broke off. */
  readonly phones: AgentTalkDeps["phones"];
}

/**
 * A colleague who is rung for another agent's caller, or asked about one: sees the call from the first ring, is offered nothing else
 * meanwhile, and has the caller once the other is out of it.
 * ```
 * (dialled) ringing --answered--> consulting <--> conference (either may be waited for, when the phone breaks off)
 *              \------ transfer ------\---- the other leaves ----> has the caller, after-call work at the end
 * ```
 */
export class Invitation {
  readonly #host: InvitationHost;
  readonly #occupation: Occupation | undefined;
  #talk: AgentTalk | undefined;
  #leg: OutboundCall | undefined;
  #answered = false;
  #kept = false;

  constructor(host: InvitationHost, occupation: Occupation | undefined) {
    this.#host = host;
    this.#occupation = occupation;
  }

  /** @param talking the other agent talks with the colleague, not with the caller */
  at(state: "ringing" | "consulting" | "conference", leg: OutboundCall, talking: boolean): void {
    this.#talk ??= this.#host.show();
    if (state !== "ringing") this.#answered = true;
    if (leg !== this.#leg) {
      this.#leg = leg;
      // A phone that breaks off in the consultation is waited for, or `gone` is told.
      void leg.ended.then((end) => leg !== this.#leg || (this.#answered && brokeOff(end)) || this.gone());
    }
    this.#talk.guest(state, leg, talking);
  }

  get phones(): AgentTalkDeps["phones"] {
    return this.#host.phones;
  }

  /** The colleague's phone broke off in the consultation: taken all the same. @param until epoch ms; @param waiting ends the waiting */
  awaited(until: number, waiting: AbortController): void {
    this.#talk?.awaited(until, waiting);
  }

  /** The leg is over: so is the colleague's part, but for who has the caller. */
  gone(): void {
    if (!this.#kept) this.over();
  }

  /** The conference the colleague is in is another agent's now. */
  hostedBy(given: { readonly by: string; readonly name: string }): void {
    this.#talk?.hostedBy(given);
  }

  /** Who else is in the conference, the one whose it is left out. */
  knows(members: readonly CallMember[]): void {
    if (!this.#kept) this.#talk?.knows(members);
  }

  /** The caller is the colleague's. `undefined`: the leg is over, or the colleague has had the caller. */
  has(connection: Connection, leg: OutboundCall, from?: AgentTalk): AgentTalk | undefined {
    if (leg.signal.aborted || this.#kept) return undefined;
    this.#kept = true;
    const talk = this.#host.keep(connection, leg, from);
    void talk.left.then(() => this.over());
    return talk;
  }

  /** The colleague's part is over, or there never was one. Idempotent. */
  over(): void {
    this.#talk?.close();
    this.#occupation?.release({ wrapUp: this.#kept });
  }
}
