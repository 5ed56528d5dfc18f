/** 小结: what became of a conversation, as agents say it in the after-call work. Reports count them. */
export const wrapUpCodes = [
  { code: "answered", name: "即时办结", nameEn: "Answered at once" },
  { code: "answer-later", name: "后期回答", nameEn: "To be answered later" },
  { code: "dispatched", name: "登记转办", nameEn: "Registered, passed on" },
  { code: "transferred", name: "热线转接", nameEn: "Transferred to another office" },
  { code: "progress", name: "查询进度", nameEn: "Asked for the progress" },
  { code: "urged", name: "市民催办", nameEn: "Urged" },
  { code: "refused", name: "不予受理", nameEn: "Not accepted" },
  { code: "silent", name: "无声来电", nameEn: "Silent" },
  { code: "wrong-number", name: "打错电话", nameEn: "Wrong number" },
  { code: "nuisance", name: "骚扰来电", nameEn: "Nuisance" },
];
