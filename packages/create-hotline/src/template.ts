/**
 * A template is real TypeScript in which lines belong to plugins:
 *
 * ```ts
 * recording(), // with recording
 * play(), // with acd without recording
 * // begin with acd
 * ...
 * // end
 * ```
 * Gives the text for the chosen plugins, without these remarks.
 */
export function render(template: string, chosen: ReadonlySet<string>): string {
  const lines: string[] = [];
  let inside = true;
  for (const line of template.split("\n")) {
    const begin = /^\s*\/\/ begin (with .*)$/.exec(line)?.[1];
    if (begin !== undefined) inside = applies(begin, chosen);
    else if (/^\s*\/\/ end$/.test(line)) inside = true;
    else if (inside) {
      const found = /^(.*?)\s*\/\/ (with [a-z ]+)$/.exec(line);
      if (found === null) lines.push(line);
      else if (applies(found[2] ?? "", chosen)) lines.push(found[1] ?? "");
    }
  }
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n").trimEnd()}\n`;
}

function applies(condition: string, chosen: ReadonlySet<string>): boolean {
  const [wanted = "", unwanted = ""] = condition.replace(/^with /, "").split(" without ");
  const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");
  return words(wanted).every((name) => chosen.has(name)) && !words(unwanted).some((name) => chosen.has(name));
}
