import { defineEvent, type EventDefinition } from "../events/event-map.js";
import type { PermissionDefinition } from "../plugin/define-plugin.js";

/** Events of core. What other parts must not miss is durable. */
export const coreEvents: readonly EventDefinition[] = [
  defineEvent("hotline.state"),
  defineEvent("plugin.degraded"),
  defineEvent("job.failed", { durable: true }),
  defineEvent("interaction.started"),
  defineEvent("interaction.answered"),
  defineEvent("interaction.ended", { durable: true }),
  defineEvent("leg.started"),
  defineEvent("leg.answered"),
  defineEvent("leg.ended"),
  defineEvent("bridge.joined"),
  defineEvent("bridge.left"),
  defineEvent("endpoint.reachable"),
  defineEvent("endpoint.unreachable"),
];

/** Permissions for what core itself owns; routes over them are served by plugin-http. */
export const corePermissions: readonly PermissionDefinition[] = [
  { name: "core.interactions.read", roles: ["agent", "team_leader", "supervisor", "quality", "analyst"], description: "Read calls and interactions" },
  { name: "core.health.details", roles: ["supervisor"], description: "See the state of each plugin" },
];
