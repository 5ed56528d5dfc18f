// The rules of scripts/check-imports.mjs and scripts/check-contract.mjs, each seen to fail on a package that breaks it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

interface Pack {
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}
type Script<T> = (name: string) => Promise<T>;
const script: Script<unknown> = (name) => import(/* @vite-ignore */ new URL(`../scripts/${name}`, import.meta.url).href);
const { importProblems } = (await script("check-imports.mjs")) as { importProblems(pack: Pack): Iterable<string> };
const { contractProblems } = (await script("check-contract.mjs")) as { contractProblems(pack: Pack): Promise<readonly string[]> };

const root = mkdtempSync(join(tmpdir(), "hotline-package-checks-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let packs = 0;

/** A package as it was packed and unpacked: these files, and what package.json says besides its name. */
function pack(files: Readonly<Record<string, string>>, manifest: Readonly<Record<string, unknown>> = {}): Pack {
  const folder = join(root, String(packs++));
  for (const [file, text] of Object.entries({ "package.json": '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return { folder, files: Object.keys(files), manifest: { name: "@hotlinejs/plugin-demo", ...manifest } };
}

describe("an import that leads nowhere is found", () => {
  const required = { peerDependencies: { "@hotlinejs/plugin-acd": "*" } };
  const optional = { ...required, peerDependenciesMeta: { "@hotlinejs/plugin-acd": { optional: true } } };
  it.each<[string, Pack, string]>([
    ["a script's own file that is not packed", pack({ "dist/index.js": 'export * from "./lost.js";' }), "dist/index.js imports ./lost.js, which is not in the package"],
    ["one reached outside of the package", pack({ "dist/index.js": 'import "../../other/index.js";' }), "dist/index.js imports ../../other/index.js, which is not in the package"],
    ["types without their file", pack({ "dist/index.d.ts": 'export * from "./types/index.js";', "dist/types/index.js": "" }), "dist/index.d.ts imports ./types/index.js, which is not in the package"],
    ["a file imported when it is needed", pack({ "build/page.mjs": 'await import("./lost.mjs");' }), "build/page.mjs imports ./lost.mjs, which is not in the package"],
    ["a package that is not declared", pack({ "dist/index.js": 'import { z } from "zod";' }), "dist/index.js imports zod, which package.json does not declare"],
    ["one declared for development only", pack({ "dist/index.js": 'import "@scope/thing/deep";' }, { devDependencies: { "@scope/thing": "1" } }), "dist/index.js imports @scope/thing/deep, which package.json does not declare"],
    ["types of a package that is not declared", pack({ "dist/index.d.ts": '/// <reference types="ws" />' }), "dist/index.d.ts imports ws, which package.json does not declare"],
    ["types of one that may be missing", pack({ "dist/index.d.ts": 'import type { A } from "@scope/addon";' }, { optionalDependencies: { "@scope/addon": "1" } }), "dist/index.d.ts imports @scope/addon, which package.json does not declare"],
    ["another plugin's inside", pack({ "dist/index.js": 'import "@hotlinejs/plugin-acd";' }, required), "dist/index.js imports @hotlinejs/plugin-acd: of another plugin only its /contract may be imported"],
    ["the contract of a plugin that may be left out", pack({ "dist/index.js": 'import "@hotlinejs/plugin-acd/contract";' }, optional), "dist/index.js imports @hotlinejs/plugin-acd/contract, and @hotlinejs/plugin-acd need not be installed: its contract must be bundled (tsup.base.ts)"],
    ["its types in what an entry exports", pack({ "dist/index.d.ts": 'import type { Acd } from "@hotlinejs/plugin-acd/contract";' }, optional), "dist/index.d.ts imports @hotlinejs/plugin-acd/contract, and @hotlinejs/plugin-acd need not be installed: keep its types out of what an entry exports, or make it a required peer"],
    ["on a page, what the console does not offer", pack({ "dist/ui/index.js": 'import "dayjs";' }, { dependencies: { dayjs: "1" } }), "dist/ui/index.js imports dayjs, which the console's page does not offer"],
    ["on a page, what only the server has", pack({ "dist/ui/index.js": 'import "node:fs";' }), "dist/ui/index.js imports node:fs, which the console's page does not offer"],
  ])("%s", (_what, broken, problem) => {
    expect([...importProblems(broken)]).toEqual([problem]);
  });

  it("and one that leads somewhere is not", () => {
    const fine = pack(
      {
        "dist/index.js": 'import "node:fs"; import "path"; import { z } from "zod"; await import("@scope/addon"); import "./chunk.js"; import "@hotlinejs/core"; import "@hotlinejs/plugin-acd/contract"; import "@hotlinejs/plugin-demo/contract";',
        "dist/chunk.js": "",
        "dist/index.d.ts": 'export * from "./types/index.js";',
        "dist/types/index.d.ts": 'import type { Readable } from "node:stream";',
        "dist/ui/index.js": 'import "react"; import "antd"; import "@hotlinejs/plugin-console/sdk"; import "./part.js";',
        "dist/ui/part.js": "",
        // What is no code of the package may say what it likes.
        "templates/index.ts": 'import "anything";',
      },
      { dependencies: { zod: "4" }, optionalDependencies: { "@scope/addon": "1" }, peerDependencies: { "@hotlinejs/core": "*", "@hotlinejs/plugin-acd": "*", ws: "*" }, peerDependenciesMeta: { ws: { optional: true } } },
    );
    expect([...importProblems(fine)]).toEqual([]);
  });
});

describe("a contract that would differ from copy to copy is found", () => {
  const contract = (text: string, manifest: Readonly<Record<string, unknown>> = {}): Pack => pack({ "dist/contract.js": text }, { exports: { "./contract": { import: "./dist/contract.js" } }, ...manifest });
  it.each<[string, string, readonly string[]]>([
    ["a function", "export const read = () => 1;", ["read"]],
    ["a class", "export class Reader {}", ["Reader"]],
    ["a symbol of its own", 'export const TOKEN = Symbol("demo.token");', ["TOKEN"]],
    ["an object with behaviour inside", "export const KINDS = { a: { text: () => 1 } };", ["KINDS"]],
    ["an instance of a class", "export const KNOWN = new Map();", ["KNOWN"]],
    ["each of several", "export const A = () => 1; export const FINE = 1; export class B {}", ["A", "B"]],
  ])("%s", async (_what, text, names) => {
    expect(await contractProblems(contract(text))).toEqual(names.map((name) => `./contract exports ${name}: a contract holds types, tokens, constants and coded errors, nothing else (docs/adr/0005)`));
  });

  it("and tokens, constants and coded errors are not", async () => {
    const fine = 'export const TOKEN = Symbol.for("hotline.demo.token"); export const LIMITS = { most: 3, names: ["a"], none: null }; const make = () => 1; make.code = "HTL_DEMO_FULL"; export const demoErrors = { FULL: make };';
    expect(await contractProblems(contract(fine))).toEqual([]);
  });

  it("only of plugins, and only where there is one", async () => {
    expect(await contractProblems(contract("export const read = () => 1;", { name: "@hotlinejs/media" }))).toEqual([]);
    expect(await contractProblems(pack({ "dist/index.js": "export const read = () => 1;" }, { exports: { ".": { import: "./dist/index.js" } } }))).toEqual([]);
  });
});
