/** What the order of a line hangs on: `major`, then `minor`, then order of arrival; lower goes first. */
export interface Placed {
  readonly major: number;
  readonly minor: number;
  readonly seq: number;
}

export function comparePlaces(a: Placed, b: Placed): number {
  return a.major - b.major || a.minor - b.minor || a.seq - b.seq;
}

/** Index at which the item stands or would stand. */
export function placeInLine(line: readonly Placed[], item: Placed): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePlaces(line[middle] as Placed, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function insertInLine<T extends Placed>(line: T[], item: T): void {
  line.splice(placeInLine(line, item), 0, item);
}

/** Whether it was there. */
export function removeFromLine<T extends Placed>(line: T[], item: T): boolean {
  const index = placeInLine(line, item);
  if (line[index] !== item) return false;
  line.splice(index, 1);
  return true;
}
