/** So long words stand once others were said: time enough to be read out, ms. */
const STAND_MS = 5_000;

/**
 * Says something to screen readers through the live regions of the host. The same words within 2 s are said once.
 * What stands in the other region is no longer so, and goes: a reader that looks there would find the call of before.
 */
export function announce(words: string, level: "polite" | "assertive" = "polite"): void {
  const region = document.getElementById(`hl-live-${level}`);
  if (region === null || (region.textContent === words && Date.now() - Number(region.dataset.at ?? 0) < 2000)) return;
  region.textContent = words;
  region.dataset.at = String(Date.now());
  const other = document.getElementById(`hl-live-${level === "polite" ? "assertive" : "polite"}`);
  if (other === null || other.textContent === "") return;
  const { at } = other.dataset;
  setTimeout(() => (other.dataset.at === at ? (other.textContent = "") : undefined), Math.max(0, Number(at) + STAND_MS - Date.now()));
}
