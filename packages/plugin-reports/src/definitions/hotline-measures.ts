import type { Condition } from "@hotlinejs/core";
import type { CountedMeasure, DerivedMeasure, Dimension, Measure } from "../contract.js";

/** Names of the datasets the built-in reports read. */
export const CALLS = "core.interactions";
export const ENTRIES = "acd.queue-entries";
export const TICKETS = "tickets.tickets";
export const QUEUE_INTERVALS = "acd.queue-intervals";
export const AGENT_INTERVALS = "acd.agent-intervals";

export interface Thresholds {
  readonly shortAbandonSeconds: number;
  readonly answerWithinSeconds: number;
  /** 接通率 at least, per cent; `null`: no target. */
  readonly answerRateTarget: number | null;
}

/** A nature of tickets (性质). */
export interface Nature {
  readonly key: string;
  readonly name: string;
}

const arrived: Condition = { and: [{ field: "channel", op: "eq", value: "voice" }, { field: "direction", op: "eq", value: "inbound" }] };
/** Chats wait in the same queues. */
const called: Condition = { field: "channel", op: "eq", value: "voice" };
const outcome = (value: string): Condition => ({ field: "outcome", op: "eq", value });
/** Neither refused, nor made void, nor of the kind 无效. */
const accepted: Condition = { and: [{ field: "kind", op: "ne", value: "void" }, { field: "status", op: "nin", value: ["void", "rejected"] }] };

/** Answered, or the time for it is over: what runs and is not yet due is outside. */
const due: Condition = { and: [accepted, { or: [{ field: "clock_stopped_at", op: "exists" }, { field: "due_at", op: "lte", value: { from: "now" } }] }] };

const calls = (id: string, label: string, labelEn: string, where: Condition): CountedMeasure => ({ id, label, labelEn, unit: "次", dataset: CALLS, aggregate: "count", where });
const entries = (id: string, label: string, labelEn: string, where: Condition): CountedMeasure => ({ id, label, labelEn, unit: "次", dataset: ENTRIES, aggregate: "count", where: { and: [called, where] } });

/** The figures of telephone hotlines (GB/T 33358), by the names in which they are used here. */
export function hotlineMeasures({ shortAbandonSeconds, answerWithinSeconds, answerRateTarget }: Thresholds) {
  const within = (condition: Condition, seconds: number): Condition => ({ and: [condition, { field: "wait_ms", op: "lte", value: seconds * 1000 }] });
  const requestedNet = { plus: ["requested"], minus: ["shortAbandoned"] };
  const percent = { unit: "%", decimals: 1, scale: 100 } as const;
  return {
    calls: calls("calls", "来电总量", "Calls", arrived),
    selfService: calls("selfService", "自助服务量", "Self-service", { and: [arrived, { field: "ended_at", op: "exists" }, { field: "queue", op: "eq", value: null }] }),
    requested: entries("requested", "请求人工", "Asked for an agent", { field: "outcome", op: "exists" }),
    answered: { ...entries("answered", "人工接通", "Answered", outcome("answered")), better: "up" } as CountedMeasure,
    answeredInTime: { ...entries("answeredInTime", `${answerWithinSeconds}秒内接通`, `Answered in ${answerWithinSeconds} s`, within(outcome("answered"), answerWithinSeconds)), hidden: true } as CountedMeasure,
    abandoned: { ...entries("abandoned", "放弃", "Abandoned", outcome("abandoned")), better: "down" } as CountedMeasure,
    shortAbandoned: entries("shortAbandoned", "短时放弃", "Short abandons", within(outcome("abandoned"), shortAbandonSeconds)),
    answerRate: { id: "answerRate", label: "接通率", labelEn: "Answer rate", ...percent, better: "up", ...(answerRateTarget === null ? {} : { target: answerRateTarget }), plus: ["answered"], over: requestedNet } as DerivedMeasure,
    answerInTimeRate: { id: "answerInTimeRate", label: `${answerWithinSeconds}秒接听率`, labelEn: `Answered in ${answerWithinSeconds} s`, ...percent, better: "up", plus: ["answeredInTime"], over: { plus: ["answered"] } } as DerivedMeasure,
    abandonRate: { id: "abandonRate", label: "放弃率", labelEn: "Abandon rate", ...percent, better: "down", plus: ["abandoned"], minus: ["shortAbandoned"], over: requestedNet } as DerivedMeasure,
    averageWait: { id: "averageWait", label: "平均等待", labelEn: "Average wait", unit: "秒", scale: 0.001, better: "down", dataset: ENTRIES, aggregate: "average", field: "wait_ms", where: { and: [called, outcome("answered")] } } as CountedMeasure,
    averageTalk: { id: "averageTalk", label: "平均通话", labelEn: "Average talk", unit: "秒", scale: 0.001, dataset: ENTRIES, aggregate: "average", field: "talk_ms", where: { and: [called, outcome("answered")] } } as CountedMeasure,
    served: { id: "served", label: "人工服务", labelEn: "Served by agents", unit: "次", dataset: CALLS, aggregate: "count", where: { and: [{ field: "agent_id", op: "exists" }, { field: "answered_at", op: "exists" }, { field: "ended_at", op: "exists" }] } } as CountedMeasure,
    accepted: { id: "accepted", label: "受理件数", labelEn: "Tickets", unit: "件", dataset: TICKETS, aggregate: "count", where: accepted } as CountedMeasure,
    dispatched: { id: "dispatched", label: "转办", labelEn: "Dispatched", unit: "件", dataset: TICKETS, aggregate: "count", where: { and: [accepted, { field: "handling_department", op: "exists" }] } } as CountedMeasure,
    /** By the day they are due, not by the day they were accepted. */
    due: { id: "due", label: "应答复", labelEn: "Due", unit: "件", dataset: TICKETS, aggregate: "count", where: due, date: "due_at", hidden: true } as CountedMeasure,
    dueInTime: { id: "dueInTime", label: "按时答复", labelEn: "Answered in time", unit: "件", dataset: TICKETS, aggregate: "count", where: { and: [due, { field: "overdue_at", op: "eq", value: null }, { field: "clock_stopped_at", op: "exists" }] }, date: "due_at", hidden: true } as CountedMeasure,
    onTimeRate: { id: "onTimeRate", label: "按时办结率", labelEn: "Answered in time", ...percent, better: "up", plus: ["dueInTime"], over: { plus: ["due"] } } as DerivedMeasure,
  } satisfies Record<string, Measure>;
}

