import "./player.css";
import { defineConsoleUi } from "@hotlinejs/plugin-console/sdk";
import { PausedMark } from "./paused-mark.js";
import { RecordingPlayer } from "./player.js";
import { RecordingState } from "./recording-state.js";

export const ui = defineConsoleUi(() => ({ panels: { "recording.player": { player: RecordingPlayer }, "agent.call": { state: RecordingState }, "supervision.call": { paused: PausedMark } } }));
