export interface ParsedFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** A strict reader of the Prometheus text format 0.0.4 and of OpenMetrics 1.0, as far as gauges and counters go. Throws the first line that cannot be. */
export function parseMetrics(text: string, format: "prometheus" | "openmetrics"): ReadonlyMap<string, ParsedFamily> {
  const families = new Map<string, { help: string; type: string; samples: ParsedFamily["samples"] }>();
  if (!text.endsWith("\n")) throw new Error("the last line is not ended");
  const lines = text.slice(0, -1).split("\n");
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("OpenMetrics ends with # EOF");
  let current = "";
  for (const line of lines) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (meta !== null) {
      const [, kind = "", name = "", rest = ""] = meta;
      if (kind === "HELP") {
        if (families.has(name)) throw new Error(`${name} stands twice`);
        families.set(name, { help: rest, type: "", samples: [] });
        current = name;
      } else {
        const family = families.get(name);
        if (family === undefined || current !== name || family.type !== "" || !["gauge", "counter"].includes(rest)) throw new Error(`out of place: ${line}`);
        family.type = rest;
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*)\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?|NaN|[+-]Inf)$/.exec(line);
    if (sample === null) throw new Error(`cannot be read: ${line}`);
    const [, name = "", labelText, value = ""] = sample;
    const family = families.get(current);
    const expected = format === "openmetrics" && family?.type === "counter" ? `${current}_total` : current;
    if (family === undefined || family.type === "" || name !== expected) throw new Error(`not of the family before: ${line}`);
    if (family.type === "counter" && !name.endsWith("_total")) throw new Error(`a counter without _total: ${line}`);
    const labels = Object.fromEntries([...(labelText ?? "").matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label = "", quoted = ""]) => [label, quoted.replace(/\\(.)/g, (_all, char: string) => (char === "n" ? "\n" : char))]));
    if (family.samples.some((other) => JSON.stringify(other.labels) === JSON.stringify(labels))) throw new Error(`stands twice: ${line}`);
    family.samples.push({ labels, value: value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value) });
  }
  for (const [name, { samples }] of families) if (samples.length === 0) throw new Error(`${name} has no value`);
  return families;
}
