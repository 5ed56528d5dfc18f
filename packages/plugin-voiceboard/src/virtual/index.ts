import { token } from "@hotlinejs/core";
import type { VirtualBoard } from "./virtual-board.js";

export { VirtualBoard } from "./virtual-board.js";
export type { VirtualBoardOptions } from "./virtual-board.js";
export type { DialledOutcome, VirtualCallOptions, VirtualChannel } from "./virtual-channel.js";
export type { OutsideParty, PartyEnd } from "./outside-party.js";
export type { RingCadence } from "./line-messages.js";
export { partyScriptSchema } from "./party-script.js";
export type { PartyScript, PartyStep } from "./party-script.js";

/** The board of `virtualLines`, to place calls on a running hotline. */
export const VIRTUAL_BOARD = token<VirtualBoard>("voiceboard.virtual-board");
