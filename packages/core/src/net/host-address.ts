import { isIP } from "node:net";
import { Networks } from "./networks.js";

/** Addresses at which nobody can be reached: all of a machine's at once, a group's, everybody's. */
const NOBODY = new Networks(["0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/128", "ff00::/8"]);

/** Whether it is the address of one machine, IPv4 or IPv6: none that means all of its own, a multicast group or a broadcast. */
export function isHostAddress(text: string): boolean {
  return isIP(text) !== 0 && !NOBODY.has(text);
}

/** What to say where it is not. */
export const HOST_ADDRESS = "the IP address at which others reach this hotline, not 0.0.0.0, :: or one of a group";
