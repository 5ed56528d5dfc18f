import type { AudioSource, CallSession, Connection, FlowVisitResult, Logger } from "@hotlinejs/core";
import type { AgentCallState } from "../contract.js";
import type { Visit } from "./talk-parts.js";

export interface CallerInFlowHost {
  readonly agent: string;
  readonly session: CallSession;
  readonly log: Logger;
  readonly music: Promise<readonly AudioSource[]>;
  readonly state: () => AgentCallState;
  readonly over: () => boolean;
  readonly enter: (state: AgentCallState) => void;
}

/** The stays of an agent's caller in flows: the caller goes through one and comes back; the agent stays in the conversation, alone. */
export class CallerInFlow {
  readonly #host: CallerInFlowHost;
  #visit: Visit | undefined;

  constructor(host: CallerInFlowHost) {
    this.#host = host;
  }

  /** The last one. */
  get visit(): Visit | undefined {
    return this.#visit;
  }

  /** The caller is away in one. */
  get going(): boolean {
    return this.#visit?.outcome === null;
  }

  /** @param begin takes the caller through it; the signal takes the caller back */
  async begin(flow: { readonly id: string; readonly title: string }, begin: (signal: AbortSignal) => Promise<FlowVisitResult>, connection: Connection): Promise<void> {
    const { agent, session, log, enter } = this.#host;
    await connection.hold(session.call);
    const over = new AbortController();
    let done: Promise<FlowVisitResult>;
    try {
      done = begin(over.signal);
    } catch (error) {
      await connection.retrieve(session.call);
      enter("talking");
      throw error;
    }
    const visit: Visit = { ...flow, over, outcome: null, result: null, done };
    this.#visit = visit;
    enter("in-flow");
    // Should the agent hang up meanwhile the caller goes on when the flow is through, not before.
    void connection.keepOpen(visit.done.then((result) => this.#through(visit, result, connection))).catch((error: unknown) => log.error({ err: error, agent, interactionId: session.interaction.id }, "a caller could not be taken back from a flow in order"));
  }

  async takeBack(connection: Connection): Promise<void> {
    const visit = this.#visit;
    if (visit === undefined) return;
    visit.over.abort(new Error("the agent takes the caller back"));
    await this.#through(visit, await visit.done, connection);
  }

  /** The next agent is to find the caller in the queue. */
  abandon(): void {
    this.#visit?.over.abort(new Error("the agent is gone"));
  }

  /** The flow is over: whoever is the agent of the conversation now has the caller back. */
  async #through(visit: Visit, { outcome, result }: FlowVisitResult, connection: Connection): Promise<void> {
    if (visit.outcome !== null) return;
    visit.outcome = outcome;
    visit.result = result ?? null;
    const { session, music, state, over, enter } = this.#host;
    // The agent's phone has broken off meanwhile: the caller waits for it like any other.
    if (state() === "reconnecting" && !over()) return connection.hold(session.call, await music);
    if (connection.members.some(({ call }) => call !== session.call)) await connection.retrieve(session.call);
    if (state() === "in-flow") enter("talking");
  }
}
