import { BlockList, isIP } from "node:net";

const GROUPS = new BlockList();
// Multicast, reserved, and the broadcast address (RFC 5771, RFC 1112, RFC 919); multicast of IPv6 (RFC 4291 section 2.7).
GROUPS.addSubnet("224.0.0.0", 3, "ipv4");
GROUPS.addSubnet("ff00::", 8, "ipv6");

/**
 * Whether a numeric address means more than one machine, or none: multicast, broadcast, reserved. What a stranger asks to have sent there goes to many.
 * The broadcast addresses of single networks look like any other; systems send there only for who has asked for it (SO_BROADCAST).
 */
export function isGroupAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && GROUPS.check(address, family === 6 ? "ipv6" : "ipv4");
}
