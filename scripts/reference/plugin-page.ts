import { head, prose } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import { doc } from "./source.js";
import type { Source } from "./source.js";

/** What whoever writes a plugin meets first, in the order in which it is met. */
const PARTS: readonly (readonly [title: string, types: readonly string[]])[] = [
  ["The manifest", ["PluginDefinition", "PermissionDefinition", "MigrationClass"]],
  ["What register is given", ["PluginContext", "PluginHooks", "TapOptions", "PluginEvents", "ConsumeOptions", "EventEnvelope", "Services", "HealthReport"]],
  ["Data and jobs", ["Uow", "AuditEntry", "AuditWords", "AuditTerm", "JobRequest", "JobDefinition", "JobContext"]],
  ["Routes", ["HttpRoute", "HttpRequest", "Principal", "HttpReply", "HttpContent", "Page"]],
  ["IVR nodes", ["IvrNodeType", "CallSession", "LiveInteraction", "PromptRef", "PromptDefinition", "CollectOptions", "Collected"]],
  ["Pages in the console", ["ConsoleUi", "ConsolePage", "ConsolePanel"]],
];

/** docs/reference/plugin.md: the manifest of a plugin and the types it works with. */
export function pluginPage(source: Source): ReferencePage {
  const missing: string[] = [];
  const open = source.exports("packages/core/src/index.ts");
  const entry = (name: string): string => {
    const declaration = open.get(name);
    if (declaration === undefined) {
      missing.push(`${name} is not exported by @hotlinejs/core`);
      return "";
    }
    const said = doc(declaration);
    if (said === "") missing.push(`${name} has no comment`);
    return `### ${name}\n\n${prose(said)}\n\n\`\`\`ts\n${declaration.getText()}\n\`\`\`\n`;
  };
  return {
    file: "plugin.md",
    missing,
    text: `${head("A plugin's manifest", `What \`definePlugin\` takes, what \`register\` is given, and the types of what a plugin brings: all of them from \`@hotlinejs/core\`. How they go together: [Write a plugin](../guides/write-a-plugin.md).
What a plugin that fails does to the others: [States of a plugin](plugin-states.md).`)}
${PARTS.map(([title, types]) => `## ${title}\n\n${types.map(entry).join("\n")}`).join("\n")}`,
  };
}
