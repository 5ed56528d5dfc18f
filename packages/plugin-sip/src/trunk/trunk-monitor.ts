import { isIP } from "node:net";
import type { Clock, Logger, Timer } from "@hotlinejs/core";
import { escapeUser } from "../stack/index.js";
import type { UserAgent } from "../stack/index.js";
import type { Trunk } from "./trunk.js";

/** Unanswered in a row before a trunk is down: one may be a lost packet or two. */
const MISSES = 2;

export interface TrunkMonitorDeps {
  readonly agent: UserAgent;
  readonly trunks: readonly Trunk[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Host part of our From. */
  localHost(): string;
  changed(trunk: Trunk, up: boolean, status: number): void;
}

/** Asks carriers by OPTIONS whether they are there (RFC 3261 section 11). Any answer counts but 408, 502, 503 and 504: what they mean is that nobody is. */
export class TrunkMonitor {
  readonly #deps: TrunkMonitorDeps;
  #timers: Timer[] = [];

  constructor(deps: TrunkMonitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    for (const trunk of this.#deps.trunks) {
      const seconds = trunk.config.keepAliveSeconds;
      if (seconds === undefined) continue;
      let asking = false;
      let misses = 0;
      const ask = async (): Promise<void> => {
        // The last one may still be waiting for its time-out.
        if (asking) return;
        asking = true;
        const status = await this.#ask(trunk);
        asking = false;
        const there = status !== 408 && status !== 502 && status !== 503 && status !== 504;
        misses = there ? 0 : misses + 1;
        if (!there) trunk.failed("options", status, this.#deps.clock.monotonic());
        if (there ? trunk.setUp(true) : misses >= MISSES && trunk.setUp(false)) this.#changed(trunk, there, status);
      };
      void ask();
      this.#timers.push(this.#deps.clock.setInterval(() => void ask(), seconds * 1000));
    }
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) timer.cancel();
  }

  async #ask(trunk: Trunk): Promise<number> {
    const way = trunk.way;
    if (way === undefined) return 503;
    const host = isIP(way.host) === 6 ? `[${way.host}]` : way.host;
    const outcome = await this.#deps.agent.request({
      method: "OPTIONS",
      uri: `sip:${host}${way.port === undefined ? "" : `:${way.port}`}${way.transport === undefined || way.transport === "udp" ? "" : `;transport=${way.transport}`}`,
      from: `<sip:${escapeUser(trunk.config.registration?.username ?? "hotline")}@${trunk.config.registration?.server ?? this.#deps.localHost()}>`,
      ...(way.transport === undefined ? {} : { transport: way.transport }),
      headers: { Accept: "application/sdp" },
    });
    return outcome.status;
  }

  #changed(trunk: Trunk, up: boolean, status: number): void {
    const { log, changed } = this.#deps;
    if (up) log.info({ trunk: trunk.key }, "the trunk answers");
    else log.warn({ trunk: trunk.key, status }, "the trunk does not answer; other trunks are taken first");
    changed(trunk, up, status);
  }
}
