import { useId, useState, type ReactElement } from "react";
import { Alert, Button, Input, InputNumber, Select } from "antd";
import { api, useDraft, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { TicketView } from "../src/contract.js";
import type { TicketAction } from "../src/http/ticket-view.js";
import { categoryOptions, type Catalogue } from "./catalogue.js";
import { texts } from "./texts.js";
import { Field } from "./ticket-form.js";

interface StepPanelProps {
  readonly ticket: TicketView;
  readonly action: TicketAction;
  readonly catalogue: Catalogue | undefined;
  readonly onDone: () => void;
  readonly onCancel: () => void;
  readonly onConflict: () => void;
}

type Value = string | number | undefined;

/** A step of the workflow under its button: what it needs, where it leads; the server may still say no. */
export function StepPanel({ ticket, action, catalogue, onDone, onCancel, onConflict }: StepPanelProps): ReactElement {
  const text = useTexts(texts);
  const draft = useDraft<Record<string, Value>>(`step ${ticket.id} ${action.id}`, {});
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const id = useId();

  const submit = async (): Promise<void> => {
    const missing = action.needs.find(({ name, required }) => required && (draft.values[name] === undefined || String(draft.values[name]).trim() === ""));
    if (missing !== undefined) return setProblem(text.detail.required(missing.label));
    setBusy(true);
    setProblem(undefined);
    try {
      const { note, ...data } = draft.values;
      await api.post(`/api/tickets/${ticket.id}/transitions`, { action: action.id, version: ticket.version, data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined && value !== "")), ...(typeof note === "string" && note.trim() !== "" ? { note: note.trim() } : {}) });
      draft.clear();
      onDone();
    } catch (error) {
      const { code, message } = error as ApiError;
      if (code === "HTL_TICKETS_CONFLICT") onConflict();
      setProblem(code === "HTL_TICKETS_VETOED" ? text.detail.vetoed(message) : code === "HTL_TICKETS_CONFLICT" ? text.detail.conflict : text.detail.failed(code));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="tic-step hl-card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>
        {action.name} <span className="hl-meta">{text.detail.to(action.toName)}</span>
      </h2>
      {action.needs.map((field) => (
        <Field key={field.name} id={`${id}${field.name}`} label={field.label} required={field.required}>
          <StepField id={`${id}${field.name}`} field={field} catalogue={catalogue} value={draft.values[field.name]} onChange={(value) => draft.set({ [field.name]: value })} />
        </Field>
      ))}
      <Field id={`${id}note`} label={text.detail.note}>
        <Input id={`${id}note`} value={typeof draft.values.note === "string" ? draft.values.note : ""} maxLength={2000} onChange={(event) => draft.set({ note: event.target.value })} />
      </Field>
      {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
      <div className="tic-buttons">
        <Button onClick={onCancel}>{text.detail.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {text.detail.confirm(action.name)}
        </Button>
      </div>
    </form>
  );
}

function StepField({ id, field, catalogue, value, onChange }: { readonly id: string; readonly field: TicketAction["needs"][number]; readonly catalogue: Catalogue | undefined; readonly value: Value; readonly onChange: (value: Value) => void }): ReactElement {
  switch (field.type) {
    case "longText":
      return <Input.TextArea id={id} value={value} maxLength={field.max ?? 20_000} rows={3} className="tic-area" onChange={(event) => onChange(event.target.value)} />;
    case "days":
      return <InputNumber id={id} min={1} max={field.max ?? 365} precision={0} value={typeof value === "number" ? value : null} onChange={(days) => onChange(days ?? undefined)} />;
    case "text":
      return <Input id={id} value={value} maxLength={field.max ?? 500} onChange={(event) => onChange(event.target.value)} />;
    default:
      return <Select id={id} allowClear={!field.required} showSearch={{ optionFilterProp: "label" }} value={typeof value === "string" ? value : undefined} onChange={(chosen?: string) => onChange(chosen)} options={optionsOf(field, catalogue)} />;
  }
}

function optionsOf(field: TicketAction["needs"][number], catalogue: Catalogue | undefined): { value: string; label: string }[] {
  if (field.type === "choice") return (field.choices ?? []).map((choice) => ({ value: choice, label: choice }));
  if (catalogue === undefined) return [];
  if (field.type === "department") return catalogue.departments.filter(({ dispatch }) => dispatch).map(({ code, name }) => ({ value: code, label: `${name} ${code}` }));
  return field.type === "kind" ? catalogue.kinds.map(({ key, name }) => ({ value: key, label: name })) : categoryOptions(catalogue);
}
