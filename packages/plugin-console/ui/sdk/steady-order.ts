import { useRef } from "react";

/** In the order in which they were first seen, new ones last: what is told later moves nothing from under the pointer, or the key, that chooses it. */
export function useSteadyOrder<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const places = useRef(new Map<string, number>());
  return inPlace(items, keyOf, places.current);
}

/** `places` learns the new ones. */
export function inPlace<T>(items: readonly T[], keyOf: (item: T) => string, places: Map<string, number>): readonly T[] {
  for (const item of items) if (!places.has(keyOf(item))) places.set(keyOf(item), places.size);
  const placeOf = (item: T): number => places.get(keyOf(item)) ?? 0;
  return [...items].sort((a, b) => placeOf(a) - placeOf(b));
}
