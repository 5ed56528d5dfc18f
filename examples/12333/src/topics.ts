import type { FlowNode } from "@hotlinejs/plugin-ivr/contract";
import knowledge from "../data/knowledge.json" with { type: "json" };

type Article = (typeof knowledge.articles)[number];

/** Articles a menu offers at most, so that a caller can keep them in mind: the keys 1 to 8. */
const PER_MENU = 8;

const articles = new Map<string, Article>(knowledge.articles.map((article) => [article.phoneCode, article]));

/**
 * 咨询: a menu for each of the eight topics, then the article, read out with its disclaimer. An article
 * outside its validity (at the start of the hotline) is not read.
 *
 * @param today `YYYY-MM-DD` in the hotline's time zone
 */
export function topicNodes(today: string): readonly FlowNode[] {
  return knowledge.topics.flatMap((topic) => {
    const offered = topic.articles.slice(0, PER_MENU).map((code) => articles.get(code)).filter((article) => article !== undefined);
    const menu = `topic-${topic.key}`;
    return [
      {
        id: menu,
        type: "menu",
        label: topic.name,
        prompt: { text: `${topic.name}。${offered.map((article, index) => `${article.title}请按${index + 1}`).join("，")}。返回请按星号键。` },
        keys: offered.map((_article, index) => String(index + 1)).join(""),
        maxTries: 3,
        on: { ...Object.fromEntries(offered.map((article, index) => [String(index + 1), `article-${article.phoneCode}`])), timeout: "more", invalid: "staffed" },
      },
      ...offered.flatMap((article) => articleNodes(article, today, menu)),
    ];
  });
}

function articleNodes(article: Article, today: string, menu: string): readonly FlowNode[] {
  const valid = article.status === "published" && article.validFrom <= today && today <= article.validTo;
  const id = `article-${article.phoneCode}`;
  if (!valid) return [{ id, type: "play", label: article.title, prompt: "P047", next: menu }];
  return [
    { id, type: "play", label: article.title, prompt: { text: `${article.title}。${article.spoken}${knowledge.disclaimer.spoken}` }, next: `${id}-after` },
    { id: `${id}-after`, type: "menu", prompt: "P045", keys: "1", maxTries: 2, on: { "1": id, timeout: "more", invalid: "more" } },
  ];
}
