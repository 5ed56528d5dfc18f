import { createHash } from "node:crypto";
import type { IvrNodeType, PromptRef, Services } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { z } from "zod";
import type { FlowDefinition, FlowNode } from "../contract.js";
import type { CompiledFlow, CompiledNode, FlowProblem, FlowSet } from "./compiled-flow.js";
import { flowSchema, NODE_KEYS, nodeSchema } from "./flow-schema.js";

export interface FlowChecks {
  readonly types: ReadonlyMap<string, IvrNodeType<unknown>>;
  /** `undefined`: prompts cannot be checked, nobody speaks them. */
  readonly hasPrompt: ((id: string) => boolean) | undefined;
  /** What is malformed about a text to be spoken. */
  readonly textFault?: (text: string) => Error | undefined;
  readonly hasCalendar: (key: string) => boolean;
  /** What the nodes' own plugins know is asked; without it nobody is ready to answer yet. */
  readonly services?: Services | undefined;
}

/** A place another flow may be entered at, besides its start. */
interface Entrance {
  readonly flow: string;
  readonly node: string | undefined;
  readonly path: string;
}

/**
 * Checks flows as a whole and makes them ready to run. Finds everything that is wrong at once: unknown types,
 * bad configuration, outcomes without an edge, edges to nowhere, unreachable nodes, missing prompts, duplicates.
 */
export function compileFlows(flows: readonly unknown[], checks: FlowChecks): { flows: FlowSet; problems: readonly FlowProblem[] } {
  const problems: FlowProblem[] = [];
  const drafts: FlowDraft[] = [];
  const entrances: Entrance[] = [];
  const ids = new Set<string>();
  flows.forEach((flow, index) => {
    const draft = new FlowDraft(flow, `flows[${index}]`, checks, problems, entrances);
    if (draft.id !== undefined && ids.has(draft.id)) problems.push({ path: `flows[${index}].id`, message: `there is already a flow "${draft.id}"` });
    if (draft.id !== undefined) ids.add(draft.id);
    drafts.push(draft);
  });
  for (const { flow, node, path } of entrances) {
    const target = drafts.find((draft) => draft.id === flow);
    if (!target) problems.push({ path: `${path}.flow`, message: `there is no flow "${flow}" (${[...ids].join(", ")})` });
    else if (node !== undefined && !target.has(node)) problems.push({ path: `${path}.node`, message: `flow "${flow}" has no node "${node}"` });
    else if (node !== undefined) target.enteredAt(node);
  }
  const compiled = new Map<string, CompiledFlow>();
  for (const draft of drafts) {
    const flow = draft.finish();
    if (flow) compiled.set(flow.id, flow);
  }
  return { flows: compiled, problems };
}

class FlowDraft {
  readonly #checks: FlowChecks;
  readonly #problems: FlowProblem[];
  readonly #definition: FlowDefinition | undefined;
  /** As given, also where the flow has faults. */
  readonly #name: string;
  readonly #nodes = new Map<string, { node: CompiledNode; path: string }>();
  /** Ids of all nodes, also of those with a fault of their own. */
  readonly #known = new Set<string>();
  readonly #entrances = new Set<string>();

