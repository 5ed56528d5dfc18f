import { MUTE_AFTER, MUTE_MS, tapPolicies } from "../../packages/core/src/hooks/tap-policy.js";
import type { HookName } from "../../packages/core/src/hooks/hooks.js";
import ts from "typescript";
import { head, prose } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import { doc, tags } from "./source.js";
import type { Source } from "./source.js";

const FILE = "packages/core/src/hooks/hooks.ts";

const WAYS: Readonly<Record<string, string>> = {
  AsyncSeriesBailHook: "One tap after the other; the first that returns something decides, the rest are not asked.",
  AsyncSeriesWaterfallHook: "One tap after the other; each gets what the one before returned. Returning nothing keeps it.",
  AsyncParallelHook: "All taps at once; what they return is not looked at.",
};

const FAILURES = {
  skip: "It is passed over, as if it were not there.",
  closed: "It counts as a refusal. Taps of this hook are never muted.",
  throw: "Whoever runs the hook falls back: the flow goes on at its fallback node.",
};

/** docs/reference/hooks.md: when each runs, what a tap gets and may return, what failing means. */
export function hooksPage(source: Source): ReferencePage {
  const missing: string[] = [];
  const parts: string[] = [];
  const types = new Map<string, ts.Declaration>();
  for (const node of source.walk(source.file(FILE))) {
    if (!ts.isPropertyAssignment(node) || !(node.name.getText() in tapPolicies)) continue;
    const name = node.name.getText() as HookName;
    const made = [...source.walk(node.initializer)].find((each): each is ts.NewExpression => ts.isNewExpression(each) && each.expression.getText() in WAYS);
    if (made === undefined) throw new Error(`${FILE}: ${name} is made in a way this page does not know`);
    const keyed = ts.isNewExpression(node.initializer) && node.initializer.expression.getText() === "HookMap";
    const when = doc(node);
    if (when === "") missing.push(`hook ${name} has no comment`);
    const returns = tags(node, "returns").join(" ");
    if (returns === "") missing.push(`hook ${name} does not say what a tap returns (@returns)`);
    const [args, result] = made.typeArguments ?? [];
    const given = args !== undefined && ts.isTupleTypeNode(args) ? args.elements : [];
    for (const type of [...given, ...(result === undefined ? [] : [result])]) for (const each of source.walk(type)) if (ts.isTypeReferenceNode(each)) noteType(source, each.typeName, types);
    const call = made.arguments?.[0];
    const names = call !== undefined && ts.isArrayLiteralExpression(call) ? call.elements.map((each) => each.getText().replaceAll('"', "")) : [];
    const back = result?.getText() ?? (made.expression.getText() === "AsyncSeriesWaterfallHook" ? `${given[0]?.getText() ?? "unknown"} | undefined` : "void");
    const policy = tapPolicies[name];
    const signature = `hooks.${name}${keyed ? `.for("…")` : ""}.tap(async (${given.map((type, index) => `${names[index] ?? "value"}: ${type.getText()}`).join(", ")}): Promise<${back}> => { … }, { stage: 0 })`;
    parts.push(`## ${name}

${prose(when)}

\`\`\`ts
${signature}
\`\`\`

- **Returns.** ${prose(returns)}
- **Order.** ${WAYS[made.expression.getText()]}
- **Budget.** ${policy.budgetMs === undefined ? "No time of its own: `signal` of the context ends it." : `${policy.budgetMs} ms for all taps together.`}
- **A tap that throws or is late.** ${FAILURES[policy.onFailure]}
`);
  }
  const shown = [...types.entries()].sort(([one], [other]) => one.localeCompare(other));
  for (const [name, declaration] of shown) if (doc(declaration) === "") missing.push(`${name}, which a hook gives or takes, has no comment`);
  return {
    file: "hooks.md",
    missing,
    text: `${head("Hooks", `Hooks decide. They are awaited and ordered, and may change or stop what happens. A plugin taps them in \`register\`; the tap carries the plugin's name and \`tap\` returns
a function that takes it back. Taps run in the order of their \`stage\`: -100 security, -10 enrichment, 0 default, 10 policy, 100 audit; within a stage in the order of the plugins.
${MUTE_AFTER} failures in a row mute a tap for ${MUTE_MS / 1000} s and publish [\`plugin.degraded\`](events.md#plugin-degraded). A name that is no hook is \`HTL_CORE_HOOK_UNKNOWN\`, which lists them.`)}
${parts.join("\n")}
## Types

${shown.map(([name, declaration]) => `### ${name}\n\n${prose(doc(declaration))}\n\n\`\`\`ts\n${declaration.getText()}\n\`\`\`\n`).join("\n")}`,
  };
}

/** Types of our own packages; those of the language explain themselves. */
export function noteType(source: Source, name: ts.EntityName, into: Map<string, ts.Declaration>): void {
  const declaration = source.declaration(name);
  if (declaration === undefined || !declaration.getSourceFile().fileName.includes("/packages/")) return;
  if (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)) into.set(name.getText(), declaration);
}
