import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** The page on SIP names a test for each race: it must be there by that name. */
const page = readFileSync(join(import.meta.dirname, "../docs/guides/sip.md"), "utf8");
/** Transfers are core's and acd's: their tests stand there. */
const sources = ["plugin-sip/src", "plugin-acd/test", "testing/src"].map((folder) => join(import.meta.dirname, "../packages", folder));

const rows = [...page.matchAll(/^\| (.+?) \| .+ \| `([\w.-]+\.test\.ts)` (.+?) \| `([\w.-]+\.test\.ts)` (.+?) \|$/gm)].map(([, race = "", file = "", title = "", peer = "", played = ""]) => ({ race, file, title, peer, played }));
/** Races between three parties need a whole hotline. */
const peers = ["packages/plugin-sip/test/peers", "examples/12333/test"].map((folder) => join(import.meta.dirname, "..", folder));
const files = new Map(
  sources.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => [name.split(/[\\/]/).at(-1) ?? name, join(folder, name)] as const),
  ),
);

describe("docs/guides/sip.md", () => {
  it("names tests", () => {
    expect(rows.length).toBeGreaterThan(25);
    expect((page.split("## Races")[1] ?? "").split("## RFCs")[0]?.match(/^\| [^|]+ \| [^|]+ \| `/gm)).toHaveLength(rows.length);
  });

  it.each(rows)("$race", ({ file, title }) => {
    const text = readFileSync(files.get(file) ?? file, "utf8");
    expect(text).toContain(`it("${title}"`);
  });

  it.each(rows)("$race, with SIPp", ({ peer, played }) => {
    const file = peers.map((folder) => join(folder, peer)).find((path) => existsSync(path));
    expect(file, `there is no ${peer}`).toBeDefined();
    // By itself, or of a table of cases.
    expect(readFileSync(file ?? "", "utf8")).toContain(`("${played}"`);
  });
});
