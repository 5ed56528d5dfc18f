/** Events in the order of their time, equal times in the order of coming (binary heap). */
export class EventHeap<T> {
  readonly #items: { at: number; seq: number; item: T }[] = [];
  #seq = 0;

  /** Time of the next event; infinite without one. */
  get nextAt(): number {
    return this.#items[0]?.at ?? Infinity;
  }

  push(at: number, item: T): void {
    const items = this.#items;
    const entry = { at, seq: this.#seq++, item };
    let index = items.length;
    items.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as typeof entry;
      if (before(above, entry)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = entry;
  }

  pop(): { at: number; item: T } | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      const right = items[child + 1];
      if (right !== undefined && before(right, items[child] as typeof last)) child += 1;
      const below = items[child] as typeof last;
      if (before(last, below)) break;
      items[index] = below;
      index = child;
    }
    items[index] = last;
    return first;
  }
}

function before(a: { at: number; seq: number }, b: { at: number; seq: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
