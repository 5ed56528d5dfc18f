// The floors of the house: imports go down, and across plugins only by a plugin's contract.
const floors = [
  ["packages/(core|media|queueing|udp-batch)/"],
  ["packages/(plugin-sip|plugin-voiceboard|plugin-asterisk|plugin-http|plugin-directory|plugin-tts|tts-espeak|plugin-email|plugin-sms|plugin-business-systems)/"],
  ["packages/(plugin-acd|plugin-ivr|plugin-tickets|plugin-recording|plugin-fax|plugin-webchat|plugin-knowledge|plugin-contacts|plugin-surveys)/"],
  ["packages/(plugin-console|plugin-portal|plugin-reports|plugin-callbacks|plugin-quality)/"],
  ["packages/(cli|create-hotline)/"],
  ["(examples|bench)/"],
];

// Pages of every floor stand in the console, and are built on its sdk.
const CONSOLE_SDK = "^packages/plugin-console/ui/sdk/";

const upward = floors.flatMap(([from], level) => {
  const above = floors.slice(level + 1).map(([path]) => path);
  return above.length === 0
    ? []
    : [{ name: `floor-${level}-imports-down`, comment: "Imports go down the floors (see docs/reference/floors.md).", severity: "error", from: { path: `^${from}`, pathNot: "\\.test\\.ts$|/test/" }, to: { path: `^(${above.join("|")})`, pathNot: CONSOLE_SDK } }];
});

const tests = "\\.test\\.ts$|/test/|/bench/|/testing/";

module.exports = {
  forbidden: [
    ...upward,
    { name: "no-circles", comment: "A circle means two rooms are one, or a type is in the wrong one.", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "plugins-meet-on-contracts",
      comment: "A plugin imports of another plugin only its ./contract.",
      severity: "error",
      from: { path: "^packages/(plugin-[^/]+|tts-[^/]+)/", pathNot: tests },
      to: { path: "^packages/(plugin-[^/]+|tts-[^/]+)/src/", pathNot: ["^packages/$1/", "^packages/[^/]+/src/contract\\.ts$"] },
    },
    {
      name: "contracts-hold-names",
      comment: "A contract, be it a file or a folder of them, is copied into the packages that use it: tokens, constants and coded errors on core, and types. See docs/adr/0005.",
      severity: "error",
      from: { path: "^packages/(plugin-[^/]+)/src/contract(\\.ts$|/)" },
      to: { pathNot: ["^packages/core/src/index\\.ts$", "^packages/$1/src/contract/"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "pages-run-in-browsers",
      comment: "A page imports the console's sdk, its own files and types; never what runs on the server. Of core only how telephone numbers are masked, which imports nothing.",
      severity: "error",
      from: { path: "^packages/([^/]+)/ui/", pathNot: tests },
      to: { pathNot: ["^packages/$1/ui/", CONSOLE_SDK, "^packages/core/src/log/mask-phone\\.ts$", "node_modules/(react|react-dom|antd|@ant-design|@types|jssip)/"], dependencyTypesNot: ["type-only"] },
    },
    { name: "packages-by-their-entry", comment: "Core, media, queueing and udp-batch are imported by their package entry, never by a file inside.", severity: "error", from: { path: "^(packages/([^/]+)|examples|bench)/", pathNot: tests }, to: { path: "^packages/(core|media|queueing|udp-batch)/src/", pathNot: ["^packages/$2/", "^packages/[^/]+/src/index\\.ts$", "^packages/[^/]+/src/worker/main\\.ts$", "^packages/media/src/(capture|dsp)/index\\.ts$", "^packages/queueing/src/simulator/index\\.ts$", "^packages/core/src/(errors/define-errors|log/mask-phone|storage)\\.ts$"] } },
    { name: "contracts-import-nothing", comment: "core/contracts holds types and tokens only.", severity: "error", from: { path: "^packages/core/src/contracts/" }, to: { pathNot: ["^packages/core/src/(contracts|di/token|events/event-map|plugin/define-plugin|plugin/plugin-context|log/logger|config/settings|db/migration)", "node_modules/(zod|@mikro-orm|rxjs)", "^(node:|stream|http)"], dependencyTypesNot: ["core", "type-only"] } },
    { name: "stack-stands-alone", comment: "The SIP stack imports itself and Node only.", severity: "error", from: { path: "^packages/plugin-sip/src/stack/", pathNot: tests }, to: { pathNot: "^packages/plugin-sip/src/stack/", dependencyTypesNot: ["core"] } },
    { name: "domain-stands-alone", comment: "domain/ folders hold rules: no ORM, express, rxjs, tsyringe.", severity: "error", from: { path: "/src/domain/", pathNot: tests }, to: { path: "node_modules/(@mikro-orm|express|rxjs|tsyringe|tapable)" } },
    { name: "testing-is-for-tests", severity: "error", from: { path: "^(packages|examples|bench)/", pathNot: [tests, "^packages/testing/"] }, to: { path: "^packages/testing/" } },
    { name: "no-dist", comment: "Nobody imports what a build made.", severity: "error", from: { pathNot: tests }, to: { path: "^packages/[^/]+/dist/" } },
    { name: "declared-dependencies", severity: "error", from: { path: "^packages/[^/]+/src/", pathNot: tests }, to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] } },
  ],
  options: {
    doNotFollow: { path: "node_modules|/dist/" },
    exclude: { path: "/dist/|\\.d\\.ts$|tsup\\.config\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["@hotlinejs/source", "import", "node", "default", "types"], extensions: [".ts", ".tsx", ".js", ".mjs", ".json"] },
  },
};
