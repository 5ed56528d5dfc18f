import { cloneElement, useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactElement, type ReactNode, type RefObject } from "react";
import { Dropdown } from "antd";

/** An item of a `DropMenu`, or the line between two groups of them. */
export type DropItem =
  | {
      readonly key: string;
      readonly label: ReactNode;
      readonly icon?: ReactNode;
      /** Explains the item on hover. */
      readonly title?: string | undefined;
      readonly danger?: boolean;
      readonly disabled?: boolean;
      readonly onClick?: () => void;
    }
  | { readonly type: "divider" };

type Wish = "first" | "last";

/** Keys of an open menu; others go on to the page. */
const OWN = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", " ", "Escape", "Tab"]);
/** A popup is put in its place first; only then it can take the focus. */
const FRAMES = 30;

interface Trigger {
  readonly onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onClickCapture?: (event: MouseEvent<HTMLElement>) => void;
  readonly ref?: RefObject<HTMLElement | null>;
}

/**
 * A button with a menu, by the pattern of WAI-ARIA: arrow down, Enter and Space open it at the first item, arrow up at the last; arrows,
 * Home and End walk, Enter and Space choose, Esc and Tab close. The focus is back at the button afterwards. `children` is the button.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/
 */
export function DropMenu({ items, busy = false, placement = "bottomLeft", children }: { readonly items: readonly DropItem[]; /** Does not open, and keeps the focus. */ readonly busy?: boolean; readonly placement?: "bottomLeft" | "bottomRight"; readonly children: ReactElement }): ReactElement {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const wish = useRef<Wish>(undefined);
  useEffect(() => {
    if (!open || wish.current === undefined) return undefined;
    const which = wish.current;
    wish.current = undefined;
    let frame = 0;
    const go = (left: number): void => {
      if (!focusItem(popup.current, which) && left > 0) frame = requestAnimationFrame(() => go(left - 1));
    };
    go(FRAMES);
    return () => cancelAnimationFrame(frame);
  }, [open]);

  const openAt = (which: Wish): void => {
    if (open) return void focusItem(popup.current, which);
    wish.current = which;
    setOpen(true);
  };
  const close = (): void => {
    button.current?.focus();
    setOpen(false);
  };
  const onButtonKey = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!busy) openAt(event.key === "ArrowDown" ? "first" : "last");
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      close();
    } else if (event.key === "Tab" && open) setOpen(false);
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
  };
  const onMenuKey = (event: KeyboardEvent<HTMLElement>): void => {
    if (!OWN.has(event.key)) return;
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (event.key === "Tab") close();
    // The menu has chosen already. What the key would do besides, it would do to the button, which has the focus by now.
    else if (event.key === "Enter") event.preventDefault();
    else if (event.key === " ") {
      event.preventDefault();
      (document.activeElement as HTMLElement | null)?.click();
    }
  };
  const trigger = children as ReactElement<Trigger & Record<string, unknown>>;
  return (
    <Dropdown
      trigger={["click"]}
      placement={placement}
      open={open}
      onOpenChange={(next, { source }) => {
        if (next && busy) return;
        // What was chosen may ask a question, which gives the focus back to where it was.
        if (source === "menu") button.current?.focus();
        setOpen(next);
      }}
      menu={{ items: items.map((item, nth) => ("type" in item ? { type: "divider" as const, key: `line ${nth}` } : { ...item })) }}
      popupRender={(menu) => (
        <div ref={popup} onKeyDown={onMenuKey}>
          {menu}
        </div>
      )}
    >
      {cloneElement(trigger, {
        ref: button,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        ...(busy ? { "aria-disabled": true } : {}),
        onKeyDown: onButtonKey,
        // By the keyboard or a reader a click has no place; with the mouse nothing is marked before it is pointed at.
        onClickCapture: (event) => void (wish.current = event.detail === 0 && !open ? "first" : undefined),
      })}
    </Dropdown>
  );
}

/** Whether it has the focus now. */
function focusItem(popup: HTMLElement | null, which: Wish): boolean {
  const found = popup?.querySelectorAll<HTMLElement>('[role="menuitem"]:not([aria-disabled="true"])');
  const item = found?.[which === "first" ? 0 : found.length - 1];
  item?.focus();
  return item !== undefined && document.activeElement === item;
}
