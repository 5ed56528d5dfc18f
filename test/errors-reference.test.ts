import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { declaredErrors } from "@hotlinejs/core";
import { toolErrors } from "../scripts/reference/tool-errors.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "docs/reference/errors.md");

/** The page as the code says it must be. */
async function render(): Promise<string> {
  for (const folder of readdirSync(join(root, "packages"))) {
    const index = join(root, "packages", folder, "src/index.ts");
    if (existsSync(index)) await import(index);
  }
  const rows = [...declaredErrors()].sort(([a], [b]) => a.localeCompare(b)).map(([code, { message, status, sip }]) => `| \`${code}\` | ${message.replaceAll("\n", " ").replaceAll("<", "&lt;").replaceAll("|", "\\|")} | ${status ?? 500} | ${sip ?? ""} |`);
  const tools = [...toolErrors].map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return `# Errors

Every coded error, made from the code (\`UPDATE_DOCS=1 npx vitest run test/errors-reference.test.ts\`). \`%s\` stands for a value. A code is
never used again for something else. HTTP answers carry \`{ code, message, details }\` with the status given here.

| code | message | HTTP | SIP |
|---|---|---|---|
${rows.join("\n")}

## Of tools

Libraries and commands that stand without core; their messages name the case.

| code | meaning |
|---|---|
${tools.join("\n")}
`;
}

it("docs/reference/errors.md and the code name the same errors", async () => {
  const wanted = await render();
  if (process.env.UPDATE_DOCS === "1") writeFileSync(page, wanted);
  expect(existsSync(page) ? readFileSync(page, "utf8") : "").toBe(wanted);
}, 60_000);

it("every declared code is thrown or returned somewhere", () => {
  const sources: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && entry.name !== "dist") walk(join(folder, entry.name));
      } else if (/(?<!\.test)\.ts$/.test(entry.name)) sources.push(readFileSync(join(folder, entry.name), "utf8"));
    }
  };
  walk(join(root, "packages"));
  const text = sources.join("\n");
  const unused = [...declaredErrors().keys()].filter((code) => {
    const name = code.replace(/^HTL_[A-Z0-9]+_/, "");
    return !new RegExp(`[eE]rrors\\.${name}\\b|[eE]rrors\\["${name}"\\]|"${code}"|"${name}"`).test(text);
  });
  expect(unused).toEqual([]);
});
