import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, PluginDefinition } from "@hotlinejs/core";
import ts from "typescript";
import { packageFolders } from "./source.js";
import type { Source } from "./source.js";

/** A plugin of this repository, as it runs and as it is written. */
export interface KnownPlugin {
  readonly folder: string;
  readonly package: string;
  /** Name of its factory: `staffConsole`. */
  readonly factory: string;
  readonly definition: PluginDefinition<unknown, unknown>;
  /** The object given to `definePlugin`. */
  readonly node: ts.ObjectLiteralExpression;
}

type Factory = (() => Plugin) & { readonly definition: PluginDefinition<unknown, unknown> };

/** Every plugin of the packages but the fakes of @hotlinejs/testing. */
export async function knownPlugins(source: Source): Promise<readonly KnownPlugin[]> {
  const found: KnownPlugin[] = [];
  for (const folder of packageFolders(source.root)) {
    if (folder === "testing") continue;
    const { name } = JSON.parse(readFileSync(join(source.root, "packages", folder, "package.json"), "utf8")) as { name: string };
    const module = (await import(join(source.root, "packages", folder, "src/index.ts"))) as Record<string, unknown>;
    for (const [factory, value] of Object.entries(module)) {
      if (typeof value !== "function" || !("definition" in value)) continue;
      const { definition } = value as Factory;
      if (typeof definition?.register !== "function") continue;
      found.push({ folder, package: name, factory, definition, node: manifest(source, folder, definition.name) });
    }
  }
  return found.sort((one, other) => one.definition.name.localeCompare(other.definition.name));
}

function manifest(source: Source, folder: string, name: string): ts.ObjectLiteralExpression {
  for (const file of source.files(folder)) {
    for (const node of source.walk(file)) {
      if (!ts.isCallExpression(node) || node.expression.getText() !== "definePlugin") continue;
      const [given] = node.arguments;
      if (given !== undefined && ts.isObjectLiteralExpression(given) && property(given, "name")?.getText() === JSON.stringify(name)) return given;
    }
  }
  throw new Error(`packages/${folder} has no definePlugin({ name: ${JSON.stringify(name)} })`);
}

/** The value of a property; a shorthand's is its name. */
export function property(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const each of object.properties) {
    if (ts.isPropertyAssignment(each) && each.name.getText() === name) return each.initializer;
    if (ts.isShorthandPropertyAssignment(each) && each.name.text === name) return each.name;
  }
  return undefined;
}
