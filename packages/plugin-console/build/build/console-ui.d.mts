/** Modules of the host that pages import by their usual names. */
export declare const SHARED: readonly string[];

/** An esbuild plugin, as far as it is needed here: esbuild itself is the caller's. */
export interface EsbuildPlugin {
  name: string;
  // esbuild's PluginBuild; its type would make esbuild a dependency of everybody.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  setup(build: any): void;
}

/** The part of esbuild's BuildOptions that is set. */
export interface ConsoleBuildOptions {
  bundle: true;
  format: "esm";
  platform: "browser";
  target: string[];
  splitting: true;
  jsx: "automatic";
  minify: boolean;
  charset: "utf8";
  legalComments: "none";
  logLevel: "warning";
  define: Record<string, string>;
  conditions: string[];
  mainFields: string[];
}

/** Options every bundle of the console is built with. */
export declare const common: ConsoleBuildOptions;

/** Exports of the installed antd: name -> module below `antd/es`. `from` is the URL or path antd is looked up from. */
export declare function antdExports(from?: string | URL): Record<string, string>;

export interface ConsoleUiBuild {
  /** The file with the pages, such as `ui/index.tsx`. */
  entry: string;
  /** Where the bundle goes, such as `dist/ui`. */
  outdir: string;
  /** Any other option of esbuild's `build`; it replaces the one set here. */
  [option: string]: unknown;
}

/** esbuild options for one plugin's pages. */
export declare function consoleUiOptions(options: ConsoleUiBuild): ConsoleBuildOptions & {
  entryPoints: Record<string, string>;
  outdir: string;
  chunkNames: string;
  plugins: EsbuildPlugin[];
};

/** Leaves shared modules to the import map. `antd` becomes imports of the files in which the used components stand. */
export declare function sharedModules(): EsbuildPlugin;
