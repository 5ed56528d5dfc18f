import { useEffect, useRef, useState, type ReactElement } from "react";
import { Button } from "antd";
import { announce, EmptyState, ErrorState, keepFocus, LoadingState, PageFrame, useLoad, useQuery, useTexts } from "@hotlinejs/plugin-console/sdk";
import { FILTERS, filterOf, loadRows, useVocabulary } from "./audit-api.js";
import { AuditFilters } from "./audit-filters.js";
import { AuditTable } from "./audit-table.js";
import { Seals } from "./seals.js";
import { texts } from "./texts.js";

const PAGE = 50;

/** Who did what, newest first, and whether somebody has tampered with it. */
export function AuditPage(): ReactElement {
  const text = useTexts(texts);
  const [query, patch] = useQuery();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const vocabulary = useVocabulary().data;
  const filter = filterOf(query);
  const filterKey = JSON.stringify(filter);
  const list = useLoad(`audit ${filterKey} ${cursors.at(-1) ?? ""}`, (signal) => loadRows(filter, PAGE, cursors.at(-1), signal));
  useEffect(() => setCursors([]), [filterKey]);

  // What is there from the beginning needs no words; what a filter or a page brought does.
  const first = useRef(true);
  const rows = list.data?.items;
  const page = cursors.length + 1;
  useEffect(() => {
    if (rows === undefined) return;
    if (!first.current) announce(rows.length === 0 ? text.noMatch : text.loaded(page, rows.length));
    first.current = false;
  }, [rows, page, text]);

  const filtered = filterKey !== "{}";
  const clear = (
    <Button type="link" size="small" onClick={() => patch(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}>
      {text.clear}
    </Button>
  );
  return (
    <PageFrame
      wide
      title={text.title}
      extra={
        <Button size="small" onClick={list.reload}>
          {text.reload}
        </Button>
      }
    >
      <Seals vocabulary={vocabulary} />
      <AuditFilters filter={filter} patch={patch} vocabulary={vocabulary} clear={filtered ? clear : null} />
      {list.error === undefined ? null : <ErrorState error={list.error} what={text.what} onRetry={list.reload} />}
      {rows === undefined ? list.error === undefined ? <LoadingState rows={10} /> : null : rows.length === 0 ? <EmptyState action={filtered ? clear : undefined}>{filtered ? text.noMatch : text.none}</EmptyState> : <AuditTable rows={rows} vocabulary={vocabulary} only={patch} />}
      <div className="aud-pages" ref={keepFocus}>
        <Button size="small" disabled={cursors.length === 0} onClick={() => setCursors((before) => before.slice(0, -1))}>
          {text.newer}
        </Button>
        <span className="hl-meta">{text.page(page)}</span>
        <Button size="small" disabled={list.data === undefined || list.data.next === null} onClick={() => setCursors((before) => [...before, list.data?.next ?? ""])}>
          {text.older}
        </Button>
      </div>
    </PageFrame>
  );
}
