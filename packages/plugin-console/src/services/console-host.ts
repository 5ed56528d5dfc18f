import type { ConsolePage, ConsolePanel, ConsoleUi, ConsoleUiOfPlugin, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { consoleErrors } from "../errors.js";
import { UiFolder, type UiFile } from "./ui-folder.js";

/** Where the import map sends the names that pages import. */
const SHARED: Readonly<Record<string, string>> = {
  react: "react.js",
  "react/jsx-runtime": "react-jsx-runtime.js",
  "react-dom": "react-dom.js",
  antd: "antd.js",
  "@hotlinejs/plugin-console/sdk": "sdk.js",
  "@hotlinejs/console/icon": "icon.js",
  "@hotlinejs/console/antd-base": "antd-base.js",
  "@hotlinejs/console/antd-table": "antd-table.js",
  "@hotlinejs/console/antd-date": "antd-date.js",
  "@hotlinejs/console/antd-overlay": "antd-overlay.js",
  "@hotlinejs/console/antd-rest": "antd-rest.js",
};

export interface PluginScript {
  readonly plugin: string;
  /** `null`: the plugin's pages are not built; the console says so in their place. */
  readonly script: string | null;
  readonly style: string | null;
}

export interface ConsoleMap {
  readonly pages: readonly (ConsolePage & { readonly plugin: string })[];
  readonly panels: readonly (ConsolePanel & { readonly plugin: string })[];
  readonly scripts: readonly PluginScript[];
}

/** Files of the host and of all plugins, and who gets which pages. */
export class ConsoleHost {
  #host: UiFolder | undefined;
  #preload: readonly string[] = [];
  readonly #plugins = new Map<string, UiFolder>();

  constructor(
    private readonly own: URL,
    private readonly uis: readonly ConsoleUiOfPlugin[],
    private readonly log: Logger,
  ) {}

  get built(): boolean {
    return this.#host !== undefined;
  }

  /** Those of plugins that have not failed. */
  get #shown(): readonly ConsoleUiOfPlugin[] {
    return this.uis.filter((each) => each.takesPart());
  }

  /** Plugins that bring pages which cannot be loaded. */
  get missing(): readonly string[] {
    return this.#shown.filter(({ plugin, ui }) => this.#plugins.get(plugin)?.has(scriptOf(ui)) !== true).map(({ plugin }) => plugin);
  }

  /** Reads all files. A plugin whose files are not there costs its own pages only. */
  async load(): Promise<void> {
    this.#host = await UiFolder.load(this.own);
    if (this.#host === undefined) this.log.error({ folder: this.own.pathname }, "the console is not built");
    this.#preload = this.#host?.closure("main.js") ?? [];
    for (const { plugin, ui } of this.uis) {
      try {
        const folder = await UiFolder.load(ui.folder);
        if (folder?.has(scriptOf(ui)) === true) this.#plugins.set(plugin, folder);
        else this.log.warn({ plugin, folder: ui.folder.pathname }, "console pages are not built");
      } catch (error) {
        this.log.warn({ plugin, error: errorText(error) }, "console pages cannot be read");
      }
    }
  }

  /** @throws HTL_CONSOLE_FILE_UNKNOWN */
  hostFile(hash: string, name: string): UiFile {
    const file = this.#host?.hash === hash ? this.#host.file(name) : undefined;
    if (file === undefined) throw consoleErrors.FILE_UNKNOWN(name);
    return file;
  }

  /** @throws HTL_CONSOLE_FILE_UNKNOWN */
  pluginFile(plugin: string, hash: string, name: string): UiFile {
    const folder = this.#plugins.get(plugin);
    const file = folder?.hash === hash ? folder.file(name) : undefined;
    if (file === undefined) throw consoleErrors.FILE_UNKNOWN(`${plugin}/${name}`);
    return file;
  }

  /** Address of a host file, its import map and what should be fetched with it. @throws HTL_CONSOLE_NOT_BUILT */
  assets(): { readonly main: string; readonly style: string; readonly preload: readonly string[]; readonly imports: Readonly<Record<string, string>> } {
    const host = this.#host;
    if (host === undefined) throw consoleErrors.NOT_BUILT(this.own.pathname);
    const at = (name: string): string => `/console/assets/${host.hash}/${name}`;
    return {
      main: at("main.js"),
      style: at("main.css"),
      preload: this.#preload.slice(1).map(at),
      imports: Object.fromEntries(Object.entries(SHARED).map(([name, file]) => [name, at(file)])),
    };
  }

  /** What somebody with these permissions gets to see. */
  mapFor(permissions: ReadonlySet<string>): ConsoleMap {
    const may = (permission: string): boolean => permission === "public" || permission === "authenticated" || permissions.has(permission);
    const pages = this.#shown.flatMap(({ plugin, ui }) => (ui.pages ?? []).filter((page) => may(page.permission)).map((page) => ({ ...page, plugin })));
    const panels = this.#shown.flatMap(({ plugin, ui }) => (ui.panels ?? []).filter((panel) => may(panel.permission)).map((panel) => ({ ...panel, plugin })));
    const wanted = new Set([...pages, ...panels].map(({ plugin }) => plugin));
    const scripts = this.#shown.flatMap(({ plugin, ui }) => (wanted.has(plugin) ? [this.#script(plugin, ui)] : []));
    return { pages, panels, scripts };
  }

  #script(plugin: string, ui: ConsoleUi): PluginScript {
    const folder = this.#plugins.get(plugin);
    if (folder === undefined) return { plugin, script: null, style: null };
    const script = scriptOf(ui);
    const style = script.replace(/\.js$/, ".css");
    const at = (name: string): string => `/console/ext/${plugin}/${folder.hash}/${name}`;
    return { plugin, script: at(script), style: folder.has(style) ? at(style) : null };
  }
}

function scriptOf(ui: ConsoleUi): string {
  return ui.script ?? "index.js";
}
