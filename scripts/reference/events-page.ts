import { coreEvents } from "../../packages/core/src/kernel/core-manifest.js";
import type { EventDefinition } from "@hotlinejs/core";
import ts from "typescript";
import { code, head, prose, table } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import type { KnownPlugin } from "./plugins.js";
import { doc } from "./source.js";
import type { Source } from "./source.js";

const EVENT_MAP = "packages/core/src/events/event-map.ts";

/** docs/reference/events.md: names, payloads, what is durable. */
export function eventsPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const members = eventMembers(source);
  const words = vocabulary(source);
  const declared = new Set<string>();
  const section = (owner: string, importFrom: string, events: readonly EventDefinition[]): string => {
    const parts = [...events].sort((one, other) => one.name.localeCompare(other.name)).map((event) => {
      declared.add(event.name);
      const member = members.get(event.name);
      if (member === undefined) {
        missing.push(`event ${event.name} is declared at run time, but not in EventMap`);
        return "";
      }
      const said = doc(member).replace(/^Durable\.\s*/, "");
      if (said === "") missing.push(`event ${event.name} has no comment that says when it happens`);
      return `### ${event.name}\n\n${prose(said)} ${event.durable ? "**Durable.**" : "Not durable."} Version ${event.v}.\n\n${payload(source, event.name, member, words, missing)}\n`;
    });
    return `## ${owner}\n\nTypes: \`${importFrom}\`.\n\n${parts.join("\n")}`;
  };
  const sections = [section("core", "@hotlinejs/core", coreEvents), ...plugins.filter(({ definition }) => (definition.events ?? []).length > 0).map(({ definition, package: name }) => section(definition.name, `${name}/contract`, definition.events ?? []))];
  for (const name of members.keys()) if (!declared.has(name)) missing.push(`event ${name} is in EventMap, but no plugin declares it at run time`);
  return {
    file: "events.md",
    missing,
    text: `${head("Events", `Events tell what has happened; they are sent after commit and can never fail whoever sent them. \`events.handle(name, fn)\` hears them, \`events.on(name)\` is an rxjs
Observable of them. **Durable** ones are written with the change they tell of and can be worked off at least once by \`events.consume("consumer's name", name, fn)\`, also
after a crash. Payloads are plain JSON; the version counts the shapes of a payload.`)}
${sections.join("\n")}`,
  };
}

function eventMembers(source: Source): ReadonlyMap<string, ts.PropertySignature> {
  const found = new Map<string, ts.PropertySignature>();
  for (const node of source.walk(source.file(EVENT_MAP))) {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== "EventMap") continue;
    for (const declaration of source.checker.getSymbolAtLocation(node.name)?.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(declaration) || /\.test\.ts$|packages\/testing\//.test(declaration.getSourceFile().fileName)) continue;
      for (const member of declaration.members) if (ts.isPropertySignature(member)) found.set(member.name.getText().replaceAll('"', ""), member);
    }
  }
  return found;
}

/** What a field means wherever an event does not say otherwise. */
function vocabulary(source: Source): ReadonlyMap<string, string> {
  for (const node of source.walk(source.file(EVENT_MAP))) {
    if (ts.isInterfaceDeclaration(node) && node.name.text === "EventFields") return new Map(node.members.map((member) => [member.name?.getText() ?? "", doc(member)]));
  }
  throw new Error(`${EVENT_MAP} has no EventFields`);
}

function payload(source: Source, event: string, member: ts.PropertySignature, words: ReadonlyMap<string, string>, missing: string[]): string {
  const type = source.checker.getTypeAtLocation(member);
  const rows = source.checker.getPropertiesOfType(type).map((field) => {
    const declaration = field.declarations?.[0];
    const meaning = (declaration === undefined ? "" : doc(declaration)) || (words.get(field.name) ?? "");
    if (meaning === "") missing.push(`event ${event}: field ${field.name} has neither a comment nor a place in EventFields`);
    const written = declaration !== undefined && ts.isPropertySignature(declaration) ? declaration.type?.getText() : undefined;
    return [code(field.name), code(written ?? source.checker.typeToString(source.checker.getTypeOfSymbol(field))), meaning];
  });
  return table(["field", "type", "meaning"], rows);
}
