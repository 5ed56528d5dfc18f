import { BlockList, isIP } from "node:net";

/** Verdicts remembered; when so many sources have been asked about they begin anew. */
const MAX_REMEMBERED = 1_000;

/** Own or IPv4-mapped address in its plain form. */
function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** A set of addresses and networks, `192.0.2.7` or `2001:db8::/32`. */
export class Networks {
  readonly #list = new BlockList();
  /** Asked for each message, mostly about the same few sources. */
  readonly #remembered = new Map<string, boolean>();
  #empty = true;

  constructor(entries: readonly string[] = []) {
    for (const entry of entries) this.add(entry);
  }

  get empty(): boolean {
    return this.#empty;
  }

  add(entry: string): void {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, Number(bits), family);
    this.#empty = false;
    this.#remembered.clear();
  }

  has(address: string): boolean {
    if (this.#empty) return false;
    const known = this.#remembered.get(address);
    if (known !== undefined) return known;
    const bare = plainAddress(address);
    const version = isIP(bare);
    const found = version !== 0 && this.#list.check(bare, version === 6 ? "ipv6" : "ipv4");
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, found);
    return found;
  }
}
