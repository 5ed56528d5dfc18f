import { token } from "../di/token.js";

/** Pictures the console has for its menu. */
export type ConsoleIcon = "phone" | "headset" | "ticket" | "report" | "record" | "message" | "mail" | "fax" | "callback" | "book" | "people" | "monitor" | "flow" | "check" | "clock" | "settings" | "list";

/** A page of a plugin in the staff console. Its component is what the plugin's script gives under the same path. */
export interface ConsolePage {
  /** Path below `/console` with parameters: `/tickets`, `/tickets/:id`. */
  readonly path: string;
  /** In Chinese. */
  readonly title: string;
  readonly titleEn?: string;
  /** Who may open it; others do not see it in the menu either. */
  readonly permission: string;
  /** Entry in the menu. Left out: the page is reached by links only. */
  readonly menu?: {
    readonly icon: ConsoleIcon;
    /** Place in the menu, lowest first: 10 the desk, 20 cases, 50 reports, 90 administration. */
    readonly order: number;
  };
  /** Stays mounted while other pages are shown, so that nothing typed is lost (the agent's desk). Default false. */
  readonly keepMounted?: boolean;
}

/** A part of a plugin inside somebody else's page. */
export interface ConsolePanel {
  /** The place, named by the page that has it: `agent.context`, `agent.work`, `ticket.detail`, `host.bar`. */
  readonly slot: string;
  /** Unique within slot and plugin; the key under which the plugin's script gives the component. */
  readonly name: string;
  /** In Chinese. */
  readonly title: string;
  readonly titleEn?: string;
  readonly permission: string;
  /** Lowest first. Default 50. */
  readonly order?: number;
}

/** What a plugin brings to the staff console: data here, components in its built script. Served by plugin-console where that is present. */
export interface ConsoleUi {
  /** Folder with what the build made of the plugin's `ui/`: `new URL("../dist/ui/", import.meta.url)`. */
  readonly folder: URL;
  /** Entry in it. Default `index.js`; an `index.css` beside it is loaded too. */
  readonly script?: string;
  readonly pages?: readonly ConsolePage[];
  readonly panels?: readonly ConsolePanel[];
}

/** What one plugin brings for the console. */
export interface ConsoleUiOfPlugin {
  readonly plugin: string;
  readonly version: string;
  readonly ui: ConsoleUi;
  /** False once the plugin has failed: its pages and panels are shown to nobody. */
  takesPart(): boolean;
}

/** Console parts of the plugins present. Filled by the kernel, served by plugin-console. */
export const CONSOLE_UIS = token<readonly ConsoleUiOfPlugin[]>("core.console-uis");

/** Who should see it: any of these. */
export interface ScreenAudience {
  readonly users?: readonly string[];
  /** 工号. */
  readonly agents?: readonly string[];
  readonly departments?: readonly string[];
  /** Everybody who has it. */
  readonly permission?: string;
}

/** Open pages of the staff. Provided by plugin-console; without it nobody is told. */
export interface Screens {
  /**
   * Pushes to the open pages of the audience. Not durable: what must not be missed is a notification of the channel `screen`.
   * Only what the least of the audience may see belongs into `data`.
   */
  tell(audience: ScreenAudience, message: { readonly topic: string; readonly data: unknown }): void;
}

export const SCREENS = token<Screens>("console.screens");
