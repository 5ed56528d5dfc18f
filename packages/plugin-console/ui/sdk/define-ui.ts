import type * as React from "react";
import type { ComponentType } from "react";

/** Somebody's interaction as the parts around it need to know it. */
export interface InteractionContext {
  readonly interactionId: string;
  /** In full for who may see it, else masked; empty when withheld. */
  readonly callerNumber: string;
  /** `voice`, `chat`, `mail` ... */
  readonly channel: string;
  /** The work tab that shows it is selected, and the call is on: answered, and not over. */
  readonly live: boolean;
}

/**
 * Places in pages where plugins put parts of theirs, with what the part is given. Plugins add places of their own:
 *
 * ```ts
 * declare module "@hotlinejs/plugin-console/sdk" { interface ConsoleSlots { "map.popup": { id: string } } }
 * ```
 */
export interface ConsoleSlots {
  /** Top bar of every page, between logo and tools: 52 px high, never moves. */
  "host.bar": object;
  /** Beside the call in the call bar: a word about it (is it recorded?), and what can be done with that. */
  "agent.call": InteractionContext;
  /** Live page of supervisors, beside the state of an agent who has a call: a word about it. */
  "supervision.call": { readonly interactionId: string; /** 工号. */ readonly agent: string };
  /** Agent's desk, left column: lists of what waits besides calls. */
  "agent.list": object;
  /** Agent's desk, work tab of an interaction: forms. Stays mounted while other tabs are shown. */
  "agent.work": InteractionContext;
  /** Agent's desk, right column: who is calling and what is known. */
  "agent.context": InteractionContext;
  /** Page of a ticket, right side. */
  "ticket.detail": { readonly ticketId: string; readonly interactionId: string | null };
  /** A player wherever a recording is mentioned. */
  "recording.player": { readonly recordingId: string };
}

export type SlotName = keyof ConsoleSlots & string;

/** What a plugin's script gives. Keys are those of the plugin's manifest (`consoleUi`). */
export interface ConsoleScript {
  /** Path of the page -> component. Heavy ones: `React.lazy(() => import("./page.js"))`, made in the factory, so that «重新加载» makes them anew after a failed load. */
  readonly pages?: Readonly<Record<string, ComponentType>>;
  /** Slot -> name -> component. */
  readonly panels?: { readonly [S in SlotName]?: Readonly<Record<string, ComponentType<ConsoleSlots[S]>>> };
  /** Path of a page in the menu -> a small component beside its word (a count). */
  readonly menus?: Readonly<Record<string, ComponentType>>;
}

/** What the host hands to a script. The same functions can be imported from `@hotlinejs/plugin-console/sdk`. */
export interface ConsoleSdk {
  /** Grows by one when something is taken away. */
  readonly version: 1;
  readonly React: typeof React;
}

export type ConsoleScriptFactory = (sdk: ConsoleSdk) => ConsoleScript;

/** Types a script: `export const ui = defineConsoleUi(() => ({ pages: { "/vip": VipPage } }))` in `ui/index.tsx`. */
export function defineConsoleUi(factory: ConsoleScriptFactory): ConsoleScriptFactory {
  return factory;
}
