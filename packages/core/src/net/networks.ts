import { BlockList, isIP } from "node:net";

/** Verdicts remembered; when so many sources have been asked about they begin anew. */
const MAX_REMEMBERED = 1_000;

/** Whether a text is an IP address or a network such as `10.1.0.0/16`, as `Networks` takes them. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** An IPv4 address that an IPv6 socket tells as `::ffff:192.0.2.7`, as IPv4; others as they are. */
export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/**
 * Whom a limit on guesses or requests counts: an IPv4 address, or the /64 of an IPv6 one. Each connection to the Internet has at least
 * a /64 (RFC 6177), so that who is counted by single addresses never runs out of them. IPv4 that comes by way of NAT64 (64:ff9b::/96, RFC 6052), and what is no address, as it is.
 */
export function sourceOf(address: string): string {
  const plain = plainAddress(address);
  const bare = plain.replace(/%.*$/, "").toLowerCase();
  if (isIP(bare) !== 6 || bare.startsWith("64:ff9b::")) return plain;
  const [head = "", tail] = bare.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const length = last.length + (bare.includes(".") ? 1 : 0);
  const all = tail === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - length).fill("0"), ...last];
  return `${all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** A set of addresses and networks, `192.0.2.7` or `2001:db8::/32`; see `isNetwork`. */
export class Networks {
  readonly #list = new BlockList();
  /** Asked for each message, mostly about the same few sources. */
  readonly #remembered = new Map<string, boolean>();
  #empty = true;

  constructor(entries: readonly string[] = []) {
    for (const entry of entries) this.add(entry);
  }

  /** Whether it has nobody. */
  get empty(): boolean {
    return this.#empty;
  }

  /** Takes one more in. Throws where the entry is no network. */
  add(entry: string): void {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, Number(bits), family);
    this.#empty = false;
    this.#remembered.clear();
  }

  /** Whether an address lies in it, IPv4-mapped or not. What is no address does not. */
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
