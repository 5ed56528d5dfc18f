import { createStore, useStore } from "./store.js";

export type Language = "zh" | "en";

const KEY = "hotline.language";

export const languageStore = createStore<Language>(readLanguage());

function readLanguage(): Language {
  return typeof localStorage !== "undefined" && localStorage.getItem(KEY) === "en" ? "en" : "zh";
}

export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
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