/**
 * Figures of the telephone from quarters of an hour, as plugin-acd adds them up: each call by the threshold of its queue, in the quarter in
 * which the caller came. Every rate is of sums.
 */
export function serviceMeasures() {
  const sum = (id: string, label: string, labelEn: string, unit: string, field: string, more: Partial<CountedMeasure> = {}): CountedMeasure => ({ id, label, labelEn, unit, dataset: QUEUE_INTERVALS, aggregate: "sum", field, where: called, ...more });
  const hidden = { hidden: true } as const;
  const seconds = { unit: "秒", scale: 0.001 } as const;
  const percent = { unit: "%", decimals: 1, scale: 100 } as const;
  return {
    offered: sum("offered", "进入排队", "Offered", "次", "offered"),
    answered: sum("answered", "人工接通", "Answered", "次", "answered", { better: "up" }),
    abandoned: sum("abandoned", "放弃", "Abandoned", "次", "abandoned", { better: "down" }),
    answeredInTime: sum("answeredInTime", "按时接通", "Answered in time", "次", "answered_in_time", hidden),
    abandonedInTime: sum("abandonedInTime", "时限内放弃", "Abandoned in time", "次", "abandoned_in_time", hidden),
    waitMs: sum("waitMs", "接通等待时长", "Waits of the answered", "秒", "wait_ms", hidden),
    talkMs: sum("talkMs", "通话时长", "Talk", "秒", "talk_ms", hidden),
    wrapUpMs: sum("wrapUpMs", "话后时长", "After-call work", "秒", "wrap_up_ms", hidden),
    handled: sum("handled", "处理", "Handled", "次", "handled", hidden),
    expected: sum("expected", "告知预计等待", "Told a wait", "次", "expected", hidden),
    expectedErrorMs: sum("expectedErrorMs", "预计等待误差之和", "Errors of the wait told", "秒", "expected_error_ms", hidden),
    serviceLevel: { id: "serviceLevel", label: "服务水平", labelEn: "SL", ...percent, better: "up", plus: ["answeredInTime"], over: { plus: ["answered"] } } as DerivedMeasure,
    serviceLevel2: { id: "serviceLevel2", label: "服务水平2", labelEn: "SL2", ...percent, better: "up", plus: ["answeredInTime", "abandonedInTime"], over: { plus: ["answered", "abandoned"] } } as DerivedMeasure,
    speedOfAnswer: { id: "speedOfAnswer", label: "平均等待", labelEn: "ASA", ...seconds, better: "down", plus: ["waitMs"], over: { plus: ["answered"] } } as DerivedMeasure,
    handleTime: { id: "handleTime", label: "平均处理时长", labelEn: "AHT", ...seconds, plus: ["talkMs", "wrapUpMs"], over: { plus: ["handled"] } } as DerivedMeasure,
    ewtError: { id: "ewtError", label: "预计等待误差", labelEn: "EWT error", ...seconds, better: "down", plus: ["expectedErrorMs"], over: { plus: ["expected"] } } as DerivedMeasure,
  } satisfies Record<string, Measure>;
}

