/** A script with the person's values in place of `{{name}}`, `{{amount|money}}`. What the list did not have stays, so that the agent sees what is missing. */
export function filledScript(script: string, values: Readonly<Record<string, string>>): string {
  return script.replaceAll(/\{\{\s*([^{}|]+?)\s*(?:\|[^{}]*)?\}\}/g, (whole, name: string) => values[name] ?? whole);
}
