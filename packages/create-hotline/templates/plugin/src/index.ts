import { defineEvent, definePlugin, defineRoute, token } from "@hotlinejs/core";
import { z } from "zod";

declare module "@hotlinejs/core" {
  interface EventMap {
    /** One of the callers has come. */
    "my-plugin.arrived": { interactionId: string; number: string };
  }
}

/** What other plugins can ask this one. */
export interface MyPluginService {
  /** How many of the callers have come since the start. */
  readonly arrived: number;
}
export const MY_PLUGIN = token<MyPluginService>("my-plugin.service");

/** Callers with these numbers are served before others, and whoever listens is told of them. */
export const myPlugin = definePlugin({
  name: "my-plugin",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  critical: false,
  config: z.strictObject({
    /** Their telephone numbers, digits only. */
    numbers: z.array(z.string().regex(/^\d{3,20}$/, "3 to 20 digits")).default([]),
    /** 0 is everybody's; the highest is served first. */
    priority: z.int().min(1).max(100).default(10),
  }),
  provides: [MY_PLUGIN],
  events: [defineEvent("my-plugin.arrived")],
  permissions: [{ name: "my-plugin.read", roles: ["shift_supervisor"], description: "See how many have come" }],
  routes: [
    defineRoute({
      method: "GET",
      path: "/api/my-plugin",
      permission: "my-plugin.read",
      summary: "How many of the callers have come since the start",
      output: z.object({ arrived: z.int() }),
      handler: ({ services }) => Promise.resolve({ arrived: services.get(MY_PLUGIN).arrived }),
    }),
  ],
  register({ config, hooks, events, services }) {
    const numbers = new Set(config.numbers);
    let arrived = 0;
    services.provide(MY_PLUGIN, () => ({
      get arrived() {
        return arrived;
      },
    }));
    hooks.callRoute.tap((plan, { call, interactionId }) => {
      if (!numbers.has(call.from.number)) return Promise.resolve(undefined);
      arrived++;
      events.publish("my-plugin.arrived", { interactionId, number: call.from.number });
      return Promise.resolve({ ...plan, priority: config.priority });
    });
  },
});
