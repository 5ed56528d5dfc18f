import { BlockList, isIP } from "node:net";

/** Numeric address without the `::ffff:` of mapped IPv4. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** A set of addresses and networks, `192.0.2.7` or `2001:db8::/32`. */
export class Networks {
  readonly #list = new BlockList();
  readonly empty: boolean;

  constructor(entries: readonly string[]) {
    this.empty = entries.length === 0;
    for (const entry of entries) {
      const [address = "", bits] = entry.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    if (this.empty) return false;
    const bare = plain(address);
    const version = isIP(bare);
    return version !== 0 && this.#list.check(bare, version === 6 ? "ipv6" : "ipv4");
  }
}
