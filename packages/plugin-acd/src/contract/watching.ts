/** How a supervisor is in a call. */
export type WatchMode = "listen" | "whisper" | "barge";

/** A supervisor in an agent's call. */
export interface Watching {
  /** 工号 of the supervisor. */
  readonly by: string;
  /** 工号 of the agent. */
  readonly agent: string;
  readonly interactionId: string;
  readonly mode: WatchMode;
  /** The supervisor's own phone has answered. */
  readonly inside: boolean;
  /** Epoch ms of the last change. */
  readonly since: number;
}

export interface WatchOptions {
  /** 工号 of the supervisor, whose phone is rung. */
  readonly by: string;
  /** User id, for the audit. */
  readonly actor: string;
}
