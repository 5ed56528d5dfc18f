import { useEffect, useId, useRef, useState, type ReactElement } from "react";
import { Alert, Button, Checkbox, Input, Select, type InputRef } from "antd";
import { announce, api, ErrorState, formatSerial, formatTime, Link, LoadingState, useDraft, useTexts, type ApiError, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import { categoryOptions, useCatalogue, type Catalogue } from "./catalogue.js";
import { texts, type Texts } from "./texts.js";

interface Values {
  kind: string;
  category: string;
  summary: string;
  content: string;
  contactName: string;
  anonymous: boolean;
  confidential: boolean;
  answering: boolean;
  answer: string;
  /** The same attempt twice is one ticket. */
  key: string;
}

interface Created {
  readonly id: string;
  readonly serial: string;
  readonly queryCode: string;
}

const fresh = (): Values => ({ kind: "", category: "", summary: "", content: "", contactName: "", anonymous: false, confidential: false, answering: false, answer: "", key: crypto.randomUUID() });

/** The intake form of one interaction. What is typed is a draft at once; number and recordings come from the call itself. */
export function TicketForm({ interactionId, live }: InteractionContext): ReactElement {
  const text = useTexts(texts);
  const catalogue = useCatalogue();
  if (catalogue.error !== undefined && catalogue.data === undefined) return <ErrorState error={catalogue.error} what={text.whatOne} onRetry={catalogue.reload} />;
  if (catalogue.data === undefined) return <LoadingState rows={8} />;
  return <Form catalogue={catalogue.data} interactionId={interactionId} live={live} />;
}

function Form({ catalogue, interactionId, live }: { readonly catalogue: Catalogue; readonly interactionId: string; readonly live: boolean }): ReactElement {
  const text = useTexts(texts);
  const draft = useDraft<Values>(`ticket ${interactionId}`, fresh());
  const { values, set } = draft;
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<{ readonly ticket: Created; readonly note: string | undefined }>();
  const content = useRef<InputRef>(null);
  const id = useId();

  // The agent has picked up: the caret goes where the words go, unless it is in a field already. A form that comes only then takes it from nothing else, either.
  const there = useRef(false);
  useEffect(() => {
    const active = document.activeElement;
    const free = there.current ? !(active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement) : active === null || active === document.body;
    there.current = true;
    if (live && free) content.current?.focus();
  }, [live]);

  if (done !== undefined) return <Registered {...done} text={text} onAgain={() => setDone(undefined)} />;
  const kind = catalogue.kinds.find(({ key }) => key === values.kind);

  const submit = async (): Promise<void> => {
    const missing = values.kind === "" ? text.form.kindMissing : values.content.trim() === "" ? text.form.contentMissing : values.answering && values.answer.trim() === "" ? text.form.answerMissing : undefined;
    if (missing !== undefined) return setProblem(missing);
    setBusy(true);
    setProblem(undefined);
    try {
      const ticket = await api.post<Created>("/api/tickets", bodyOf(values, interactionId, kind?.anonymousAllowed === true));
      let note: string | undefined;
      if (values.answering) {
        note = await api.post(`/api/tickets/${ticket.id}/transitions`, { action: "answer-at-once", data: { answer: values.answer.trim() } }).then(
          () => text.form.answeredToo,
          (error: unknown) => {
            console.warn("the answer was not taken", error);
            return text.form.answerFailed;
          },
        );
      }
      draft.clear();
      set({ key: crypto.randomUUID() });
      setDone({ ticket, note });
      announce(text.form.done(formatSerial(ticket.serial)));
    } catch (error) {
      const told = explain(error as ApiError, text);
      setProblem(told);
      announce(told, "assertive");
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="tic-form hl-card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.ctrlKey && !event.nativeEvent.isComposing) void submit();
      }}
    >
      {draft.restored && draft.savedAt !== undefined ? (
        <p className="hl-meta">
          {text.form.restored(formatTime(draft.savedAt))}{" "}
          <Button type="link" size="small" onClick={draft.clear}>
            {text.form.drop}
          </Button>
        </p>
      ) : null}
      <div className="tic-fields">
        <Field id={`${id}k`} label={text.form.kind} required>
          <Select id={`${id}k`} value={values.kind === "" ? undefined : values.kind} onChange={(value: string) => set({ kind: value })} options={catalogue.kinds.filter(({ key }) => key !== "void").map(({ key, name }) => ({ value: key, label: name }))} />
        </Field>
        <Field id={`${id}c`} label={text.form.category}>
          <Select id={`${id}c`} allowClear showSearch={{ optionFilterProp: "label" }} value={values.category === "" ? undefined : values.category} onChange={(value?: string) => set({ category: value ?? "" })} options={categoryOptions(catalogue)} />
        </Field>
        <Field id={`${id}s`} label={text.form.summary}>
          <Input id={`${id}s`} value={values.summary} maxLength={100} onChange={(event) => set({ summary: event.target.value })} />
        </Field>
        <Field id={`${id}n`} label={text.form.name}>
          <Input id={`${id}n`} value={values.contactName} maxLength={50} disabled={values.anonymous} onChange={(event) => set({ contactName: event.target.value })} autoComplete="off" />
        </Field>
      </div>
      <Field id={`${id}t`} label={text.form.content} required>
        <Input.TextArea ref={content} id={`${id}t`} value={values.content} onChange={(event) => set({ content: event.target.value })} rows={5} className="tic-area" maxLength={20_000} />
      </Field>
      {values.answering ? (
        <Field id={`${id}a`} label={text.form.answerText} required>
          <Input.TextArea id={`${id}a`} value={values.answer} onChange={(event) => set({ answer: event.target.value })} rows={3} className="tic-area" maxLength={20_000} />
        </Field>
      ) : null}
      <div className="tic-checks">
        <Checkbox checked={values.confidential || kind?.confidentiality === "confidential"} disabled={kind?.confidentiality === "confidential"} onChange={(event) => set({ confidential: event.target.checked })}>
          {text.form.confidential}
        </Checkbox>
        {kind?.anonymousAllowed === true ? (
          <Checkbox checked={values.anonymous} onChange={(event) => set({ anonymous: event.target.checked })}>
            {text.form.anonymous}
          </Checkbox>
        ) : null}
      </div>
      {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
      <div className="tic-buttons">
        <span className="hl-meta">{draft.savedAt === undefined ? "" : text.form.saved(formatTime(draft.savedAt))}</span>
        <Button onClick={() => set({ answering: !values.answering })}>{values.answering ? text.form.cancel : text.form.answer}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {values.answering ? text.form.answerSubmit : text.form.submit}
        </Button>
      </div>
    </form>
  );
}

export function Field({ id, label, required = false, children }: { readonly id: string; readonly label: string; readonly required?: boolean; readonly children: ReactElement }): ReactElement {
  return (
    <div className="tic-field">
      <label htmlFor={id}>
        {label}
        {required ? <span aria-hidden> *</span> : null}
      </label>
      {children}
    </div>
  );
}

function Registered({ ticket, note, text, onAgain }: { readonly ticket: Created; readonly note: string | undefined; readonly text: Texts; readonly onAgain: () => void }): ReactElement {
  return (
    <div className="tic-form hl-card" data-ticket={ticket.serial}>
      <Alert type="success" showIcon title={text.form.done(formatSerial(ticket.serial))} description={[text.form.code(ticket.queryCode), note].filter((part) => part !== undefined).join(" ")} />
      <div className="tic-buttons">
        <Link to={`/tickets/${ticket.id}`}>{text.form.open}</Link>
        <Button onClick={onAgain}>{text.form.again}</Button>
      </div>
    </div>
  );
}

function bodyOf(values: Values, interactionId: string, mayBeAnonymous: boolean): object {
  const anonymous = mayBeAnonymous && values.anonymous;
  const given = (value: string): string | undefined => (value.trim() === "" ? undefined : value.trim());
  return {
    kind: values.kind,
    category: given(values.category),
    summary: given(values.summary) ?? values.content.trim().slice(0, 40),
    content: values.content.trim(),
    contactName: anonymous ? undefined : given(values.contactName),
    ...(anonymous ? { anonymous: true } : {}),
    ...(values.confidential ? { confidentiality: "confidential" } : {}),
    interactionId,
    source: "phone",
    idempotencyKey: values.key,
  };
}

function explain(error: ApiError, text: Texts): string {
  if (error.code === "NETWORK") return text.form.network;
  if (error.code === "HTL_TICKETS_VETOED") return text.form.vetoed(error.message);
  return text.form.failed(error.code);
}
