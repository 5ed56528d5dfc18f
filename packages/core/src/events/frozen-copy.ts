/**
 * A copy of plain data that cannot be changed: one handler of an event cannot change what the next is told. Objects that are
 * neither plain nor lists are given on as they are.
 */
export function frozenCopy<T>(value: T, seen = new Map<object, object>()): T {
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known as T;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    seen.set(value, list);
    for (const each of value) list.push(frozenCopy<unknown>(each, seen));
    return Object.freeze(list) as T;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy = (prototype === null ? Object.create(null) : {}) as Record<string, unknown>;
  seen.set(value, copy);
  for (const [key, each] of Object.entries(value)) {
    const inner = frozenCopy<unknown>(each, seen);
    // Defined where assigning would not make a key of it; for all others that would cost several times as much.
    if (key === "__proto__") Object.defineProperty(copy, key, { value: inner, enumerable: true });
    else copy[key] = inner;
  }
  return Object.freeze(copy) as T;
}
