import type { AudioSource, Call, Clock, Connection, LiveInteraction, Logger, Playback } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AnnouncedTo, Announcement, AnnouncementResult, LiveAnnouncementView } from "../contract.js";

export interface LiveAnnouncementDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly interaction: LiveInteraction;
  readonly agent: string;
  /** It has begun, or is over. */
  readonly told: (view: LiveAnnouncementView) => void;
}

/** Where it is played, and who does not hear it. */
export interface Hearers {
  readonly connection: Connection;
  /** Ends it by hanging up. */
  readonly citizen: Call;
  /** The agent's leg, where the agent does not want to hear it. */
  readonly except: Call | undefined;
}

/**
 * One announcement in a talk:
 * ```
 * preparing --(the sound is there)--> playing --(heard to the end)-> ended: completed
 *      \_____________________________/    \____ stop() ___________-> ended: stopped (by the agent) or cut (hold, transfer, hang-up)
 * ```
 * It is mixed into the conversation: citizen and agent hear each other on, and whoever listens hears both and the announcement.
 * Recordings of the legs hold it as what was sent.
 */
export class LiveAnnouncement {
  readonly #deps: LiveAnnouncementDeps;
  readonly #announcement: Announcement;
  readonly #to: AnnouncedTo;
  readonly #preparing = new AbortController();
  readonly #since: number;
  #playing: Playback | undefined;
  #startedAt: number | null = null;
  #durationMs: number | null = null;
  #result: AnnouncementResult | null = null;
  #playedMs: number | null = null;
  #stoppedBy: "stopped" | "cut" | undefined;
  /** Settles when it is over, however. Never rejects. */
  readonly done: Promise<void>;

  constructor(announcement: Announcement, hearers: Hearers, sound: (signal: AbortSignal) => Promise<readonly AudioSource[]>, deps: LiveAnnouncementDeps) {
    this.#deps = deps;
    this.#announcement = announcement;
    this.#to = hearers.except === undefined ? "both" : "citizen";
    this.#since = deps.clock.now();
    this.done = this.#run(hearers, sound);
  }

  get over(): boolean {
    return this.#result !== null;
  }

  view(): LiveAnnouncementView {
    const { key, kind, title } = this.#announcement;
    return { key, kind, title, to: this.#to, startedAt: this.#startedAt, durationMs: this.#durationMs, result: this.#result, playedMs: this.#playedMs };
  }

  /** Ends it; no effect when it is over. `cut`: not because the agent wished it. */
  stop(how: "stopped" | "cut"): void {
    if (this.over) return;
    this.#stoppedBy ??= how;
    this.#preparing.abort(new Error("the announcement was stopped"));
    this.#playing?.stop();
  }

  async #run(hearers: Hearers, sound: (signal: AbortSignal) => Promise<readonly AudioSource[]>): Promise<void> {
    const { log, interaction, clock, agent } = this.#deps;
    const { signal } = this.#preparing;
    try {
      const sources = await sound(signal);
      if (signal.aborted) return this.#end(this.#stoppedBy ?? "cut", 0);
      this.#startedAt = clock.now();
      this.#durationMs = lengthOf(sources);
      this.#playing = hearers.connection.play(sources, hearers.except === undefined ? {} : { except: [hearers.except] });
      interaction.event("announcement.started", { agent, ...this.#told(), durationMs: this.#durationMs });
      this.#deps.told(this.view());
      const { reason, playedMs } = await this.#playing.done;
      this.#end(reason === "completed" ? "completed" : (this.#stoppedBy ?? "cut"), playedMs);
    } catch (error) {
      if (signal.aborted || hearers.citizen.signal.aborted) return this.#end(this.#stoppedBy ?? "cut", 0);
      log.warn({ error: errorText(error), announcement: this.#announcement.key, agent, interactionId: interaction.id }, "an announcement could not be played");
      this.#end("failed", 0);
    }
  }

  #end(result: AnnouncementResult, playedMs: number): void {
    const { clock, interaction, agent, told } = this.#deps;
    this.#result = result;
    this.#playedMs = playedMs;
    interaction.event("announcement.ended", { agent, ...this.#told(), from: this.#startedAt ?? this.#since, until: clock.now(), playedMs, durationMs: this.#durationMs, result });
    told(this.view());
  }

  #told(): Pick<LiveAnnouncementView, "key" | "kind" | "title" | "to"> {
    const { key, kind, title } = this.#announcement;
    return { key, kind, title, to: this.#to };
  }
}

function lengthOf(sources: readonly AudioSource[]): number | null {
  let sum = 0;
  for (const source of sources) {
    if (source.kind === "asset") sum += source.asset.durationMs;
    else if (source.kind === "silence") sum += source.durationMs;
    else return null;
  }
  return sum;
}
