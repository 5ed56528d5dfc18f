/** Says something to screen readers through the live regions of the host. The same words within 2 s are said once. */
export function announce(words: string, level: "polite" | "assertive" = "polite"): void {
  const region = document.getElementById(`hl-live-${level}`);
  if (region === null || (region.textContent === words && Date.now() - Number(region.dataset.at ?? 0) < 2000)) return;
  region.textContent = words;
  region.dataset.at = String(Date.now());
}
