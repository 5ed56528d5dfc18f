import type { AudioSource, Call, CallSession, Connection, Logger, OutboundCall, TransferTarget } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AgentSnapshot, FollowedCall, Occupation } from "../contract.js";
import { targetDigits } from "../domain/call-target.js";
import { acdErrors } from "../errors.js";
import type { AgentTalk } from "./agent-talk.js";
import type { CallTargets } from "./call-targets.js";
import type { Invitation } from "./invitation.js";
import type { PhoneCalls } from "./phone-calls.js";
import type { TalkFacts, Target } from "./talk-parts.js";

export interface PhoneTransfersDeps {
  readonly log: Logger;
  readonly music: () => Promise<readonly AudioSource[]>;
  readonly targets: CallTargets;
  readonly phones: PhoneCalls;
  readonly agent: (number: string) => AgentSnapshot | undefined;
  readonly agentAt: (address: string) => string | undefined;
  readonly occupy: (agent: string, interactionId: string, options: { readonly signedOut: boolean }) => Occupation | undefined;
  readonly has: (agent: string) => boolean;
  /** Of whom this is the leg. */
  readonly talkOf: (leg: Call) => AgentTalk | undefined;
  /** Whose leg it is, or was. */
  readonly ownerOf: (leg: Call) => AgentTalk | undefined;
  /** @throws HTL_ACD_AGENT_BUSY */
  readonly invite: (talk: AgentTalk, target: Target) => Invitation | undefined;
  /** @throws HTL_ACD_AGENT_BUSY */
  readonly takeFree: (agent: string, interactionId: string) => Occupation | undefined;
  readonly keep: (agent: string, call: FollowedCall, from: AgentTalk | undefined) => AgentTalk;
  /** The agent has the caller. */
  readonly begin: (facts: TalkFacts) => AgentTalk;
  /** Nobody could take the caller back. */
  readonly lost: (session: CallSession) => void;
}

/** What agents do with the keys of their telephones: blind and attended transfers, and callers who come back from them. */
export class PhoneTransfers {
  readonly #deps: PhoneTransfersDeps;
  readonly #heard = new WeakSet<Connection>();

  constructor(deps: PhoneTransfersDeps) {
    this.#deps = deps;
  }

  /** Each conversation once. */
  listen(session: CallSession, connection: Connection): void {
    if (this.#heard.has(connection)) return;
    this.#heard.add(connection);
    connection.whenReturned((from, ring) => this.#returned(session, connection, from, ring));
    connection.directTransfers((from, number) => this.#directed(connection, from, number));
    connection.subscribe((event) => {
      if (event.type !== "transferred") return;
      if (event.attended) this.#deps.phones.joined(session, connection, event.to, event.from);
      else this.#transferredByPhone(session, connection, event.to, event.from);
    });
  }

  /** Where a blind transfer by an agent's phone leads: as one from the screen. */
  #directed(connection: Connection, from: Call, number: string): TransferTarget | { readonly refuse: number } | undefined {
    const talk = this.#deps.talkOf(from);
    const digits = targetDigits(number);
    if (talk === undefined || digits === undefined) return undefined;
    // Who is sent there, of all those who talk? The bar has an order for it: leave them to each other.
    if (digits === talk.agent || talk.state === "conference") return { refuse: 603 };
    const colleague = this.#deps.agent(digits);
    if (colleague === undefined) return undefined;
    if (!colleague.reachable) return { refuse: 480 };
    let invitation: Invitation | undefined;
    try {
      invitation = this.#deps.invite(talk, this.#deps.targets.find(talk.agent, digits));
    } catch (error) {
      if (isHotlineError(error, acdErrors.AGENT_BUSY.code)) return { refuse: 486 };
      throw error;
    }
    return {
      to: colleague.address,
      role: "agent",
      dialled: (call) => invitation?.at("ringing", call, false),
      settled: (call) => (call === undefined ? invitation?.over() : invitation?.has(connection, call)),
    };
  }

  /** A blind transfer by the agent's phone has been answered; where it was by an agent, the caller is that one's. */
  #transferredByPhone(session: CallSession, connection: Connection, calls: readonly Call[], from: Call): void {
    for (const call of calls) {
      const agent = this.#deps.agentAt(call.to.uri);
      if (agent === undefined || this.#deps.has(agent)) continue;
      const occupation = this.#deps.occupy(agent, session.interaction.id, { signedOut: true });
      const talk = this.#deps.keep(agent, { session, connection, call: call as OutboundCall }, this.#deps.talkOf(from));
      void talk.left.then(() => occupation?.release({ wrapUp: true }));
    }
  }

  /** A transfer reached nobody: the agent has the call again, unless there is another one by now; then the queue, first in line. */
  async #returned(session: CallSession, connection: Connection, from: Call, ring: () => Promise<OutboundCall | undefined>): Promise<OutboundCall | undefined> {
    const before = this.#deps.ownerOf(from);
    if (before === undefined) return ring();
    const { agent } = before;
    let occupation: Occupation | undefined;
    let call: OutboundCall | undefined;
    try {
      // Taken from the first ring on, or a queue would ring the same phone.
      occupation = this.#deps.takeFree(agent, session.interaction.id);
      call = await ring();
    } catch (error) {
      this.#deps.log.info({ agent, interactionId: session.interaction.id, error: errorText(error) }, "an agent cannot have a caller back");
    }
    if (call === undefined) {
      occupation?.release();
      this.#deps.lost(session);
      return undefined;
    }
    const { queue, queueName, direction } = before.view();
    const talk = this.#deps.begin({ agent, session, direction, queue: queue === null ? null : { key: queue, name: queueName ?? queue }, waitMs: null, ringUntil: null, state: "talking", music: this.#deps.music() });
    talk.connected(connection, call);
    void talk.left.then(() => occupation?.release({ wrapUp: true }));
    return call;
  }
}
