/**
 * A token is the name under which one plugin offers a capability and others find it. It is a
 * registered symbol, so two copies of a package in one process still mean the same capability.
 */
export type Token<T> = symbol & { readonly __provides?: T };

/**
 * Makes (or finds) the token `hotline.<name>`.
 *
 * @param name dotted, lower case, `<plugin>.<noun>`, for example `acd.queues`.
 */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`hotline.${name}`) as Token<T>;
}

/** The token's name without the `hotline.` prefix, for messages. */
export function tokenName(t: Token<unknown>): string {
  return (t.description ?? "?").replace(/^hotline\./, "");
}
