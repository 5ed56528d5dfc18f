import type { Clock, Logger, Timer } from "@hotlinejs/core";
import { isIP } from "node:net";
import type { SipTrunkState } from "../contract.js";
import { challengeHandler } from "../digest/challenge-handler.js";
import { escapeUser } from "../stack/index.js";
import type { Registration, RegistrationState, UserAgent } from "../stack/index.js";
import type { Trunk } from "./trunk.js";

/** How often the carriers' names are looked up anew, and how soon after they were not found. */
const LOOK_MS = 300_000;
const LOOK_AGAIN_MS = 15_000;
/** How long a stop waits for carriers to take back registrations. */
const GOODBYE_MS = 2_000;

export interface TrunkRegistrationsDeps {
  readonly agent: UserAgent;
  readonly trunks: readonly Trunk[];
  readonly clock: Clock;
  readonly log: Logger;
  changed(trunk: Trunk, state: SipTrunkState["state"], status: number | null): void;
}

/** Keeps us registered with the carriers that want it. Refreshing and the growing waits after failures are the stack's. */
export class TrunkRegistrations {
  readonly #deps: TrunkRegistrationsDeps;
  readonly #looks = new Map<Trunk, Timer>();
  readonly #live = new Map<Trunk, Registration>();
  /** Of trunks that were disabled: a new registration waits until the old one is taken back, which would undo it. */
  readonly #leaving = new Map<Trunk, Promise<unknown>>();
  #stopped = false;

  constructor(deps: TrunkRegistrationsDeps) {
    this.#deps = deps;
  }

  /** Begins; a carrier that does not answer delays nobody. */
  start(): void {
    for (const trunk of this.#deps.trunks) {
      void this.#resolve(trunk);
      if (trunk.enabled) this.#register(trunk);
      else if (trunk.config.registration !== undefined) trunk.setState("removed", null);
    }
  }

  /** A trunk was disabled or enabled: takes its registration back, or registers anew. */
  switched(trunk: Trunk): void {
    if (trunk.config.registration === undefined || this.#stopped) return;
    const registration = this.#live.get(trunk);
    if (!trunk.enabled && registration !== undefined) {
      this.#live.delete(trunk);
      const left = registration.unregister().finally(() => {
        if (this.#leaving.get(trunk) === left) this.#leaving.delete(trunk);
        if (trunk.enabled) this.#register(trunk);
      });
      this.#leaving.set(trunk, left);
    } else if (trunk.enabled && !this.#leaving.has(trunk)) this.#register(trunk);
  }

  #register(trunk: Trunk): void {
    const { registration } = trunk.config;
    if (registration === undefined || this.#stopped || this.#live.has(trunk)) return;
    const host = isIP(registration.server) === 6 ? `[${registration.server}]` : registration.server;
    const port = registration.port === undefined ? "" : `:${registration.port}`;
    trunk.setState("registering", null);
    this.#live.set(
      trunk,
      this.#deps.agent.register({
        registrar: `sip:${host}${port}${registration.transport === "udp" ? "" : `;transport=${registration.transport}`}`,
        aor: `<sip:${escapeUser(registration.username)}@${host}>`,
        contactUser: registration.username,
        expires: registration.expires,
        transport: registration.transport,
        onChallenge: challengeHandler(registration.authUsername ?? registration.username, registration.password),
        changed: (state) => this.#changed(trunk, state),
      }),
    );
  }

  /** Takes our registrations back. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#looks.values()) timer.cancel();
    this.#looks.clear();
    const leaving = [...this.#leaving.values(), ...[...this.#live.values()].map((registration) => registration.unregister())];
    this.#live.clear();
    if (leaving.length === 0) return;
    const abort = new AbortController();
    const late = this.#deps.clock.sleep(GOODBYE_MS, abort.signal).catch(() => undefined);
    await Promise.race([Promise.all(leaving), late]);
    abort.abort();
  }

  #changed(trunk: Trunk, state: RegistrationState): void {
    const status = state.status === "failed" ? (state.outcome?.status ?? null) : null;
    if (state.status === "failed") trunk.failed("registration", status ?? 408, this.#deps.clock.monotonic());
    if (!trunk.setState(state.status, status)) return;
    if (state.status === "failed") this.#deps.log.warn({ trunk: trunk.key, status }, "the registration with a carrier failed; it is tried again");
    else this.#deps.log.info({ trunk: trunk.key, state: state.status }, "trunk registration");
    // A carrier may have moved.
    if (state.status === "registered") void this.#resolve(trunk);
    this.#deps.changed(trunk, state.status, status);
  }

  async #resolve(trunk: Trunk): Promise<void> {
    if (trunk.hosts().every((host) => isIP(host) !== 0)) return;
    const { agent, clock, log } = this.#deps;
    const { unresolved } = await trunk.resolve((target) => agent.locate(target));
    if (this.#stopped) return;
    if (unresolved.length > 0) log.warn({ trunk: trunk.key, hosts: unresolved }, "the host of a trunk was not found; calls from it are not recognised, unless they come from where it was before");
    // A carrier that moves tells nobody, and one that was not found may be there soon.
    this.#looks.get(trunk)?.cancel();
    this.#looks.set(trunk, clock.setTimeout(() => void this.#resolve(trunk), unresolved.length > 0 ? LOOK_AGAIN_MS : LOOK_MS));
  }
}
