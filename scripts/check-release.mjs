// A release, rehearsed against a registry of our own on loopback. Nothing here can reach another registry: npm is given this one's
// address and an account that exists nowhere else, and what is published are copies in a temporary folder.
//   a minor of core gives no plugin a version; a patch of one plugin publishes that plugin; installing from the registry works
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runServer } from "verdaccio";
import { publishedPackages, readManifest } from "./public-entries.mjs";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const place = mkdtempSync(join(tmpdir(), "hotline-release-"));
const repository = join(place, "repository");
const server = await registry();
const address = `http://127.0.0.1:${server.address().port}/`;
const environment = { ...process.env, npm_config_registry: address, "npm_config_@hotlinejs:registry": address, npm_config_userconfig: join(place, "npmrc"), npm_config_provenance: "false", NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
try {
  await signUp();
  copyRepository();
  const names = publishedPackages(root).map((folder) => readManifest(folder).name);
  const before = versions();

  await changeset("publish");
  assert.deepEqual(await published(names), Object.fromEntries(names.map((name) => [name, [before[name]]])), "the first release publishes every package once");
  console.log(`${names.length} packages published`);

  const core = await release("@hotlinejs/core", "minor", "A hook for what comes next.");
  assert.deepEqual(core, ["@hotlinejs/core"], "a minor of core gives a version to core only");
  assert.match(readFileSync(join(repository, "packages/core/CHANGELOG.md"), "utf8"), /### Minor Changes\n\n- A hook for what comes next\.\n/);
  console.log("a minor of core: core");

  const ivr = await release("@hotlinejs/plugin-ivr", "patch", "A menu waits as long as it says.");
  assert.deepEqual(ivr, ["@hotlinejs/plugin-ivr"], "a patch of a plugin publishes that plugin");
  console.log("a patch of plugin-ivr: plugin-ivr");

  await install(["@hotlinejs/core", "@hotlinejs/plugin-ivr"], versions());
  console.log("installed from the registry and imported");
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(place, { recursive: true, force: true });
}
process.exit(process.exitCode ?? 0);

async function registry() {
  const config = join(place, "verdaccio.yaml");
  writeFileSync(config, ["storage: ./storage", "auth: { htpasswd: { file: ./htpasswd } }", "packages: { '@hotlinejs/*': { access: $all, publish: $authenticated }, 'create-hotline': { access: $all, publish: $authenticated } }", "log: { type: stdout, level: fatal }", "max_body_size: 50mb", ""].join("\n"));
  const app = await runServer(config);
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  return app;
}

async function signUp() {
  const response = await fetch(`${address}-/user/org.couchdb.user:rehearsal`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "rehearsal", password: "only-for-this-registry" }) });
  const { token } = await response.json();
  assert.ok(token, `the registry gave no token (${response.status})`);
  writeFileSync(environment.npm_config_userconfig, `${address.slice("http:".length)}:_authToken=${token}\n`);
}

/** Packages as they are built, changesets' settings, and no changesets: the release begins with the versions of today. */
function copyRepository() {
  mkdirSync(join(repository, ".changeset"), { recursive: true });
  writeFileSync(join(repository, "package.json"), JSON.stringify({ ...readManifest(root), workspaces: ["packages/*"] }));
  writeFileSync(join(repository, "package-lock.json"), "{}");
  const config = JSON.parse(readFileSync(join(root, ".changeset/config.json"), "utf8"));
  writeFileSync(join(repository, ".changeset/config.json"), JSON.stringify({ ...config, ignore: [] }));
  cpSync(join(root, ".changeset/changelog.cjs"), join(repository, ".changeset/changelog.cjs"));
  for (const folder of publishedPackages(root)) {
    for (const part of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist", "build"]) if (existsSync(join(folder, part))) cpSync(join(folder, part), join(repository, "packages", basename(folder), part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(repository, "node_modules"), "dir");
  writeFileSync(join(repository, ".gitignore"), "node_modules\n");
}

async function git(...args) {
  await run("git", ["-c", "user.name=rehearsal", "-c", "user.email=rehearsal@example.org", ...args], { cwd: repository });
}

async function changeset(command) {
  if (!existsSync(join(repository, ".git"))) await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--allow-empty", "--message", command);
  await run(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), command, ...(command === "publish" ? ["--no-git-tag"] : [])], { cwd: repository, env: environment, maxBuffer: 16 << 20 });
}

/** Versions and publishes one change; names of what the registry has got by it. */
async function release(name, bump, words) {
  const earlier = versions();
  writeFileSync(join(repository, ".changeset", "change.md"), `---\n"${name}": ${bump}\n---\n\n${words}\n`);
  await changeset("version");
  const now = versions();
  await changeset("publish");
  const there = await published(Object.keys(now));
  for (const [each, version] of Object.entries(now)) assert.equal(there[each].at(-1), version, `${each} in the registry is the one in the repository`);
  return Object.keys(now).filter((each) => now[each] !== earlier[each]);
}

function versions() {
  return Object.fromEntries(publishedPackages(repository).map((folder) => readManifest(folder)).map(({ name, version }) => [name, version]));
}

async function published(names) {
  const found = await Promise.all(names.map(async (name) => [name, Object.keys((await (await fetch(address + name.replace("/", "%2f"))).json()).versions)]));
  return Object.fromEntries(found);
}

async function install(names, expected) {
  const project = join(place, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  // Ours from this registry, everything else from where it always comes.
  writeFileSync(join(project, ".npmrc"), `@hotlinejs:registry=${address}\n`);
  const rest = { ...environment };
  delete rest.npm_config_registry;
  await run("npm", ["install", ...names, "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: project, env: rest, maxBuffer: 16 << 20 });
  for (const name of names) assert.equal(readManifest(join(project, "node_modules", name)).version, expected[name]);
  cpSync(join(root, "node_modules/sqlite3/build"), join(project, "node_modules/sqlite3/build"), { recursive: true });
  await run(process.execPath, ["--input-type=module", "--eval", `const [{ createHotline }, { ivr }] = await Promise.all([import("@hotlinejs/core"), import("@hotlinejs/plugin-ivr")]); createHotline({ name: "rehearsal", plugins: [ivr()] }); process.exit(0);`], { cwd: project });
}
