import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLE_SCENARIO } from "../src/cli/example-scenario.js";
import { runHotlineSim } from "../src/cli/run.js";
import type { SimCommand } from "../src/cli/run.js";

const built = fileURLToPath(new URL("../dist/hotline-sim.js", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hotline-sim-"));
  writeFileSync(join(folder, "scenario.json"), JSON.stringify(EXAMPLE_SCENARIO));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(command: Partial<SimCommand>): Promise<string> {
  let text = "";
  await runHotlineSim({ file: join(folder, "scenario.json"), example: false, whatIf: [], runs: 2, seed: 1, intervals: false, csv: undefined, json: undefined, svg: undefined, write: (more) => (text += more), ...command });
  return text;
}

describe("hotline-sim", () => {
  it("prints the variants side by side, bars over the day and a line for each interval with the formulas", async () => {
    const text = await run({ whatIf: ["agents=-4"], intervals: true });
    const [, , head, , agents] = text.split("\n");
    expect(head).toMatch(/as it is +agents=-4/);
    expect(agents).toMatch(/^agents, mean +\d+\.\d +\d+\.\d$/);
    expect(text).toMatch(/service level +\d+\.\d % ± \d+\.\d % +\d+\.\d % ± \d+\.\d %/);
    expect(text.match(/^ {2}service level +[▁-█·]{20} {2}0 to 100 %$/gm)).toHaveLength(2);
    // 20 half hours, twice, each with what Erlang C or A says.
    expect(text.match(/^\d\d:[03]0 +general\+disputes .*%/gm)).toHaveLength(40);
    // In the table of the intervals too.
    expect(text.match(/A: lost +occ\. +C: occ\. +A: occ\.$/gm)).toHaveLength(3);
    const [interval] = text.match(/^09:00 +general\+disputes .*$/m) ?? [];
    expect(interval).toMatch(/(\d+\.\d|—)( %)? +\d+\.\d % +(\d+\.\d %|—) +\d+\.\d %$/);
  });

  it("tells by itself what Erlang C and A say of the service level, the wait and the occupancy of each pool", async () => {
    const scenario = {
      from: "08:00",
      to: "18:00",
      queues: [{ key: "calm" }, { key: "flooded" }],
      callers: [
        { name: "calm", queue: "calm", arrivals: { perHour: 120 }, talk: { exponential: 170 }, patience: { exponential: 120 } },
        { name: "flooded", queue: "flooded", arrivals: { perHour: 120 }, talk: { exponential: 170 }, patience: { exponential: 120 } },
      ],
      agents: [
        { name: "calm", count: 7, queues: ["calm"], wrapUp: 10 },
        { name: "flooded", count: 4, queues: ["flooded"], wrapUp: 10 },
      ],
    };
    writeFileSync(join(folder, "pools.json"), JSON.stringify(scenario));
    const text = await run({ file: join(folder, "pools.json"), whatIf: ["agents.calm=9"], runs: 8 });
    const lines = text.split("\n");
    const head = lines.findIndex((line) => /^ +queues +load +agents +SL +C: SL +A: SL +wait +C: wait +A: wait +lost +A: lost +occ\. +C: occ\. +A: occ\.$/.test(line));
    const rows = lines.slice(head + 2, head + 6).map((line) => line.replaceAll(" %", "%").trim().split(/ {2,}/));
    expect(rows.map(([name, queues]) => `${name} ${queues}`)).toEqual(["as it is calm", "as it is flooded", "agents.calm=9 calm", "agents.calm=9 flooded"]);
    for (const row of rows) {
      expect(row).toHaveLength(15);
      const [load = 0, agents = 0, level = 0, , levelA = 0, wait = 0, , waitA = 0, , , occupancy = 0, , occupancyA = 0] = row.slice(2).map((cell) => Number.parseFloat(cell));
      // 120 calls an hour of 180 s each.
      expect(Math.abs(load - 6)).toBeLessThan(0.5);
      expect(agents).toBe(row[1] === "flooded" ? 4 : row[0] === "as it is" ? 7 : 9);
      // Calls give up as Erlang A supposes: it comes near to what was played.
      expect(Math.abs(level - levelA)).toBeLessThan(6);
      expect(Math.abs(wait - waitA)).toBeLessThan(8);
      expect(Math.abs(occupancy - occupancyA)).toBeLessThan(5);
    }
    // Erlang C has no answer to more load than agents.
    expect(rows.map((row) => [row[5], row[8], row[13]].map((cell) => cell !== "—"))).toEqual([[true, true, true], [false, false, false], [true, true, true], [false, false, false]]);
    // Nobody gives up there, so that it has everybody served.
    expect(Math.abs(Number.parseFloat(rows[0]?.[13] ?? "") - (100 * 6) / 7)).toBeLessThan(6);
  });

  it("names who was never served, where there is anybody", async () => {
    expect(await run({})).not.toContain("never served");
    const file = join(folder, "nobody.json");
    writeFileSync(file, JSON.stringify({ from: "08:00", to: "09:00", queues: [{ key: "general" }], callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 60 }, talk: 60 }], agents: [{ name: "team", count: 0, queues: ["general"] }] }));
    expect(await run({ file, whatIf: ["agents=2"] })).toMatch(/^never served +\d+\.\d ± \d+\.\d +0\.0 ± 0\.0$/m);
  });

  it("one run is printed without an interval it cannot have", async () => {
    expect(await run({ runs: 1 })).not.toMatch(/±/);
  });

  it("writes the intervals as CSV, everything as JSON and a picture", async () => {
    const [csv, svg] = [join(folder, "out.csv"), join(folder, "out.svg")];
    const json = JSON.parse(await run({ whatIf: ["callers=+10%"], json: "-", csv, svg })) as { name: string; runs: { total: { offered: number }; intervals: { figures: { offered: number } }[] }[] }[];
    expect(json.map(({ name }) => name)).toEqual(["as it is", "callers=+10%"]);
    expect(json[0]?.runs).toHaveLength(2);
    const lines = readFileSync(csv, "utf8").trim().split("\r\n");
    expect(lines).toHaveLength(41);
    const head = (lines[0] ?? "").replace("\uFEFF", "").split(",");
    for (const column of ["erlangC_occupancy", "erlangA_abandonRate", "erlangA_occupancy"]) expect(head).toContain(column);
    for (const column of ["erlangC_occupancy", "erlangA_occupancy"]) {
      const shares = lines.slice(1).map((line) => line.split(",")[head.indexOf(column)] ?? "").filter((cell) => cell !== "").map(Number);
      expect(shares.length).toBeGreaterThan(20);
      for (const share of shares) expect(share > 0 && share <= 1).toBe(true);
    }
    const offered = lines.slice(1, 21).reduce((sum, line) => sum + Number(line.split(",")[head.indexOf("offered")]), 0);
    expect(offered).toBe(json[0]?.runs[0]?.total.offered);
    // Nothing was thrown into a formula of a spreadsheet.
    expect(lines.some((line) => /(^|,)[=@]/.test(line))).toBe(false);
    const picture = readFileSync(svg, "utf8");
    expect(picture).toMatch(/^<svg/);
    // Three diagrams; besides what was played Erlang C is dashed, Erlang A dotted.
    for (const title of ["Service level", "Mean wait, s", "Occupancy", "Erlang C"]) expect(picture).toContain(title);
    expect(picture.match(/stroke-dasharray/g)?.length ?? 0).toBeGreaterThanOrEqual(6);
    expect(picture).toContain("callers=+10%");
  });

  it.skipIf(!existsSync(built))("ends in silence when who reads has seen enough", () => {
    const { stderr, status } = spawnSync("bash", ["-c", `"${process.execPath}" "${built}" "${join(folder, "scenario.json")}" --runs 1 --intervals | true; exit \${PIPESTATUS[0]}`], { encoding: "utf8" });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });

  it("plays a list of past calls that stands beside the scenario", async () => {
    writeFileSync(join(folder, "calls.csv"), "time,talk\n09:00,60\n09:00:30,60\n");
    writeFileSync(join(folder, "past.json"), JSON.stringify({ queues: [{ key: "q" }], callers: [{ name: "c", queue: "q", arrivals: { csv: "calls.csv" }, talk: 1 }], agents: [{ name: "a", count: 1, queues: ["q"] }] }));
    const [variant] = JSON.parse(await run({ file: join(folder, "past.json"), json: "-" })) as { runs: { total: object }[] }[];
    expect(variant?.runs[0]?.total).toMatchObject({ offered: 2, answered: 2, asa: 15 });
  });

  it.each<[string, () => string, RegExp]>([
    ["no such file", () => join(folder, "none.json"), /none\.json cannot be read/],
    ["no JSON", () => (writeFileSync(join(folder, "bad.json"), "{"), join(folder, "bad.json")), /bad\.json is no JSON/],
    ["no scenario", () => (writeFileSync(join(folder, "wrong.json"), "[]"), join(folder, "wrong.json")), /cannot be played/],
    ["arrivals nobody knows", () => (writeFileSync(join(folder, "odd.json"), JSON.stringify({ ...EXAMPLE_SCENARIO, callers: [{ name: "c", queue: "general", arrivals: "calls.csv", talk: { lognormal: { mean: 1 } } }] })), join(folder, "odd.json")), /arrivals: arrivals as \{ perHour \}.*\{ csv: FILE \}.*talk: a distribution: seconds/],
    ["no list of calls", () => (writeFileSync(join(folder, "nocsv.json"), JSON.stringify({ ...EXAMPLE_SCENARIO, callers: [{ name: "c", queue: "general", arrivals: { csv: "gone.csv" }, talk: 1 }] })), join(folder, "nocsv.json")), /gone\.csv cannot be read/],
  ])("%s: a coded error", async (_, file, message) => {
    await expect(run({ file: file() })).rejects.toMatchObject({ code: "HTL_QUEUEING_SCENARIO", message: expect.stringMatching(message) as string });
  });

  it("a place that cannot be written: a coded error", async () => {
    await expect(run({ csv: join(folder, "no", "where.csv") })).rejects.toMatchObject({ code: "HTL_QUEUEING_SCENARIO" });
  });

  it("is a command that npm can link before anything is built, and that says what is missing", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { bin: Record<string, string>; files: string[] };
    const command = fileURLToPath(new URL(manifest.bin["hotline-sim"] ?? "", new URL("../package.json", import.meta.url)));
    const tracked = spawnSync("git", ["check-ignore", "-q", command], { cwd: dirname(command) });
    expect(existsSync(command)).toBe(true);
    expect(tracked.status).toBe(1);
    expect(manifest.files).toContain("bin");
    // Elsewhere there is no dist beside it.
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    copyFileSync(command, join(folder, "bin", "hotline-sim.js"));
    expect(spawnSync(process.execPath, [join(folder, "bin", "hotline-sim.js"), "--help"], { encoding: "utf8" })).toMatchObject({ status: 1, stderr: expect.stringContaining("npm run build") as string });
    if (existsSync(built)) expect(spawnSync(process.execPath, [command, "--help"], { encoding: "utf8" })).toMatchObject({ status: 0, stdout: expect.stringContaining("--what-if CHANGE") as string });
  });

  it.skipIf(!existsSync(built))("as a command: exit codes and one line of error (needs the build)", { timeout: 120_000 }, () => {
    const call = (...args: string[]) => spawnSync(process.execPath, [built, ...args], { encoding: "utf8" });
    expect(call("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--what-if CHANGE") as string });
    expect(JSON.parse(call("--example").stdout)).toMatchObject({ name: EXAMPLE_SCENARIO.name });
    expect(call(join(folder, "scenario.json"), "--runs", "1")).toMatchObject({ status: 0, stderr: "" });
    expect(call()).toMatchObject({ status: 2, stdout: "" });
    expect(call("a.json", "--fast")).toMatchObject({ status: 2 });
    expect(call("a.json", "--runs", "some")).toMatchObject({ status: 2, stderr: expect.stringContaining('got "some"') as string });
    const broken = call(join(folder, "scenario.json"), "--what-if", "moon=full");
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/^HTL_QUEUEING_WHAT_IF: /);
    expect(broken.stderr).not.toMatch(/at .*\.js:/);
  });
});
