/** A page of a plugin in the staff console. */
export interface ConsolePage {
  /** Path below `/console`, for example `/tickets`. */
  readonly path: string;
  readonly title: string;
  readonly permission: string;
  /** Built script below the plugin's `ui` folder. */
  readonly script: string;
}
