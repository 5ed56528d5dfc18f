/** Most items of one block; one that grows beyond is halved. */
const BLOCK = 512;

/** What may stand in an ordered list; in one at a time. */
export interface Listed {
  /**
   * Kept by the list. `left`: taken out, but where it stood it is only passed over until somebody comes by, so that who is back before
   * that costs nothing (of many telephones that ring for one caller all but one return to their places).
   */
  listed: "out" | "in" | "left";
}

/**
 * Items in order, in blocks: to put one in or to take one out costs the same with ten thousand as with a thousand, where an array would
 * move all that stands behind it.
 *
 * @param compare 0 only for the very same item, or one that has left for good
 */
export class OrderedList<T extends Listed> {
  readonly #compare: (a: T, b: T) => number;
  /** None of them empty. */
  #blocks: T[][] = [];
  #size = 0;
  /** Those in the blocks who have left. */
  #left = 0;
  /** Most there were since those who had left were last cleared away. */
  #most = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** Without effect where it stands. What its place hangs on must be as it was when it left. */
  insert(item: T): void {
    if (item.listed === "in") return;
    if (item.listed === "left") this.#left -= 1;
    else this.#place(item);
    item.listed = "in";
    this.#size += 1;
    this.#most = Math.max(this.#most, this.#size);
  }

  /** Without effect where it does not stand. */
  remove(item: T): void {
    if (item.listed !== "in") return;
    item.listed = "left";
    this.#size -= 1;
    this.#left += 1;
  }

  /** These instead of all. */
  replace(items: readonly T[]): void {
    for (const block of this.#blocks) for (const item of block) item.listed = "out";
    const sorted = [...items].sort(this.#compare);
    this.#size = sorted.length;
    this.#left = 0;
    this.#most = sorted.length;
    this.#blocks = [];
    for (const item of sorted) item.listed = "in";
    for (let at = 0; at < sorted.length; at += BLOCK / 2) this.#blocks.push(sorted.slice(at, at + BLOCK / 2));
  }

  /** The first one that fits. `fits` must not change the list. */
  find(fits: (item: T) => boolean): T | undefined {
    for (let at = 0; at < this.#blocks.length; ) {
      const block = this.#blocks[at] as T[];
      let kept = 0;
      let found: T | undefined;
      let index = 0;
      for (; index < block.length && found === undefined; index++) {
        const item = block[index] as T;
        if (item.listed === "left") {
          item.listed = "out";
          this.#left -= 1;
          continue;
        }
        if (kept !== index) block[kept] = item;
        kept += 1;
        if (fits(item)) found = item;
      }
      if (kept !== index) block.splice(kept, index - kept);
      if (found !== undefined) return found;
      if (block.length === 0) this.#blocks.splice(at, 1);
      else at += 1;
    }
    return undefined;
  }

  #place(item: T): void {
    // Nobody has come by for long. Not before: thousands who ring may all be back in a moment.
    if (this.#left > this.#most + BLOCK) {
      this.find(() => false);
      this.#most = this.#size;
    }
    const at = Math.min(this.#blockOf(item), this.#blocks.length - 1);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([item]);
      return;
    }
    block.splice(this.#indexIn(block, item), 0, item);
    if (block.length > BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK / 2));
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
