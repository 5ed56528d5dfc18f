import { useRef, useState, type ReactElement } from "react";
import { App, Button, Input, Table } from "antd";
import { SearchOutlined } from "@ant-design/icons";
import { announce, api, EmptyState, ErrorState, formatDateTime, formatPhone, keepFocus, LoadingState, PageFrame, serverNow, unlessBusy, useLoad, useMay, useQuery, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { DoNotCallEntry } from "../../src/contract.js";
import { codeOf, firstPages, MANAGE, useFollow, useOffline } from "./campaign-api.js";
import { doNotCallTexts } from "./do-not-call-texts.js";
import { texts } from "./texts.js";
import { problemWords, Trail } from "./words.js";

const PAGE = 50;
const PATH = "/api/do-not-call";

/** Who is called by nobody: to be searched by number, added to, and taken off. */
export function DoNotCallPage(): ReactElement {
  const text = useTexts(texts);
  const words = useTexts(doNotCallTexts);
  const may = useMay(MANAGE);
  // Whoever calls people is who is told.
  const mayAdd = useMay("callbacks.call");
  const [query, patch] = useQuery();
  const number = query.get("number") ?? undefined;
  const pages = useRef(1);
  const list = useLoad(`do not call ${number ?? ""}`, (signal) => firstPages<DoNotCallEntry>(PATH, { number }, pages.current, PAGE, signal));
  useFollow(list);
  const more = (): void => {
    pages.current++;
    list.reload();
  };
  const clear = (
    <Button type="link" size="small" onClick={() => patch({ number: undefined })}>
      {text.clear}
    </Button>
  );
  return (
    <PageFrame title={<Trail>{words.title}</Trail>}>
      <p className="cam-intro">{words.intro}</p>
      {mayAdd ? <Add added={list.reload} /> : null}
      <div className="cam-filters">
        <Input.Search
          key={number ?? ""}
          className="cam-search"
          allowClear
          enterButton={<Button icon={<SearchOutlined aria-hidden />} aria-label={words.find} title={words.find} />}
          placeholder={words.search}
          aria-label={words.search}
          defaultValue={number ?? ""}
          onSearch={(value) => patch({ number: value.normalize("NFKC").replace(/[^\d+]/g, "") || undefined })}
        />
        {number === undefined ? null : clear}
      </div>
      {list.error === undefined ? null : <ErrorState error={list.error} what={words.what} onRetry={list.reload} />}
      {list.data === undefined ? list.error === undefined ? <LoadingState rows={8} /> : null : list.data.items.length === 0 ? <EmptyState action={number === undefined ? undefined : clear}>{number === undefined ? words.none : words.noMatch}</EmptyState> : <List entries={list.data.items} may={may} changed={list.reload} />}
      {list.data?.next === null || list.data === undefined ? null : (
        <Button type="link" onClick={more}>
          {text.more}
        </Button>
      )}
    </PageFrame>
  );
}

function Add({ added }: { readonly added: () => void }): ReactElement {
  const text = useTexts(texts);
  const words = useTexts(doNotCallTexts);
  const { message } = App.useApp();
  const offline = useOffline();
  const [number, setNumber] = useState("");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const add = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.post(PATH, { number: number.trim(), ...(note.trim() === "" ? {} : { note: note.trim() }) });
      const said = words.added(formatPhone(number.trim()));
      void message.success(said);
      announce(said);
      setNumber("");
      setNote("");
    } catch (error) {
      setProblem(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
      added();
    }
  };
  return (
    <form
      className="cam-add hl-card"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !offline && number.trim() !== "") void add();
      }}
    >
      <Input className="cam-short" aria-label={words.number} placeholder={words.number} inputMode="tel" autoComplete="off" maxLength={30} value={number} {...(problem === undefined ? {} : { status: "error" as const, "aria-invalid": true, "aria-describedby": "cam-add-problem" })} onChange={({ target }) => setNumber(target.value)} />
      <Input className="cam-note" aria-label={words.note} placeholder={words.noteOptional} maxLength={500} value={note} onChange={({ target }) => setNote(target.value)} />
      <Button type="primary" htmlType="submit" loading={busy} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline || number.trim() === "", () => undefined)}>
        {words.add}
      </Button>
      {problem === undefined ? null : (
        <span id="cam-add-problem" className="cam-problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}

function List({ entries, may, changed }: { readonly entries: readonly DoNotCallEntry[]; readonly may: boolean; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const words = useTexts(doNotCallTexts);
  const now = serverNow();
  return (
    <div ref={keepFocus} className="cam-table">
      <Table<DoNotCallEntry>
        size="small"
        rowKey="number"
        pagination={false}
        scroll={{ x: 720 }}
        dataSource={[...entries]}
        columns={[
          { title: words.number, key: "number", width: 160, render: (_, entry) => <span className="hl-number">{formatPhone(entry.number)}</span> },
          { title: words.source, key: "source", width: 120, render: (_, entry) => words.sources[entry.source] },
          { title: words.note, key: "note", ellipsis: true, render: (_, entry) => entry.note ?? "–" },
          { title: words.at, key: "at", width: 128, render: (_, entry) => formatDateTime(entry.createdAt, now) },
          ...(may ? [{ title: text.acts, key: "act", width: 88, align: "right" as const, render: (_: unknown, entry: DoNotCallEntry) => <Remove entry={entry} changed={changed} /> }] : []),
        ]}
      />
    </div>
  );
}

function Remove({ entry, changed }: { readonly entry: DoNotCallEntry; readonly changed: () => void }): ReactElement | null {
  const text = useTexts(texts);
  const words = useTexts(doNotCallTexts);
  const { message, modal } = App.useApp();
  const offline = useOffline();
  const [busy, setBusy] = useState(false);
  // A masked number cannot be named to the server.
  if (entry.number.includes("*")) return null;
  const shown = formatPhone(entry.number);
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.delete(`${PATH}/${encodeURIComponent(entry.number)}`);
      const said = words.removed(shown);
      void message.success(said);
      announce(said);
    } catch (error) {
      void message.warning(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
      changed();
    }
  };
  const ask = (): void =>
    void modal.confirm({
      title: words.removeTitle(shown),
      content: (
        <>
          {entry.source === "person" ? <p>{words.removePerson}</p> : null}
          <p>{words.removeEffect}</p>
        </>
      ),
      okText: words.remove,
      cancelText: words.keep,
      onOk: remove,
    });
  return (
    <Button size="small" aria-label={`${words.remove} ${shown}`} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, ask)}>
      {words.remove}
    </Button>
  );
}
