import type { Page } from "playwright-core";

/** Runs in the page: texts a reader sees or hears, with Chinese in them; and controls whose words do not fit. */
const LOOK = `((scope) => {
  const root = document.querySelector(scope);
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const found = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) if (shown(node.parentElement)) found.push(node.data.trim());
  for (const element of root.querySelectorAll("*")) {
    if (!shown(element)) continue;
    for (const name of ["placeholder", "title", "aria-label", "alt"]) found.push(element.getAttribute(name) ?? "");
  }
  const cut = [...root.querySelectorAll("button, .hl-status, label, h1, h2, th, dt, .ant-select-placeholder")].filter((element) => shown(element) && element.clientWidth > 0 && (element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().right > innerWidth + 1));
  return { chinese: [...new Set(found.filter((text) => /\\p{Script=Han}/u.test(text)))], cut: cut.map((element) => element.textContent) };
})`;

/** What an English page has of Chinese besides `data` (words of citizens, names, what the hotline calls its own things), and what is cut off in it. */
export async function lookAtEnglish(page: Page, scope: string, data: readonly string[]): Promise<{ readonly chinese: readonly string[]; readonly cut: readonly string[] }> {
  const { chinese, cut } = (await page.evaluate(`${LOOK}(${JSON.stringify(scope)})`)) as { chinese: readonly string[]; cut: readonly string[] };
  // A long one may hold a short one.
  const known = [...data].sort((a, b) => b.length - a.length);
  const rest = (text: string): string => known.reduce((left, each) => left.replaceAll(each, ""), text);
  return { chinese: chinese.filter((text) => /\p{Script=Han}/u.test(rest(text))), cut };
}
