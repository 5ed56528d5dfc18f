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

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether things may move. Who asked the system for less motion gets none: a part that waits for the end of an animation would wait for ever. */
export const motionStore = createStore<boolean>(!still.matches);
still.addEventListener("change", () => motionStore.set(!still.matches));
