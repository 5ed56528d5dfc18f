import { createContext, useContext, type AnchorHTMLAttributes, type MouseEvent, type ReactElement } from "react";
import { createStore, useStore } from "./store.js";

/** Everything of the console lives below this path. */
export const BASE = "/console";

export interface Place {
  /** Below the base, beginning with a slash. */
  readonly path: string;
  readonly search: string;
}

function readPlace(): Place {
  if (typeof location === "undefined") return { path: "/", search: "" };
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : "/";
  return { path: path === "" ? "/" : path.replace(/\/+$/, "") || "/", search: location.search };
}

export const placeStore = createStore<Place>(readPlace());
if (typeof window !== "undefined") window.addEventListener("popstate", () => placeStore.set(readPlace()));

/** Goes to a page: `navigate("/tickets/123?tab=calls")`. */
export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  const url = `${BASE}${to}`;
  if (options.replace === true) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  placeStore.set(readPlace());
}

/** A link between pages; opens in another window with the usual keys. */
export function Link({ to, onClick, ...rest }: { readonly to: string } & AnchorHTMLAttributes<HTMLAnchorElement>): ReactElement {
  const go = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a {...rest} href={`${BASE}${to}`} onClick={go} />;
}

/** What the page in which a component stands was opened with. */
export interface PageContextValue {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  /** `false` while the page is mounted but another is shown. */
  readonly shown: boolean;
}

export const PageContext = createContext<PageContextValue>({ path: "/", params: {}, search: "", shown: true });

/** Parameters of the page's path. */
export function useParams(): Readonly<Record<string, string>> {
  return useContext(PageContext).params;
}

/** Whether my page is the one on the screen. */
export function usePageShown(): boolean {
  return useContext(PageContext).shown;
}

/** The query of the address: filters live there, so that a list can be linked to. `undefined` takes a value away. */
export function useQuery(): readonly [URLSearchParams, (patch: Readonly<Record<string, string | undefined>>) => void] {
  const { search } = useContext(PageContext);
  const params = new URLSearchParams(search);
  const patch = (values: Readonly<Record<string, string | undefined>>): void => {
    const next = new URLSearchParams(placeStore.get().search);
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === "") next.delete(name);
      else next.set(name, value);
    }
    const text = next.toString();
    navigate(`${placeStore.get().path}${text === "" ? "" : `?${text}`}`, { replace: true });
  };
  return [params, patch];
}

export function usePlace(): Place {
  return useStore(placeStore);
}

/** Matches `/tickets/:id`; `undefined` when it does not. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = found[index] ?? "";
    if (part.startsWith(":")) {
      if (value === "") return undefined;
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return undefined; // a broken escape in the address
      }
    } else if (part !== value) return undefined;
  }
  return params;
}
