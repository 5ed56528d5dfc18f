import { useEffect, type ReactElement } from "react";
import { Button, Segmented, Tabs } from "antd";
import { api, EmptyState, ErrorState, LoadingState, navigate, PageFrame, StatusTag, titleIn, useLanguage, useLoad, useParams, useQuery, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { ChartKind, ReportCalendar, ReportFigure, ReportSummary } from "../src/contract.js";
import { FilterBar } from "./filter-bar.js";
import { Change, ReportTable } from "./report-table.js";
import { inEnglish, texts } from "./texts.js";
import { reportPath, reportQuery, useReport, useThemeName, useWidth } from "./use-report.js";

/** Reports: choose, count, look, take away. */
export function ReportPage(): ReactElement {
  const text = useTexts(texts);
  const { id } = useParams();
  const list = useLoad("/api/reports", (signal) => api.get<ReportCalendar & { readonly items: readonly ReportSummary[] }>("/api/reports", {}, { signal }));
  const { data } = list;
  const reports = data?.items;
  const report = id === undefined ? reports?.[0] : reports?.find((each) => each.id === id);
  useEffect(() => {
    if (id === undefined && report !== undefined) navigate(`/reports/${report.id}`, { replace: true });
  }, [id, report]);
  if (list.error !== undefined) return frame(<ErrorState error={list.error} what={text.what} onRetry={list.reload} />, text.title);
  if (data === undefined || reports === undefined) return frame(<LoadingState rows={8} />, text.title);
  if (reports.length === 0 || report === undefined) return frame(<EmptyState>{text.none}</EmptyState>, text.title);
  return <OneReport key={report.id} report={report} reports={reports} calendar={data} />;
}

function frame(content: ReactElement, title: string): ReactElement {
  return (
    <PageFrame title={title} wide>
      {content}
    </PageFrame>
  );
}

function OneReport({ report, reports, calendar }: { readonly report: ReportSummary; readonly reports: readonly ReportSummary[]; readonly calendar: ReportCalendar }): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const [query, patch] = useQuery();
  const [box, width] = useWidth<HTMLDivElement>();
  const theme = useThemeName();
  const asked = query.get("chart");
  const kind: ChartKind | undefined = report.charts.find((each) => each === asked) ?? report.chart ?? undefined;
  const shown = query.get("show") !== "table" && kind !== undefined;
  const parameters = reportQuery(query, report);
  const { data, error, loading, reload } = useReport(report, parameters, { chart: shown ? kind : undefined, width, theme });
  const chart: Record<string, string> = kind === undefined ? {} : { chart: kind };
  const chosen = report.filters.some(({ id }) => query.get(id) !== null);
  const nothing = data?.rows.every(({ cells }) => cells.every(({ value }) => value === null || value === 0)) === true;
  return (
    <PageFrame
      wide
      title={titleIn(language, report)}
      extra={
        <>
          <span className="hl-meta" aria-live="polite">{loading && data !== undefined ? text.loading : data === undefined ? "" : text.taken(data.takenAtText)}</span>
          <Button href={reportPath(report, parameters, { format: "csv" })} download>
            {text.csv}
          </Button>
          <Button type="primary" href={reportPath(report, parameters, chart, "/print")} target="_blank" rel="noopener">
            {text.print}
          </Button>
        </>
      }
    >
      <Tabs size="small" activeKey={report.id} aria-label={text.reports} onChange={(next) => navigate(`/reports/${next}`)} items={reports.map((each) => ({ key: each.id, label: titleIn(language, each) }))} />
      <FilterBar report={report} query={query} patch={patch} calendar={calendar} shown={data?.span} />
      <div ref={box} className="rp-body" data-loading={loading}>
        {error !== undefined ? <Trouble error={error} onRetry={reload} /> : null}
        {data === undefined ? (
          error === undefined ? <LoadingState rows={10} /> : null
        ) : (
          <>
            <p className="rp-span">
              <strong>{data.span.label}</strong>
              {data.span.unfinished ? `（${text.unfinished}）` : ""}
              {data.compare === null ? "" : ` · ${text.against(data.compare.baseName, data.compare.label)}`}
              {data.filters.map((filter) => ` · ${filter.label}：${filter.text}`)}
            </p>
            {data.notes.length === 0 ? null : <p className="rp-notes">{data.notes.join("；")}</p>}
            {data.figures.length === 0 ? null : (
              <div className="rp-figures">
                {data.figures.map((figure) => (
                  <Figure key={figure.id} figure={figure} />
                ))}
              </div>
            )}
            {nothing ? (
              <EmptyState action={chosen ? <Button size="small" onClick={() => patch(Object.fromEntries(report.filters.map(({ id }) => [id, undefined])))}>{text.clear}</Button> : undefined}>{text.empty}</EmptyState>
            ) : null}
            {kind === undefined ? null : (
              <section className="hl-card rp-chart">
                <div className="rp-chart-tools">
                  <Segmented size="small" aria-label={text.show} value={shown ? "chart" : "table"} onChange={(value) => patch({ show: value === "table" ? "table" : undefined })} options={[{ value: "chart", label: text.chart }, { value: "table", label: text.table }]} />
                  {shown && report.charts.length > 1 ? <Segmented size="small" aria-label={text.chartKind} value={kind} onChange={(value) => patch({ chart: value })} options={report.charts.map((each) => ({ value: each, label: text.charts[each] }))} /> : null}
                </div>
                {shown && data.picture !== null ? <img className="rp-picture" alt={data.picture.description} src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(data.picture.svg)}`} /> : null}
              </section>
            )}
            <ReportTable report={data} />
            <details className="rp-basis">
              <summary>{text.basis}</summary>
              <ul>
                {data.basis.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ul>
            </details>
          </>
        )}
      </div>
    </PageFrame>
  );
}

function Figure({ figure }: { readonly figure: ReportFigure }): ReactElement {
  const text = useTexts(texts);
  const english = useLanguage() === "en";
  const { value } = figure;
  const rate = figure.unit === "%";
  return (
    <div className="hl-card rp-figure">
      <div className="hl-meta">{english ? figure.labelEn : figure.label}</div>
      <div className="rp-value" aria-label={`${value.text} ${rate ? "" : figure.unit}`} title={value.text}>
        {english ? value.text : figure.short}
        {rate || value.value === null ? null : <span className="rp-unit"> {english ? inEnglish(figure.unit) : figure.unit}</span>}
      </div>
      {figure.target === null ? null : (
        <div className="rp-change">
          {text.target} {figure.target.text} {figure.target.met === false ? <StatusTag status="fault">{text.missed}</StatusTag> : null}
        </div>
      )}
      <div className="rp-change">
        {text.yearShort} <Change change={figure.year} words />
      </div>
      <div className="rp-change">
        {text.previousShort} <Change change={figure.previous} words />
      </div>
    </div>
  );
}

function Trouble({ error, onRetry }: { readonly error: ApiError; readonly onRetry: () => void }): ReactElement {
  const text = useTexts(texts);
  const words: Readonly<Record<string, string>> = { HTL_REPORTS_BAD_SPAN: text.badSpan, HTL_REPORTS_TOO_LARGE: text.tooLarge, HTL_REPORTS_TOO_SLOW: text.tooSlow };
  const told = words[error.code];
  if (told === undefined) return <ErrorState error={error} what={text.what} onRetry={onRetry} />;
  return (
    <div className="hl-error" role="alert">
      {told} <code className="hl-code">{error.code}</code>
    </div>
  );
}
