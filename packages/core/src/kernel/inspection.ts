import type { PermissionDefinition } from "../plugin/define-plugin.js";

/** Something that would keep the hotline from starting. */
export interface HotlineProblem {
  /** `HTL_...`. */
  readonly code: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** The plugin it is about, where it is one. */
  readonly plugin?: string;
  /** Where it is, for example `main.nodes[3].next` of a flow or `acd.queues.0.key` of the options. */
  readonly path?: string;
}

/** A variable the hotline understands. */
export interface VariableInspection {
  /** `HOTLINE_ACD_WRAP_UP`. */
  readonly name: string;
  /** The option it sets, `acd.wrapUp`; of core `core.host`. */
  readonly option: string;
  /** Its text when it is set; secrets are `[hidden]`. */
  readonly value?: string;
}

export interface PluginInspection {
  readonly name: string;
  readonly version: string;
  /** Range of @hotlinejs/core it works with. */
  readonly core: string;
  readonly critical: boolean;
  /** Plugins that must be there, and those that come first when there. */
  readonly requires: readonly string[];
  readonly after: readonly string[];
  /** Names of the tokens it provides. */
  readonly provides: readonly string[];
  readonly permissions: readonly PermissionDefinition[];
  readonly ivrNodes: readonly string[];
  /** `GET /api/queues`. */
  readonly routes: readonly string[];
  readonly tables: readonly string[];
  readonly migrations: readonly string[];
  readonly events: readonly string[];
  readonly consolePages: readonly string[];
  /** As resolved from code, environment and defaults, secrets hidden; absent when they are not valid. */
  readonly options?: unknown;
}

/** What a hotline is made of, as far as can be told without starting it. */
export interface HotlineInspection {
  readonly name: string;
  /** Of @hotlinejs/core. */
  readonly version: string;
  readonly host: string;
  readonly timezone: string;
  readonly dataDir: string;
  readonly publicUrl?: string;
  /** `SQLite in <file>` or `PostgreSQL at <host:port/database>`; without credentials. */
  readonly database: string;
  /** In the order in which they register and start. */
  readonly plugins: readonly PluginInspection[];
  readonly variables: readonly VariableInspection[];
  /** Variables beginning with HOTLINE_ that mean nothing to the plugins present. */
  readonly unknownVariables: readonly string[];
  readonly problems: readonly HotlineProblem[];
}
