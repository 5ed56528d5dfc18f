import type { AuditWords } from "@hotlinejs/core";

/** What the edge of SIP turned away, and what is done to trunks, for the page of the audit. */
export const sipAuditWords: AuditWords = {
  actions: [
    { name: "sip.auth-failed", title: "话机认证失败", titleEn: "A phone's sign-in failed" },
    { name: "sip.auth-blocked", title: "话机认证多次失败，已拦截", titleEn: "A phone's sign-in failed too often; blocked" },
    { name: "sip.banned", title: "封禁地址", titleEn: "Banned an address" },
    { name: "sip.unbanned", title: "解封地址", titleEn: "Lifted a ban" },
    { name: "sip.suspected", title: "发现可疑地址", titleEn: "Suspected an address" },
    { name: "sip.turned-away", title: "在边界拒绝请求", titleEn: "Turned requests away at the edge" },
    { name: "sip.turned-away-count", title: "在边界拒绝请求的次数", titleEn: "Count of requests turned away at the edge" },
    { name: "sip.toll-refused", title: "拒绝超出限额的去电", titleEn: "Refused a call over the toll limits" },
    { name: "sip.trunk-disabled", title: "停用中继", titleEn: "Disabled a trunk" },
    { name: "sip.trunk-enabled", title: "启用中继", titleEn: "Enabled a trunk" },
  ],
  subjects: [
    { name: "address", title: "网络地址", titleEn: "Network address" },
    { name: "trunk", title: "中继", titleEn: "Trunk", page: "/trunks" },
  ],
};
