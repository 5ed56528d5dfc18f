/**
 * Takes SQL apart at the semicolons that end statements: not those in quotes, comments, dollar
 * quotes (PostgreSQL) or the body of a trigger (SQLite). SQLite silently runs only the first of
 * several statements, so each must be handed over by itself.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let at = 0;
  const finish = (end: number): void => {
    const statement = sql.slice(start, end).trim();
    if (statement !== "") statements.push(statement);
    start = end + 1;
  };
  while (at < sql.length) {
    const char = sql[at];
    if (char === "'" || char === '"' || char === "`") at = skipQuoted(sql, at, char);
    else if (char === "-" && sql[at + 1] === "-") at = indexAfter(sql, "\n", at);
    else if (char === "/" && sql[at + 1] === "*") at = indexAfter(sql, "*/", at + 2);
    else if (char === "$") {
      const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(sql.slice(at, at + 64))?.[0];
      at = tag === undefined ? at + 1 : indexAfter(sql, tag, at + tag.length);
    } else {
      if (char === ";" && !insideTrigger(sql.slice(start, at))) finish(at);
      at++;
    }
  }
  finish(sql.length);
  return statements;
}

/** Quotes are escaped by doubling them, which reads as the end and a new beginning: no special case. */
function skipQuoted(sql: string, at: number, quote: string): number {
  return indexAfter(sql, quote, at + 1);
}

function indexAfter(sql: string, what: string, from: number): number {
  const found = sql.indexOf(what, from);
  return found === -1 ? sql.length : found + what.length;
}

/** A SQLite trigger's body stands between BEGIN and END and holds statements of its own. */
function insideTrigger(statement: string): boolean {
  return /^\s*create\s+(?:temp\w*\s+)?trigger\b/i.test(statement) && /\bbegin\b/i.test(statement) && !/\bend\s*$/i.test(statement);
}
