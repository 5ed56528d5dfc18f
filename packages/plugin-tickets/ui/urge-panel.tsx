import { useId, useState, type ReactElement } from "react";
import { Alert, Button, Input } from "antd";
import { api, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import { texts } from "./texts.js";
import { Field } from "./ticket-form.js";

/** Urges whoever handles it, with words of one's own. */
export function UrgePanel({ ticketId, onDone, onCancel }: { readonly ticketId: string; readonly onDone: () => void; readonly onCancel: () => void }): ReactElement {
  const text = useTexts(texts);
  const [words, setWords] = useState("");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const id = useId();
  const submit = async (): Promise<void> => {
    if (words.trim() === "") return setProblem(text.detail.required(text.detail.urgeText));
    setBusy(true);
    try {
      await api.post(`/api/tickets/${ticketId}/urgings`, { text: words.trim(), idempotencyKey: key });
      onDone();
    } catch (error) {
      setProblem(text.detail.failed((error as ApiError).code));
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
      <h2>{text.detail.urge}</h2>
      <Field id={id} label={text.detail.urgeText} required>
        <Input id={id} value={words} maxLength={500} onChange={(event) => setWords(event.target.value)} />
      </Field>
      {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
      <div className="tic-buttons">
        <Button onClick={onCancel}>{text.detail.cancel}</Button>
        <Button type="primary" htmlType="submit" loading={busy}>
          {text.detail.urgeSend}
        </Button>
      </div>
    </form>
  );
}
