import type { ReportChange, ReportResult, ReportRow } from "../contract.js";
import { NONE } from "../domain/number-text.js";
import { escapeXml } from "../chart/render-chart.js";

/** As wide as a Chinese character. */
const GAP = "\u3000";

export interface PrintPage {
  /** Of the hotline. */
  readonly hotline: string;
  /** Who made it. */
  readonly maker: string;
  /** Address of the style sheet. */
  readonly style: string;
  readonly chart: { readonly svg: string; readonly description: string } | undefined;
}

/** The report as a page for paper: title, what is counted, when, in which unit, chart, table, who made it. */
export function printPage(result: ReportResult, { hotline, maker, style, chart }: PrintPage): string {
  const { span, compare, filters, basis, notes } = result;
  const text = escapeXml;
  const chosen = filters.map(({ label, text: values }) => `${label}：${values}`).join(GAP);
  const title = `${hotline} ${result.title}`;
  // As an image: whatever stands in it cannot become part of the page.
  const picture = chart === undefined ? "" : `<figure><img alt="${text(chart.description)}" src="data:image/svg+xml;base64,${Buffer.from(chart.svg, "utf8").toString("base64")}"></figure>`;
  return `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>${text(`${title} ${span.label}`)}</title><link rel="stylesheet" href="${text(style)}"></head>
<body>
<p class="screen">用浏览器的“打印”打印本页（Ctrl+P），纸张已设为 A4 横向。</p>
<h1>${text(title)}</h1>
<p class="span">${text(`${span.label}${compare === null ? "" : `${GAP}对比${compare.baseName}：${compare.label}`}${chosen === "" ? "" : `${GAP}${chosen}`}`)}</p>
<div class="meta"><span>单位：${text(result.units)}</span><span>取数时间：${text(result.takenAtText)}</span></div>
<p class="basis">统计口径：${text(basis.join("；"))}</p>
${notes.length === 0 ? "" : `<p class="notes">说明：${text(notes.join("；"))}</p>`}
${picture}
${tables(result)}
<div class="signed"><span>制表：${text(maker)}</span><span>审核：</span></div>
</body>
</html>
`;
}

/** Columns that fit beside each other on A4 landscape, alone and with their comparison. */
const MOST_COLUMNS = { alone: 12, compared: 5 } as const;

/** Wide reports become several tables, one below the other, each with the names of the rows. */
function tables(result: ReportResult): string {
  const most = result.compare === null ? MOST_COLUMNS.alone : MOST_COLUMNS.compared;
  const count = Math.max(1, Math.ceil(result.columns.length / most));
  // Of about the same width, not a last one with a single column.
  const size = Math.ceil(result.columns.length / count);
  return Array.from({ length: count }, (_, index) => table(result, index * size, (index + 1) * size)).join("\n");
}

function table({ compare, heads, columns, rows }: ReportResult, begin: number, end: number): string {
  const shown = columns.slice(begin, end);
  const second = compare === null ? "" : `<tr>${shown.map(() => `<th>本期</th><th>${compare.baseName}</th><th>${compare.name}</th>`).join("")}</tr>`;
  const span = compare === null ? "" : ' colspan="3"';
  const head = heads.map(({ label }) => `<th${compare === null ? "" : ' rowspan="2"'}>${escapeXml(label)}</th>`).join("");
  return `<table><thead><tr>${head}${shown.map(({ label, unit }) => `<th${span}>${escapeXml(unit === "" || unit === "%" ? label : `${label}（${unit}）`)}</th>`).join("")}</tr>${second}</thead><tbody>${rows.map((row) => tableRow(row, begin, end)).join("")}</tbody></table>`;
}

function tableRow(row: ReportRow, begin: number, end: number): string {
  const labels = row.labels.map((label, index) => `<td class="label">${escapeXml(label)}${index === 0 && row.note !== undefined ? `<br><small>（${escapeXml(row.note)}）</small>` : ""}</td>`).join("");
  const cells = row.cells.slice(begin, end).map((cell, index) => {
    const change = row.changes?.[begin + index];
    const own = `<td class="number">${escapeXml(cell.text)}</td>`;
    return change === undefined ? own : `${own}<td class="number">${escapeXml(change.base.text)}</td><td class="number">${escapeXml(arrow(change))}</td>`;
  });
  return `<tr class="${row.kind}">${labels}${cells.join("")}</tr>`;
}

/** On paper rise and fall are arrows beside the sign. */
function arrow({ text, delta }: ReportChange): string {
  if (text === NONE || delta.value === null || delta.value === 0) return text;
  return `${delta.value > 0 ? "↑" : "↓"}${text}`;
}
