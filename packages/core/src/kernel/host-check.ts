import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isLoopback } from "../config/hotline-options.js";
import { coreErrors } from "../errors/core-errors.js";

/**
 * Tells before anything else whether this machine can listen on an address: later every plugin would say it in its own way.
 *
 * @throws HTL_CORE_HOST_UNAVAILABLE
 */
export async function checkHost(host: string): Promise<void> {
  if (isLoopback(host)) return;
  let family: number;
  let address: string;
  try {
    ({ family, address } = await lookup(host));
  } catch (cause) {
    throw coreErrors.HOST_UNAVAILABLE(host, "nobody knows this name", { cause, details: { set: "HOTLINE_HOST" } });
  }
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ port: 0, address, exclusive: true }, resolve);
    });
  } catch (cause) {
    throw coreErrors.HOST_UNAVAILABLE(host, `this machine does not have the address ${address}`, { cause, details: { set: "HOTLINE_HOST" } });
  } finally {
    socket.close();
  }
}
