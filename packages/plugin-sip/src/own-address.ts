import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { errorText, isLoopback, plainAddress } from "@hotlinejs/core";
import type { HotlineError } from "@hotlinejs/core";
import { sipErrors } from "./errors.js";
import { SipError } from "./stack/index.js";
import type { Endpoint, UserAgentOptions } from "./stack/index.js";

/** Under which addresses this hotline is known: the one listened on, and those told to peers. */
export class OwnAddress {
  /** The address listened on; empty before the start. */
  bound = "";

  /** @param endpoints those listened on */
  constructor(
    private readonly told: { readonly advertised: string | undefined; readonly advertised6: string | undefined },
    private readonly endpoints: () => readonly Endpoint[],
  ) {}

  /** @throws HTL_SIP_BIND_FAILED where a host name is not found */
  async resolve(host: string, port: number): Promise<string> {
    if (isIP(host) !== 0) return (this.bound = host);
    try {
      return (this.bound = (await lookup(host)).address);
    } catch (error) {
      throw sipErrors.BIND_FAILED(host, port, errorText(error), "HOTLINE_SIP_PORT", { cause: error });
    }
  }

  /** Told in SDP; undefined: the one that a leg is bound to. */
  get advertised(): string | undefined {
    return this.told.advertised;
  }

  /** How we name ourselves in From and To. */
  get local(): string {
    const { advertised } = this.told;
    if (advertised !== undefined) return advertised;
    if (this.bound !== "0.0.0.0" && this.bound !== "::" && this.bound !== "") return this.bound;
    const outward = Object.values(networkInterfaces()).flatMap((all) => all ?? []).find((each) => !each.internal && each.family === "IPv4");
    return outward?.address ?? "127.0.0.1";
  }

  /** Whether SIP is taken there by ourselves. */
  readonly is = (address: string, port: number): boolean => {
    const host = plainAddress(address).toLowerCase();
    const mine = (bound: string): boolean => {
      if (host === bound.toLowerCase() || host === this.told.advertised || host === this.told.advertised6) return true;
      // Where all are bound, each of 127.0.0.0/8 is one of ours, though the system lists a single one.
      return (bound === "0.0.0.0" || bound === "::") && (isLoopback(host) || Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === host) === true));
    };
    return this.endpoints().some((each) => each.port === port && mine(each.address));
  };

  /** What peers see of us in Via and Contact: an address of their own family. */
  advertisement(addresses: readonly string[]): Pick<UserAgentOptions, "advertised"> {
    const { advertised: told, advertised6 } = this.told;
    if (told === undefined && advertised6 === undefined) return {};
    const mixed = advertised6 !== undefined || addresses.some((each) => each.includes(":") !== (told ?? "").includes(":"));
    if (!mixed && told !== undefined) return { advertised: { host: bracketed(told) } };
    return {
      advertised: ({ host }) => {
        const six = host.includes(":");
        const address = six && advertised6 !== undefined ? advertised6 : told;
        return address === undefined || address.includes(":") !== six ? undefined : { host: bracketed(address) };
      },
    };
  }
}

/** Why it cannot be listened, with the port that is meant and the variable that sets it: SIP over TLS has another one. Where the stack does not say which, `host` and `port`. */
export function bindFailure(error: unknown, host: string, port: number): HotlineError {
  const { transport, address = host, port: meant = port } = error instanceof SipError ? error.details : {};
  const variable = transport === "tls" ? "HOTLINE_SIP_TLS_PORT" : "HOTLINE_SIP_PORT";
  const taken = error instanceof SipError && error.code === "SIP_ADDRESS_IN_USE";
  return taken ? sipErrors.PORT_IN_USE(meant, address, variable, { cause: error }) : sipErrors.BIND_FAILED(address, meant, errorText(error), variable, { cause: error });
}

/** As it stands in a URI. */
export function bracketed(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}
