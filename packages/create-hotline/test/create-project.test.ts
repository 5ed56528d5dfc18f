import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlugin, createProject, presets } from "../src/index.js";
import { run } from "../src/program.js";
import { render } from "../src/template.js";

const here = dirname(fileURLToPath(import.meta.url));
let folder = "";
beforeAll(() => {
  // Below this folder, so that projects find the packages of the workspace.
  mkdirSync(join(here, "tmp"), { recursive: true });
  folder = mkdtempSync(join(here, "tmp/create-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function create(args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { cwd: folder, interactive: false, out: (text) => void out.push(text), error: (text) => void err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("render", () => {
  it("keeps the lines of chosen plugins, without the remarks", () => {
    const text = "a\nb // with acd\nc // with acd recording\nd // with acd without recording\n// begin with tickets\ne\n// end\nf // a remark\n";
    expect(render(text, new Set(["acd"]))).toBe("a\nb\nd\nf // a remark\n");
    expect(render(text, new Set(["acd", "recording", "tickets"]))).toBe("a\nb\nc\ne\nf // a remark\n");
    expect(render(text, new Set())).toBe("a\nf // a remark\n");
  });
});

describe("it refuses, and then has made nothing:", () => {
  it.each([
    ["a name nobody could publish", ["Über-Hotline"], "HTL_CREATE_NAME", 1],
    ["a plugin that does not exist", ["x1", "--plugins", "acd,teleport"], "HTL_CREATE_PLUGIN", 1],
    ["nobody to reach", ["x2", "--plugins", "http"], "HTL_CREATE_PLUGIN", 1],
    ["an unknown preset", ["x3", "--preset", "huge"], "HTL_CREATE_USAGE", 2],
    ["both", ["x4", "--preset", "phone", "--plugins", "acd"], "HTL_CREATE_USAGE", 2],
    ["an unknown option", ["x5", "--nope"], "HTL_CREATE_USAGE", 2],
    ["a plugin and a preset", ["x6", "--plugin", "--preset", "phone"], "HTL_CREATE_USAGE", 2],
    ["a name no plugin could have", ["hotlinejs-plugin-2_x", "--plugin"], "HTL_CREATE_NAME", 1],
  ])("%s", async (_, args, wanted, code) => {
    const before = readdirSync(folder);
    const result = await create(args);
    expect(result.err).toMatch(new RegExp(`^${wanted}: `));
    expect(result.code).toBe(code);
    expect(readdirSync(folder)).toEqual(before);
  });
  it("a folder that is not empty, and a file", async () => {
    mkdirSync(join(folder, "full"));
    writeFileSync(join(folder, "full/letter.txt"), "dear");
    writeFileSync(join(folder, "file"), "");
    expect((await create(["full"])).err).toContain("HTL_CREATE_FOLDER_NOT_EMPTY");
    expect(readdirSync(join(folder, "full"))).toEqual(["letter.txt"]);
    expect((await create(["file"])).err).toContain("HTL_CREATE_FOLDER: ");
    mkdirSync(join(folder, "repository/.git"), { recursive: true });
    expect((await create(["repository", "--preset", "minimal"])).code).toBe(0);
  });
});

it("writes what the flags say", async () => {
  const { code, out } = await create(["said", "--plugins", "recording", "--language", "en"]);
  expect(code).toBe(0);
  expect(out).toContain("npm install");
  const manifest = JSON.parse(readFileSync(join(folder, "said/package.json"), "utf8")) as { name: string; dependencies: Record<string, string> };
  expect(manifest.name).toBe("said");
  expect(Object.keys(manifest.dependencies)).toContain("@hotlinejs/plugin-recording");
  expect(Object.keys(manifest.dependencies)).not.toContain("@hotlinejs/plugin-acd");
  // What it pins is what there is.
  for (const [name, range] of Object.entries(manifest.dependencies)) {
    const { version } = JSON.parse(readFileSync(join(here, "../../", name.replace("@hotlinejs/", ""), "package.json"), "utf8")) as { version: string };
    expect(range).toBe(`^${version}`);
  }
  expect(readFileSync(join(folder, "said/src/hotline.ts"), "utf8")).not.toMatch(/acd|\/\/ with/);
  expect(readFileSync(join(folder, "said/src/prompts.ts"), "utf8")).toContain("To leave a message press 2");
});

it("every preset type-checks in both languages, and passes its own tests in one", async () => {
  const projects: string[] = [];
  for (const [name, { plugins }] of Object.entries(presets)) {
    for (const language of ["zh", "en"] as const) projects.push((await createProject({ folder: join(folder, `${name}-${language}`), plugins, language })).folder);
  }
  expect(problemsOf(projects, ["src/main.ts", "test/hotline.test.ts"])).toEqual([]);

  // Languages differ in texts alone: one run of a preset will do, and both languages are met.
  for (const project of projects.filter((_, index) => index % 4 === 0 || index % 4 === 3)) {
    build(project, ["src/hotline.ts", "src/main.ts", "src/flow.ts", "src/people.ts", "src/prompts.ts", "test/hotline.test.ts"]);
    const environment = { PATH: process.env.PATH, HOTLINE_DATA_DIR: join(project, "data") };
    const own = spawnSync(process.execPath, ["--test", "dist/test/hotline.test.js"], { cwd: project, env: environment, encoding: "utf8" });
    expect(own.status, `${project}\n${own.stdout}${own.stderr}`).toBe(0);
    const check = spawnSync(process.execPath, [join(here, "../../cli/dist/bin.js"), "check"], { cwd: project, env: environment, encoding: "utf8" });
    expect(check.status, check.stderr).toBe(0);
    expect(existsSync(join(project, "data"))).toBe(false);
  }
}, 900_000);

it("a plugin type-checks and passes its own tests, the contract among them, whatever it is called", async () => {
  const { code, out } = await create(["hotlinejs-plugin-vip-callers", "--plugin", "--language", "en"]);
  expect(code).toBe(0);
  expect(out).toContain("the plugin vip-callers");
  const project = join(folder, "hotlinejs-plugin-vip-callers");
  const others = await Promise.all([["class", "zh"] as const, ["plugin-a2", "en"] as const].map(([name, language]) => createPlugin({ folder: join(folder, name), language })));
  expect(others.map(({ plugin }) => plugin)).toEqual(["class", "a2"]);
  const projects = [project, ...others.map((other) => other.folder)];
  expect(problemsOf(projects, ["src/index.ts", "test/plugin.test.ts"])).toEqual([]);

  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { name: string; dependencies: object; devDependencies: Record<string, string>; scripts: { test: string } };
  expect(manifest).toMatchObject({ name: "hotlinejs-plugin-vip-callers", dependencies: { zod: expect.stringMatching(/^\^4/) as string }, peerDependencies: { "@hotlinejs/core": ">=0.1.0 <1.0.0" } });
  expect(Object.values(manifest.devDependencies)).not.toContain("*");
  for (const file of ["README.md", "src/index.ts", "test/plugin.test.ts"]) expect(readFileSync(join(project, file), "utf8"), file).not.toMatch(/my.?plugin/i);

  build(project, ["src/index.ts", "test/plugin.test.ts"]);
  const own = spawnSync(process.execPath, ["--test", "dist/test/plugin.test.js"], { cwd: project, env: { PATH: process.env.PATH }, encoding: "utf8" });
  expect(own.status, `${own.stdout}${own.stderr}`).toBe(0);
  expect(own.stdout).toContain("vip-callers: plugin contract");
}, 300_000);

/** What the compiler finds in them, with the settings they come with. */
function problemsOf(projects: readonly string[], files: readonly string[]): readonly string[] {
  const own = JSON.parse(readFileSync(join(projects[0] ?? "", "tsconfig.json"), "utf8")) as { compilerOptions: object };
  const { options, errors } = ts.convertCompilerOptionsFromJson({ ...own.compilerOptions, customConditions: ["@hotlinejs/source"], rootDir: folder, outDir: join(folder, "out"), typeRoots: [join(here, "../../../node_modules/@types")], experimentalDecorators: true }, folder);
  expect(errors).toEqual([]);
  const roots = projects.flatMap((project) => files.map((file) => join(project, file)));
  // The packages' sources know their version by the build.
  const program = ts.createProgram([...roots, join(here, "../../../globals.d.ts")], { ...options, noEmit: false, rootDir: join(here, "../../..") });
  const found = ts.getPreEmitDiagnostics(program).filter((each) => each.file?.fileName.startsWith(folder));
  return found.map((each) => `${each.file?.fileName}: ${ts.flattenDiagnosticMessageText(each.messageText, "\n")}`);
}

function build(project: string, files: readonly string[]): void {
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(project, file), "utf8"), { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } });
    const target = join(project, "dist", file.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}
