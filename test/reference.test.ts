import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { referencePages } from "../scripts/reference/index.js";
import type { ReferencePage } from "../scripts/reference/index.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs/reference");
const files = ["plugin.md", "hooks.md", "events.md", "tokens.md", "config.md", "environment.md", "http.md", "permissions.md", "ivr-nodes.md", "datasets.md"];

describe("docs/reference", () => {
  let pages: ReadonlyMap<string, ReferencePage>;
  beforeAll(async () => {
    pages = new Map((await referencePages(root)).map((page) => [page.file, page]));
    if (process.env.UPDATE_DOCS === "1") for (const { file, text } of pages.values()) writeFileSync(join(folder, file), text);
  }, 600_000);

  it("has the pages that are made", () => expect([...pages.keys()].sort()).toEqual([...files].sort()));

  it.each(files)("%s says what the code says (npm run docs:reference)", (file) => {
    const path = join(folder, file);
    expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(pages.get(file)?.text);
  });

  it.each(files)("%s: everything in it is described at its source", (file) => expect(pages.get(file)?.missing).toEqual([]));
});
