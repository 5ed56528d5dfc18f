import { coreDatasets, corePermissions } from "../../packages/core/src/kernel/core-manifest.js";
import type { Dataset, PermissionDefinition } from "@hotlinejs/core";
import { code, head, table } from "./markdown.js";
import type { ReferencePage } from "./markdown.js";
import type { KnownPlugin } from "./plugins.js";

const SEEN: Readonly<Record<string, string>> = { public: "everybody who may see the dataset", personal: "masked without the right to see personal data", secret: "nobody; only counted" };

/** docs/reference/permissions.md: rights, who has them by default, what they open. */
export function permissionsPage(plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const routes = plugins.flatMap(({ definition }) => definition.routes ?? []);
  const pages = plugins.flatMap(({ definition }) => definition.consoleUi?.pages ?? []);
  const rows = (list: readonly PermissionDefinition[]): string => {
    const lines = [...list].sort((one, other) => one.name.localeCompare(other.name)).map(({ name, roles = [], description }) => {
      if (description.trim() === "") missing.push(`permission ${name} has no description`);
      const opens = [...routes.filter((route) => route.permission === name).map(({ method, path }) => `${method} ${path}`), ...pages.filter((page) => page.permission === name).map(({ path }) => `console ${path}`)];
      return [code(name), description, roles.length === 0 ? "`admin`" : ["admin", ...roles].map(code).join(", "), opens.length === 0 ? "asked for within other routes" : opens.map(code).join("<br>")];
    });
    return table(["permission", "allows", "roles by default", "opens"], lines.map((line) => line));
  };
  const parts = plugins.filter(({ definition }) => (definition.permissions ?? []).length > 0).map(({ definition }) => `## ${definition.name}\n\n${rows(definition.permissions ?? [])}\n`);
  return {
    file: "permissions.md",
    missing,
    text: `${head("Permissions", `Rights come from the manifests of the plugins present. Each names the roles that have it unless the operator changes that; \`admin\` always has all. A route, page or dataset
whose permission nobody brings stops the start.`)}
## core

${rows(corePermissions)}

${parts.join("\n")}`.replaceAll("&lt;br>", "<br>"),
  };
}

/** docs/reference/datasets.md: what reports, campaigns and searches may read across plugins. */
export function datasetsPage(plugins: readonly KnownPlugin[]): ReferencePage {
  const missing: string[] = [];
  const entry = (dataset: Dataset): string => {
    const lines = dataset.fields.map(({ name, label, type, sensitivity }) => {
      if (label.trim() === "") missing.push(`dataset ${dataset.name}: field ${name} has no label`);
      return [code(name), label, code(type), SEEN[sensitivity] ?? sensitivity];
    });
    return `## ${dataset.name}\n\nVersion ${dataset.version}. Permission \`${dataset.permission}\`. Read from \`${dataset.source}\` through \`READ_POOL\`.\n\n${table(["field", "label", "type", "who sees it"], lines)}\n`;
  };
  const all = [...coreDatasets, ...plugins.flatMap(({ definition }) => definition.datasets ?? [])].sort((one, other) => one.name.localeCompare(other.name));
  return {
    file: "datasets.md",
    missing,
    text: `${head("Datasets", `A dataset is a versioned view that other parts may read: reports, campaigns, saved searches and exports read these and nothing else. Labels are what people see, Chinese first. Times
are epoch ms, durations ms, \`business_date\` and \`business_hour\` are in the hotline's time zone.`)}
${all.map(entry).join("\n")}`,
  };
}
