import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** The packages as the compiler sees them: comments and types, which are gone at run time. */
export class Source {
  readonly checker: ts.TypeChecker;
  readonly #program: ts.Program;

  constructor(readonly root: string) {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: unknown };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const files = packageFolders(root).flatMap((folder) => ["index.ts", "contract.ts"].map((file) => join(root, "packages", folder, "src", file)));
    this.#program = ts.createProgram({ rootNames: [join(root, "globals.d.ts"), ...files.filter(existsSync)], options });
    this.checker = this.#program.getTypeChecker();
  }

  file(path: string): ts.SourceFile {
    const file = this.#program.getSourceFile(join(this.root, path));
    if (file === undefined) throw new Error(`${path} is not among the packages' sources`);
    return file;
  }

  /** Sources of one package, without its tests. */
  files(folder: string): readonly ts.SourceFile[] {
    const within = join(this.root, "packages", folder, "src") + "/";
    return this.#program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(within));
  }

  /** Every node below, in the order of the text. */
  *walk(node: ts.Node): Generator<ts.Node> {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    for (const child of children) yield* this.walk(child);
  }

  /** What a name stands for, through imports and re-exports. */
  declaration(name: ts.Node): ts.Declaration | undefined {
    let symbol = name.parent !== undefined && ts.isShorthandPropertyAssignment(name.parent) ? this.checker.getShorthandAssignmentValueSymbol(name.parent) : this.checker.getSymbolAtLocation(name);
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = this.checker.getAliasedSymbol(symbol);
    return symbol?.declarations?.[0];
  }

  /** What a module gives to others, by name. */
  exports(path: string): ReadonlyMap<string, ts.Declaration> {
    const module = this.checker.getSymbolAtLocation(this.file(path));
    const found = new Map<string, ts.Declaration>();
    for (const symbol of module === undefined ? [] : this.checker.getExportsOfModule(module)) {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
      const declaration = meant.declarations?.[0];
      if (declaration !== undefined) found.set(symbol.name, declaration);
    }
    return found;
  }

  has(path: string): boolean {
    return this.#program.getSourceFile(join(this.root, path)) !== undefined;
  }
}

/** Folders below `packages` that are packages. */
export function packageFolders(root: string): readonly string[] {
  return readdirSync(join(root, "packages"))
    .filter((folder) => existsSync(join(root, "packages", folder, "src/index.ts")))
    .sort();
}

/** The `/** ... *\/` comment of a declaration in one line, without its tags. */
export function doc(node: ts.Node): string {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const comments = ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc);
  return oneLine(ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? "") || besides(node);
}

/** A comment in the line of what it is about, which the compiler leaves to the node before: `{ /** Key of the queue. *\/ queue: string }`. */
function besides(node: ts.Node): string {
  const { text } = node.getSourceFile();
  const range = ts.getTrailingCommentRanges(text, node.pos)?.at(-1);
  const comment = range === undefined ? "" : text.slice(range.pos, range.end);
  return comment.startsWith("/**") ? oneLine(comment.slice(3, -2)) : "";
}

/** The texts of the tags of a name, for example `@outcome found The record was said`. */
export function tags(node: ts.Node, name: string): readonly string[] {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts
    .getJSDocCommentsAndTags(holder)
    .filter(ts.isJSDoc)
    .flatMap((comment) => comment.tags ?? [])
    .filter((tag) => tag.tagName.text === name)
    .map((tag) => oneLine(ts.getTextOfJSDocComment(tag.comment) ?? ""));
}

export function oneLine(text: string): string {
  return text
    .replace(/\{@link\s+([^}]+)\}/g, "`$1`")
    .replace(/\s*\n\s*/g, " ")
    .trim();
}
