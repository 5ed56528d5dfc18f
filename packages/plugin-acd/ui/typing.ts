let lastKey = 0;
if (typeof document !== "undefined") document.addEventListener("keydown", () => (lastKey = Date.now()), { capture: true, passive: true });

/** Whether the agent has the caret in a field, or pressed a key in the last three seconds. Nothing may move then. */
export function isTyping(): boolean {
  const active = document.activeElement;
  const editing = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement || (active instanceof HTMLElement && active.isContentEditable);
  return editing || Date.now() - lastKey < 3000;
}
