import { token } from "@hotlinejs/core";
import type { BoardChannel } from "./board/board-driver.js";

export type { BoardChannel, BoardDriver, ChannelCapabilities, ChannelEvent, ChannelState } from "./board/board-driver.js";

/** A line as shown to people. */
export interface LineView {
  /** Key of the line: `line:<key>`. */
  readonly key: string;
  readonly board: string;
  /** What citizens dial to reach it. */
  readonly number: string;
  readonly state: BoardChannel["state"];
}

/** The lines of all boards and how they are. */
export interface VoiceboardService {
  lines(): readonly LineView[];
  /** Live calls on lines, answered or not. */
  readonly calls: number;
}

export const VOICEBOARD = token<VoiceboardService>("voiceboard.voiceboard");
