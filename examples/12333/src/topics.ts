import type { FlowNode } from "@hotlinejs/plugin-ivr/contract";
import knowledge from "../data/knowledge.json" with { type: "json" };
import organisation from "../data/organisation.json" with { type: "json" };
import { prompts } from "./prompts.js";

type Article = (typeof knowledge.articles)[number];

/** Articles a menu offers at most, so that a caller can keep them in mind: the keys 1 to 8. */
const PER_MENU = 8;

/** Who answers for a matter beyond the bureau and takes callers of ours, by the code articles name. */
const hotlines = new Map(organisation.external.filter(({ exchange }) => exchange.startsWith("transfer")).map((each) => [each.code, each]));

const articles = new Map<string, Article>(knowledge.articles.map((article) => [article.phoneCode, article]));

/**
 * 咨询: a menu for each of the eight topics, then the article, read out with its disclaimer. An article
 * outside its validity (at the start of the hotline) is not read. Behind those of another authority its hotline is offered (热线转接).
 *
 * @param today `YYYY-MM-DD` in the hotline's time zone
 */
export function topicNodes(today: string): readonly FlowNode[] {
  const led = new Set<string>();
  const menus = knowledge.topics.flatMap((topic) => {
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
      ...offered.flatMap((article) => articleNodes(article, today, menu, led)),
    ];
  });
  return [...menus, ...[...led].flatMap((code) => hotlineNodes(code))];
}

/** To the hotline of another authority: by the carrier, else by a trunk of ours; without either the caller hears what to dial. */
function hotlineNodes(code: string): readonly FlowNode[] {
  const hotline = hotlines.get(code);
  if (hotline === undefined) return [];
  return [
    { id: `hotline-${code}`, type: "redirect", label: `转接${hotline.hotline}`, to: hotline.hotline, role: "department", fallback: "bridge", prompt: { text: `正在为您转接${hotline.name}${hotline.hotline}，请不要挂机。` }, on: { failed: `hotline-${code}-failed`, answered: "bye" } },
    { id: `hotline-${code}-failed`, type: "play", prompt: { text: `现在不能转接，请您直接拨打${hotline.hotline}。` }, next: "more" },
  ];
}

function articleNodes(article: Article, today: string, menu: string, led: Set<string>): readonly FlowNode[] {
  const valid = article.status === "published" && article.validFrom <= today && today <= article.validTo;
  const id = `article-${article.phoneCode}`;
  if (!valid) return [{ id, type: "play", label: article.title, prompt: "P047", next: menu }];
  const hotline = hotlines.get(article.department);
  if (hotline !== undefined) led.add(hotline.code);
  const again = prompts.find((prompt) => prompt.id === "P045")?.text ?? "";
  return [
    { id, type: "play", label: article.title, prompt: { text: `${article.title}。${article.spoken}${knowledge.disclaimer.spoken}` }, next: `${id}-after` },
    {
      id: `${id}-after`,
      type: "menu",
      prompt: hotline === undefined ? "P045" : { text: `${again}转接${hotline.name}${hotline.hotline}请按2。` },
      keys: hotline === undefined ? "1" : "12",
      maxTries: 2,
      on: { "1": id, ...(hotline === undefined ? {} : { "2": `hotline-${hotline.code}` }), timeout: "more", invalid: "more" },
    },
  ];
}
