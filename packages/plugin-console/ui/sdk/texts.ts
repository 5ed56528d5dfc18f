import { createStore, useStore } from "./store.js";

export type Language = "zh" | "en";

const KEY = "hotline.language";

export const languageStore = createStore<Language>(readLanguage());

/** As chosen here before, else the browser's own; what is neither Chinese nor English is told in Chinese. */
function readLanguage(): Language {
  if (typeof localStorage === "undefined" || typeof document === "undefined") return "zh";
  const chosen = localStorage.getItem(KEY);
  if (chosen === "en" || chosen === "zh") return chosen;
  const known = navigator.languages.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each === "zh" || each === "en");
  return known === "en" ? "en" : "zh";
}

export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  languageStore.set(language);
}

export function useLanguage(): Language {
  return useStore(languageStore);
}

/** Words in both languages; what has values is a function. The Chinese ones give the shape. */
export function defineTexts<T extends object>(texts: { readonly zh: T; readonly en: { readonly [K in keyof T]: T[K] extends string ? string : T[K] } }): { readonly zh: T; readonly en: T } {
  return texts as { zh: T; en: T };
}

/** The words in the language chosen. */
export function useTexts<T extends object>(texts: { readonly zh: T; readonly en: T }): T {
  return texts[useLanguage()];
}

/** Title in the language chosen. */
export function titleIn(language: Language, entry: { readonly title: string; readonly titleEn?: string | undefined }): string {
  return language === "en" ? (entry.titleEn ?? entry.title) : entry.title;
}
