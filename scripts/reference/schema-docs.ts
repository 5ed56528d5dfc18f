import ts from "typescript";
import { doc, tags } from "./source.js";
import type { Source } from "./source.js";

/** What the source says about a place of a schema. */
export interface PlaceDoc {
  readonly text: string;
  /** Type of a `z.custom<Type>()`. */
  readonly type?: string;
}

/**
 * Reads the comments over the properties of a zod schema: path -> what is said there. A schema with the tag `@like Name` borrows
 * from the members of the interface of that name in its package what it does not say itself.
 */
export function schemaDocs(source: Source, schema: ts.Expression): ReadonlyMap<string, PlaceDoc> {
  const reader = new SchemaReader(source);
  reader.schema(schema, "");
  return reader.places;
}

class SchemaReader {
  readonly places = new Map<string, PlaceDoc>();

  constructor(private readonly source: Source) {}

  schema(given: ts.Expression, path: string): void {
    const expression = bare(given);
    if (ts.isIdentifier(expression) || (ts.isPropertyAccessExpression(expression) && !ts.isCallExpression(expression.parent))) return this.meant(expression, path);
    if (!ts.isCallExpression(expression)) return;
    const { expression: callee, arguments: args } = expression;
    if (ts.isIdentifier(callee)) return this.meant(callee, path);
    if (!ts.isPropertyAccessExpression(callee)) return;
    const on = bare(callee.expression);
    if (ts.isIdentifier(on) && on.text === "z") return this.made(callee.name.text, expression, path);
    this.schema(on, path);
    if (callee.name.text === "extend" && args[0] !== undefined) this.object(args[0], path);
    if ((callee.name.text === "or" || callee.name.text === "and") && args[0] !== undefined) this.schema(args[0], path);
  }

  /** `z.<kind>(...)`. */
  private made(kind: string, call: ts.CallExpression, path: string): void {
    const [first, second] = call.arguments;
    if (first === undefined && kind !== "custom") return;
    switch (kind) {
      case "object":
      case "strictObject":
      case "looseObject":
        return this.object(first as ts.Expression, path);
      case "array":
        return this.schema(first as ts.Expression, `${path}[]`);
      case "record":
        return second === undefined ? undefined : this.schema(second, `${path}.*`);
      case "union":
      case "discriminatedUnion": {
        const options = call.arguments.find((each) => ts.isArrayLiteralExpression(bare(each)));
        if (options === undefined) return;
        for (const option of (bare(options) as ts.ArrayLiteralExpression).elements) this.schema(option, path);
        return;
      }
      case "preprocess":
        return second === undefined ? undefined : this.schema(second, path);
      case "custom": {
        const type = call.typeArguments?.[0]?.getText();
        if (type !== undefined) this.note(path, { text: "", type });
        return;
      }
    }
  }

  private object(given: ts.Expression, path: string): void {
    const expression = bare(given);
    if (!ts.isObjectLiteralExpression(expression)) {
      const declaration = this.source.declaration(expression);
      if (declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined) {
        this.object(declaration.initializer, path);
        this.like(declaration, path);
      }
      return;
    }
    for (const property of expression.properties) {
      if (ts.isSpreadAssignment(property)) {
        this.object(property.expression, path);
        continue;
      }
      const name = property.name?.getText().replace(/^["']|["']$/g, "") ?? "";
      const at = path === "" ? name : `${path}.${name}`;
      if (ts.isShorthandPropertyAssignment(property)) {
        const declaration = this.source.declaration(property.name);
        this.note(at, { text: doc(property) || (declaration === undefined ? "" : doc(declaration)) });
        if (declaration !== undefined && ts.isVariableDeclaration(declaration) && declaration.initializer !== undefined) {
          this.schema(declaration.initializer, at);
          this.like(declaration, at);
        }
      } else if (ts.isPropertyAssignment(property)) {
        this.note(at, { text: doc(property) || this.borrowed(property.initializer) });
        this.schema(property.initializer, at);
      }
    }
  }

  /** The comment over the schema that is used here under a name: `tls: tls.default("implicit")`. */
  private borrowed(given: ts.Expression): string {
    let expression = bare(given);
    while (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression)) expression = bare(expression.expression.expression);
    // What a prompt is, is said once, on top of the page.
    if (ts.isIdentifier(expression) && expression.text !== "z" && expression.text !== "promptRef") {
      const declaration = this.source.declaration(expression);
      return declaration === undefined ? "" : doc(declaration);
    }
    return "";
  }

  private meant(name: ts.Expression, path: string): void {
    const declaration = this.source.declaration(ts.isPropertyAccessExpression(name) ? name.name : name);
    if (declaration === undefined) return;
    if ((ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration)) && declaration.initializer !== undefined) {
      const value = bare(declaration.initializer);
      this.schema(ts.isArrowFunction(value) && ts.isExpression(value.body) ? value.body : value, path);
      this.like(declaration, path);
    }
  }

  /** `@like Name`: the members of that interface say what the schema does not. */
  private like(declaration: ts.Declaration, path: string): void {
    const [name] = tags(declaration, "like");
    if (name === undefined) return;
    const [, folder = ""] = /\/packages\/([^/]+)\//.exec(declaration.getSourceFile().fileName) ?? [];
    for (const file of this.source.files(folder)) {
      for (const statement of file.statements) {
        if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== name) continue;
        for (const member of this.source.checker.getPropertiesOfType(this.source.checker.getTypeAtLocation(statement))) {
          const at = path === "" ? member.name : `${path}.${member.name}`;
          const said = member.declarations?.[0] === undefined ? "" : doc(member.declarations[0]);
          if (this.places.get(at)?.text === "") this.places.set(at, { ...this.places.get(at), text: said });
        }
        return;
      }
    }
    throw new Error(`@like ${name}: packages/${folder} has no such interface`);
  }

  private note(path: string, place: PlaceDoc): void {
    const known = this.places.get(path);
    const text = known === undefined || known.text === place.text || place.text === "" ? (known?.text ?? place.text) : known.text === "" ? place.text : `${known.text} ${place.text}`;
    const type = place.type ?? known?.type;
    this.places.set(path, { text, ...(type === undefined ? {} : { type }) });
  }
}

function bare(expression: ts.Expression): ts.Expression {
  while (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression) || ts.isNonNullExpression(expression)) expression = expression.expression;
  return expression;
}
