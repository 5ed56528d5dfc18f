import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { AuditWords } from "@hotlinejs/core";
import { coreAuditWords } from "../packages/core/src/kernel/core-manifest.js";
import { DEFAULT_WORKFLOW } from "../packages/plugin-tickets/src/domain/default-workflow.js";
import { property } from "../scripts/reference/plugins.js";

const packages = join(dirname(fileURLToPath(import.meta.url)), "../packages");
const files = readdirSync(packages)
  .filter((folder) => folder !== "testing")
  .flatMap((folder) => readdirSync(join(packages, folder), { recursive: true, encoding: "utf8" }).filter((file) => file.startsWith("src/") && file.endsWith(".ts") && !file.endsWith(".test.ts")).map((file) => join(packages, folder, file)));

const isWords = (file: string): boolean => basename(file) === "audit-words.ts" && !file.includes("/core/");
const given = (await Promise.all(files.filter(isWords).map((file) => import(file) as Promise<Record<string, AuditWords>>))).flatMap((module) => Object.values(module));
const words = { actions: [coreAuditWords, ...given].flatMap(({ actions = [] }) => actions), subjects: [coreAuditWords, ...given].flatMap(({ subjects = [] }) => subjects) };

const steps = DEFAULT_WORKFLOW.transitions.map(({ id }) => `ticket.${id}`);
const actions = new Set(steps);
const subjects = new Set<string>();
/** Everything in quotes: some codes are in constants. */
const quoted = new Set(steps);

function* walk(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* walk(child);
}

for (const file of files.filter((each) => !isWords(each) && !each.endsWith("/core-manifest.ts"))) {
  for (const node of walk(ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true))) {
    if (ts.isStringLiteral(node)) quoted.add(node.text);
    // An entry of the audit: who did what.
    if (!ts.isObjectLiteralExpression(node) || property(node, "actor") === undefined) continue;
    const action = property(node, "action");
    if (action === undefined) continue;
    for (const part of walk(action)) if (ts.isStringLiteral(part) && part.text.includes(".")) actions.add(part.text);
    const subject = property(node, "subject");
    const type = subject !== undefined && ts.isObjectLiteralExpression(subject) ? property(subject, "type") : undefined;
    if (type !== undefined && ts.isStringLiteral(type)) subjects.add(type.text);
  }
}

/** The page of the audit shows words for codes: whoever writes a code gives it words. */
describe("words of the audit", () => {
  it("are there for every action and subject that is written", () => {
    expect(actions.size).toBeGreaterThan(50);
    expect(subjects.size).toBeGreaterThan(10);
    expect([...actions].filter((name) => !words.actions.some((term) => term.name === name))).toEqual([]);
    expect([...subjects].filter((name) => !words.subjects.some((term) => term.name === name))).toEqual([]);
  });

  it("are there for nothing else, once, in both languages", () => {
    expect(words.actions.filter(({ name }) => !quoted.has(name))).toEqual([]);
    for (const terms of [words.actions, words.subjects]) {
      const names = terms.map(({ name }) => name);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
      expect(terms.filter(({ title, titleEn }) => !/[\u4e00-\u9fff]/.test(title) || titleEn === "")).toEqual([]);
    }
  });
});
