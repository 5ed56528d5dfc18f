import { errors } from "../errors.js";

export interface TicketTemplate {
  /** Subject of a mail, heading on a screen. */
  readonly title: string;
  readonly text: string;
}

/** Values a template may name in braces. */
export const TEMPLATE_VALUES = ["name", "serial", "tail", "code", "due", "unit", "kind", "summary", "reason", "need", "days", "answer", "overdue", "text"] as const;
export type TemplateValue = (typeof TEMPLATE_VALUES)[number];

const HOW_TO_ASK = "您可以拨打12333按2再按6查询，也可以凭流水号和查询码在网上查询。";

/** Citizens' templates say nothing that an envelope may not show; those for staff name no citizen. */
export const DEFAULT_TEMPLATES: Readonly<Record<string, TicketTemplate>> = {
  "received-auto": { title: "已收到：流水号{serial}", text: `{name}：\n您提交的内容已收到，流水号{serial}，查询码{code}（请勿告诉他人）。我们将在1个工作日内登记处理。${HOW_TO_ASK}如有紧急情况请直接拨打12333。` },
  accepted: { title: "受理告知：流水号{serial}", text: `{name}：\n您反映的“{summary}”已受理，流水号{serial}，预计{due}前答复。${HOW_TO_ASK}` },
  dispatched: { title: "办理进展：{serial}", text: "{name}：\n您反映的事项已转{unit}办理，预计{due}前答复。" },
  "dispatched-unit": { title: "新工单{serial}", text: "请登录工作台签收。事项：{summary}。时限：{due}。" },
  "return-requested": { title: "退回申请：{serial}", text: "{unit}申请退回工单{serial}，原因：{reason}。请审核。" },
  "return-refused": { title: "退回未获同意：{serial}", text: "工单{serial}的退回申请未获同意，请继续签收办理。" },
  supplement: { title: "需要补充材料：{serial}", text: "{name}：\n您反映的事项需要补充：{need}。请直接回复本邮件，或拨打12333。" },
  supplemented: { title: "补充材料到件：{serial}", text: "工单{serial}的补充材料已到，计时恢复，{due}到期。" },
  "citizen-wrote": { title: "来件补充：{serial}", text: "服务对象就工单{serial}来件，请查看。" },
  extension: { title: "延期告知：{serial}", text: "{name}：\n因{reason}，您反映的事项延期至{due}前答复，敬请谅解。" },
  "extension-unit": { title: "延期批准：{serial}", text: "工单{serial}延期{days}个工作日，新的到期日为{due}。" },
  replied: { title: "答复：{serial}", text: "{name}：\n您反映的“{summary}”答复如下：\n\n{answer}\n\n如有不同意见，请直接回复本邮件，或拨打12333。" },
  rejected: { title: "不予受理告知：{serial}", text: "{name}：\n您反映的事项不属本热线受理范围：{reason}。详询12333。" },
  "pre-reminder": { title: "到期提醒：{serial}", text: "工单{serial}将于{due}到期，请按时答复。" },
  urge: { title: "催办：{serial}", text: "工单{serial}今日到期，请尽快办理并反馈。" },
  overdue: { title: "超期：{serial}", text: "工单{serial}已到期未答复，请立即办理。" },
  yellow: { title: "黄牌督办：{serial}", text: "工单{serial}已超期{overdue}个工作日，请1个工作日内说明原因并提出办结时间。" },
  red: { title: "红牌督办：{serial}", text: "工单{serial}已超期{overdue}个工作日，请立即办理，并提交书面情况。" },
  report: { title: "超期上报：{serial}", text: "工单{serial}超期{overdue}个工作日，拟列入通报并上报，请审签。" },
  "accept-late": { title: "受理超时：{serial}", text: "工单{serial}来件后尚无人受理，已超过受理时限，请立即登记。" },
  "manual-urge": { title: "人工催办：{serial}", text: "工单{serial}催办：{text}（时限：{due}）" },
};

/** Refuses a template that names what nobody gives it. */
export function checkTemplates(templates: Readonly<Record<string, TicketTemplate>>): void {
  for (const [name, { title, text }] of Object.entries(templates)) {
    for (const [, variable = ""] of `${title} ${text}`.matchAll(/\{([^}]*)\}/g)) {
      if (!(TEMPLATE_VALUES as readonly string[]).includes(variable)) throw errors.BAD_TEMPLATE(name, variable);
    }
  }
}

/** A value that is not there is left out. */
export function fill(template: string, values: Readonly<Partial<Record<TemplateValue, string>>>): string {
  return template.replace(/\{([^}]*)\}/g, (_all, name: string) => values[name as TemplateValue] ?? "");
}
