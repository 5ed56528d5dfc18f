import type { HttpRoute } from "@hotlinejs/core";
import ts from "typescript";
import { head, prose } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import type { KnownPlugin } from "./plugins.js";
import { property } from "./plugins.js";
import { fullTypeOf, shapeOf } from "./schema-shape.js";
import type { Source } from "./source.js";

/** A type that is longer is told by its name alone. */
const MOST_ANSWER = 700;

/** docs/reference/http.md: routes with what goes in, what comes out, and who may. */
export function httpPage(source: Source, plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const parts = plugins
    .filter(({ definition }) => (definition.routes ?? []).length > 0)
    .map(({ definition, folder }) => {
      const answers = handlerTypes(source, folder);
      const routes = [...(definition.routes ?? [])].sort((one, other) => one.path.localeCompare(other.path) || one.method.localeCompare(other.method));
      return `## ${definition.name}\n\n${routes.map((route) => entry(route, answers, missing)).join("\n")}`;
    });
  return {
    file: "http.md",
    missing,
    text: `${head("HTTP", `Routes of all plugins, served by plugin-http; \`GET /api/openapi.json\` of a running hotline tells those of the plugins present. Signing in (\`POST /api/auth/login\`) gives a token
for \`Authorization: Bearer …\` and a cookie. An error is \`{ code, message, details }\` with the status named in [Errors](errors.md). \`?\` marks what may be left out. Lists answer
\`{ items, next }\`; \`next\` is the \`cursor\` of the next page, \`null\` on the last.`, { shortOutline: true })}
${parts.join("\n")}`,
  };
}

function entry(route: HttpRoute, answers: ReadonlyMap<string, string>, missing: string[]): string {
  const where = `route ${route.method} ${route.path}`;
  if (route.summary.trim() === "") missing.push(`${where} has no summary`);
  const rows: string[] = [];
  const input = (name: string, schema: HttpRoute["params"]): void => {
    if (schema !== undefined) rows.push(`${name}: ${pretty(fullTypeOf(shapeOf(schema)))}`);
  };
  input("path", route.params);
  input("query", route.query);
  input(route.form === true ? "form" : "body", route.body);
  const answer = route.output === undefined ? answers.get(`${route.method} ${route.path}`) : fullTypeOf(shapeOf(route.output));
  if (answer === undefined || answer === "unknown" || answer === "any") missing.push(`${where} does not tell what it answers: give it an output schema, or a handler with a type`);
  rows.push(`answer: ${answer === "void" || answer === "undefined" ? "204, empty" : pretty(answer ?? "unknown")}`);
  const who = route.permission === "public" ? "Open to all." : route.permission === "authenticated" ? "Whoever is signed in." : `Permission \`${route.permission}\`.`;
  return `### ${route.method} ${route.path}\n\n${prose(route.summary)}${/[.!?]$/.test(route.summary) ? "" : "."} ${who}\n\n\`\`\`ts\n${rows.join("\n")}\n\`\`\`\n`;
}

/** Longer types are broken at their members. */
const WIDTH = 100;

/** A type over several lines where one is too long. */
function pretty(type: string, indent = ""): string {
  if (indent.length + type.length <= WIDTH) return type;
  const open = type.indexOf("{");
  if (open < 0) return type;
  const close = closing(type, open);
  const members = split(type.slice(open + 1, close)).map((member) => `${indent}  ${pretty(member, `${indent}  `)}`);
  return `${type.slice(0, open)}{\n${members.join("\n")}\n${indent}}${pretty(type.slice(close + 1), indent)}`;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return text.length;
}

/** Members of an object type, by the semicolons outside inner ones. */
function split(members: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < members.length; at++) {
    if ("{(<[".includes(members[at] ?? "")) depth++;
    else if ("})>]".includes(members[at] ?? "") && members[at - 1] !== "=") depth--;
    else if (members[at] === ";" && depth === 0) {
      parts.push(members.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, members.slice(from).trim()].filter((part) => part !== "");
}

/** What handlers resolve to, by method and path, as the compiler knows it. */
function handlerTypes(source: Source, folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of source.files(folder)) {
    for (const node of source.walk(file)) {
      if (!ts.isObjectLiteralExpression(node)) continue;
      const method = property(node, "method");
      const path = property(node, "path");
      const handler = handlerOf(node);
      if (method === undefined || path === undefined || handler === undefined || !ts.isStringLiteral(method)) continue;
      for (const text of texts(source, path)) found.set(`${method.text} ${text}`, resolved(source, handler));
    }
  }
  return found;
}

/** What a path can be: one made of a choice of words is all of them. */
function texts(source: Source, path: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(path)) return [path.text];
  if (ts.isTemplateExpression(path)) {
    return path.templateSpans.reduce<readonly string[]>((heads, span) => heads.flatMap((head) => texts(source, span.expression).map((text) => head + text + span.literal.text)), [path.head.text]);
  }
  const type = source.checker.getTypeAtLocation(path);
  return (type.isUnion() ? type.types : [type]).flatMap((each) => (each.isStringLiteral() ? [each.value] : []));
}

function handlerOf(route: ts.ObjectLiteralExpression): ts.Node | undefined {
  const method = route.properties.find((each): each is ts.MethodDeclaration => ts.isMethodDeclaration(each) && each.name.getText() === "handler");
  return method ?? property(route, "handler");
}

function resolved(source: Source, handler: ts.Node): string {
  const { checker } = source;
  const signature = checker.getTypeAtLocation(handler).getCallSignatures()[0];
  if (signature === undefined) return "unknown";
  const type = checker.getAwaitedType(signature.getReturnType()) ?? signature.getReturnType();
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
  const short = checker.typeToString(type, undefined, flags);
  if (short === "HttpReply") return "a page, a redirect or a cookie (text/html)";
  if (short === "HttpContent" || /^HttpContent \| HttpReply$|^HttpReply \| HttpContent$/.test(short)) return "octets with their own content type; ranges are served";
  if (checker.getPropertyOfType(type, "kind") !== undefined && checker.getPropertyOfType(type, "status") !== undefined) {
    const body = checker.getPropertyOfType(type, "body");
    return body === undefined ? "a status without a body" : checker.typeToString(checker.getTypeOfSymbol(body), undefined, flags);
  }
  // A named type is told with what is in it.
  if (!/^\w+$/.test(short) || type.isUnion() || checker.getPropertiesOfType(type).length === 0) return short;
  const members = checker.getPropertiesOfType(type).map((member) => `${member.name}${member.flags & ts.SymbolFlags.Optional ? "?" : ""}: ${checker.typeToString(checker.getTypeOfSymbol(member), undefined, flags)}`);
  const full = `${short} { ${members.join("; ")} }`;
  return full.length > MOST_ANSWER ? short : full;
}
