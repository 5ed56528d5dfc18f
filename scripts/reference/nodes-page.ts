import type { IvrNodeType } from "@hotlinejs/core";
import ts from "typescript";
import { optionTable } from "./config-page.js";
import { code, head, prose, table } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import type { KnownPlugin } from "./plugins.js";
import { property } from "./plugins.js";
import { doc, tags } from "./source.js";
import type { Source } from "./source.js";

/** docs/reference/ivr-nodes.md: what each node is given and how it may end. */
export function nodesPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const parts = plugins.flatMap(({ definition, folder, package: name }) => (definition.ivrNodes ?? []).map((node) => entry(source, node, folder, name, missing)));
  return {
    file: "ivr-nodes.md",
    missing,
    text: `${head("IVR nodes", `A flow is a list of nodes. Each has an \`id\`, a \`type\`, the options of its type, and edges: \`on: { outcome: "id of a node" }\` and \`next\` for every outcome that \`on\` does not
name. An outcome without an edge, or an edge to nowhere, stops the start with \`HTL_IVR_FLOW_INVALID\`. A node can also end by \`$back\` (the caller pressed \`*\`) and \`$agent\` (the
caller pressed \`0\`), which the flow's \`globals\` lead on. How to put a flow together: [Write a flow](../guides/write-a-flow.md).`)}
${parts.join("\n")}`,
  };
}

function entry(source: Source, node: IvrNodeType<unknown>, folder: string, owner: string, missing: string[]): string {
  const { declaration, config } = written(source, folder, node.type);
  const said = doc(declaration);
  if (said === "") missing.push(`node ${node.type} has no comment`);
  const outcomes = tags(declaration, "outcome").map((text) => {
    const [, names = "", meaning = ""] = /^(.*?)\s+-\s+(.*)$/.exec(text) ?? [];
    if (meaning === "") missing.push(`node ${node.type}: "@outcome ${text}" is not "@outcome name - meaning"`);
    return { name: names, meaning };
  });
  const options = optionTable(source, node.config as never, config, `node ${node.type}`);
  missing.push(...options.missing);
  const [example] = tags(declaration, "example");
  if (example === undefined) missing.push(`node ${node.type} has no @example`);
  else missing.push(...exampleFaults(node, example, outcomes.map(({ name }) => name)));
  return `## ${node.type}

${prose(said)} Package \`${owner}\`.

\`\`\`json
${example ?? ""}
\`\`\`

${options.text}

${outcomes.length === 0 ? "No outcomes: the node ends or leaves the flow." : table(["outcome", "when"], outcomes.map(({ name, meaning }) => [code(name), meaning]))}
`;
}

/** An example that the node itself would not take, and outcomes of it that nobody explains. */
function exampleFaults(node: IvrNodeType<unknown>, example: string, told: readonly string[]): string[] {
  const faults: string[] = [];
  const { type, id: _id, next: _next, on, ...options } = JSON.parse(example) as { type: string; id?: string; next?: string; on?: Record<string, string> };
  if (type !== node.type) faults.push(`node ${node.type}: its @example is of type ${type}`);
  const parsed = node.config.safeParse(options);
  if (!parsed.success) return [...faults, `node ${node.type}: its @example is not taken: ${parsed.error.message}`];
  const names = node.outcomes(parsed.data).map(({ name }) => name);
  for (const name of names) if (!told.some((each) => each === name || (/^the /.test(each) && on !== undefined && name in on))) faults.push(`node ${node.type}: outcome ${name} is not explained (@outcome ${name} - ...)`);
  // What is explained must exist, at least with other options.
  for (const each of told) if (!/^the /.test(each) && !names.includes(each) && !node.outcomes.toString().includes(`"${each}"`)) faults.push(`node ${node.type}: outcome ${each} is explained, but there is none`);
  return faults;
}

function written(source: Source, folder: string, type: string): { declaration: ts.VariableDeclaration; config: ts.Expression } {
  for (const file of source.files(folder)) {
    for (const node of source.walk(file)) {
      if (!ts.isVariableDeclaration(node) || node.initializer === undefined || !ts.isCallExpression(node.initializer) || node.initializer.expression.getText() !== "defineIvrNode") continue;
      const [given] = node.initializer.arguments;
      if (given === undefined || !ts.isObjectLiteralExpression(given) || property(given, "type")?.getText() !== JSON.stringify(type)) continue;
      const config = property(given, "config");
      if (config !== undefined) return { declaration: node, config };
    }
  }
  throw new Error(`packages/${folder} has no defineIvrNode({ type: ${JSON.stringify(type)} })`);
}
