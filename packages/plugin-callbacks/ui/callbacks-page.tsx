import { useState, type ReactElement } from "react";
import { App, Button, Segmented, Table } from "antd";
import { api, ApiError, DropMenu, EmptyState, ErrorState, formatDateTime, formatPhone, LoadingState, PageFrame, serverNow, StatusTag, useLoad, useMay, useQuery, useTexts, useUser, type Status } from "@hotlinejs/plugin-console/sdk";
import type { Page } from "@hotlinejs/core";
import type { CallbackAttempt, CallbackTask } from "../src/contract.js";
import { texts } from "./texts.js";

const PAGE = 50;
/** Results an agent may give by hand. */
const BY_HAND = ["reached", "not-needed", "given-up"] as const;

/** Who is to be called back, the most urgent first, and one click to do it. */
export function CallbacksPage(): ReactElement {
  const text = useTexts(texts);
  const [query, patch] = useQuery();
  const closed = query.get("show") === "closed";
  const [limit, setLimit] = useState(PAGE);
  const status = closed ? "closed" : "open,kept,calling,uncertain";
  const { data, error, reload } = useLoad(`callbacks ${status} ${limit}`, (signal) => api.get<Page<CallbackTask>>("/api/callbacks", { status, limit }, { signal }), { topics: ["callbacks.changed"] });
  const tabs = (
    <Segmented
      size="small"
      aria-label={text.title}
      value={closed ? "closed" : "open"}
      onChange={(value) => patch({ show: value === "closed" ? "closed" : undefined })}
      options={[
        { value: "open", label: text.open },
        { value: "closed", label: text.closed },
      ]}
    />
  );
  return (
    <PageFrame title={text.title} extra={tabs} wide>
      {error !== undefined ? <ErrorState error={error} what={text.what} onRetry={reload} /> : null}
      {data === undefined ? error === undefined ? <LoadingState rows={8} /> : null : data.items.length === 0 ? <EmptyState>{closed ? text.noneClosed : text.noneOpen}</EmptyState> : <List tasks={data.items} changed={reload} />}
      {data?.next === null || data === undefined || limit >= 200 ? null : (
        <Button type="link" onClick={() => setLimit(Math.min(200, limit + PAGE))}>
          {text.more}
        </Button>
      )}
    </PageFrame>
  );
}

function List({ tasks, changed }: { readonly tasks: readonly CallbackTask[]; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const now = serverNow();
  return (
    <Table<CallbackTask>
      size="small"
      rowKey="id"
      pagination={false}
      dataSource={[...tasks]}
      expandable={{ expandedRowRender: (task) => <Attempts task={task} /> }}
      columns={[
        { title: text.number, key: "number", width: 140, render: (_, task) => <span className="hl-number">{formatPhone(task.number)}</span> },
        { title: text.reason, key: "reason", width: 120, render: (_, task) => text.reasons[task.reason] ?? task.reason },
        { title: text.missed, key: "missed", render: (_, task) => `${formatDateTime(task.lastMissedAt, now)}${task.missed > 1 ? ` · ${text.times(task.missed)}` : ""}` },
        { title: text.due, key: "due", render: (_, task) => <Due task={task} now={now} /> },
        { title: text.state, key: "state", width: 260, render: (_, task) => <State task={task} now={now} /> },
        { title: text.attempts, key: "attempts", width: 64, align: "right", render: (_, task) => task.attempts },
        { title: text.note, key: "note", ellipsis: true, render: (_, task) => task.note },
        { key: "act", width: 150, align: "right", render: (_, task) => <Act task={task} changed={changed} /> },
      ]}
    />
  );
}

function Due({ task, now }: { readonly task: CallbackTask; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  const late = task.status !== "closed" && task.dueAt < now;
  return late ? <StatusTag status="fault">{`${text.overdue} ${formatDateTime(task.dueAt, now)}`}</StatusTag> : <>{formatDateTime(task.dueAt, now)}</>;
}

const SHAPES: Readonly<Record<CallbackTask["status"], Status>> = { open: "due", kept: "due", calling: "live", uncertain: "fault", closed: "ready" };

function State({ task, now }: { readonly task: CallbackTask; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  const words = task.status === "closed" ? (text.results[task.result ?? ""] ?? task.result) : text.statuses[task.status];
  const later = task.status === "open" && task.nextAt > now ? text.nextAt(formatDateTime(task.nextAt, now)) : undefined;
  return (
    <>
      <StatusTag status={task.status === "closed" && task.result !== "reached" ? "after" : SHAPES[task.status]}>{words}</StatusTag> {later === undefined ? null : <span className="hl-meta">{later}</span>}
    </>
  );
}

function Act({ task, changed }: { readonly task: CallbackTask; readonly changed: () => void }): ReactElement | null {
  const text = useTexts(texts);
  const { message, modal } = App.useApp();
  const [busy, setBusy] = useState(false);
  const user = useUser();
  const mayCall = useMay("callbacks.call");
  const mayClose = useMay("callbacks.manage");
  if (task.status !== "open" && task.status !== "uncertain") return null;

  const refused = (error: unknown): void => {
    const code = error instanceof ApiError ? error.code : "ERROR";
    void message.warning(code === "HTL_CALLBACKS_AGENT_NOT_FREE" ? text.notFree : code === "HTL_CALLBACKS_NOT_OPEN" || code === "HTL_CALLBACKS_CONFLICT" ? text.notOpen : text.refused(code));
  };
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.code === "HTL_CALLBACKS_QUIET_HOURS") ask();
      else refused(error);
    } finally {
      setBusy(false);
      changed();
    }
  };
  const call = (onRequest: boolean): Promise<void> =>
    act(async () => {
      await api.post(`/api/callbacks/${task.id}/call`, { onRequest });
      void message.info(text.calling);
    });
  const ask = (): void => void modal.confirm({ title: text.quiet, content: text.quietAsk, okText: text.quietYes, cancelText: text.cancel, onOk: () => call(true) });

  return (
    <>
      {mayCall && user?.agentNumber !== undefined && user.agentNumber !== null ? (
        <Button type="primary" size="small" loading={busy} onClick={() => void call(false)}>
          {text.call}
        </Button>
      ) : null}{" "}
      {mayClose ? (
        <DropMenu busy={busy} items={BY_HAND.map((result) => ({ key: result, label: text.results[result], onClick: () => void act(() => api.post(`/api/callbacks/${task.id}/close`, { result })) }))}>
          <Button size="small">{text.close}</Button>
        </DropMenu>
      ) : null}
    </>
  );
}

function Attempts({ task }: { readonly task: CallbackTask }): ReactElement {
  const text = useTexts(texts);
  const { data, error, reload } = useLoad(`callback ${task.id} ${task.attempts} ${task.status}`, (signal) => api.get<Page<CallbackAttempt>>(`/api/callbacks/${task.id}/attempts`, {}, { signal }));
  if (error !== undefined) return <ErrorState error={error} what={text.attempts} onRetry={reload} />;
  if (data === undefined) return <LoadingState rows={1} />;
  if (data.items.length === 0) return <span className="hl-meta">{text.noAttempts}</span>;
  return (
    <ul>
      {data.items.map((attempt) => (
        <li key={attempt.id}>
          {formatDateTime(attempt.startedAt, serverNow())} · {text.agent(attempt.agent)}
          {attempt.actor === "plugin:callbacks" ? ` · ${text.automatic}` : ""} · {attempt.result === null ? text.running : (text.results[attempt.result] ?? attempt.result)}
        </li>
      ))}
    </ul>
  );
}
