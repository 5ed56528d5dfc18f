import { expect, it } from "vitest";
import { isGroupAddress } from "./group-address.js";

it("knows addresses that are not one machine's", () => {
  for (const address of ["224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "ff02::1", "::ffff:239.1.1.1"]) expect([address, isGroupAddress(address)]).toEqual([address, true]);
  for (const address of ["0.0.0.0", "10.0.0.1", "127.0.0.1", "223.255.255.255", "::1", "2001:db8::1", "::ffff:10.0.0.1", "phone.example", ""]) expect([address, isGroupAddress(address)]).toEqual([address, false]);
});
