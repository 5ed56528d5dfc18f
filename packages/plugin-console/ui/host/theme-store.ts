import { createStore } from "../sdk/store.js";

export type ThemeName = "light" | "dark";

const KEY = "hotline.theme";

function readTheme(): ThemeName {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const themeStore = createStore<ThemeName>(readTheme());

export function setTheme(name: ThemeName): void {
  localStorage.setItem(KEY, name);
  themeStore.set(name);
}
