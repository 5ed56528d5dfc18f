import { expect, it } from "vitest";
import { checkRemote } from "./remote-checks.js";

const remote = (address: string, maxPacketMs?: number) => ({ address, port: 4_000, codec: "PCMA" as const, payloadType: 8, ...(maxPacketMs === undefined ? {} : { maxPacketMs }) });

it("takes the address of one machine, and nothing that means many", () => {
  for (const address of ["192.0.2.1", "::1", "0.0.0.0"]) expect(() => checkRemote(remote(address))).not.toThrow();
  for (const address of ["239.1.1.1", "255.255.255.255", "ff02::1", "phone.example"]) expect(() => checkRemote(remote(address))).toThrow(expect.objectContaining({ code: "HTL_MEDIA_BAD_REMOTE", sip: 488 }) as Error);
});

it("sends no packets of less than 10 ms", () => {
  for (const ms of [10, 15, 20, 240]) expect(() => checkRemote(remote("192.0.2.1", ms))).not.toThrow();
  for (const ms of [0, 5, 9, Number.NaN]) expect(() => checkRemote(remote("192.0.2.1", ms))).toThrow(expect.objectContaining({ code: "HTL_MEDIA_BAD_REMOTE", sip: 488 }) as Error);
});
