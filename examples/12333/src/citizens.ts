import organisation from "../data/organisation.json" with { type: "json" };

/** The citizens' web site: what can be filed there, in citizens' words, and the districts. */
export const site = {
  agency: "海晏市人社局 12333",
  agencyEn: "Haiyan 12333 Labour and Social Security",
  phone: "12333",
  kinds: [
    { key: "complaint", en: "Complaint", hint: "自己的权益受到侵害，或对服务不满意", hintEn: "Your own rights, or service you received" },
    { key: "report", en: "Report a violation", hint: "反映他人或单位违法违规，可以匿名", hintEn: "A breach of law by others; may be anonymous" },
    { key: "help", en: "Ask for help", hint: "需要帮助办理某件事", hintEn: "You need something done" },
    { key: "consultation", en: "Question", hint: "询问政策规定或办事流程", hintEn: "How something is regulated or done" },
    { key: "suggestion", en: "Suggestion", hint: "对工作的意见和建议", hintEn: "How things could be better" },
    { key: "praise", en: "Praise", hint: "表扬单位或工作人员", hintEn: "Thank a person or an office" },
  ],
  districts: organisation.departments.filter(({ code }) => code.startsWith("3")).map(({ code, name, en }) => ({ code, name: name.replace(/人力资源和社会保障局$|组织人社部$/, ""), nameEn: en.replace(/ Bureau$/, "") })),
};
