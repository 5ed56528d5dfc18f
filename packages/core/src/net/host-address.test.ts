import { expect, test } from "vitest";
import { isHostAddress } from "./host-address.js";

test("the address of one machine, not of all its own, a group or everybody", () => {
  for (const good of ["127.0.0.1", "192.0.2.7", "10.0.0.255", "2001:db8::7", "::1", "fe80::1", "::ffff:192.0.2.7"]) expect([good, isHostAddress(good)]).toEqual([good, true]);
  for (const bad of ["", "hotline.example", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "ff02::1", "1.2.3", "192.0.2.7:5060"]) expect([bad, isHostAddress(bad)]).toEqual([bad, false]);
});
