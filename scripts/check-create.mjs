// What a newcomer does, with the packages as npm would publish them: create-hotline is unpacked from its tarball, makes a project, the project
// installs all @hotlinejs packages from tarballs, passes its own tests, is checked, starts, and answers a call. A plugin of one's own is made, installed and
// passes its own tests too. Needs `npm run build:types`.
//   node scripts/check-create.mjs [preset ...]     default: phone
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "./pack.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const presets = process.argv.length > 2 ? process.argv.slice(2) : ["phone"];
const folder = mkdtempSync(join(tmpdir(), "hotline-create-"));
const npm = (args, cwd) => execFileSync("npm", [...args, "--no-audit", "--no-fund"], { cwd, stdio: "inherit" });
try {
  const tarballs = Object.fromEntries(packAll(root, folder).map(({ manifest, tarball }) => [manifest.name, tarball]));
  const tool = join(folder, "tool");
  mkdirSync(tool);
  writeFileSync(join(tool, "package.json"), "{}");
  npm(["install", tarballs["create-hotline"]], tool);
  const create = join(tool, "node_modules/.bin/create-hotline");
  for (const preset of presets) {
    execFileSync(create, [`my-${preset}`, "--preset", preset, "--language", "en"], { cwd: folder, stdio: "inherit" });
    const project = join(folder, `my-${preset}`);
    fromTarballs(project, tarballs);
    npm(["install"], project);
    npm(["test"], project);
    npm(["run", "check"], project);
    await answersACall(project);
    console.log(`${preset}: made, installed, tested, checked, started, called`);
  }
  execFileSync(create, ["hotlinejs-plugin-mine", "--plugin", "--language", "en"], { cwd: folder, stdio: "inherit" });
  const plugin = join(folder, "hotlinejs-plugin-mine");
  fromTarballs(plugin, tarballs);
  // What it needs has just been fetched for a project, and built: SQLite takes minutes where it is compiled.
  npm(["install", "--prefer-offline", "--ignore-scripts"], plugin);
  const built = "node_modules/sqlite3/build";
  cpSync(join(folder, `my-${presets[0]}`, built), join(plugin, built), { recursive: true });
  npm(["test"], plugin);
  console.log("plugin: made, installed, tested");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Every @hotlinejs package comes from its tarball, whoever asks for it. */
function fromTarballs(project, tarballs) {
  const file = join(project, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const lists = [manifest.dependencies, manifest.devDependencies];
  for (const [name, tarball] of Object.entries(tarballs)) {
    const asking = lists.filter((list) => list[name] !== undefined);
    for (const list of asking) list[name] = `file:${tarball}`;
    if (asking.length === 0) manifest.overrides[name] = tarball;
  }
  writeFileSync(file, JSON.stringify(manifest, null, 2));
}

/** Starts it on free ports, sends one INVITE, and waits for 200 OK. */
async function answersACall(project) {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const own = socket.address().port;
  const sip = await freeUdpPort();
  const child = spawn(process.execPath, ["dist/src/main.js"], {
    cwd: project,
    env: { PATH: process.env.PATH, HOTLINE_LOG: "warn", HOTLINE_SIP_PORT: String(sip), HOTLINE_HTTP_PORT: "0", HOTLINE_RTP_PORTS: "47000-47099", HOTLINE_DATA_DIR: join(project, "data") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  try {
    const line = await Promise.race([new Promise((resolve) => child.stdout.once("data", (text) => resolve(String(text)))), exited.then((code) => `it ended with ${code}`)]);
    if (line !== "ready\n") throw new Error(`no ready line but: ${line}`);
    const sdp = ["v=0", `o=- 1 1 IN IP4 127.0.0.1`, "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 46000 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
    const invite = [
      `INVITE sip:12345@127.0.0.1:${sip} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK-create;rport`,
      "Max-Forwards: 70",
      `From: <sip:13800138000@127.0.0.1>;tag=create`,
      `To: <sip:12345@127.0.0.1>`,
      "Call-ID: create@127.0.0.1",
      "CSeq: 1 INVITE",
      `Contact: <sip:13800138000@127.0.0.1:${own}>`,
      "Content-Type: application/sdp",
      `Content-Length: ${Buffer.byteLength(sdp)}`,
      "",
      sdp,
    ].join("\r\n");
    const answered = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the INVITE got no 200 OK")), 60_000);
      socket.on("message", (message) => {
        const status = /^SIP\/2\.0 (\d{3})/.exec(message.toString("latin1"))?.[1];
        if (status === undefined || Number(status) < 200) return;
        clearTimeout(late);
        if (status === "200") resolve();
        else reject(new Error(`the INVITE got ${status}`));
      });
    });
    socket.send(invite, sip, "127.0.0.1");
    await answered;
    child.kill("SIGTERM");
    const code = await exited;
    if (code !== 0) throw new Error(`told to end it ended with ${code}`);
  } finally {
    child.kill("SIGKILL");
    socket.close();
  }
}

async function freeUdpPort() {
  const probe = createSocket("udp4");
  await new Promise((resolve) => probe.bind(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
