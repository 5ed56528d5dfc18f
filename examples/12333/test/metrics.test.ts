import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";

const TOKEN = "a-token-of-the-monitoring-1";
const PAGE = fileURLToPath(new URL("../../../docs/guides/monitoring.md", import.meta.url));

/** Type and labels of each metric, as the text format says; families without a value are not in it. */
function familiesOf(text: string): Map<string, { type: string; labels: Set<string> }> {
  const families = new Map<string, { type: string; labels: Set<string> }>();
  for (const line of text.split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== "") families.set(name, { type, labels: new Set() });
    const sample = /^([a-z_0-9]+)\{([^}]*)\} /.exec(line);
    if (sample !== null) for (const [, label = ""] of (sample[2] ?? "").matchAll(/(\w+)="/g)) families.get(sample[1] ?? "")?.labels.add(label);
  }
  return families;
}

/** What the guide's tables say: name, kind, labels. */
function documented(): Map<string, { type: string; labels: string[] }> {
  const rows = readFileSync(PAGE, "utf8").split("\n").flatMap((line) => {
    const cells = /^\| `([a-z_0-9]+)` \| (gauge|counter) \|([^|]*)\|/.exec(line);
    return cells === null ? [] : [[cells[1] ?? "", { type: cells[2] ?? "", labels: [...(cells[3] ?? "").matchAll(/`(\w+)`/g)].map(([, label = ""]) => label) }] as const];
  });
  return new Map(rows);
}

describe("GET /api/metrics", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start({ environment: { HOTLINE_HTTP_METRICS_TOKEN: TOKEN, HOTLINE_SIP_TRUNKS: JSON.stringify([{ key: "demo", match: ["127.0.0.1"], maxChannels: 30 }]) } });
  }, 90_000);
  afterAll(() => example?.dispose());

  it("has what the guide lists, no more and no less, and nobody without the token gets it", async () => {
    expect((await fetch(`http://127.0.0.1:${example.httpPort}/api/metrics`)).status).toBe(401);
    const response = await fetch(`http://127.0.0.1:${example.httpPort}/api/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(response.status).toBe(200);
    const text = await response.text();
    const served = familiesOf(text);
    const known = documented();
    expect([...served.keys()].filter((name) => !known.has(name))).toEqual([]);
    for (const [name, { type, labels }] of served) expect([name, type, [...labels].sort()]).toEqual([name, known.get(name)?.type, [...(known.get(name)?.labels ?? [])].sort()]);
    // Without a call, a refusal or an answer there is nothing to say of these.
    const silent = new Set(["hotline_http_certificate_expiry_time_seconds", "hotline_sip_certificate_expiry_time_seconds", "hotline_calls_refused_total", "hotline_calls_ended_total", "hotline_acd_queue_service_level_today_ratio"]);
    expect([...known.keys()].filter((name) => !served.has(name) && !silent.has(name))).toEqual([]);
    expect(text).toContain('hotline_sip_trunk_channels_max{trunk="demo"} 30');
    expect(text).toContain("hotline_metrics_unread 0");
    expect(text).toMatch(/hotline_media_workers [1-9]/);
  }, 60_000);
});
