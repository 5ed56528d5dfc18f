import type { ChartData } from "./chart-data.js";
import { chartOption } from "./chart-option.js";
import type { ChartLook } from "./chart-option.js";
import type * as Echarts from "./echarts.js";

/** ECharts is large: it is loaded with the first chart. */
let loading: Promise<typeof Echarts> | undefined;

/** The chart as an SVG document, drawn without a browser: no script, no style sheet, nothing that moves. */
export async function renderChart(data: ChartData, look: ChartLook): Promise<string> {
  loading ??= import("./echarts.js");
  const { init } = await loading;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: look.width, height: look.height });
  try {
    chart.setOption(chartOption(data, look));
    return accessible(chart.renderToSVGString(), data);
  } finally {
    chart.dispose();
  }
}

/** Title and description for screen readers; what ECharts adds for a mouse is taken away. */
function accessible(svg: string, { title, description }: ChartData): string {
  return svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
    .replace(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, "")
    .replace(/^<svg ([^>]*)>/, (_whole, attributes: string) => `<svg ${attributes} role="img" aria-label="${escapeXml(description)}"><title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>`);
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
