import { expect, it } from "vitest";
import { checkRemote } from "./remote-checks.js";

const remote = (address: string) => ({ address, port: 4_000, codec: "PCMA", payloadType: 8 }) as const;

it("takes the address of one machine, and nothing that means many", () => {
  for (const address of ["192.0.2.1", "::1", "0.0.0.0"]) expect(() => checkRemote(remote(address))).not.toThrow();
  for (const address of ["239.1.1.1", "255.255.255.255", "ff02::1", "phone.example"]) expect(() => checkRemote(remote(address))).toThrow(expect.objectContaining({ code: "HTL_MEDIA_BAD_REMOTE", sip: 488 }) as Error);
});
