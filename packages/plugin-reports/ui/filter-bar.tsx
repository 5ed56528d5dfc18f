import { useState, type ReactElement } from "react";
import { Input, Segmented, Select } from "antd";
import { api, useLanguage, useLoad, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { FilterValue, PeriodUnit, ReportCalendar, ReportSummary } from "../src/contract.js";
import { nameOfSpan, SPANS } from "./spans.js";
import type { SpanChoice } from "./spans.js";
import { texts } from "./texts.js";

const UNITS: readonly PeriodUnit[] = ["day", "week", "month", "quarter", "year"];

interface Props {
  readonly report: ReportSummary;
  readonly query: URLSearchParams;
  readonly patch: (values: Readonly<Record<string, string | undefined>>) => void;
  readonly calendar: ReportCalendar;
  /** What is shown now, for the fields of dates. */
  readonly shown: { readonly from: string; readonly to: string } | undefined;
}

/** What the report counts: all of it stands in the address. */
export function FilterBar({ report, query, patch, calendar, shown }: Props): ReactElement {
  const text = useTexts(texts);
  const from = query.get("from") ?? undefined;
  const to = query.get("to") ?? undefined;
  const [own, setOwn] = useState(false);
  const name: SpanChoice = own ? "own" : nameOfSpan(from, to, calendar);
  const choose = (next: SpanChoice): void => {
    setOwn(next === "own");
    if (next === "own") patch({ from: from ?? shown?.from, to: to ?? shown?.to });
    else if (next === "default") patch({ from: undefined, to: undefined });
    else patch(calendar.spans[next]);
  };
  const period = UNITS.find((unit) => unit === query.get("period")) ?? report.period;
  const byPeriod = report.layout === "period" || report.layout === "crosstab";
  // What is shown by default is named once.
  const shownByDefault = { day: "today", week: undefined, month: "thisMonth", quarter: "thisQuarter", year: "thisYear" }[period];
  const names: readonly SpanChoice[] = ["default", ...SPANS.filter((each) => byPeriod || each !== shownByDefault || each === name), "own"];
  return (
    <div className="rp-filters" role="group" aria-label={text.span}>
      {byPeriod ? <Segmented aria-label={text.period} value={period} onChange={(value) => patch({ period: value === report.period ? undefined : value })} options={UNITS.map((unit) => ({ value: unit, label: text.periods[unit] }))} /> : null}
      <Select<SpanChoice> aria-label={text.span} value={name} onChange={choose} options={names.map((each) => ({ value: each, label: each === "default" ? (byPeriod ? text.defaults : text.ofToday)[period] : text.spans[each] }))} style={{ width: 152 }} />
      {name === "own" ? (
        <span className="rp-dates">
          <Input type="date" aria-label={text.from} value={from ?? shown?.from ?? ""} max={calendar.today} onChange={({ target }) => patch({ from: target.value, to: to ?? shown?.to })} style={{ width: 148 }} />—
          <Input type="date" aria-label={text.to} value={to ?? shown?.to ?? ""} onChange={({ target }) => patch({ to: target.value, from: from ?? shown?.from })} style={{ width: 148 }} />
        </span>
      ) : null}
      {report.comparable ? <Segmented aria-label={text.compare} value={query.get("compare") ?? "none"} onChange={(value) => patch({ compare: value === "none" ? undefined : value })} options={(["none", "year", "previous"] as const).map((each) => ({ value: each, label: text.compares[each] }))} /> : null}
      {report.filters.map((filter) => (
        <FilterSelect key={`${report.id} ${filter.id}`} report={report.id} filter={filter} value={query.get(filter.id)} onChange={(value) => patch({ [filter.id]: value })} />
      ))}
    </div>
  );
}

/** The values are asked for when the list is opened for the first time, or when the address already names some. */
function FilterSelect({ report, filter, value, onChange }: { readonly report: string; readonly filter: ReportSummary["filters"][number]; readonly value: string | null; readonly onChange: (value: string | undefined) => void }): ReactElement {
  const text = useTexts(texts);
  const english = useLanguage() === "en";
  const [wanted, setWanted] = useState(value !== null);
  const path = `/api/reports/${report}/filters/${filter.id}`;
  const { data, loading } = useLoad(wanted ? path : undefined, (signal) => api.get<{ items: readonly FilterValue[] }>(path, {}, { signal }));
  const label = english ? filter.labelEn : filter.label;
  return (
    <Select<string[]>
      mode="multiple"
      allowClear
      maxTagCount={1}
      aria-label={label}
      placeholder={text.any(label)}
      value={value === null ? [] : value.split(",")}
      loading={loading}
      optionFilterProp="label"
      options={(data?.items ?? []).map((item) => ({ value: item.value, label: item.label }))}
      onOpenChange={(open) => setWanted((before) => before || open)}
      onChange={(values) => onChange(values.length === 0 ? undefined : values.join(","))}
      style={{ minWidth: 140, maxWidth: 260 }}
    />
  );
}
