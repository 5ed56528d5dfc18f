import { defineEvent, definePlugin, defineRoute, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import { Migration } from "@mikro-orm/migrations";
import { z } from "zod";

declare module "@hotlinejs/core" {
  interface EventMap {
    "vip.arrived": { interactionId: string; name: string };
  }
}

class Init extends Migration {
  static readonly id = "0001-init";
  override up(): void {
    this.addSql("create table vip_caller (number text not null primary key, name text not null)");
  }
}

const body = z.strictObject({ number: z.string().regex(/^\d{3,20}$/), name: z.string().min(1).max(100) });

/** Important callers go to the head of the queue, and whoever listens is told. */
export const vip = definePlugin({
  name: "vip",
  version: "1.0.0",
  core: ">=0.1.0 <1.0.0",
  critical: false,
  config: z.strictObject({ priority: z.int().min(1).default(10) }),
  migrations: [Init],
  events: [defineEvent("vip.arrived")],
  permissions: [{ name: "vip.manage", roles: ["shift_supervisor"], description: "Say who is important" }],
  routes: [
    defineRoute({
      method: "PUT",
      path: "/api/vip",
      permission: "vip.manage",
      summary: "Adds an important caller, or gives one another name",
      body,
      handler: async ({ body: { number, name }, services }) =>
        services.get(UNIT_OF_WORK).run(({ em }) => em.execute("insert into vip_caller (number, name) values (?, ?) on conflict (number) do update set name = excluded.name", [number, name], "run")),
    }),
  ],
  register({ config, hooks, events, services }) {
    hooks.callRoute.tap(async (plan, { call, interactionId }) => {
      const [caller] = await services.get(READ_POOL).read((em) => em.execute<{ name: string }[]>("select name from vip_caller where number = ?", [call.from.number]));
      if (caller === undefined) return undefined;
      events.publish("vip.arrived", { interactionId, name: caller.name });
      return { ...plan, priority: config.priority };
    });
  },
});
