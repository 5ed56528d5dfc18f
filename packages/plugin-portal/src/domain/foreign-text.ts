import { html, type Html } from "./html.js";
import type { Language } from "./texts.js";

const HAN = /\p{Script=Han}/u;

/** Chinese on a page in another language: screen readers switch their voice at it (WCAG 2.2, 3.1.2). */
export function isForeign(text: string, language: Language): boolean {
  return language !== "zh-CN" && HAN.test(text);
}

/** The text, marked as Chinese where the page is in another language. */
export function marked(text: string, language: Language): Html {
  return isForeign(text, language) ? html`<span lang="zh-CN">${text}</span>` : html`${text}`;
}
