import type { CallSession, FlowVisitResult, FlowVisits, Logger, Services } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { errors } from "../errors.js";
import type { CompiledFlow, FlowSet } from "../flow/compiled-flow.js";
import type { FlowRegistry } from "../flow/flow-registry.js";
import { RECORDINGS } from "./recordings.js";

export interface FlowVisitsDeps {
  readonly registry: FlowRegistry;
  readonly services: Services;
  readonly log: Logger;
  /** Takes the caller through a flow, as a visit. */
  readonly run: (session: CallSession, flow: CompiledFlow, flows: FlowSet) => Promise<FlowVisitResult>;
}

/** See FlowVisits: callers whom an agent sends to a flow and gets back. */
export class DefaultFlowVisits implements FlowVisits {
  readonly #deps: FlowVisitsDeps;

  constructor(deps: FlowVisitsDeps) {
    this.#deps = deps;
  }

  list(): readonly { readonly id: string; readonly title: string }[] {
    return [...this.#deps.registry.current.values()].filter(({ desk }) => desk).map(({ id, title }) => ({ id, title }));
  }

  visit(session: CallSession, id: string, { signal }: { readonly signal: AbortSignal }): Promise<FlowVisitResult> {
    const flows = this.#deps.registry.current;
    const flow = flows.get(id);
    if (flow === undefined) throw errors.UNKNOWN_FLOW(id);
    if (!flow.desk) throw errors.NOT_FOR_DESK(id);
    return this.#visit(session, flow, flows, signal);
  }

  async #visit(session: CallSession, flow: CompiledFlow, flows: FlowSet, signal: AbortSignal): Promise<FlowVisitResult> {
    const { registry, services, log, run } = this.#deps;
    const { interaction, call } = session;
    const recordings = flow.secret ? services.optional(RECORDINGS) : undefined;
    recordings?.pause(interaction.id);
    const leave = registry.enter(flow.id);
    interaction.event("ivr.visit-began", { flow: flow.id, version: flow.version });
    let end: FlowVisitResult;
    try {
      // What was keyed in the talk was for the agent.
      await call.collect({ flush: true, max: 1, signal: AbortSignal.abort() });
      end = await run(onLoan(session, signal), flow, flows);
    } catch (error) {
      if (!call.signal.aborted) log.error({ err: error, interactionId: interaction.id, flow: flow.id }, "a caller could not be taken through a flow");
      end = { outcome: "failed" };
    } finally {
      leave();
      recordings?.resume(interaction.id);
    }
    const result: FlowVisitResult = session.signal.aborted || call.signal.aborted ? { outcome: "gone" } : signal.aborted ? { outcome: "taken-back" } : end;
    interaction.event("ivr.visit-ended", { flow: flow.id, ...result });
    await this.#forgetKeys(session);
    return result;
  }

  /** What was keyed and not taken is nobody's. */
  async #forgetKeys({ call }: CallSession): Promise<void> {
    try {
      if (!call.signal.aborted) await call.collect({ flush: true, max: 1, signal: AbortSignal.abort() });
    } catch (error) {
      this.#deps.log.debug({ error: errorText(error) }, "keys of a visit could not be cleared");
    }
  }
}

/** The session as the flow has it: over when the agent takes the caller back. */
function onLoan(session: CallSession, signal: AbortSignal): CallSession {
  const over = AbortSignal.any([session.signal, signal]);
  return {
    interaction: session.interaction,
    call: session.call,
    signal: over,
    plan: session.plan,
    get language() {
      return session.language;
    },
    set language(language) {
      session.language = language;
    },
  };
}
