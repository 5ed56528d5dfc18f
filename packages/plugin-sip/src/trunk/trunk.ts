import { isIP } from "node:net";
import { Networks } from "@hotlinejs/core";
import type { Clock } from "@hotlinejs/core";
import type { TrunkConfig } from "../config.js";
import type { SipTrunkState } from "../contract.js";
import { CallCount } from "./call-count.js";
import { CallRate } from "./call-rate.js";
import type { Destination, ResolveTarget } from "../stack/index.js";

/** A carrier that asks for more would be lost for too long by a slip. */
const MOST_REST_SECONDS = 300;

export type TrunkTransport = "udp" | "tcp" | "tls";

/** One way to and from the telephone network: who may call in by it, and its channels. */
export class Trunk {
  readonly config: TrunkConfig;
  /** Known by their numbers: `match`, and hosts that are addresses. */
  readonly #fixed: readonly string[];
  /** By host name: where it was last found. */
  readonly #named = new Map<string, readonly string[]>();
  #sources: Networks;
  #channels = 0;
  #state: SipTrunkState["state"];
  #status: number | null = null;
  #up: boolean | null = null;
  readonly #outRate: CallRate | undefined;
  readonly #inRate: CallRate | undefined;
  readonly #outCount = new CallCount();
  readonly #inCount = new CallCount();
  #restsUntil = -Infinity;
  #disabled: SipTrunkState["disabled"] = null;
  #lastFailure: { readonly at: number; readonly of: "registration" | "options" | "call"; readonly status: number } | undefined;

  constructor(config: TrunkConfig) {
    this.config = config;
    this.#outRate = config.outbound?.maxCallsPerSecond === undefined ? undefined : new CallRate(config.outbound.maxCallsPerSecond);
    this.#inRate = config.maxCallsPerSecond === undefined ? undefined : new CallRate(config.maxCallsPerSecond);
    this.#state = config.registration === undefined ? "static" : "registering";
    this.#fixed = [...config.match, ...this.hosts().filter((host) => isIP(host) !== 0)];
    this.#sources = new Networks(this.#fixed);
  }

  get key(): string {
    return this.config.key;
  }

  /** Whether calls from this address are this trunk's. */
  matches(address: string): boolean {
    return this.#sources.has(address);
  }

  /**
   * Looks up the carrier's host names, whose addresses count as sources too: those that our calls would go to (NAPTR, SRV), and those of
   * the name itself. A name that is found elsewhere now is not believed at its former place any more; one that is not found keeps it.
   * Never rejects; `unresolved` are those without an address.
   */
  async resolve(locate: (target: ResolveTarget) => Promise<readonly Destination[]>): Promise<{ unresolved: readonly string[] }> {
    const unresolved: string[] = [];
    for (const host of this.hosts()) {
      if (isIP(host) !== 0) continue;
      const targets: ResolveTarget[] = [{ host, port: 5060, kind: "udp", given: true }, ...this.#ways().filter((way) => way.host === host && way.port === undefined).map(({ transport }) => ({ host, kind: transport ?? "udp", given: transport !== undefined }))];
      const found = await Promise.all(targets.map((target) => locate(target).catch(() => [])));
      const addresses = [...new Set(found.flat().map((each) => each.host))];
      if (addresses.length > 0) this.#named.set(host, addresses);
      else unresolved.push(host);
    }
    this.#sources = new Networks([...this.#fixed, ...[...this.#named.values()].flat()]);
    return { unresolved };
  }

  #ways(): { readonly host: string; readonly port: number | undefined; readonly transport: TrunkTransport | undefined }[] {
    const { registration } = this.config;
    const registrar = registration === undefined ? undefined : { host: registration.server, port: registration.port, transport: registration.transport };
    return [registrar, this.outbound].filter((way) => way !== undefined);
  }

  /** Names and addresses of the carrier. */
  hosts(): string[] {
    const { registration, outbound } = this.config;
    return [...new Set([registration?.server, outbound?.host].filter((h) => h !== undefined))];
  }

  /** Where calls of ours go; `undefined` when it takes none. */
  get outbound(): { readonly host: string; readonly port: number | undefined; readonly transport: TrunkTransport | undefined; readonly prefixes: readonly string[] } | undefined {
    const { outbound, registration } = this.config;
    if (outbound === undefined) return undefined;
    const host = outbound.host ?? registration?.server;
    if (host === undefined) return undefined;
    return { host, port: outbound.port ?? (outbound.host === undefined ? registration?.port : undefined), transport: outbound.transport === "auto" ? undefined : outbound.transport, prefixes: outbound.prefixes };
  }

