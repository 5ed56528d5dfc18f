import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CreateError } from "./errors.js";
import { checkFolder, checkName, ranges, templateFile, tsconfig, writeFiles, type Language } from "./project-files.js";

export interface PluginOptions {
  /** Folder to make; its last part is the package's name, and without `hotlinejs-plugin-`, `hotline-plugin-` or `plugin-` the plugin's. */
  readonly folder: string;
  /** Of the README. */
  readonly language: Language;
}

/** As core demands it. */
const PLUGIN_NAME = /^[a-z][a-z0-9-]{0,39}$/;
/** Words that cannot name a constant (ECMA-262 section 12.7.2). */
const RESERVED = new Set("await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield".split(" "));

/**
 * Writes the package of a plugin that builds and passes its own tests, the plugin contract among them. Nothing is installed.
 *
 * @throws CreateError before anything was written
 */
export async function createPlugin(options: PluginOptions): Promise<{ readonly folder: string; readonly plugin: string; readonly files: readonly string[] }> {
  const folder = resolve(options.folder);
  const name = checkName(basename(folder));
  const plugin = name.replace(/^(?:hotline(?:js)?-)?plugin-/, "");
  if (!PLUGIN_NAME.test(plugin) || plugin.endsWith("-") || plugin.includes("--")) throw new CreateError("HTL_CREATE_NAME", `${JSON.stringify(plugin)} cannot be the name of a plugin. Use lower-case letters, digits and single dashes, 40 at most, a letter first`);
  checkFolder(folder);
  const names = namesOf(plugin);
  const template = (path: string): string => {
    const text = readFileSync(templateFile(`plugin/${path}`), "utf8");
    return text.replaceAll("MyPlugin", names.type).replaceAll("myPlugin", names.factory).replaceAll("MY_PLUGIN", names.token).replaceAll("my-plugin", plugin);
  };
  const files = {
    "package.json": `${JSON.stringify(manifest(name), null, 2)}\n`,
    "tsconfig.json": `${JSON.stringify({ ...tsconfig, compilerOptions: { ...tsconfig.compilerOptions, declaration: true } }, null, 2)}\n`,
    ".gitignore": "node_modules/\ndist/\n",
    "README.md": readme(name, plugin, names.factory, options.language),
    "src/index.ts": template("src/index.ts"),
    "test/plugin.test.ts": template("test/plugin.test.ts"),
  };
  await writeFiles(folder, files);
  return { folder, plugin, files: Object.keys(files) };
}

function namesOf(plugin: string): { readonly factory: string; readonly type: string; readonly token: string } {
  const type = plugin.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const factory = type.charAt(0).toLowerCase() + type.slice(1);
  return { factory: RESERVED.has(factory) ? `${factory}Plugin` : factory, type, token: plugin.replaceAll("-", "_").toUpperCase() };
}

function manifest(name: string): object {
  return {
    name,
    version: "0.1.0",
    type: "module",
    engines: { node: ">=20.19" },
    exports: { ".": { types: "./dist/src/index.d.ts", import: "./dist/src/index.js" }, "./package.json": "./package.json" },
    files: ["dist/src", "README.md"],
    scripts: { build: "tsc", test: "tsc && node --test dist/test/plugin.test.js", prepack: "tsc" },
    peerDependencies: { "@hotlinejs/core": ">=0.1.0 <1.0.0" },
    dependencies: ranges(["zod"]),
    devDependencies: ranges(["@hotlinejs/core", "@hotlinejs/plugin-acd", "@hotlinejs/testing", "@types/node", "typescript"]),
    // One SQLite, the one core is tested with.
    overrides: ranges(["sqlite3"]),
    // npm asks for leave to build it.
    allowScripts: { sqlite3: true },
  };
}

function readme(name: string, plugin: string, factory: string, language: Language): string {
  const option = `HOTLINE_${plugin.replaceAll("-", "_").toUpperCase()}_PRIORITY`;
  const use = ["```ts", `import { ${factory} } from ${JSON.stringify(name)};`, `createHotline({ plugins: [/* ... */ ${factory}({ numbers: ["13800138000"] })] });`, "```"];
  const commands = ["```sh", "npm install", "npm test", "npm pack", "```"];
  const text =
    language === "zh"
      ? [
          `# ${name}`,
          "",
          `@hotlinejs 插件 \`${plugin}\`：名单上的来电优先接入。需要 Node >= 20.19。`,
          "",
          ...use,
          "",
          `环境变量 \`${option}\` 可以改变优先级；\`GET /api/${plugin}\` 返回启动以来的来电数；事件 \`${plugin}.arrived\`。`,
          "",
          ...commands,
          "",
          "`src/index.ts` 是整个插件：选项、事件、权限、路由、令牌和一个钩子。`test/plugin.test.ts` 用虚拟时间和虚拟电话测试它，并运行每个插件都要通过的契约测试。",
          "做法见 https://github.com/hotlinejs/hotline 的 docs/guides/write-a-plugin.md。",
        ]
      : [
          `# ${name}`,
          "",
          `\`${plugin}\`, a plugin for @hotlinejs: callers on a list are served first. Needs Node >= 20.19.`,
          "",
          ...use,
          "",
          `\`${option}\` in the environment changes the priority; \`GET /api/${plugin}\` tells how many have come since the start; the event is \`${plugin}.arrived\`.`,
          "",
          ...commands,
          "",
          "`src/index.ts` is the whole plugin: options, an event, a permission, a route, a token and a tap on a hook. `test/plugin.test.ts` tests it in virtual",
          "time with fake telephones, and runs the contract that every plugin has to pass.",
          "How it works: docs/guides/write-a-plugin.md at https://github.com/hotlinejs/hotline.",
        ];
  return `${text.join("\n")}\n`;
}
