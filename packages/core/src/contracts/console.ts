import { token } from "../di/token.js";

/** A page of a plugin in the staff console. */
export interface ConsolePage {
  /** Path below `/console`, for example `/tickets`. */
  readonly path: string;
  readonly title: string;
  readonly permission: string;
  /** Built script below the plugin's `ui` folder. */
  readonly script: string;
}

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