/** How agents have spent their time, from quarters of an hour: talks and letters of all channels. */
export function workloadMeasures() {
  const spent = (id: string, label: string, labelEn: string, field: string, more: Partial<CountedMeasure> = {}): CountedMeasure => ({ id, label, labelEn, unit: "分", scale: 1 / 60_000, dataset: AGENT_INTERVALS, aggregate: "sum", field, ...more });
  const hidden = { hidden: true } as const;
  const work = ["busyMs", "occupiedMs", "wrapUpMs"];
  return {
    handled: { id: "handled", label: "处理", labelEn: "Handled", unit: "次", dataset: AGENT_INTERVALS, aggregate: "sum", field: "handled" } as CountedMeasure,
    busyMs: spent("busyMs", "通话", "Talk", "busy_ms"),
    occupiedMs: spent("occupiedMs", "其他通话", "Other calls", "occupied_ms"),
    wrapUpMs: spent("wrapUpMs", "话后", "Wrap-up", "wrap_up_ms"),
    notReadyMs: spent("notReadyMs", "示忙", "Not ready", "not_ready_ms"),
    availableMs: spent("availableMs", "空闲", "Available", "available_ms", hidden),
    onDemandMs: spent("onDemandMs", "待命", "On demand", "on_demand_ms", hidden),
    reservedMs: spent("reservedMs", "振铃", "Rung", "reserved_ms", hidden),
    heldMs: spent("heldMs", "间歇", "Resting", "held_ms", hidden),
    handleTime: { id: "handleTime", label: "平均处理时长", labelEn: "AHT", unit: "秒", scale: 0.001, plus: ["busyMs", "wrapUpMs"], over: { plus: ["handled"] } } as DerivedMeasure,
    occupancy: { id: "occupancy", label: "利用率", labelEn: "Occupancy", unit: "%", decimals: 1, scale: 100, plus: work, over: { plus: [...work, "availableMs", "onDemandMs", "reservedMs", "heldMs"] } } as DerivedMeasure,
  } satisfies Record<string, Measure>;
}

/** Tickets of one nature among those accepted. */
export function natureMeasure({ key, name }: Nature): CountedMeasure {
  return { id: natureId(key), label: name, labelEn: key, unit: "件", dataset: TICKETS, aggregate: "count", where: { and: [accepted, { field: "kind", op: "eq", value: key }] } };
}

export function natureId(key: string): string {
  return `kind${key.replaceAll(/[^A-Za-z0-9]+/g, "_").replace(/^./, (first) => first.toUpperCase())}`;
}

export const agentDimension: Dimension = { id: "agent", label: "工号", labelEn: "Agent", fields: { [CALLS]: "agent_id", [ENTRIES]: "agent", [TICKETS]: "agent", [AGENT_INTERVALS]: "agent" }, none: "（无工号）" };
export const queueDimension: Dimension = { id: "queue", label: "技能组", labelEn: "Queue", fields: { [CALLS]: "queue", [ENTRIES]: "queue", [QUEUE_INTERVALS]: "queue" }, none: "（未排队）" };
export const wrapUpDimension: Dimension = { id: "wrapUp", label: "小结", labelEn: "Wrap-up code", fields: { [CALLS]: "wrap_up_code" }, none: "（未填）" };
export const channelDimension: Dimension = { id: "channel", label: "渠道", labelEn: "Channel", fields: { [CALLS]: "channel" }, none: "（不详）", labels: { voice: "电话", chat: "在线咨询", email: "电子邮件", fax: "传真", sms: "短信" } };
export const kindDimension: Dimension = { id: "kind", label: "性质", labelEn: "Nature", fields: { [TICKETS]: "kind" }, none: "（未定）" };
export const sourceDimension: Dimension = {
  id: "source",
  label: "来源",
  labelEn: "Source",
  fields: { [TICKETS]: "source" },
  none: "（不详）",
  labels: { phone: "来电登记", ivr: "自动语音", voicemail: "留言信箱", agent: "坐席登记", fax: "传真", web: "网站", email: "电子邮件", chat: "在线咨询", letter: "信函", sms: "短信", exchange: "转来" },
};

export const BASIS = {
  calls: "来电总量：呼入的电话，含自动语音服务",
  selfService: "自助服务量：未请求人工即结束的来电",
  requested: "请求人工：进入排队的次数，正在排队的不计",
  onTime: "按时办结率＝时限内答复÷应答复，按时限到期日计；未到期的不计，延期的按延后时限计",
  accepted: "受理件数：登记的诉求，含待受理，不含无效、作废和不予受理；涉密件只计数",
} as const;
