import type { AuditWords } from "../contracts/audit-words.js";
import type { Dataset, DatasetField } from "../contracts/dataset.js";
import { defineEvent, type EventDefinition } from "../events/event-map.js";
import type { PermissionDefinition } from "../plugin/define-plugin.js";

/** Events of core. What other parts must not miss is durable. */
export const coreEvents: readonly EventDefinition[] = [
  defineEvent("hotline.state"),
  defineEvent("plugin.degraded"),
  defineEvent("plugin.recovered"),
  defineEvent("plugin.failed"),
  defineEvent("job.failed", { durable: true }),
  defineEvent("interaction.started"),
  defineEvent("interaction.answered"),
  defineEvent("interaction.ended", { durable: true }),
  defineEvent("notification.sent", { durable: true }),
  defineEvent("notification.failed", { durable: true }),
  defineEvent("leg.started"),
  defineEvent("leg.answered"),
  defineEvent("leg.ended"),
  defineEvent("leg.moved"),
  defineEvent("leg.quality"),
  defineEvent("bridge.joined"),
  defineEvent("bridge.left"),
  defineEvent("endpoint.reachable"),
  defineEvent("endpoint.unreachable"),
];

/** Permissions for what core itself owns; routes over them are served by plugin-http. */
export const corePermissions: readonly PermissionDefinition[] = [
  { name: "core.interactions.read", roles: ["agent", "team_leader", "shift_supervisor", "qa", "analyst", "director"], description: "Read calls and interactions" },
  { name: "core.interactions.personal", roles: ["team_leader", "shift_supervisor", "quality", "qa"], description: "See the numbers of citizens in full" },
  { name: "core.audit.read", roles: ["auditor", "director"], description: "Read who did what, and check that nothing of it was changed" },
  { name: "core.metrics.read", roles: ["shift_supervisor"], description: "Read the metrics for Prometheus" },
  { name: "core.health.details", roles: ["shift_supervisor"], description: "See the state of each plugin" },
];

/** What core itself writes into the audit, and what of its own anybody may name there. */
export const coreAuditWords: Required<AuditWords> = {
  actions: [{ name: "core.call-redirected", title: "把来电转到别处", titleEn: "Sent a call elsewhere" }],
  subjects: [{ name: "interaction", title: "通话或会话", titleEn: "Call or chat" }],
};

const field = (name: string, label: string, type: DatasetField["type"], sensitivity: DatasetField["sensitivity"] = "public"): DatasetField => ({ name, label, type, sensitivity });

/** What core itself offers for reading across. */
export const coreDatasets: readonly Dataset[] = [
  {
    name: "core.interactions",
    version: 1,
    permission: "core.interactions.read",
    source: "core_interaction",
    fields: [
      field("id", "联络编号", "string"),
      field("channel", "渠道", "string"),
      field("direction", "方向", "string"),
      field("caller_number", "主叫号码", "string", "personal"),
      field("called_number", "被叫号码", "string", "personal"),
      field("queue", "技能组", "string"),
      field("agent_id", "工号", "string"),
      field("language", "语言", "string"),
      field("started_at", "开始时间", "datetime"),
      field("answered_at", "接听时间", "datetime"),
      field("ended_at", "结束时间", "datetime"),
      field("end_reason", "结束原因", "string"),
      field("wrap_up_code", "小结", "string"),
      field("via_kind", "接入方式", "string"),
      field("via_key", "接入线路", "string"),
      field("business_date", "业务日期", "date"),
      field("business_hour", "业务小时", "number"),
    ],
  },
  {
    name: "core.legs",
    version: 1,
    permission: "core.interactions.read",
    source: "core_leg",
    fields: [
      field("id", "通话腿编号", "string"),
      field("interaction_id", "联络编号", "string"),
      field("adapter", "接入方式", "string"),
      field("direction", "方向", "string"),
      field("role", "角色", "string"),
      field("from_number", "主叫号码", "string", "personal"),
      field("to_number", "被叫号码", "string", "personal"),
      field("started_at", "开始时间", "datetime"),
      field("ringing_at", "振铃时间", "datetime"),
      field("answered_at", "接听时间", "datetime"),
      field("ended_at", "结束时间", "datetime"),
      field("end_reason", "结束原因", "string"),
      field("mos", "语音质量 MOS", "number"),
      field("round_trip_ms", "往返时延（毫秒）", "number"),
      field("received_mos", "上行 MOS", "number"),
      field("received_loss_percent", "上行丢包率（%）", "number"),
      field("received_jitter_ms", "上行抖动（毫秒）", "number"),
      field("sent_mos", "下行 MOS", "number"),
      field("sent_loss_percent", "下行丢包率（%）", "number"),
      field("sent_jitter_ms", "下行抖动（毫秒）", "number"),
      field("reported_mos", "对端上报 MOS", "number"),
      field("reported_rating", "对端上报 R 值", "number"),
      field("reported_loss_percent", "对端上报丢包率（%）", "number"),
      field("reported_discard_percent", "对端上报丢弃率（%）", "number"),
      field("reported_burst_density_percent", "对端上报突发丢失密度（%）", "number"),
      field("reported_burst_ms", "对端上报突发平均时长（毫秒）", "number"),
    ],
  },
];