  /** Where the carrier is asked whether it is there. */
  get way(): { readonly host: string; readonly port: number | undefined; readonly transport: TrunkTransport | undefined } | undefined {
    const { registration } = this.config;
    return this.outbound ?? (registration === undefined ? undefined : { host: registration.server, port: registration.port, transport: registration.transport });
  }

  /** Whether the carrier answers; null where it is not asked, or not yet. */
  get up(): boolean | null {
    return this.#up;
  }

  /** Returns whether this is news. A trunk that is up from the first is none. */
  setUp(up: boolean): boolean {
    const before = this.#up;
    this.#up = up;
    return before !== up && !(before === null && up);
  }

  /** Lower comes first. */
  get priority(): number {
    return this.config.outbound?.priority ?? 0;
  }

  /** Whether the carrier has asked to be left alone for now. @param now monotonic ms */
  rests(now: number): boolean {
    return now < this.#restsUntil;
  }

  /** The carrier asks to be left alone (503 with Retry-After, RFC 3261 section 21.5.4): five minutes are believed at most. */
  rest(now: number, seconds: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, now + Math.min(MOST_REST_SECONDS, seconds) * 1000);
  }

  /** Whether it takes new calls: nobody has disabled it. */
  get enabled(): boolean {
    return this.#disabled === null;
  }

  /** No new calls in and out; those there are go on. */
  disable(by: NonNullable<SipTrunkState["disabled"]>): void {
    this.#disabled = by;
  }

  enable(): void {
    this.#disabled = null;
  }

  /** The carrier did not do what was asked of it. @param status SIP status, 408 for silence @param now monotonic ms */
  failed(of: "registration" | "options" | "call", status: number, now: number): void {
    this.#lastFailure = { at: now, of, status };
  }

  get full(): boolean {
    return this.config.maxChannels !== undefined && this.#channels >= this.config.maxChannels;
  }

  /** How long a call of ours would wait for the trunk's call rate, ms. @param now monotonic ms */
  waitMs(now: number): number {
    return this.#outRate?.waitMs(now) ?? 0;
  }

  /** One call of ours goes out, now or after `waitMs`. @param now monotonic ms */
  drawCall(now: number): void {
    this.#outRate?.draw();
    this.#outCount.add(now);
  }

  /** Whether one more call may come in at the rate agreed; counts it, if so. @param now monotonic ms */
  admits(now: number): boolean {
    if (this.#inRate !== undefined && this.#inRate.waitMs(now) > 0) return false;
    this.#inRate?.draw();
    this.#inCount.add(now);
    return true;
  }

  /** Takes a channel; `undefined` when all are in use. Calling the release twice does nothing. */
  take(): (() => void) | undefined {
    if (this.full) return undefined;
    this.#channels += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#channels -= 1;
    };
  }

  /** Returns whether this is news. */
  setState(state: SipTrunkState["state"], status: number | null): boolean {
    if (this.#state === state && this.#status === status) return false;
    this.#state = state;
    this.#status = status;
    return true;
  }

  describe(clock: Pick<Clock, "now" | "monotonic">): SipTrunkState {
    const { maxChannels, maxCallsPerSecond, outbound } = this.config;
    const now = clock.monotonic();
    return {
      key: this.key, state: this.#state, status: this.#status, up: this.#up, channels: this.#channels, maxChannels: maxChannels ?? null,
      priority: outbound?.priority ?? null,
      disabled: this.#disabled,
      lastFailure: this.#lastFailure === undefined ? null : { ...this.#lastFailure, at: Math.round(clock.now() + this.#lastFailure.at - now) },
      restsUntil: this.rests(now) ? Math.round(clock.now() + this.#restsUntil - now) : null,
      outbound: { calls: this.#outCount.total, lastMinute: this.#outCount.lastMinute(now), maxCallsPerSecond: outbound?.maxCallsPerSecond ?? null },
      inbound: { calls: this.#inCount.total, lastMinute: this.#inCount.lastMinute(now), maxCallsPerSecond: maxCallsPerSecond ?? null },
    };
  }
}
