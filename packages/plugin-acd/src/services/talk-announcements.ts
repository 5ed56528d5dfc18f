import type { CallSession, Clock, Logger } from "@hotlinejs/core";
import type { AgentCallCommand, LiveAnnouncementView } from "../contract.js";
import type { Announcements } from "./announcements.js";
import { LiveAnnouncement, type Hearers } from "./live-announcement.js";

export interface TalkAnnouncementsDeps {
  readonly agent: string;
  readonly session: CallSession;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether there is anything to play. */
  readonly offered: Pick<Announcements, "any">;
  /** One has begun, or is over. */
  readonly told: (view: LiveAnnouncementView) => void;
}

/** What an agent plays into one call, one at a time. */
export class TalkAnnouncements {
  readonly #deps: TalkAnnouncementsDeps;
  #last: LiveAnnouncement | undefined;

  constructor(deps: TalkAnnouncementsDeps) {
    this.#deps = deps;
  }

  /** What runs must have been stopped. */
  play(what: ReturnType<Announcements["take"]>, hearers: Pick<Hearers, "connection" | "except">): void {
    const { agent, session, clock, log, told } = this.#deps;
    const { call: citizen, interaction, language } = session;
    this.#last = new LiveAnnouncement(what.announcement, { ...hearers, citizen }, (signal) => what.sound(language, signal), { clock, log, interaction, agent, told });
  }

  stop(how: "cut" | "stopped"): void {
    this.#last?.stop(how);
  }

  /** Resolves when the last one is over. */
  async done(): Promise<void> {
    await this.#last?.done;
  }

  view(): LiveAnnouncementView | null {
    return this.#last?.view() ?? null;
  }

  /** Of what the state of the call allows, what makes sense here. */
  commands(possible: readonly AgentCallCommand[]): readonly AgentCallCommand[] {
    const commands = possible.filter((command) => command !== "announce" || this.#deps.offered.any);
    return this.#last?.over === false ? [...commands, "stop-announcement"] : commands;
  }
}
