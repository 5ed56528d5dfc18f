import type { Clock, Logger } from "@hotlinejs/core";
import { isIP } from "node:net";
import type { SipTrunkState } from "../contract.js";
import { challengeHandler } from "../digest/challenge-handler.js";
import { escapeUser } from "../stack/index.js";
import type { Registration, RegistrationState, UserAgent } from "../stack/index.js";
import type { Trunk } from "./trunk.js";

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
  #live: Registration[] = [];

  constructor(deps: TrunkRegistrationsDeps) {
    this.#deps = deps;
  }

  /** Begins; a carrier that does not answer delays nobody. */
  start(): void {
    for (const trunk of this.#deps.trunks) {
      void this.#resolve(trunk);
      const { registration } = trunk.config;
      if (registration === undefined) continue;
      const host = isIP(registration.server) === 6 ? `[${registration.server}]` : registration.server;
      const port = registration.port === undefined ? "" : `:${registration.port}`;
      this.#live.push(
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
  }

  /** Takes our registrations back. Never rejects. */
  async stop(): Promise<void> {
    const live = this.#live;
    this.#live = [];
    if (live.length === 0) return;
    const abort = new AbortController();
    const late = this.#deps.clock.sleep(GOODBYE_MS, abort.signal).catch(() => undefined);
    await Promise.race([Promise.all(live.map((registration) => registration.unregister())), late]);
    abort.abort();
  }

  #changed(trunk: Trunk, state: RegistrationState): void {
    const status = state.status === "failed" ? (state.outcome?.status ?? null) : null;
    if (!trunk.setState(state.status, status)) return;
    if (state.status === "failed") this.#deps.log.warn({ trunk: trunk.key, status }, "the registration with a carrier failed; it is tried again");
    else this.#deps.log.info({ trunk: trunk.key, state: state.status }, "trunk registration");
    // A carrier may have moved.
    if (state.status === "registered") void this.#resolve(trunk);
    this.#deps.changed(trunk, state.status, status);
  }

  async #resolve(trunk: Trunk): Promise<void> {
    const { unresolved } = await trunk.resolve();
    if (unresolved.length > 0) this.#deps.log.warn({ trunk: trunk.key, hosts: unresolved }, "the host of a trunk has no address; calls from it are not recognised");
  }
}
