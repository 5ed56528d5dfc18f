import { useEffect, useState, type ReactElement } from "react";
import { Button, Input, Segmented, Select, Table, type TableColumnsType } from "antd";
import { SearchOutlined } from "@ant-design/icons";
import { api, EmptyState, ErrorState, formatDateTime, formatSerial, Link, PageFrame, StatusTag, useLoad, useQuery, useServerSeconds, useTexts, useTopic } from "@hotlinejs/plugin-console/sdk";
import type { TicketView } from "../src/contract.js";
import { departmentName, useCatalogue } from "./catalogue.js";
import { Due } from "./due.js";
import { texts, type Texts } from "./texts.js";

const PAGE = 50;

/** All tickets I may see. Filters stand in the address; order and rows stay as they are until I ask for what is new. */
export function TicketListPage(): ReactElement {
  const text = useTexts(texts);
  const [query, setQuery] = useQuery();
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [changed, setChanged] = useState(0);
  const now = useServerSeconds(false);
  const catalogue = useCatalogue();
  const view = query.get("view") ?? "all";
  const filter = { status: query.get("status") ?? undefined, kind: query.get("kind") ?? undefined, q: query.get("q")?.replace(/\D/g, "") ?? undefined, ...(view === "mine" ? { handler: "me" } : {}), ...(view === "overdue" ? { overdue: true } : {}) };
  const filterKey = JSON.stringify(filter);
  const list = useLoad(`tickets ${filterKey} ${cursors.at(-1) ?? ""}`, (signal) => api.get<{ items: TicketView[]; next: string | null }>("/api/tickets", { ...filter, limit: PAGE, cursor: cursors.at(-1) }, { signal }));
  useTopic("ticket.changed", () => setChanged((count) => count + 1));
  useEffect(() => setCursors([]), [filterKey]);
  useEffect(() => setChanged(0), [list.data]);

  const filtered = filter.status !== undefined || filter.kind !== undefined || filter.q !== undefined || view !== "all";
  const clear = (): void => setQuery({ view: undefined, status: undefined, kind: undefined, q: undefined });
  const set = (patch: Readonly<Record<string, string | undefined>>): void => setQuery(patch);
  return (
    <PageFrame
      wide
      title={text.tickets}
      extra={
        changed === 0 ? null : (
          <Button size="small" onClick={list.reload}>
            {text.changed(changed)}
          </Button>
        )
      }
    >
      <div className="tic-filters">
        <Segmented value={view} onChange={(value) => set({ view: value === "all" ? undefined : value })} options={[{ value: "all", label: text.all }, { value: "mine", label: text.mine }, { value: "overdue", label: text.overdue }]} />
        <Select mode="multiple" className="tic-filter" placeholder={text.state} aria-label={text.state} maxTagCount="responsive" value={filter.status?.split(",") ?? []} onChange={(values: string[]) => set({ status: values.length === 0 ? undefined : values.join(",") })} options={(catalogue.data?.states ?? []).map(({ id, name }) => ({ value: id, label: name }))} />
        <Select mode="multiple" className="tic-filter" placeholder={text.kind} aria-label={text.kind} maxTagCount="responsive" value={filter.kind?.split(",") ?? []} onChange={(values: string[]) => set({ kind: values.length === 0 ? undefined : values.join(",") })} options={(catalogue.data?.kinds ?? []).map(({ key, name }) => ({ value: key, label: name }))} />
        <Input.Search key={query.get("q") ?? ""} className="tic-filter" allowClear enterButton={<Button icon={<SearchOutlined aria-hidden />} aria-label={text.search} title={text.search} />} placeholder={text.searchSerial} aria-label={text.searchSerial} defaultValue={query.get("q") ?? ""} onSearch={(value) => set({ q: value.replace(/\D/g, "") || undefined })} />
        {filtered ? (
          <Button type="link" size="small" onClick={clear}>
            {text.clear}
          </Button>
        ) : null}
      </div>
      {list.error !== undefined ? <ErrorState error={list.error} what={text.what} onRetry={list.reload} /> : null}
      {list.error !== undefined && list.data === undefined ? null : <Table<TicketView>
        size="small"
        rowKey="id"
        columns={columns(text, now, (code) => departmentName(catalogue.data, code))}
        dataSource={list.data?.items ?? []}
        loading={{ spinning: list.loading && list.data === undefined, delay: 200 }}
        pagination={false}
        scroll={{ x: 960 }}
        locale={{ emptyText: list.loading ? " " : <EmptyState action={filtered ? <Button type="link" size="small" onClick={clear}>{text.clear}</Button> : undefined}>{filtered ? text.noMatch : text.none}</EmptyState> }}
      />}
      <div className="tic-pages">
        <Button size="small" disabled={cursors.length === 0} onClick={() => setCursors((before) => before.slice(0, -1))}>
          {text.previous}
        </Button>
        <Button size="small" disabled={list.data?.next === null || list.data === undefined} onClick={() => setCursors((before) => [...before, list.data?.next ?? ""])}>
          {text.next}
        </Button>
      </div>
    </PageFrame>
  );
}

function columns(text: Texts, now: number, departmentOf: (code: string | null) => string): TableColumnsType<TicketView> {
  return [
    { title: text.serial, key: "serial", width: 136, render: (_, ticket) => <Link to={`/tickets/${ticket.id}`}>{formatSerial(ticket.serial)}</Link> },
    { title: text.title, key: "title", ellipsis: true, render: (_, ticket) => (ticket.confidentiality !== "normal" && ticket.summary === null ? <span className="hl-meta">{text.hidden}</span> : (ticket.summary ?? ticket.kindName)) },
    { title: text.kind, dataIndex: "kindName", width: 80 },
    { title: text.due, key: "due", width: 248, render: (_, ticket) => <Due ticket={ticket} now={now} /> },
    { title: text.status, key: "status", width: 104, render: (_, ticket) => <StatusTag status={ticket.clock.card === "red" ? "fault" : ticket.clock.state === "stopped" ? "closed" : "open"}>{ticket.statusName}</StatusTag> },
    { title: text.handling, key: "handling", width: 112, ellipsis: true, render: (_, ticket) => departmentOf(ticket.handlingDepartment) },
    { title: text.registered, key: "at", width: 112, align: "right", render: (_, ticket) => formatDateTime(ticket.createdAt, now) },
  ];
}
