import { useEffect, useState, type ReactElement } from "react";
import { App, Button, Input, Modal, Table } from "antd";
import { announce, api, ApiError, EmptyState, ErrorState, formatDateTime, formatTime, LoadingState, PageFrame, serverNow, StatusTag, useLoad, useMay, usePageShown, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import type { Page } from "@hotlinejs/core";
import type { SipTrunkRate, SipTrunkState } from "../src/contract.js";
import { texts } from "./texts.js";

/** Calls come and go without being told of: the figures are asked for as often as this while the page is looked at. */
const REFRESH_MS = 5_000;

/** What each way to the telephone network is doing, and the switch for those who may. */
export function TrunksPage(): ReactElement {
  const text = useTexts(texts);
  const shown = usePageShown();
  const { data, error, reload } = useLoad("sip-trunks", (signal) => api.get<Page<SipTrunkState>>("/api/sip/trunks", {}, { signal }), { topics: ["sip.trunks"] });
  useEffect(() => {
    if (!shown) return undefined;
    const timer = setInterval(() => (document.visibilityState === "visible" ? reload() : undefined), REFRESH_MS);
    return () => clearInterval(timer);
  }, [shown, reload]);
  return (
    <PageFrame title={text.title} wide>
      {error !== undefined ? <ErrorState error={error} what={text.what} onRetry={reload} /> : null}
      {data === undefined ? error === undefined ? <LoadingState rows={4} /> : null : data.items.length === 0 ? <EmptyState>{text.none}</EmptyState> : <List trunks={data.items} changed={reload} />}
    </PageFrame>
  );
}

function List({ trunks, changed }: { readonly trunks: readonly SipTrunkState[]; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const may = useMay("sip.trunks.manage");
  return (
    <Table<SipTrunkState>
      size="small"
      rowKey="key"
      pagination={false}
      scroll={{ x: 900 }}
      dataSource={[...trunks]}
      columns={[
        { title: text.key, key: "key", width: 120, render: (_, trunk) => <span className="sip-trunk">{trunk.key}</span> },
        { title: text.state, key: "state", render: (_, trunk) => <State trunk={trunk} /> },
        { title: text.calls, key: "calls", width: 130, align: "right", render: (_, trunk) => <Calls trunk={trunk} /> },
        { title: text.inbound, key: "inbound", width: 196, render: (_, trunk) => <Rate rate={trunk.inbound} /> },
        { title: text.outbound, key: "outbound", width: 196, render: (_, trunk) => (trunk.priority === null ? <span className="hl-meta">{text.noOutbound}</span> : <Rate rate={trunk.outbound} />) },
        { title: <span title={text.priorityHint}>{text.priority}</span>, key: "priority", width: 84, align: "right", render: (_, trunk) => <span className="hl-number">{trunk.priority ?? "–"}</span> },
        { title: text.failure, key: "failure", width: 180, render: (_, trunk) => <Failure trunk={trunk} /> },
        ...(may ? [{ key: "act", width: 92, align: "right" as const, render: (_: unknown, trunk: SipTrunkState) => <Act trunk={trunk} changed={changed} /> }] : []),
      ]}
    />
  );
}

const SHAPES: Readonly<Record<SipTrunkState["state"], Status>> = { static: "ready", registering: "due", registered: "ready", failed: "fault", removed: "after" };

function State({ trunk }: { readonly trunk: SipTrunkState }): ReactElement {
  const text = useTexts(texts);
  const now = serverNow();
  const { disabled, up, restsUntil, state } = trunk;
  if (disabled !== null) {
    return (
      <>
        <StatusTag status="held">{text.disabled}</StatusTag> <span className="hl-meta">{text.disabledSince(formatDateTime(disabled.since, now), disabled.reason)}</span>
      </>
    );
  }
  return (
    <>
      <StatusTag status={SHAPES[state]}>{text.states[state]}</StatusTag>{" "}
      {up === false ? <StatusTag status="fault">{text.silent}</StatusTag> : restsUntil !== null && restsUntil > now ? <StatusTag status="due">{text.rests(formatTime(restsUntil))}</StatusTag> : up === true ? <span className="hl-meta">{text.answers}</span> : null}
    </>
  );
}

function Calls({ trunk: { channels, maxChannels } }: { readonly trunk: SipTrunkState }): ReactElement {
  const text = useTexts(texts);
  if (maxChannels === null) return <span className="hl-number">{text.channelsFree(channels)}</span>;
  const words = text.channels(channels, maxChannels);
  return channels >= maxChannels ? <StatusTag status="due">{`${words} ${text.full}`}</StatusTag> : <span className="hl-number">{words}</span>;
}

function Rate({ rate }: { readonly rate: SipTrunkRate }): ReactElement {
  const text = useTexts(texts);
  return (
    <>
      <div>{text.perMinute(rate.lastMinute)}</div>
      <div className="hl-meta">
        {text.total(rate.calls)}
        {rate.maxCallsPerSecond === null ? "" : ` · ${text.limit(rate.maxCallsPerSecond)}`}
      </div>
    </>
  );
}

function Failure({ trunk: { lastFailure } }: { readonly trunk: SipTrunkState }): ReactElement {
  const text = useTexts(texts);
  if (lastFailure === null) return <span className="hl-meta">{text.noFailure}</span>;
  const { at, of, status } = lastFailure;
  return (
    <>
      <div>{formatDateTime(at, serverNow())}</div>
      <div className="hl-meta" title={text.status(status)}>
        {text.failures[of]} · {text.statuses[status] ?? text.status(status)}
      </div>
    </>
  );
}

function Act({ trunk, changed }: { readonly trunk: SipTrunkState; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const { message } = App.useApp();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const put = async (enabled: boolean, reason: string): Promise<void> => {
    setBusy(true);
    try {
      await api.put(`/api/sip/trunks/${encodeURIComponent(trunk.key)}`, { enabled, reason });
      const words = enabled ? text.enabledNow(trunk.key) : text.disabledNow(trunk.key);
      void message.success(words);
      announce(words);
      setAsking(false);
    } catch (error) {
      void message.warning(text.refused(error instanceof ApiError ? error.code : "ERROR"));
    } finally {
      setBusy(false);
      changed();
    }
  };
  return (
    <>
      {trunk.disabled === null ? (
        <Button size="small" danger loading={busy && !asking} onClick={() => setAsking(true)}>
          {text.disable}
        </Button>
      ) : (
        <Button size="small" type="primary" loading={busy} onClick={() => void put(true, "")}>
          {text.enable}
        </Button>
      )}
      {asking ? <Ask trunk={trunk} busy={busy} disable={(reason) => void put(false, reason)} keep={() => setAsking(false)} /> : null}
    </>
  );
}

/** What disabling does is told before, and its name is typed: a slip would take a city off the telephone. */
function Ask({ trunk, busy, disable, keep }: { readonly trunk: SipTrunkState; readonly busy: boolean; readonly disable: (reason: string) => void; readonly keep: () => void }): ReactElement {
  const text = useTexts(texts);
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  return (
    <Modal open title={text.disableTitle(trunk.key)} okText={text.disable} cancelText={text.keep} okButtonProps={{ danger: true, disabled: typed.trim() !== trunk.key, loading: busy }} onOk={() => disable(reason.trim())} onCancel={keep}>
      <ul className="sip-effects">
        {text.effects(trunk.channels, trunk.state !== "static").map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <label className="sip-field">
        <span>{text.reason}</span>
        <Input maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <label className="sip-field">
        <span>{text.retype(trunk.key)}</span>
        <Input autoComplete="off" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </label>
    </Modal>
  );
}
