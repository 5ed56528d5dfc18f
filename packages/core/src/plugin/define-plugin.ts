import type { EntitySchema } from "@mikro-orm/core";
import type { z } from "zod";
import type { Token } from "../di/token.js";
import type { EventDefinition } from "../events/event-map.js";
import type { HttpRoute } from "../contracts/http.js";
import type { IvrNodeType } from "../contracts/ivr.js";
import type { Dataset } from "../contracts/dataset.js";
import type { ConsoleUi } from "../contracts/console.js";
import type { AuditWords } from "../contracts/audit-words.js";
import type { MigrationClass } from "../db/migration.js";
import type { PluginContext } from "./plugin-context.js";

/** A permission a plugin brings, with the roles that have it by default. */
export interface PermissionDefinition {
  /** `<plugin>.<noun>.<verb>`, for example `acd.queues.manage`. */
  readonly name: string;
  /** Roles that have it unless the operator changes that. `admin` always has all. */
  readonly roles?: readonly string[];
  readonly description: string;
}

/** What a plugin is, as data: `C` are its options once checked, `I` as they are given. */
export interface PluginDefinition<C, I> {
  /** Lower-case letters, digits and dashes, 40 at most; also the prefix of its tables (`acd_`) and its option in the environment (`HOTLINE_ACD_...`). */
  readonly name: string;
  /** That of its package.json, of the form `1.2.3`. */
  readonly version: string;
  /** Range of @hotlinejs/core it works with. */
  readonly core: string;
  /** Plugins that must be present, with an optional semver range: `"sip"` or `"sip@>=0.1.0 <1.0.0"`. They register and start first. */
  readonly requires?: readonly string[];
  /** Plugins that come first when present. */
  readonly after?: readonly string[];
  /** Default true: its failure fails the hotline. `false`: shown in health, the rest goes on. */
  readonly critical?: boolean;
  /** z.strictObject. Unknown keys and wrong values are boot errors with their path. */
  readonly config: z.ZodType<C, I>;
  readonly entities?: readonly EntitySchema[];
  readonly migrations?: readonly MigrationClass[];
  readonly provides?: readonly Token<unknown>[];
  readonly permissions?: readonly PermissionDefinition[];
  readonly events?: readonly EventDefinition[];
  readonly ivrNodes?: readonly IvrNodeType<unknown>[];
  readonly routes?: readonly HttpRoute[];
  readonly datasets?: readonly Dataset[];
  /** Words for what it writes into the audit. */
  readonly audit?: AuditWords;
  /** Pages and panels in the staff console. */
  readonly consoleUi?: ConsoleUi;
  register(context: PluginContext<C>): void;
}

/** A plugin with its options, ready to be given to `createHotline`. */
export interface Plugin {
  readonly definition: PluginDefinition<unknown, unknown>;
  readonly options: unknown;
}

/** Makes the plugin's options factory: `export const acd = definePlugin({...})`, used as `acd({ wrapUp: 10 })`. */
export function definePlugin<C, I>(definition: PluginDefinition<C, I>): ((options?: I) => Plugin) & { readonly definition: PluginDefinition<C, I> } {
  const factory = (options?: I): Plugin => ({ definition: definition as unknown as PluginDefinition<unknown, unknown>, options: options ?? {} });
  return Object.assign(factory, { definition });
}
