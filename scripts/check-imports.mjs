// Every import of a packed file leads to a file of the package, to Node, or to a package it declares.
import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const SCRIPT = /^(dist|build)\/.*\.(js|mjs)$/;
const PAGE = /^dist\/ui\//;
const TYPES = /^dist\/.*\.d\.ts$/;
/** What the console's page hands to the pages of plugins by an import map. */
const HOST_MODULE = /^(react|react\/jsx-runtime|react-dom|antd|@hotlinejs\/plugin-console\/sdk|@hotlinejs\/console\/[\w-]+)$/;
const PARTNER = /^@hotlinejs\/plugin-[^/]+/;

/** Problems of one result of `packAll`. */
export function* importProblems({ folder, manifest, files }) {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const packed = new Set(files);
  for (const file of files) {
    const kind = PAGE.test(file) ? "page" : SCRIPT.test(file) ? "script" : TYPES.test(file) ? "types" : undefined;
    if (kind === undefined || !existsSync(join(folder, file))) continue;
    for (const name of importsOf(join(folder, file))) {
      if (name.startsWith(".")) {
        if (!present(packed, file, name, kind)) yield `${file} imports ${name}, which is not in the package`;
        continue;
      }
      if (kind === "page") {
        if (!HOST_MODULE.test(name)) yield `${file} imports ${name}, which the console's page does not offer`;
        continue;
      }
      if (name.startsWith("node:") || builtinModules.includes(name)) continue;
      const owner = packageOf(name);
      if (owner === manifest.name) continue;
      const required = owner in dependencies || (owner in peerDependencies && peerDependenciesMeta[owner]?.optional !== true);
      if (PARTNER.test(owner)) {
        if (!name.endsWith("/contract")) yield `${file} imports ${name}: of another plugin only its /contract may be imported`;
        else if (!required) yield `${file} imports ${name}, and ${owner} need not be installed: ${kind === "types" ? "keep its types out of what an entry exports, or make it a required peer" : "its contract must be bundled (tsup.base.ts)"}`;
      } else if (!required && !(owner in peerDependencies) && !(owner in optionalDependencies && kind === "script")) yield `${file} imports ${name}, which package.json does not declare`;
    }
  }
}

function importsOf(path) {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(readFileSync(path, "utf8"), true, true);
  return new Set([...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName));
}

function present(packed, file, name, kind) {
  const target = relative("/", join("/", dirname(file), name));
  return packed.has(kind === "types" ? target.replace(/\.js$/, ".d.ts") : target);
}

function packageOf(name) {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}
