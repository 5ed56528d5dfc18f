import type { ReportDefinition } from "../contract.js";
import { agentDimension, BASIS, hotlineMeasures, kindDimension, natureId, natureMeasure, queueDimension, sourceDimension } from "./hotline-measures.js";
import type { Nature, Thresholds } from "./hotline-measures.js";

/** Natures of public hotlines, where plugin-tickets does not say otherwise. */
export const DEFAULT_NATURES: readonly Nature[] = [
  { key: "consultation", name: "咨询" },
  { key: "help", name: "求助" },
  { key: "complaint", name: "投诉" },
  { key: "report", name: "举报" },
  { key: "criticism", name: "批评" },
  { key: "suggestion", name: "建议" },
  { key: "praise", name: "表扬" },
];

/** The reports every hotline has. They are data: nothing here that `reports({ reports })` could not say. */
export function builtInReports(thresholds: Thresholds, natures: readonly Nature[]): readonly ReportDefinition[] {
  const m = hotlineMeasures(thresholds);
  const rates = [
    `接通率＝人工接通÷（请求人工－短时放弃）；排队 ${thresholds.shortAbandonSeconds} 秒内挂断为短时放弃`,
    `放弃率＝（放弃－短时放弃）÷（请求人工－短时放弃）`,
  ];
  const waits = [`${thresholds.answerWithinSeconds}秒接听率、平均等待自进入排队起计，只计人工接通的来电`];
  const kinds = natures.map(natureMeasure);
  const byKind = (key: string): typeof kinds => kinds.filter(({ id }) => id === natureId(key));
  return [
    {
      id: "volume",
      title: "业务量",
      titleEn: "Volume",
      rows: { kind: "period" },
      period: "month",
      measures: [m.calls, m.selfService, m.requested, m.answered, m.answeredInTime, m.abandoned, m.shortAbandoned, m.answerRate, m.answerInTimeRate, m.averageWait, m.accepted, ...kinds, m.dispatched, m.due, m.dueInTime, m.onTimeRate],
      figures: ["calls", "answerRate", "averageWait", "accepted", "onTimeRate"],
      filters: [agentDimension, queueDimension, kindDimension, sourceDimension],
      chart: { kind: "line", series: ["calls", "requested", "answered"], shares: kinds.map(({ id }) => id) },
      basis: [BASIS.calls, BASIS.selfService, BASIS.requested, ...rates, ...waits, BASIS.accepted, BASIS.onTime],
    },
    {
      id: "agents",
      title: "受理日期与工号统计",
      titleEn: "Dates and agents",
      rows: { kind: "crosstab", dimension: agentDimension },
      period: "day",
      measures: [
        { ...m.answered, id: "taken", label: "来话", labelEn: "Calls taken" },
        ...byKind("complaint"),
        ...byKind("report"),
        ...byKind("consultation"),
        { ...m.dispatched, label: "调度" },
        m.accepted,
      ],
      figures: ["taken", "accepted"],
      filters: [agentDimension],
      chart: { kind: "bar", series: ["taken"] },
      basis: ["来话：该工号接通的人工来电", "投诉、举报、咨询：该工号受理的诉求，按受理日期；无工号的由自动语音、网站等登记", "调度：所受理诉求中已转承办单位的", BASIS.accepted],
    },
    {
      id: "natures",
      title: "受理性质统计",
      titleEn: "Natures of tickets",
      rows: { kind: "dimension", dimension: kindDimension, share: "accepted" },
      period: "month",
      measures: [m.accepted, m.dispatched],
      figures: ["accepted"],
      filters: [agentDimension, sourceDimension],
      chart: { kind: "pie", series: ["accepted"] },
      basis: [BASIS.accepted],
    },
    {
      id: "daily",
      title: "热线日报",
      titleEn: "Hours of the day",
      rows: { kind: "hour" },
      period: "day",
      measures: [m.calls, m.selfService, m.requested, m.answered, m.answeredInTime, m.answerRate, m.abandoned, m.shortAbandoned, m.averageWait, m.averageTalk, m.accepted, m.dispatched],
      figures: ["calls", "answerRate", "averageWait", "accepted"],
      filters: [agentDimension, queueDimension],
      chart: { kind: "bar", series: ["calls"] },
      basis: [BASIS.calls, BASIS.selfService, BASIS.requested, ...rates, ...waits, "时段为来电、排队、受理开始的时段", BASIS.accepted],
    },
    {
      id: "comparison",
      title: "同期比",
      titleEn: "Comparison",
      rows: { kind: "measure" },
      period: "month",
      measures: [m.calls, m.selfService, m.requested, m.answered, m.answeredInTime, m.abandoned, m.shortAbandoned, m.answerRate, m.answerInTimeRate, m.abandonRate, m.averageWait, m.averageTalk, m.accepted, ...kinds, m.dispatched, m.due, m.dueInTime, m.onTimeRate],
      filters: [agentDimension, queueDimension, kindDimension, sourceDimension],
      basis: ["同比＝（本期－上年同期）÷上年同期，环比＝（本期－上期）÷上期；比率类用百分点", BASIS.calls, BASIS.requested, ...rates, ...waits, BASIS.accepted, BASIS.onTime],
    },
  ];
}
