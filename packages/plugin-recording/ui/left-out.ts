import type { RecordingView } from "../src/contract.js";

/** A stretch of silence in a recording, milliseconds from its start, and whose it is. */
export interface LeftOut {
  readonly from: number;
  readonly to: number;
  /** 工号; `null`: a flow took keys that nobody is to hear. */
  readonly agent: string | null;
}

/** What agents and flows have kept out, in the order of the recording. Of flows it is known once the recording is compressed. */
export function leftOut({ startedAt, durationMs, excluded, pauses }: Pick<RecordingView, "startedAt" | "durationMs" | "excluded" | "pauses">): readonly LeftOut[] {
  const end = durationMs ?? Infinity;
  const byAgents = pauses.flatMap(({ agent, from, to }) => (to === null ? [] : [{ from: Math.max(0, from - startedAt), to: Math.min(end, to - startedAt), agent }]));
  const byFlows = excluded.filter((range) => !byAgents.some(({ from, to }) => range.from < to && range.to > from)).map(({ from, to }) => ({ from, to, agent: null }));
  return [...byAgents, ...byFlows].sort((a, b) => a.from - b.from);
}
