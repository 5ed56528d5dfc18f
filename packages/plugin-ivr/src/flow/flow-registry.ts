import type { FlowDefinition, FlowInfo, Flows } from "../contract.js";
import { errors } from "../errors.js";
import type { CompiledFlow, FlowProblem, FlowSet } from "./compiled-flow.js";
import type { FlowChecks } from "./compile-flows.js";
import { compileFlows } from "./compile-flows.js";

/** The flows as they are now. A call takes `current` when it begins and keeps it. */
export class FlowRegistry implements Flows {
  #current: FlowSet = new Map();
  readonly #checks: () => FlowChecks;
  readonly #calls = new Map<string, number>();

  constructor(checks: () => FlowChecks) {
    this.#checks = checks;
  }

  get current(): FlowSet {
    return this.#current;
  }

  /** @throws `HTL_IVR_FLOW_INVALID` whose details list every problem with its path; then nothing has changed. */
  load(flows: readonly unknown[], more: (flows: FlowSet) => readonly FlowProblem[] = () => []): void {
    const compiled = compileFlows(flows, this.#checks());
    const problems = [...compiled.problems, ...more(compiled.flows)];
    if (problems.length > 0) throw errors.FLOW_INVALID(summary(problems), { details: { problems } });
    this.#current = compiled.flows;
  }

  list(): readonly FlowInfo[] {
    return [...this.#current.values()].map((flow) => this.#info(flow));
  }

  get(id: string): FlowDefinition | undefined {
    return this.#current.get(id)?.definition;
  }

  /** Looks once more at all that was loaded. @throws `HTL_IVR_FLOW_INVALID` */
  check(): void {
    this.load(this.#definitions());
  }

  #definitions(): FlowDefinition[] {
    return [...this.#current.values()].map(({ definition }) => definition);
  }

  put(flow: FlowDefinition): FlowInfo {
    const before = this.#definitions();
    const at = before.findIndex((other) => other.id === flow.id);
    // The caller may go on changing its object.
    const copy = structuredClone(flow);
    this.load(at < 0 ? [...before, copy] : before.with(at, copy));
    const compiled = this.#current.get(flow.id);
    if (!compiled) throw errors.UNKNOWN_FLOW(flow.id);
    return this.#info(compiled);
  }

  /** Counts a call in the flow until the function returned is called. */
  enter(flow: string): () => void {
    this.#calls.set(flow, (this.#calls.get(flow) ?? 0) + 1);
    let inside = true;
    return () => {
      if (inside) this.#calls.set(flow, (this.#calls.get(flow) ?? 1) - 1);
      inside = false;
    };
  }

  #info(flow: CompiledFlow): FlowInfo {
    return { id: flow.id, title: flow.title, version: flow.version, nodes: flow.nodes.size, calls: this.#calls.get(flow.id) ?? 0 };
  }
}

function summary(problems: readonly FlowProblem[]): string {
  const shown = problems.slice(0, 10).map(({ path, message }) => `${path}: ${message}`);
  const hint = problems.some(({ message }) => message.startsWith("there is no prompt")) ? ". Prompts are given to tts({ prompts }), or defined by a plugin in its `register`" : "";
  return shown.join("; ") + (problems.length > shown.length ? `; and ${problems.length - shown.length} more` : "") + hint;
}
