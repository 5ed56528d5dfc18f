import { errors } from "../errors.js";

export const VALUE_FORMATS = ["digits", "number", "minutes", "seconds", "date", "time", "money", "text"] as const;

/** Letters of any script: columns of a list are named in the language of whoever made it. */
const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*(?:\.[\p{L}\p{M}\p{N}_]+)*$/u;

/** How a value is read; see `formatValue`. */
export type ValueFormat = (typeof VALUE_FORMATS)[number];

export type TemplatePart = { readonly kind: "fixed"; readonly text: string } | { readonly kind: "value"; readonly name: string; readonly format: ValueFormat };

/**
 * Takes a prompt text apart: `流水号{{serial|digits}}。` Names may be dotted (`department.short`) and of any script (`金额`); a
 * value without a format is text. Malformed: `HTL_TTS_BAD_TEMPLATE` with the position.
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{{", at);
    const fixed = text.slice(at, open < 0 ? undefined : open);
    const stray = fixed.indexOf("}}");
    if (stray >= 0) throw errors.BAD_TEMPLATE(at + stray, "}} without {{");
    if (fixed !== "") parts.push({ kind: "fixed", text: fixed });
    if (open < 0) break;
    const close = text.indexOf("}}", open);
    if (close < 0) throw errors.BAD_TEMPLATE(open, "{{ is never closed");
    parts.push(value(text.slice(open + 2, close), open));
    at = close + 2;
  }
  return parts;
}

function value(inner: string, at: number): TemplatePart {
  const [name = "", format = "text", ...more] = inner.split("|").map((piece) => piece.trim());
  if (!NAME.test(name)) throw errors.BAD_TEMPLATE(at, `"${name}" is no name of a value`);
  if (more.length > 0 || !isFormat(format)) throw errors.BAD_TEMPLATE(at, `"${[format, ...more].join("|")}" is no format (${VALUE_FORMATS.join(", ")})`);
  return { kind: "value", name, format };
}

function isFormat(text: string): text is ValueFormat {
  return (VALUE_FORMATS as readonly string[]).includes(text);
}

/** Follows a dotted name; own properties only. `undefined` when it leads nowhere. */
export function lookUp(values: Readonly<Record<string, unknown>>, name: string): unknown {
  // A flat key with dots wins, so that flat tables of values work too.
  if (Object.hasOwn(values, name)) return values[name];
  let current: unknown = values;
  for (const key of name.split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}
