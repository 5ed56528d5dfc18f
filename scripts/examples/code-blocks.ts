import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of a page. */
export interface CodeBlock {
  /** Below the repository. */
  readonly page: string;
  /** Of the fence. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** For a part of a program: the program, with `/* here *\/` where the part goes. From a comment before the block that begins with `example`. */
  readonly frame: string | undefined;
}

/** Pages whose blocks must work: README, those of the packages, and the guides. */
export function examplePages(root: string): readonly string[] {
  const below = (folder: string): string[] => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).filter((file) => file.endsWith(".md")).map((file) => `${folder}/${file}`) : []);
  const packages = readdirSync(join(root, "packages")).map((folder) => `packages/${folder}/README.md`).filter((path) => existsSync(join(root, path)));
  return ["README.md", ...below("docs"), ...below("docs/guides"), ...below("docs/zh"), ...below("docs/zh/guides"), ...packages.sort()];
}

export function codeBlocks(root: string, page: string): readonly CodeBlock[] {
  return blocksOf(readFileSync(join(root, page), "utf8"), page);
}

/** Blocks of a page; fences may be indented, as in lists. */
export function blocksOf(text: string, page: string): readonly CodeBlock[] {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)```(\w+)/.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, indent = "", language = ""] = open;
    const from = at;
    const inside: string[] = [];
    for (at++; at < lines.length && (lines[at] ?? "").trim() !== "```"; at++) inside.push((lines[at] ?? "").startsWith(indent) ? (lines[at] ?? "").slice(indent.length) : (lines[at] ?? ""));
    blocks.push({ page, line: from + 1, language, code: inside.join("\n"), frame: frameBefore(lines, from) });
  }
  return blocks;
}

/** `<!-- example ... -->` that ends right above the fence. */
function frameBefore(lines: readonly string[], fence: number): string | undefined {
  let end = fence - 1;
  while (end >= 0 && (lines[end] ?? "").trim() === "") end--;
  if (!(lines[end] ?? "").trim().endsWith("-->")) return undefined;
  let start = end;
  while (start >= 0 && !(lines[start] ?? "").includes("<!--")) start--;
  const comment = lines.slice(start, end + 1).join("\n");
  const [, frame] = /^<!--\s*example\n([\s\S]*)-->$/.exec(comment.trim()) ?? [];
  return frame;
}

/** The program a block stands for. */
export function program({ code, frame }: CodeBlock): string {
  const whole = frame === undefined ? code : frame.replace("/* here */", () => code);
  // A block without imports would share its names with all the others.
  return /^\s*(?:import|export)\b/m.test(whole) ? whole : `${whole}\nexport {};\n`;
}