  constructor(raw: unknown, path: string, checks: FlowChecks, problems: FlowProblem[], entrances: Entrance[]) {
    this.#checks = checks;
    this.#problems = problems;
    this.#name = isRecord(raw) && typeof raw.id === "string" ? raw.id : path;
    const parsed = flowSchema.safeParse(raw);
    if (!parsed.success) this.#issues(path, parsed.error);
    const nodes = isRecord(raw) && Array.isArray(raw.nodes) ? (raw.nodes as readonly unknown[]) : [];
    // All ids first: edges may lead forward.
    for (const node of nodes) if (isRecord(node) && typeof node.id === "string") this.#known.add(node.id);
    const seen = new Set<string>();
    const flowGlobals = parsed.success ? (parsed.data.globals ?? {}) : {};
    nodes.forEach((node, index) => this.#node(node, `${path}.nodes[${index}]`, seen, flowGlobals, entrances));
    this.#definition = parsed.success ? (raw as FlowDefinition) : undefined;
    if (!parsed.success) return;
    this.#target(parsed.data.start, `${path}.start`);
    for (const key of ["zero", "fallback"] as const) {
      const target = flowGlobals[key];
      if (target !== undefined) this.#target(target, `${path}.globals.${key}`);
    }
    for (const key of ["invalid", "silence", "goodbye"] as const) {
      const prompt = flowGlobals[key];
      if (prompt !== undefined) this.#prompt(prompt, `${path}.globals.${key}`);
    }
  }

  get id(): string | undefined {
    return this.#definition?.id;
  }

  has(node: string): boolean {
    return this.#known.has(node);
  }

  enteredAt(node: string): void {
    this.#entrances.add(node);
  }

  finish(): CompiledFlow | undefined {
    const definition = this.#definition;
    if (!definition) return undefined;
    const globals = definition.globals ?? {};
    this.#unreachable(definition);
    return {
      id: definition.id,
      title: definition.title ?? definition.id,
      version: createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 12),
      language: definition.language ?? "zh-CN",
      start: definition.start,
      nodes: new Map([...this.#nodes].map(([id, { node }]) => [id, node])),
      zero: globals.zero,
      fallback: globals.fallback,
      invalid: globals.invalid ?? "ivr.invalid",
      silence: globals.silence ?? "ivr.silence",
      goodbye: globals.goodbye ?? "ivr.goodbye",
      maxInvalid: globals.maxInvalid ?? 3,
      desk: definition.desk ?? false,
      secret: definition.secret ?? false,
      definition,
    };
  }

  #node(raw: unknown, path: string, seen: Set<string>, flowGlobals: { zero?: string; star?: boolean; hash?: boolean }, entrances: Entrance[]): void {
    const parsed = nodeSchema.safeParse(raw);
    if (!parsed.success) {
      this.#issues(path, parsed.error);
      return;
    }
    const node = parsed.data as unknown as FlowNode;
    if (seen.has(node.id)) {
      this.#problems.push({ path: `${path}.id`, message: `there is already a node "${node.id}" in this flow` });
      return;
    }
    seen.add(node.id);
    if (node.next !== undefined) this.#target(node.next, `${path}.next`);
    for (const [outcome, target] of Object.entries(node.on ?? {})) this.#target(target, `${path}.on.${outcome}`);
    const type = this.#checks.types.get(node.type);
    if (!type) {
      this.#problems.push({ path: `${path}.type`, message: `unknown node type "${node.type}"; known are ${[...this.#checks.types.keys()].sort().join(", ")}` });
      return;
    }
    const own = Object.fromEntries(Object.entries(node).filter(([key]) => !NODE_KEYS.has(key)));
    const config = this.#checkedConfig(type, own, path);
    if (config === undefined) return;
    if (!config.success) {
      this.#issues(path, config.error);
      return;
    }
    const compiled = this.#wire(node, type, config.data, path, flowGlobals);
    if (!compiled) return;
    this.#nodes.set(node.id, { node: compiled, path });
    this.#builtIn(node.type, config.data, path, entrances);
  }

  /** `undefined`: the schema itself threw, which is told. */
  #checkedConfig(type: IvrNodeType<unknown>, own: object, path: string): ReturnType<IvrNodeType<unknown>["config"]["safeParse"]> | undefined {
    try {
      return type.config.safeParse(own);
    } catch (error) {
      this.#problems.push({ path, message: `node type "${type.type}" cannot use this configuration: ${errorText(error)}` });
      return undefined;
    }
  }

