import knowledge from "../data/knowledge.json" with { type: "json" };

/**
 * Articles as they are printed, by the number callers key in.
 *
 * @param today `YYYY-MM-DD` in the hotline's time zone: what is not valid then is not sent
 */
export function faxArticles(today: string): { code: string; title: string; text: string }[] {
  return knowledge.articles
    .filter(({ status, validFrom, validTo }) => status === "published" && validFrom <= today && today <= validTo)
    .map(({ phoneCode, printed }) => ({ code: phoneCode, title: printed.title, text: [...printed.body, knowledge.disclaimer.printed].join("\n") }));
}
