import { tokenName } from "@hotlinejs/core";
import ts from "typescript";
import { head, prose } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import type { KnownPlugin } from "./plugins.js";
import { doc } from "./source.js";
import type { Source } from "./source.js";

interface KnownToken {
  readonly constant: string;
  readonly name: string;
  readonly importFrom: string | undefined;
  readonly declaration: ts.VariableDeclaration;
  readonly type: ts.TypeNode | undefined;
}

/** docs/reference/tokens.md: what can be got from `services`, and from whom. */
export function tokensPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const core = tokensOf(source, "core", "@hotlinejs/core", "packages/core/src/index.ts");
  const byName = new Map(core.map((each) => [each.name, each]));
  const provided = new Map<string, string>();
  for (const { definition } of plugins) for (const each of definition.provides ?? []) provided.set(tokenName(each), definition.name);
  const entry = (each: KnownToken): string => {
    const { type } = each;
    const shown = type === undefined ? undefined : interfaceOf(source, type);
    const said = doc(each.declaration) || (shown === undefined ? "" : doc(shown));
    if (said === "") missing.push(`token ${each.name} (${each.constant}) has no comment, nor has its interface`);
    return `### ${each.constant}\n\n${prose(said)}\n\n\`\`\`ts\nimport { ${each.constant} } from "${each.importFrom}";\n${shown === undefined ? `// ${type?.getText().replaceAll("\n", "\n// ") ?? "unknown"}` : shown.getText()}\n\`\`\`\n`;
  };
  const kernel = core.filter(({ name, importFrom }) => importFrom !== undefined && !provided.has(name));
  const parts = plugins.flatMap(({ definition, folder, package: name }) => {
    const own = tokensOf(source, folder, `${name}/contract`, `packages/${folder}/src/contract.ts`);
    const open: KnownToken[] = [];
    const inner: string[] = [];
    for (const each of definition.provides ?? []) {
      const called = tokenName(each);
      const known = own.find((one) => one.name === called && one.importFrom !== undefined) ?? byName.get(called) ?? foreign(source, plugins, called);
      if (known?.importFrom === undefined) inner.push(called);
      else open.push(known);
    }
    if (open.length === 0 && inner.length === 0) return [];
    return [`## ${definition.name}\n\n${inner.length === 0 ? "" : `Inner, not for others: ${inner.map((each) => `\`${each}\``).join(", ")}.\n\n`}${open.map(entry).join("\n")}`];
  });
  return {
    file: "tokens.md",
    missing,
    text: `${head("Tokens", `A token is the name under which a capability is found: \`services.get(TOKEN)\`, or \`services.optional(TOKEN)\` where a plugin can do without it. Types and tokens of a plugin are
its \`./contract\` entry, which brings no code of the plugin with it. A token nobody provides is \`HTL_CORE_TOKEN_MISSING\` at start.`)}
## core

Always there.

${kernel.map(entry).join("\n")}
${parts.join("\n")}`,
  };
}

/** A token that one plugin provides and another declares: the voice of plugin-tts. */
function foreign(source: Source, plugins: readonly KnownPlugin[], name: string): KnownToken | undefined {
  for (const { folder, package: from } of plugins) {
    const found = tokensOf(source, folder, `${from}/contract`, `packages/${folder}/src/contract.ts`).find((each) => each.name === name);
    if (found?.importFrom !== undefined) return found;
  }
  return undefined;
}

function tokensOf(source: Source, folder: string, importFrom: string, entryFile: string): readonly KnownToken[] {
  const open = source.has(entryFile) ? new Set(source.exports(entryFile).values()) : new Set<ts.Declaration>();
  const found: KnownToken[] = [];
  for (const file of source.files(folder)) {
    for (const node of source.walk(file)) {
      if (!ts.isVariableDeclaration(node) || node.initializer === undefined || !ts.isCallExpression(node.initializer) || node.initializer.expression.getText() !== "token") continue;
      const [name] = node.initializer.arguments;
      if (name === undefined || !ts.isStringLiteral(name)) continue;
      found.push({ constant: node.name.getText(), name: name.text, importFrom: open.has(node) ? importFrom : undefined, declaration: node, type: node.initializer.typeArguments?.[0] });
    }
  }
  return found.sort((one, other) => one.constant.localeCompare(other.constant));
}

function interfaceOf(source: Source, type: ts.TypeNode): ts.Declaration | undefined {
  if (!ts.isTypeReferenceNode(type) || type.typeArguments !== undefined) return undefined;
  const declaration = source.declaration(type.typeName);
  return declaration !== undefined && (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)) ? declaration : undefined;
}
