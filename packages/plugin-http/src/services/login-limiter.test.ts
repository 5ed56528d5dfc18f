import { expect, it } from "vitest";
import { LoginLimiter } from "./login-limiter.js";

it("counts a /64 of IPv6 as one address, which a guesser has whole", async () => {
  const limiter = new LoginLimiter(2);
  const tried = async (address: string) => limiter.take(address, "1001").then(() => "may", () => "wait");
  expect([await tried("2001:db8::1"), await tried("2001:db8::2"), await tried("2001:db8::3"), await tried("2001:db8:0:1::1")]).toEqual(["may", "may", "wait", "may"]);
});
