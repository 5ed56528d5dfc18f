/** Who hears an announcement: the citizen alone, or the agent too. */
export type AnnouncedTo = "citizen" | "both";

/** `stopped` by the agent; `cut` by hold, a transfer, a hang-up or another announcement; `failed`: it could not be spoken. */
export type AnnouncementResult = "completed" | "stopped" | "cut" | "failed";

/** An approved prompt or article that agents may play into a call. */
export interface Announcement {
  readonly key: string;
  readonly kind: "prompt" | "article";
  readonly title: string;
  readonly topic: string | null;
  /** The beginning of its words; empty for a recording without text. */
  readonly excerpt: string;
  /** How long it takes by its words, ms; `null`: not known before it is played. */
  readonly aboutMs: number | null;
}

export interface LiveAnnouncementView {
  readonly key: string;
  readonly kind: "prompt" | "article";
  readonly title: string;
  readonly to: AnnouncedTo;
  /** Epoch ms; `null` while it is being prepared: nothing is heard yet. */
  readonly startedAt: number | null;
  /** Of the whole, ms; `null`: not known. */
  readonly durationMs: number | null;
  /** `null` while it is prepared or heard. */
  readonly result: AnnouncementResult | null;
  /** How much of it was heard, ms; `null` until it is over. */
  readonly playedMs: number | null;
}
