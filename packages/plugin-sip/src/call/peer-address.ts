import { isGroupAddress } from "@hotlinejs/core";
import type { CallEnvironment } from "./call-environment.js";

/** Why nothing is sent to where a host name in a peer's description leads. */
export class NoPeerAddressError extends Error {}

/**
 * The address of a host name in a peer's description. A name leads nowhere that an address may not: not to many, not to
 * ourselves.
 *
 * @throws {NoPeerAddressError} where it does; the resolver's error where it leads nowhere
 */
export async function peerAddress(host: string, port: number, { isOwn, lookup }: Pick<CallEnvironment, "isOwn" | "lookup">): Promise<string> {
  const address = await lookup(host);
  if (isGroupAddress(address) || isUnspecified(address) || isOwn(address, port)) throw new NoPeerAddressError(`${address} is no peer's`);
  return address;
}

/** What in a description means nowhere, and in a packet this machine. */
export function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
