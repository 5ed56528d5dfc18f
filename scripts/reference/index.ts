import { configPage, environmentPage } from "./config-page.js";
import { eventsPage } from "./events-page.js";
import { hooksPage } from "./hooks-page.js";
import { httpPage } from "./http-page.js";
import { datasetsPage, permissionsPage } from "./lists-pages.js";
import type { ReferencePage } from "./markdown.js";
import { nodesPage } from "./nodes-page.js";
import { pluginPage } from "./plugin-page.js";
import { knownPlugins } from "./plugins.js";
import { Source } from "./source.js";
import { tokensPage } from "./tokens-page.js";

export type { ReferencePage } from "./markdown.js";

/** Every page of docs/reference that is made from the sources (errors.md has a test of its own). */
export async function referencePages(root: string): Promise<readonly ReferencePage[]> {
  const source = new Source(root);
  const plugins = await knownPlugins(source);
  return [pluginPage(source), hooksPage(source), eventsPage(source, plugins), tokensPage(source, plugins), configPage(source, plugins), environmentPage(source, plugins), httpPage(source, plugins), permissionsPage(plugins), nodesPage(source, plugins), datasetsPage(plugins)];
}
