import type { Plugin } from "../plugin/define-plugin.js";
import { coreErrors } from "../errors/core-errors.js";
import { coreEvents, corePermissions } from "./core-manifest.js";

/** Permissions any route may name without declaring them. */
const BUILT_IN = new Set(["public", "authenticated"]);

/**
 * What can be told from the manifests alone: nothing declared twice, nothing open by accident.
 *
 * @throws the coded error of the first finding
 */
export function checkManifests(plugins: readonly Plugin[]): void {
  const routes = new Map<string, string>();
  const pages = new Map<string, string>();
  const nodes = new Map<string, string>();
  const events = new Map<string, string>(coreEvents.map(({ name }) => [name, "core"] as const));
  const migrations = new Set<string>();
  const owners = new Map<string, string>([...BUILT_IN, ...corePermissions.map(({ name }) => name)].map((name) => [name, "core"] as const));
  for (const { definition } of plugins) {
    for (const { name } of definition.permissions ?? []) {
      const other = owners.get(name);
      if (other !== undefined) throw coreErrors.PERMISSION_DUPLICATE(name, other, definition.name);
      owners.set(name, definition.name);
    }
  }
  const permissions = new Set(owners.keys());

  for (const { definition } of plugins) {
    const { name } = definition;
    for (const route of definition.routes ?? []) {
      const key = `${route.method} ${route.path}`;
      const other = routes.get(key);
      if (other !== undefined) throw coreErrors.ROUTE_DUPLICATE(key, other, name);
      routes.set(key, name);
      requirePermission(permissions, `Route ${key}`, name, route.permission);
    }
    for (const dataset of definition.datasets ?? []) requirePermission(permissions, `Dataset ${dataset.name}`, name, dataset.permission);
    for (const page of definition.consoleUi?.pages ?? []) {
      const other = pages.get(page.path);
      if (other !== undefined) throw coreErrors.PAGE_DUPLICATE(page.path, other, name);
      pages.set(page.path, name);
      requirePermission(permissions, `Page ${page.path}`, name, page.permission);
    }
    for (const panel of definition.consoleUi?.panels ?? []) requirePermission(permissions, `Panel ${panel.slot}/${panel.name}`, name, panel.permission);
    for (const node of definition.ivrNodes ?? []) {
      const other = nodes.get(node.type);
      if (other !== undefined) throw coreErrors.NODE_TYPE_DUPLICATE(node.type, other, name);
      nodes.set(node.type, name);
    }
    for (const event of definition.events ?? []) {
      const other = events.get(event.name);
      if (other !== undefined) throw coreErrors.EVENT_DUPLICATE(event.name, other, name);
      events.set(event.name, name);
    }
    const prefix = `${name.replaceAll("-", "_")}_`;
    for (const entity of definition.entities ?? []) {
      const table = entity.meta.tableName ?? entity.meta.collection ?? "";
      if (!table.startsWith(prefix)) throw coreErrors.TABLE_PREFIX(table, name, prefix);
    }
    for (const migration of definition.migrations ?? []) {
      if (typeof migration.id !== "string" || migration.id === "") throw coreErrors.PLUGIN_INVALID(`${name} with a migration that has no \`static readonly id = "0001-init"\``);
      const key = `${name}/${migration.id}`;
      if (migrations.has(key)) throw coreErrors.MIGRATION_DUPLICATE(key);
      migrations.add(key);
    }
  }
}

function requirePermission(known: ReadonlySet<string>, what: string, plugin: string, permission: string | undefined): void {
  if (permission === undefined || !known.has(permission)) throw coreErrors.ROUTE_PERMISSION(what, plugin, permission ?? "(none)");
}
