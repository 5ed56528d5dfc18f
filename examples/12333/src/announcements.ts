import knowledge from "../data/knowledge.json" with { type: "json" };

/** What agents may play to a caller. */
interface Playable {
  readonly key: string;
  readonly kind: "prompt" | "article";
  readonly title: string;
  readonly topic?: string;
  readonly keywords?: string[];
  readonly prompt: { readonly text: string };
  readonly status?: "draft" | "approved" | "withdrawn";
  readonly validFrom?: string;
  readonly validTo?: string;
}

const SENTENCES: readonly Playable[] = [
  { key: "please-wait", kind: "prompt", title: "请稍候", prompt: { text: "正在为您查询，请稍候。" } },
  { key: "recorded", kind: "prompt", title: "录音告知", prompt: { text: "为保证服务质量，本次通话正在录音。" } },
  { key: "privacy", kind: "prompt", title: "个人信息告知", prompt: { text: "为办理您的诉求，需要登记您的姓名、电话和证件号码，仅用于本次诉求的办理。" } },
];

/** Sentences that are said often, and every article of the knowledge base as the telephone menu reads it: same words, so that the voice is in the cache already. */
export function announcements(): Playable[] {
  const articles = knowledge.articles.map(
    ({ phoneCode, title, topicName, questions, spoken, status, validFrom, validTo }): Playable => ({
      key: phoneCode,
      kind: "article",
      title,
      topic: topicName,
      keywords: [...questions],
      prompt: { text: `${title}。${spoken}${knowledge.disclaimer.spoken}` },
      status: status === "published" ? "approved" : "draft",
      validFrom,
      validTo,
    }),
  );
  return [...SENTENCES, ...articles];
}
