import type { AudioAsset } from "@hotlinejs/core";

/** Sounds in memory, the least recently used go first when the octets grow over the limit. */
export class MemoryCache {
  readonly #entries = new Map<string, AudioAsset>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): AudioAsset | undefined {
    const asset = this.#entries.get(key);
    if (!asset) return undefined;
    // A Map keeps the order of insertion: put it at the young end.
    this.#entries.delete(key);
    this.#entries.set(key, asset);
    return asset;
  }

  set(key: string, asset: AudioAsset): void {
    this.#drop(key);
    if (asset.samples.length > this.#maxBytes) return;
    this.#entries.set(key, asset);
    this.#bytes += asset.samples.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #drop(key: string): void {
    const asset = this.#entries.get(key);
    if (!asset) return;
    this.#entries.delete(key);
    this.#bytes -= asset.samples.length;
  }
}
