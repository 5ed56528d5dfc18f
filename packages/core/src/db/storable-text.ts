/** Nearly no text has any of these: looking is cheaper than replacing. */
const SUSPECT = /[\0\uD800-\uDFFF]/;
/** How `JSON.stringify` writes U+0000 and halves of surrogate pairs. */
const SUSPECT_IN_JSON = /\\u(?:0000|d[89a-f])/;

/** Text that every database takes: no U+0000, no half of a surrogate pair. What comes over the network may hold either. */
export function storable(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(/\0/g, "").replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** The same for every text in a value of plain objects and lists; the value itself where nothing needs to change. */
export function storableValue<T>(value: T): T {
  if (typeof value === "string") return storable(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => storableValue(each)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, storableValue(each as unknown)])) as T;
}

/** A value as JSON that every database takes. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!SUSPECT_IN_JSON.test(text)) return text;
  return JSON.stringify(value, (_key, found: unknown) => (typeof found === "string" ? storable(found) : found));
}
