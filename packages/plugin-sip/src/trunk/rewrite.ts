/** A rule that changes numbers by their beginning. */
export interface RewriteRule {
  readonly of: "called" | "caller";
  readonly prefix: string;
  readonly strip: number;
  readonly prepend: string;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
}

/**
 * The number as the first rule that fits makes it; without one as it was. What is no telephone number (a name) stays, and a rule
 * that would leave none is passed over.
 */
export function rewritten(rules: readonly RewriteRule[], of: RewriteRule["of"], number: string): string {
  if (!NUMBER.test(number)) return number;
  for (const rule of rules) {
    if (rule.of !== of || !number.startsWith(rule.prefix) || number.length < (rule.minLength ?? 0) || number.length > (rule.maxLength ?? Infinity)) continue;
    const made = rule.prepend + number.slice(rule.strip);
    if (NUMBER.test(made)) return made;
  }
  return number;
}

const NUMBER = /^\+?[0-9*#]+$/;
