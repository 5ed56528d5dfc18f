/** A promise of whatever make. Not `instanceof Promise`: one of another realm or library would reject unheard, and that ends the process. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
