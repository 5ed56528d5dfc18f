import { token } from "../di/token.js";

/** What every plugin may know of the hotline it runs in. */
export interface HotlineSettings {
  readonly name: string;
  /** IANA name; business dates and spoken times are in it. */
  readonly timezone: string;
  /** Address to listen on. */
  readonly host: string;
  /** Whether `host` is a loopback address: demo passwords are allowed only then. */
  readonly loopbackOnly: boolean;
  readonly dataDir: string;
  /** Unique per process and data folder; written on legs, jobs and leases. */
  readonly nodeId: string;
  /** How browsers reach us, without a trailing slash. */
  readonly publicUrl: string | undefined;
  /** Address told to SIP peers when it differs from `host` (NAT). */
  readonly advertisedAddress: string | undefined;
}

export const SETTINGS = token<HotlineSettings>("core.settings");
