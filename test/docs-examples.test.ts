import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { declaredErrors } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { commandFaults } from "../scripts/examples/check-commands.js";
import { typeFaults } from "../scripts/examples/check-types.js";
import { blocksOf, codeBlocks, examplePages, program } from "../scripts/examples/code-blocks.js";
import type { CodeBlock } from "../scripts/examples/code-blocks.js";
import { packageFolders } from "../scripts/reference/source.js";
import { toolErrors } from "../scripts/reference/tool-errors.js";
import { endExamples } from "./support/example-core.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** Below test/, so that packages are found from there. Not kept. */
const folder = join(root, "test/examples");
const pages = examplePages(root);
const blocks = pages.flatMap((page) => codeBlocks(root, page));
const named = (block: CodeBlock): string => `${block.page}:${block.line}`;
const fileOf = (block: CodeBlock): string => `${named(block).replace(/[^\w]+/g, "-")}.ts`;
const programs = blocks.filter(({ language }) => language === "ts");

/** Runs a program in this process; rejects when it fails. */
async function run(file: string, text: string): Promise<void> {
  const path = join(folder, file);
  writeFileSync(path, text.replaceAll('from "@hotlinejs/core"', 'from "../support/example-core.js"'));
  await import(/* @vite-ignore */ path);
}

const variables = (): ReadonlySet<string> => new Set(readFileSync(join(root, "docs/reference/environment.md"), "utf8").match(/HOTLINE_[A-Z0-9_]+/g));

beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(endExamples);

describe("programs in README and guides", () => {
  let faults: ReadonlyMap<string, readonly string[]>;
  beforeAll(() => {
    faults = typeFaults(root, new Map([...programs.map((block) => [fileOf(block), program(block)] as const), ["broken.ts", 'import { createHotline } from "@hotlinejs/core";\ncreateHotline({ plugins: [], nam: "x" });\n']]));
  }, 600_000);

  it("are found", () => {
    expect(programs.length).toBeGreaterThan(20);
    expect(pages).toContain("docs/guides/write-a-plugin.md");
  });
  it("the compiler is really asked", () => expect(faults.get("broken.ts")?.join()).toContain("nam"));
  it("a program that fails is a failure here", async () => {
    await expect(run("broken.ts", 'import { createHotline } from "@hotlinejs/core";\nimport { ivr } from "@hotlinejs/plugin-ivr";\nawait createHotline({ plugins: [ivr({ flows: [{ id: "x", start: "nowhere", nodes: [] }] })] }).start();\n')).rejects.toThrow(/nowhere|flows/);
  });

  it.each(programs.map((block) => [named(block), block] as const))("%s", async (_name, block) => {
    expect(faults.get(fileOf(block)) ?? []).toEqual([]);
    await run(fileOf(block), program(block));
    expect(process.exitCode ?? 0).toBe(0);
  }, 120_000);
});

describe("commands in README and guides", () => {
  const shell = blocks.filter(({ language }) => language === "sh");
  it.each(shell.map((block) => [named(block), block.code]))("%s", (_name, code) => expect(commandFaults(root, code, variables())).toEqual([]));

  it.each([
    ["npm run nothing", "there is no script nothing"],
    ["hotlin check", "there is no program hotlin"],
    ["node examples/nowhere.js", "there is no file examples/nowhere.js"],
    ["npx no-such-program-here x", "npx no-such-program-here: there is no such program"],
    ["HOTLINE_SIP_PROT=1 npm start", "HOTLINE_SIP_PROT is no variable of the hotline"],
  ])("%s is seen to be wrong", (code, fault) => expect(commandFaults(root, code, variables())).toEqual([fault]));
});

describe("words in README and guides", () => {
  const texts = pages.map((page) => [page, readFileSync(join(root, page), "utf8")] as const);
  /** Of tests and builds, not of a hotline. */
  const own = new Set(["HOTLINE_REQUIRE_PEERS", "HOTLINE_TEST_LONG", "HOTLINE_BUILD_TYPES"]);

  it.each(texts)("%s: variables and error codes exist", async (_page, text) => {
    for (const name of packageFolders(root)) await import(join(root, "packages", name, "src/index.ts"));
    const known = variables();
    const unknown = [...new Set(text.match(/\bHOTLINE_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g))].filter((name) => !known.has(name) && !own.has(name) && name !== "HOTLINE_VIP_NUMBERS");
    const codes = [...new Set(text.match(/\bHTL_[A-Z]+_[A-Z0-9_]*[A-Z0-9]\b/g))].filter((code) => !declaredErrors().has(code) && !toolErrors.has(code));
    expect([unknown, codes]).toEqual([[], []]);
  }, 60_000);

  it.each(blocks.filter(({ language }) => language === "json").map((block) => [named(block), block.code]))("%s is JSON", (_name, code) => expect(() => void JSON.parse(code)).not.toThrow());
});

it("frames are put round parts", () => {
  const [block] = blocksOf("<!-- example\nconst before = 1;\n/* here */\n-->\n\n  ```ts\n  use(before);\n  ```\n", "x.md");
  expect(block).toMatchObject({ language: "ts", code: "use(before);", line: 6 });
  expect(program(block as CodeBlock)).toContain("const before = 1;\nuse(before);\n");
});
