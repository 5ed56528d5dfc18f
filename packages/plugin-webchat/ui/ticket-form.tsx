import { useState, type ReactElement } from "react";
import { Button, Form, Input, Select } from "antd";
import { api, ErrorState, formatSerial, StatusTag, useDraft, useLoad, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { ChatMessage, ChatView } from "../src/contract.js";
import { texts } from "./texts.js";

/** What `/api/tickets/catalogue` says of natures. */
interface Catalogue {
  readonly kinds: readonly { readonly key: string; readonly name: string }[];
}

const MAX_SUMMARY = 80;

export interface TicketFormProps {
  readonly chat: ChatView;
  readonly messages: readonly ChatMessage[];
  readonly offline: boolean;
  onFiled(chat: ChatView): void;
  /** Puts words into the reply. Absent when nothing can be said any more. */
  readonly onInsert: ((words: string) => void) | undefined;
}

/** Makes the conversation a ticket, once; then tells serial number and code. */
export function TicketForm({ chat, messages, offline, onFiled, onInsert }: TicketFormProps): ReactElement {
  const text = useTexts(texts);
  const catalogue = useLoad("tickets catalogue", (signal) => api.get<Catalogue>("/api/tickets/catalogue", {}, { signal }));
  const kinds = (catalogue.data?.kinds ?? []).filter(({ key }) => key !== "void");
  const first = messages.find(({ from }) => from === "citizen")?.text ?? "";
  const draft = useDraft(`webchat.ticket.${chat.id}`, { kind: "", summary: (chat.topic ?? first).replace(/\s+/g, " ").slice(0, MAX_SUMMARY), name: chat.name ?? "", number: "" });
  const [filed, setFiled] = useState<{ readonly serial: string; readonly queryCode: string }>();
  const [state, setState] = useState<{ readonly busy: boolean; readonly checked: boolean; readonly error: ApiError | undefined }>({ busy: false, checked: false, error: undefined });
  const { summary, name, number } = draft.values;
  const kind = kinds.some(({ key }) => key === draft.values.kind) ? draft.values.kind : (kinds[0]?.key ?? "");
  const digits = number.replace(/[０-９]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0)).replace(/[\s-]/g, "");
  const summaryWrong = summary.trim() === "";
  const numberWrong = digits !== "" && !/^\d{7,15}$/.test(digits);

  const file = async (): Promise<void> => {
    setState({ busy: false, checked: true, error: undefined });
    if (summaryWrong || numberWrong || kind === "") return;
    setState({ busy: true, checked: true, error: undefined });
    try {
      const answer = await api.post<{ serial: string; queryCode: string }>(`/api/webchat/chats/${encodeURIComponent(chat.id)}/ticket`, { kind, summary: summary.trim(), ...(name.trim() === "" ? {} : { contactName: name.trim() }), ...(digits === "" ? {} : { contactNumber: digits }) });
      setFiled(answer);
      draft.clear();
      onFiled({ ...chat, ticketSerial: answer.serial });
      setState({ busy: false, checked: false, error: undefined });
    } catch (error) {
      setState({ busy: false, checked: true, error: error as ApiError });
    }
  };

  const serial = filed?.serial ?? chat.ticketSerial;
  if (serial !== null) {
    const shown = formatSerial(serial);
    return (
      <aside className="wc-side" aria-label={text.filing}>
        <StatusTag status="ready">{text.filed}</StatusTag>
        <dl className="wc-filed">
          <dt>{text.serial}</dt>
          <dd>{shown}</dd>
          {filed === undefined ? null : (
            <>
              <dt>{text.code}</dt>
              <dd>{filed.queryCode}</dd>
            </>
          )}
        </dl>
        {filed === undefined || onInsert === undefined ? null : <Button onClick={() => onInsert(text.told(shown, filed.queryCode))}>{text.insert}</Button>}
      </aside>
    );
  }
  if (catalogue.error !== undefined && catalogue.data === undefined) {
    return (
      <aside className="wc-side" aria-label={text.filing}>
        <h2>{text.filing}</h2>
        <ErrorState error={catalogue.error} what={text.kinds} onRetry={catalogue.reload} />
      </aside>
    );
  }
  const wrong = (on: boolean, words: string): { validateStatus?: "error"; help?: string } => (state.checked && on ? { validateStatus: "error", help: words } : {});
  const id = (field: string): string => `wc-ticket-${field}-${chat.id}`;
  return (
    <aside className="wc-side" aria-label={text.filing}>
      <h2>{text.filing}</h2>
      <Form layout="vertical" onFinish={() => void file()}>
        <Form.Item label={text.kind} htmlFor={id("kind")}>
          <Select id={id("kind")} value={kind === "" ? undefined : kind} loading={catalogue.data === undefined && catalogue.error === undefined} onChange={(value: string) => draft.set({ kind: value })} options={kinds.map(({ key, name }) => ({ value: key, label: name }))} />
        </Form.Item>
        <Form.Item label={text.summary} htmlFor={id("summary")} required {...wrong(summaryWrong, text.summaryMissing)}>
          <Input.TextArea id={id("summary")} value={summary} maxLength={MAX_SUMMARY} autoSize={{ minRows: 2, maxRows: 4 }} onChange={({ target }) => draft.set({ summary: target.value })} />
        </Form.Item>
        <Form.Item label={text.name} htmlFor={id("name")}>
          <Input id={id("name")} value={name} maxLength={40} onChange={({ target }) => draft.set({ name: target.value })} />
        </Form.Item>
        <Form.Item label={text.number} htmlFor={id("number")} {...wrong(numberWrong, text.numberShape)}>
          <Input id={id("number")} value={number} inputMode="tel" maxLength={30} onChange={({ target }) => draft.set({ number: target.value })} />
        </Form.Item>
        {state.error === undefined ? null : (
          <p className="hl-error" role="alert">
            {text.notDone(state.error.code)}
          </p>
        )}
        <Button htmlType="submit" loading={state.busy} disabled={offline} title={offline ? text.offline : undefined}>
          {text.file}
        </Button>
        <p className="hl-meta">{text.transcript}</p>
      </Form>
    </aside>
  );
}
