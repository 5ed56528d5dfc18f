export const language = "zh-CN";

export const names = { hotline: "我的热线", queue: "综合", agent: "坐席1001" };

const choices = [
  "人工服务请按1", // with acd
  "留言请按2", // with recording
  "投诉举报请按3，查询处理结果请按4", // with tickets
];

/** What callers hear. Texts are spoken; `file` names a recorded WAV instead. */
export const prompts = [
  { id: "welcome", text: `您好，欢迎致电。${choices.join("，")}。` },
  { id: "bye", text: "感谢您的来电，再见。" },
];
