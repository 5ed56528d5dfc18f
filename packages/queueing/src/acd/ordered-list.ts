/** Most items of one block; one that grows beyond is halved. */
const BLOCK = 512;

/**
 * Items in order, in blocks: to put one in or to take one out costs the same with ten thousand as with a thousand, where an array would
 * move all that stands behind it.
 *
 * @param compare 0 only for the very same item
 */
export class OrderedList<T> {
  readonly #compare: (a: T, b: T) => number;
  /** None of them empty. */
  #blocks: T[][] = [];
  #size = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  insert(item: T): void {
    this.#size += 1;
    const at = Math.min(this.#blockOf(item), this.#blocks.length - 1);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([item]);
      return;
    }
    block.splice(this.#indexIn(block, item), 0, item);
    if (block.length > BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK / 2));
  }

  /** Without effect where it does not stand. */
  remove(item: T): void {
    const at = this.#blockOf(item);
    const block = this.#blocks[at];
    const index = block === undefined ? 0 : this.#indexIn(block, item);
    if (block?.[index] === undefined || this.#compare(block[index] as T, item) !== 0) return;
    this.#size -= 1;
    block.splice(index, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** These instead of all. */
  replace(items: readonly T[]): void {
    const sorted = [...items].sort(this.#compare);
    this.#size = sorted.length;
    this.#blocks = [];
    for (let at = 0; at < sorted.length; at += BLOCK / 2) this.#blocks.push(sorted.slice(at, at + BLOCK / 2));
  }

  /** The first one that fits. */
  find(fits: (item: T) => boolean): T | undefined {
    for (const block of this.#blocks) for (const item of block) if (fits(item)) return item;
    return undefined;
  }

  /** The block whose last item is not before this one; where there is none, their number. */
  #blockOf(item: T): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle] as T[];
      if (this.#compare(block[block.length - 1] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #indexIn(block: readonly T[], item: T): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(block[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
