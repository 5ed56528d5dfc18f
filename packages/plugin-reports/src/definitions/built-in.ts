import type { CountedMeasure, ReportDefinition } from "../contract.js";
import { agentDimension, BASIS, channelDimension, hotlineMeasures, kindDimension, natureId, natureMeasure, queueDimension, serviceMeasures, sourceDimension, workloadMeasures, wrapUpDimension } from "./hotline-measures.js";
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
export function builtInReports(thresholds: Thresholds, { natures, wrapUpCodes }: { readonly natures: readonly Nature[]; /** Agents have codes to choose from in the after-call work. */ readonly wrapUpCodes: boolean }): readonly ReportDefinition[] {
  const m = hotlineMeasures(thresholds);
  const s = serviceMeasures();
  const w = workloadMeasures();
  const rates = [
    `接通率＝人工接通÷（请求人工－短时放弃）；排队 ${thresholds.shortAbandonSeconds} 秒内挂断为短时放弃`,
    ...(thresholds.answerRateTarget === null ? [] : [`接通率目标≥${thresholds.answerRateTarget}%（GB/T 33358）`]),
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
      id: "service",
      title: "服务水平",
      titleEn: "Service levels",
      rows: { kind: "period" },
      period: "day",
      measures: Object.values(s),
      figures: ["serviceLevel", "serviceLevel2", "speedOfAnswer", "handleTime", "ewtError"],
      filters: [queueDimension],
      chart: { kind: "line", series: ["serviceLevel", "serviceLevel2"] },
      basis: [
        "服务水平＝时限内接通÷接通；服务水平2＝（时限内接通＋时限内放弃）÷（接通＋放弃）；时限按各技能组的设置，电话默认15秒（GB/T 33358）",
        "平均处理时长＝（通话＋话后）÷已结束的通话；预计等待误差＝告知的等待与实际等待之差的平均，只计接通的来电",
        "只计电话，按来电进入排队的时段；转到别的技能组的在两处都计进入",
      ],
    },
    {
      id: "workload",
      title: "坐席工作量",
      titleEn: "Workload of agents",
      rows: { kind: "dimension", dimension: agentDimension },
      period: "day",
      measures: Object.values(w),
      figures: ["handled", "handleTime", "occupancy"],
      filters: [agentDimension],
      chart: { kind: "bar", series: ["handled"] },
      basis: ["利用率＝（通话＋其他通话＋话后）÷（同上＋空闲＋待命＋振铃＋间歇）；示忙、话机离线和签出不计", "平均处理时长＝（通话＋话后）÷处理；处理：技能组分来并已结束的通话、会话和来件"],
    },
    ...(wrapUpCodes ? [wrapUps(m.served)] : []),
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

/** What became of conversations, as agents said it. */
function wrapUps(served: CountedMeasure): ReportDefinition {
  return {
    id: "wrap-ups",
    title: "话后小结统计",
    titleEn: "Wrap-up codes",
    rows: { kind: "dimension", dimension: wrapUpDimension, share: "served" },
    period: "month",
    measures: [served],
    figures: ["served"],
    filters: [agentDimension, queueDimension, channelDimension],
    chart: { kind: "pie", series: ["served"] },
    basis: ["人工服务：由坐席接通并已结束的电话、会话和来件，呼入呼出都计；小结为坐席话后所选，未选的计入（未填）"],
  };
}
