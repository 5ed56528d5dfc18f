import { definePlugin, DIRECTORY, NOTIFICATIONS, READ_POOL, ROUTES } from "@hotlinejs/core";
import type { Directory, Notification, NotificationRecord, Plugin, PluginContext, Principal } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline, TestHotlineOptions } from "@hotlinejs/testing";
import { z } from "zod";
import { TICKETS, tickets } from "../../src/index.js";
import type { Tickets, TicketView } from "../../src/index.js";
import type { TicketAction } from "../../src/http/ticket-view.js";
import { officeHours } from "./office.js";

export interface Detail extends TicketView {
  readonly history: readonly { readonly action: string; readonly from: string | null; readonly to: string; readonly actor: string; readonly note: string | null; readonly data: Readonly<Record<string, unknown>> }[];
  readonly actions: readonly TicketAction[];
  readonly urgings: readonly { readonly id: string; readonly level: string; readonly state: string; readonly plannedAt: number }[];
}

export function plugin(name: string, register: (context: PluginContext<Record<string, never>>) => void): Plugin {
  return definePlugin({ name, version: "0.1.0", core: "*", config: z.strictObject({}), register })();
}

const DEPARTMENTS = [
  ["202", "社保中心"],
  ["204", "执法支队"],
  ["114", "驻局纪检组"],
] as const;

/** Departments without the rest of a directory. */
const departments = definePlugin({
  name: "directory",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  provides: [DIRECTORY],
  register({ services }) {
    const all = DEPARTMENTS.map(([code, shortName]) => ({ code, name: shortName, shortName, extension: null, offered: true }));
    services.provide(DIRECTORY, () => ({ listUsers: () => Promise.resolve([]), listDepartments: () => Promise.resolve(all), departmentByCode: (code: string) => Promise.resolve(all.find((each) => each.code === code)) }) as unknown as Directory);
  },
});

/** Channels that write down what they are given. */
function channels(sent: Notification[]): Plugin {
  return plugin("channels", ({ hooks }) => {
    for (const channel of ["screen", "email", "sms"]) hooks.notify.for(channel).tap((notification) => (sent.push(notification), { delivered: true, state: "sent" }));
  });
}

/** A ticket office in virtual time, with people of several roles. */
export class Desk {
  readonly sent: Notification[] = [];
  test!: TestHotline;

  static async open(options: { config?: Parameters<typeof tickets>[0]; more?: readonly Plugin[] } & Partial<TestHotlineOptions> = {}): Promise<Desk> {
    const { config = {}, more = [], ...rest } = options;
    const desk = new Desk();
    const all = { mailboxes: { "204": "204@haiyan.example" }, noDispatch: ["114"], ...config };
    desk.test = await createTestHotline({ calendars: [officeHours], ...rest, plugins: [departments(), channels(desk.sent), tickets(all), ...more] });
    return desk;
  }

  get service(): Tickets {
    return this.test.services.get(TICKETS);
  }

  get now(): number {
    return this.test.clock.now();
  }

  rows<T>(sql: string): Promise<T[]> {
    return this.test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
  }

  about(ticketId: string): Promise<readonly NotificationRecord[]> {
    return this.test.services.get(NOTIFICATIONS).about({ type: "ticket", id: ticketId });
  }

  /** `[channel, to, template]` of what was sent, and forgets it. */
  told(): readonly (readonly [string, string, string])[] {
    return this.sent.splice(0).map(({ channel, to, template }) => [channel, to, template] as const);
  }

  async until(instant: number): Promise<void> {
    await this.test.advance(instant - this.now);
  }

  /** Asks a route as `plugin-http` would after checking session and permission. */
  async ask<T = unknown>(who: Principal, method: string, path: string, given: { params?: unknown; query?: unknown; body?: unknown } = {}): Promise<T> {
    const route = this.test.services.get(ROUTES).find((each) => each.route.path === path && each.route.method === method)?.route;
    if (route === undefined) throw new Error(`no route ${path}`);
    if (!who.permissions.has(route.permission)) throw new Error(`no permission ${route.permission}`);
    const parsed = { params: route.params?.parse(given.params), query: route.query?.parse(given.query ?? {}), body: route.body?.parse(given.body) };
    return (await route.handler({ ...parsed, principal: who, services: this.test.services, signal: new AbortController().signal, remoteAddress: "127.0.0.1", headers: {} } as never)) as T;
  }

  see(who: Principal, id: string): Promise<Detail> {
    return this.ask<Detail>(who, "GET", "/api/tickets/:id", { params: { id } });
  }

  move(who: Principal, id: string, action: string, data: object = {}, more: object = {}): Promise<TicketView> {
    return this.ask<TicketView>(who, "POST", "/api/tickets/:id/transitions", { params: { id }, body: { action, data, ...more } });
  }
}

/** Somebody with the permissions that a role has by default. */
export function person(userId: string, role: string, departmentCode?: string): Principal {
  const permissions = new Set((tickets.definition.permissions ?? []).filter((permission) => permission.roles?.includes(role) === true).map((permission) => permission.name));
  return { userId, username: userId, displayName: userId, roles: [role], permissions, ...(departmentCode === undefined ? {} : { departmentCode }) };
}
