import type { Token } from "../di/token.js";

/** What a plugin sees of the hotline's container. */
export interface Services {
  /** Offers a capability; the token must be listed under `provides`. The factory runs once, at first use. */
  provide<T>(token: Token<T>, factory: (services: Services) => T): void;
  /** The capability; throws `HTL_CORE_TOKEN_MISSING` when nobody offers it. */
  get<T>(token: Token<T>): T;
  /** The capability, or `undefined` when no plugin offers it: for optional partners. */
  optional<T>(token: Token<T>): T | undefined;
}
