import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { OwnAddress } from "./own-address.js";
import type { Endpoint } from "./stack/index.js";

const own = (endpoints: readonly Endpoint[], advertised?: string): OwnAddress => new OwnAddress({ advertised, advertised6: undefined }, () => endpoints);

it("knows where it takes SIP: the address bound, the one told to peers, and where all are bound those of the machine", () => {
  const bound = own([{ address: "10.0.0.1", port: 5060 }], "203.0.113.7");
  expect([bound.is("10.0.0.1", 5060), bound.is("::ffff:10.0.0.1", 5060), bound.is("203.0.113.7", 5060)]).toEqual([true, true, true]);
  expect([bound.is("10.0.0.1", 5062), bound.is("10.0.0.2", 5060), bound.is("phone.example", 5060), own([]).is("10.0.0.1", 5060)]).toEqual([false, false, false, false]);
  const all = own([{ address: "0.0.0.0", port: 5060 }]);
  const [mine] = Object.values(networkInterfaces()).flatMap((each) => each ?? []).filter(({ family }) => family === "IPv4");
  expect([all.is("127.0.0.1", 5060), all.is("127.9.9.9", 5060), all.is("::1", 5060), all.is("127.9.9.9", 5062)]).toEqual([true, true, true, false]);
  expect([bound.is("127.9.9.9", 5060), bound.is("127.0.0.1", 5060)]).toEqual([false, false]);
  expect([all.is(mine?.address ?? "0.0.0.0", 5060), all.is("192.0.2.77", 5060)]).toEqual([true, false]);
});
