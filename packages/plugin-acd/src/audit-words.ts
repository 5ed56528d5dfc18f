import type { AuditWords } from "@hotlinejs/core";

/** What agents and supervisors do, for the page of the audit. */
export const acdAuditWords: AuditWords = {
  actions: [
    { name: "acd.given-to-queue", title: "把来电转入队列", titleEn: "Gave a caller to a queue" },
    { name: "acd.sent-to-flow", title: "把来电送进语音流程", titleEn: "Sent a caller through a flow" },
    { name: "acd.announced", title: "在通话中播放内容", titleEn: "Played an announcement into a call" },
    { name: "acd.member-removed", title: "把一方移出多方通话", titleEn: "Removed somebody from a conference" },
    { name: "acd.member-muted", title: "使多方通话中的一方静音", titleEn: "Muted somebody in a conference" },
    { name: "acd.member-unmuted", title: "取消多方通话中一方的静音", titleEn: "Unmuted somebody in a conference" },
    { name: "acd.conference-ended", title: "结束多方通话", titleEn: "Ended a conference for all" },
    { name: "acd.emergency-called", title: "呼叫紧急联系人", titleEn: "Called an emergency contact" },
    { name: "acd.agent-state", title: "改变坐席状态", titleEn: "Changed an agent's state" },
    { name: "acd.agent-assigned", title: "改变坐席的技能方案或班组", titleEn: "Changed an agent's profile or groups" },
    { name: "acd.profile-changed", title: "修改技能方案", titleEn: "Changed a profile" },
    { name: "acd.queue-rules-changed", title: "修改队列规则", titleEn: "Changed a queue's rules" },
    { name: "acd.picked-up", title: "代接同事的来电", titleEn: "Picked up a colleague's call" },
    { name: "acd.number-revealed", title: "查看来电人完整号码", titleEn: "Saw a caller's number in full" },
    { name: "acd.caller-moved", title: "把排队者换到别的队列", titleEn: "Moved a waiting caller" },
    { name: "acd.caller-priority", title: "改变排队者的优先级", titleEn: "Changed a waiting caller's priority" },
    { name: "acd.listened", title: "监听通话", titleEn: "Listened to a call" },
    { name: "acd.whispered", title: "耳语指导坐席", titleEn: "Whispered to an agent" },
    { name: "acd.barged", title: "强插通话", titleEn: "Barged into a call" },
    { name: "acd.taken-over", title: "接管通话", titleEn: "Took a call over" },
  ],
  subjects: [
    { name: "acd.agent", title: "坐席", titleEn: "Agent" },
    { name: "acd.queue", title: "队列", titleEn: "Queue" },
    { name: "acd.profile", title: "技能方案", titleEn: "Profile" },
  ],
};
