const CONTROLS = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])';
const ROWS = "tr, li";

/** Where the focus was. */
interface Spot {
  readonly control: HTMLElement;
  readonly nth: number;
  readonly row: Element | null;
  readonly rows: Element | null;
  readonly rowNth: number;
}

function spotOf(control: HTMLElement, part: HTMLElement): Spot {
  const row = control.closest(ROWS);
  const rows = row?.parentElement ?? null;
  return { control, nth: controlsIn(row ?? part).indexOf(control), row, rows, rowNth: row === null || rows === null ? -1 : [...rows.children].indexOf(row) };
}

function controlsIn(within: Element): HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(CONTROLS)];
}

/**
 * As `ref` of a part of a page: what is done there never drops the focus. When the control that has it goes away or cannot be used any more,
 * it goes to another of the same row, else to the row that came in its place, else to the part itself.
 */
export function keepFocus(part: HTMLElement | null): (() => void) | undefined {
  if (part === null) return undefined;
  let last: Spot | undefined;
  const lost = ({ control }: Spot): boolean => !control.isConnected || control.matches(":disabled");
  const onFocus = ({ target }: FocusEvent): void => {
    if (target instanceof HTMLElement && target !== part) last = spotOf(target, part);
  };
  // Somebody went elsewhere. Not so when the control itself is just being taken away.
  const onBlur = (): void => queueMicrotask(() => {
    if (last !== undefined && !lost(last) && document.activeElement !== last.control) last = undefined;
  });
  const settle = (): void => {
    if (last === undefined) return;
    if (!lost(last)) return void (last = spotOf(last.control, part));
    const { control, nth, row, rows, rowNth } = last;
    last = undefined;
    const active = document.activeElement;
    if (active !== null && active !== document.body && active !== control) return;
    const within = row?.isConnected === true ? row : rows?.isConnected === true ? rows.children[Math.min(rowNth, rows.children.length - 1)] : undefined;
    const near = within === undefined ? [] : controlsIn(within);
    const next = near[Math.min(Math.max(nth, 0), near.length - 1)] ?? part;
    if (next === part && !part.hasAttribute("tabindex")) part.tabIndex = -1;
    next.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(settle);
  observer.observe(part, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  part.addEventListener("focusin", onFocus);
  part.addEventListener("focusout", onBlur);
  return () => {
    observer.disconnect();
    part.removeEventListener("focusin", onFocus);
    part.removeEventListener("focusout", onBlur);
  };
}

/**
 * For a button whose command is on its way, or cannot be given now: it keeps the focus, says that it is disabled, and does nothing.
 *
 * ```tsx
 * <Button {...unlessBusy(busy, () => void save())}>…</Button>
 * ```
 */
export function unlessBusy(busy: boolean, onClick: () => void): { readonly "aria-disabled"?: true; readonly onClick: () => void } {
  return busy ? { "aria-disabled": true, onClick: () => undefined } : { onClick };
}
