import { token } from "../di/token.js";
import type { EventDefinition } from "../events/event-map.js";

/** The events of core and of the plugins present: who shows, records or forwards all of them. Filled by the kernel before the first plugin registers. */
export const EVENT_DEFINITIONS = token<readonly EventDefinition[]>("core.event-definitions");
