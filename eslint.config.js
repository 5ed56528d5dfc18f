import js from "@eslint/js";
import tseslint from "typescript-eslint";

const time = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: "Time goes through the CLOCK token." },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Time goes through the CLOCK token." },
  { selector: "CallExpression[callee.property.name='fork'][callee.object.name=/^(em|orm|manager)$/]", message: "The database is reached through UNIT_OF_WORK and READ_POOL only." },
];
const timers = ["setTimeout", "setInterval", "setImmediate"].map((name) => ({ name, message: "Time goes through the CLOCK token." }));

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/data/**", "**/*.cjs", "**/.tsup.config.*", "docs/.vitepress/**", "packages/create-hotline/test/tmp/**", "test/examples/**", "**/tsup.config.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: { parserOptions: { project: ["tsconfig.json", "tsconfig.ui.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false, attributes: false } }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-empty-object-type": "off",
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-control-regex": "off",
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true } }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["packages/*/src/**/*.ts", "examples/*/src/**/*.ts"],
    ignores: ["**/*.test.ts", "packages/core/src/time/**", "packages/*/src/worker/**"],
    rules: { "no-restricted-globals": ["error", ...timers], "no-restricted-syntax": ["error", ...time] },
  },
  // Pages run in a browser: its clock, not the hotline's, and nothing of Node.
  { files: ["packages/*/ui/**"], rules: { "no-restricted-globals": ["error", "process", "Buffer", "global", "require"], "no-console": ["error", { allow: ["warn", "error"] }] } },
  // node:test waits for its tests itself.
  { files: ["packages/create-hotline/templates/test/**", "packages/create-hotline/templates/plugin/test/**"], rules: { "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: true, allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["test", "describe", "it"] }] }] } },
  { files: ["packages/core/src/db/**", "packages/*/src/migrations/**"], rules: { "no-restricted-syntax": ["error", ...time.slice(0, 2)] } },
  { files: ["vitest*.config.ts", "**/*.mjs", "**/*.d.ts", "eslint.config.js", "test/summary-reporter.ts", "packages/*/src/migrations/**"], rules: { "no-restricted-exports": "off" } },
  { files: ["**/*.mjs", "scripts/**", "packages/*/bin/**", "bench/**", "eslint.config.js", "**/bench/**", "**/test/**"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", Buffer: "readonly", setTimeout: "readonly", clearTimeout: "readonly", fetch: "readonly", AbortSignal: "readonly" } }, rules: { "no-console": "off" } },
);