  #wire(node: FlowNode, type: IvrNodeType<unknown>, config: unknown, path: string, flowGlobals: { zero?: string; star?: boolean; hash?: boolean }): CompiledNode | undefined {
    const edges = new Map<string, string>();
    const optional = new Set<string>();
    try {
      const outcomes = type.outcomes(config);
      for (const outcome of outcomes) {
        if (outcome.optional) optional.add(outcome.name);
        const target = node.on?.[outcome.name] ?? node.next;
        if (target !== undefined) edges.set(outcome.name, target);
        else if (!outcome.optional) this.#problems.push({ path: `${path}.on.${outcome.name}`, message: `dead end: node "${node.id}" can end with "${outcome.name}", which leads nowhere` });
      }
      const names = new Set([...outcomes.map((outcome) => outcome.name), "error"]);
      for (const name of Object.keys(node.on ?? {})) {
        if (!names.has(name)) this.#problems.push({ path: `${path}.on.${name}`, message: `a node of type "${node.type}" never ends with "${name}"; it can end with ${[...names].join(", ")}` });
      }
      const failed = node.on?.error;
      if (failed !== undefined) edges.set("error", failed);
      for (const prompt of type.prompts?.(config) ?? []) this.#prompt(prompt, pathOf(prompt, node, path));
      const { services } = this.#checks;
      if (services !== undefined) for (const { key, message } of type.missing?.(config, services) ?? []) this.#problems.push({ path: `${path}.${key}`, message: `${message} (node "${node.id}" of flow "${this.#name}")` });
    } catch (error) {
      this.#problems.push({ path, message: `node type "${node.type}" cannot use this configuration: ${errorText(error)}` });
      return undefined;
    }
    const given = typeof node.globals === "object" ? node.globals : {};
    const on = node.globals !== false;
    return {
      id: node.id,
      type: node.type,
      label: node.label ?? node.id,
      config,
      edges,
      optional,
      globals: { zero: on && (given.zero ?? true), star: on && (given.star ?? flowGlobals.star ?? true), hash: on && (given.hash ?? flowGlobals.hash ?? true) },
    };
  }

  /** What only the flow as a whole can tell about this plugin's own node types. */
  #builtIn(type: string, config: unknown, path: string, entrances: Entrance[]): void {
    if (!isRecord(config)) return;
    if (type === "goto" && typeof config.flow === "string") entrances.push({ flow: config.flow, node: typeof config.node === "string" ? config.node : undefined, path });
    if (type === "hours" && typeof config.calendar === "string" && !this.#checks.hasCalendar(config.calendar)) this.#problems.push({ path: `${path}.calendar`, message: `there is no calendar "${config.calendar}"` });
  }

  #unreachable(definition: FlowDefinition): void {
    if (!this.#known.has(definition.start)) return;
    const open = [definition.start, definition.globals?.zero, definition.globals?.fallback, ...this.#entrances].filter((id) => id !== undefined);
    const reached = new Set<string>();
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (reached.has(id)) continue;
      reached.add(id);
      open.push(...(this.#nodes.get(id)?.node.edges.values() ?? []));
    }
    // A node with a fault of its own has no edges here: what it leads to is not blamed.
    if (this.#nodes.size < this.#known.size) return;
    for (const [id, { path }] of this.#nodes) if (!reached.has(id)) this.#problems.push({ path, message: `node "${id}" can never be reached` });
  }

  #target(id: string, path: string): void {
    if (!this.#known.has(id)) this.#problems.push({ path, message: `there is no node "${id}" in this flow` });
  }

  #prompt(ref: PromptRef, path: string): void {
    if (typeof ref === "object" && "text" in ref) {
      const fault = this.#checks.textFault?.(ref.text);
      if (fault !== undefined) this.#problems.push({ path, message: fault.message });
      return;
    }
    const id = typeof ref === "string" ? ref : ref.id;
    if (this.#checks.hasPrompt?.(id) === false) this.#problems.push({ path, message: `there is no prompt "${id}"` });
  }

  #issues(path: string, error: z.core.$ZodError): void {
    for (const issue of error.issues) {
      const at = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
      this.#problems.push({ path: path + at, message: issue.message });
    }
  }
}

/** Where in the node's own keys the prompt stands. */
function pathOf(prompt: PromptRef, node: FlowNode, path: string): string {
  const id = typeof prompt === "string" ? prompt : "id" in prompt ? prompt.id : undefined;
  const find = (value: unknown, at: string): string | undefined => {
    if (value === id || value === prompt) return at;
    if (Array.isArray(value)) return value.map((each, index) => find(each, `${at}[${index}]`)).find((found) => found !== undefined);
    if (isRecord(value)) return Object.entries(value).map(([key, each]) => find(each, `${at}.${key}`)).find((found) => found !== undefined);
    return undefined;
  };
  for (const [key, value] of Object.entries(node)) {
    const found = NODE_KEYS.has(key) ? undefined : find(value, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return path;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
