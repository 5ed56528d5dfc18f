import type { ReactElement, ReactNode } from "react";

/** Head of an ordinary page: what it is, its state, and on the right the one next step. */
export function PageFrame({ title, extra, children, wide = false }: { readonly title: ReactNode; readonly extra?: ReactNode; readonly children: ReactNode; /** Lists and boards use the whole width; text stays below 960 px. */ readonly wide?: boolean }): ReactElement {
  return (
    <div className={wide ? "hl-page hl-page-wide" : "hl-page"}>
      <header className="hl-page-head">
        <h1>{title}</h1>
        <div className="hl-page-extra">{extra}</div>
      </header>
      {children}
    </div>
  );
}
