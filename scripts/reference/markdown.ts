/** A page as it must be, and what the sources fail to tell. */
export interface ReferencePage {
  /** Below docs/reference. */
  readonly file: string;
  readonly text: string;
  /** Places without a description. */
  readonly missing: readonly string[];
}

/** A table; a cell that says nothing is a mistake of whoever made it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map((cells) => line(cells.map(cell)))].join("\n");
}

/** Text as one cell: no line ends, no bars that would end it. Text in angle brackets would be taken for HTML. */
export function cell(text: string): string {
  const plain = text.replaceAll("\n", " ").replace(/(?<!\\)\|/g, "\\|").trim();
  return plain === "" ? "–" : prose(plain);
}

/** Angle brackets and double braces outside code, which a page would take for its own. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;")))
    .join("");
}

/** Code in a line; the fence is long enough for what is in it. */
export function code(text: string): string {
  const line = text.replaceAll("\n", " ").replace(/\s+/g, " ");
  return line.includes("`") ? `\`\` ${line} \`\`` : `\`${line}\``;
}

/** A page's head: what it is and that it is made. */
export function head(title: string, text: string, options: { /** Only the plugins are listed beside the page, where the sections are too many. */ readonly shortOutline?: boolean } = {}): string {
  return `---\neditLink: false\npageClass: reference\n${options.shortOutline === true ? "outline: 2\n" : ""}---\n\n# ${title}\n\n${text}\n\n<!-- Made from the sources by \`npm run docs:reference\`; a test compares. -->\n`;
}
