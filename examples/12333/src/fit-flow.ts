import type { PromptDefinition, PromptRef } from "@hotlinejs/core";
import type { FlowDefinition, FlowNode } from "@hotlinejs/plugin-ivr/contract";

/** Said where a caller would come to something that no plugin present can do. */
export const NOT_OFFERED = "这项服务暂时没有。";

export interface FitOptions {
  /** Node types of the plugins present. */
  readonly types: ReadonlySet<string>;
  /** Nodes that are of no use without another type: the menu of fax without fax. */
  readonly needs: Readonly<Record<string, string>>;
  /** What menus say, by id. Each choice stands in a clause of its own that ends with 请按 and its key. */
  readonly prompts: readonly PromptDefinition[];
  /** Where a way ends that leads nowhere any more. */
  readonly last: string;
}

/**
 * The flow without what nobody does: choices that lead there are taken out of their menus, the keys and the spoken words (the other keys
 * stay as they are); where a way leads there by itself, the caller is told and goes on behind it.
 */
export function fitFlow(flow: FlowDefinition, { types, needs, prompts, last }: FitOptions): FlowDefinition {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const offered = (id: string): boolean => {
    const node = nodes.get(id);
    const need = needs[id];
    return node !== undefined && types.has(node.type) && (need === undefined || types.has(need));
  };
  if (flow.nodes.every(({ id }) => offered(id))) return flow;

  const zero = flow.globals?.zero !== undefined && offered(flow.globals.zero);
  const behind = (id: string): string => {
    const seen = new Set<string>();
    for (let at: string | undefined = id; at !== undefined && !seen.has(at); ) {
      if (offered(at)) return at;
      seen.add(at);
      const node = nodes.get(at);
      at = node?.next ?? Object.values(node?.on ?? {})[0];
    }
    return last;
  };
  const fitted = flow.nodes.map((node): FlowNode => {
    if (!offered(node.id)) return { id: node.id, type: "play", prompt: { text: NOT_OFFERED }, next: behind(node.next ?? Object.values(node.on ?? {})[0] ?? last) };
    if (isKeys(node.exitKeys)) return withoutExits(node, node.exitKeys, (outcome) => offered(node.on?.[outcome] ?? node.next ?? ""));
    if (node.type !== "menu") return node;
    const gone = [...String(node.keys)].filter((key) => !offered(node.on?.[key] ?? node.next ?? ""));
    const unsaid = zero ? gone : [...gone, "0"];
    const text = without(textOf(node.prompt as PromptRef, prompts), unsaid);
    if (gone.length === 0 && text === textOf(node.prompt as PromptRef, prompts)) return node;
    const on = Object.fromEntries(Object.entries(node.on ?? {}).filter(([outcome]) => !gone.includes(outcome)));
    return { ...node, keys: [...String(node.keys)].filter((key) => !gone.includes(key)).join(""), on, prompt: { text } };
  });
  const { zero: zeroNode, ...globals } = flow.globals ?? {};
  return { ...flow, globals: zero ? { ...globals, zero: zeroNode } : globals, nodes: reachable(fitted, [flow.start, zero ? zeroNode : undefined, globals.fallback]) };
}

/** Keys that leave a queue, each with its outcome. */
function isKeys(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null;
}

/** Without the keys that lead nowhere; the words for those that stay are the queue's own. */
function withoutExits(node: FlowNode, keys: Readonly<Record<string, string>>, leadsOn: (outcome: string) => boolean): FlowNode {
  const gone = Object.values(keys).filter((outcome) => !leadsOn(outcome));
  if (gone.length === 0) return node;
  const exitKeys = Object.fromEntries(Object.entries(keys).filter(([, outcome]) => !gone.includes(outcome)));
  return { ...node, exitKeys, on: Object.fromEntries(Object.entries(node.on ?? {}).filter(([outcome]) => !gone.includes(outcome))) };
}

function textOf(prompt: PromptRef, prompts: readonly PromptDefinition[]): string {
  if (typeof prompt === "object" && "text" in prompt) return prompt.text;
  const id = typeof prompt === "string" ? prompt : prompt.id;
  return prompts.find((each) => each.id === id)?.text ?? "";
}

/** `咨询请按1，留言请按2。返回请按星号键。` without 2: `咨询请按1。返回请按星号键。` */
function without(text: string, keys: readonly string[]): string {
  return text
    .split("。")
    .map((sentence) => sentence.split("，").filter((clause) => !keys.some((key) => clause.endsWith(`请按${key}`))).join("，"))
    .filter((sentence) => sentence !== "")
    .map((sentence) => `${sentence}。`)
    .join("");
}

/** A flow must not hold nodes that nobody can get to. */
function reachable(nodes: readonly FlowNode[], roots: readonly (string | undefined)[]): readonly FlowNode[] {
  const found = new Set<string>();
  const visit = (id: string | undefined): void => {
    const node = nodes.find((each) => each.id === id);
    if (node === undefined || found.has(node.id)) return;
    found.add(node.id);
    for (const target of [node.next, ...Object.values(node.on ?? {})]) visit(target);
  };
  for (const id of roots) visit(id);
  return nodes.filter((node) => found.has(node.id));
}
