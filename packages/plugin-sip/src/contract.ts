import { token } from "@hotlinejs/core";

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A phone has registered, or refreshed under a new address. */
    "sip.registered": { account: string; contact: string; expiresAt: number; userAgent: string | null };
    "sip.unregistered": { account: string; contact: string; reason: "removed" | "expired" | "replaced" | "lost" };
    /** Told of trunks that register, at each change. */
    "sip.trunk-state": { trunk: string; state: "registering" | "registered" | "failed" | "removed"; status: number | null };
  }
}

/** A registered phone as shown to people. */
export interface SipRegistration {
  readonly account: string;
  readonly contact: string;
  /** `udp:192.0.2.7:5060`: where it is really reached. */
  readonly address: string;
  readonly userAgent: string | null;
  /** Epoch ms. */
  readonly expiresAt: number;
}

export interface SipTrunkState {
  readonly key: string;
  /** `static` where nothing is registered. */
  readonly state: "static" | "registering" | "registered" | "failed" | "removed";
  /** SIP status of the last failed registration. */
  readonly status: number | null;
  /** Calls on it now, in and out. */
  readonly channels: number;
  readonly maxChannels: number | null;
}

export interface SipStats {
  /** Live calls, answered or not. */
  readonly calls: number;
  readonly registrations: number;
  /** Requests and responses since the start. */
  readonly received: number;
  readonly sent: number;
  readonly malformed: number;
  readonly retransmissionsSent: number;
}

/** What other plugins may know of SIP. */
export interface SipService {
  /** Live bindings, of one account or all. */
  registrations(account?: string): readonly SipRegistration[];
  trunks(): readonly SipTrunkState[];
  stats(): SipStats;
  /** Bound addresses, in the order of `transports`; empty before the start. Port 0 shows here what it became. */
  readonly endpoints: readonly { readonly transport: string; readonly address: string; readonly port: number }[];
}

export const SIP = token<SipService>("sip.sip");
