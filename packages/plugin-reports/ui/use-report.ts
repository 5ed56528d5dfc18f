import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";
import { api, useLoad, withQuery } from "@hotlinejs/plugin-console/sdk";
import type { Loaded } from "@hotlinejs/plugin-console/sdk";
import type { ChartKind, ReportResult, ReportSummary } from "../src/contract.js";

export interface ShownReport extends ReportResult {
  /** Drawn by the server from the same count. */
  readonly picture: { readonly kind: ChartKind; readonly svg: string; readonly description: string } | null;
}

/** What the address says, as the routes take it; without how the page shows it. */
export function reportQuery(query: URLSearchParams, summary: ReportSummary): Record<string, string> {
  const names = ["period", "from", "to", ...(summary.comparable ? ["compare"] : []), ...summary.filters.map(({ id }) => id)];
  return Object.fromEntries(names.flatMap((name) => (query.get(name) === null ? [] : [[name, query.get(name) ?? ""]])));
}

export function reportPath(summary: ReportSummary, query: Record<string, string>, more: Record<string, string> = {}, page = ""): string {
  return withQuery(`/api/reports/${summary.id}${page}`, { ...query, ...more });
}

export function useReport(summary: ReportSummary | undefined, query: Record<string, string>, look: { readonly chart: ChartKind | undefined; readonly width: number; readonly theme: string }): Loaded<ShownReport> {
  const path = summary === undefined || look.width === 0 ? undefined : reportPath(summary, query, look.chart === undefined ? {} : { chart: look.chart, width: String(look.width), height: "300", theme: look.theme });
  return useLoad(path, (signal) => api.get<ShownReport>(path ?? "", {}, { signal }));
}

/** Width of an element in steps, so that not every pixel of a moved edge asks anew. */
export function useWidth<T extends HTMLElement>(): readonly [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const measure = (): void => setWidth(Math.min(1600, Math.max(320, Math.floor(element.clientWidth / 40) * 40)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** `light` or `dark`, as the console shows itself. */
export function useThemeName(): "light" | "dark" {
  const read = (): "light" | "dark" => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(read()));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}
