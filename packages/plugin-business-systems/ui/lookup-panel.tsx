import { useId, useRef, useState, type FormEvent, type ReactElement } from "react";
import { Alert, Button, Input, Select, type InputRef } from "antd";
import { announce, api, EmptyState, ErrorState, formatTime, LoadingState, useLanguage, useLoad, useTexts, type ApiError, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import type { LookupKindView } from "@hotlinejs/core";
import { formatField } from "./format-field.js";
import { texts } from "./texts.js";

interface Found {
  readonly kind: string;
  readonly record: Readonly<Record<string, unknown>>;
  /** The keys, masked. */
  readonly shown: Readonly<Record<string, string>>;
}

type Texts = (typeof texts)["zh"];

/**
 * Looks up a citizen's record within the call's screen. What is typed lives in this component only: it is no draft, is
 * gone with the tab, and the number is masked as soon as there is an answer.
 */
export function LookupPanel({ interactionId }: InteractionContext): ReactElement {
  const text = useTexts(texts);
  const kinds = useLoad("kinds of records", (signal) => api.get<{ items: LookupKindView[] }>("/api/business/kinds", {}, { signal }));
  if (kinds.error !== undefined && kinds.data === undefined) return <ErrorState error={kinds.error} what={text.what} onRetry={kinds.reload} />;
  if (kinds.data === undefined) return <LoadingState />;
  const [first] = kinds.data.items;
  if (first === undefined) return <EmptyState>{text.none}</EmptyState>;
  return <Lookup kinds={kinds.data.items} first={first} interactionId={interactionId} />;
}

function Lookup({ kinds, first, interactionId }: { readonly kinds: readonly LookupKindView[]; readonly first: LookupKindView; readonly interactionId: string }): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const id = useId();
  const [kindKey, setKindKey] = useState(first.key);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [proof, setProof] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [found, setFound] = useState<Found>();
  const field = useRef<InputRef>(null);

  const kind = kinds.find(({ key }) => key === kindKey) ?? first;
  const label = (each: { readonly label: string; readonly labelEn?: string }): string => (language === "en" ? (each.labelEn ?? each.label) : each.label);
  const asksProof = kind.proof !== undefined && !kind.proof.deskMayOmit;

  const clear = (): void => {
    setValues({});
    setProof("");
    setProblem(undefined);
    setFound(undefined);
  };
  const again = (): void => {
    clear();
    // The agent asked for the form: the caret follows the click once the field is back.
    requestAnimationFrame(() => field.current?.focus());
  };

  const look = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const keys = Object.fromEntries(kind.keys.map(({ name }) => [name, plain(values[name] ?? "")]));
    const wrong = [...kind.keys.map((key) => ({ ...key, value: keys[key.name] ?? "" })), ...(asksProof && kind.proof !== undefined ? [{ ...kind.proof, value: proof }] : [])].find(({ length, value }) => value.length !== length);
    if (wrong !== undefined) return setProblem(text.length(label(wrong), wrong.length, wrong.value.length));
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await api.post<Omit<Found, "kind">>(`/api/business/lookup/${encodeURIComponent(kind.key)}`, { keys, interactionId, ...(asksProof ? { proof } : {}) });
      setFound({ ...answer, kind: kind.key });
      setValues({});
      announce(text.found, "polite");
    } catch (error) {
      setProblem(problemOf(error as ApiError, text, asksProof));
    } finally {
      setProof("");
      setBusy(false);
    }
  };

  if (found !== undefined) {
    return (
      <div className="bus-panel">
        <h3 className="bus-name">{language === "en" ? (kind.nameEn ?? kind.name) : kind.name}</h3>
        <dl className="bus-record">
          {kind.keys.map((key) => (
            <Row key={key.name} label={label(key)} value={found.shown[key.name] ?? ""} />
          ))}
          {kind.fields.map((each) => (
            <Row key={each.name} label={label(each)} value={formatField(each.type, found.record[each.name], language) || text.empty} strong={each.type === "money"} />
          ))}
        </dl>
        <Button onClick={again}>{text.again}</Button>
      </div>
    );
  }
  return (
    <form className="bus-panel" onSubmit={(event) => void look(event)} autoComplete="off">
      {kinds.length > 1 ? (
        <label className="bus-field">
          {text.kind}
          <Select value={kind.key} onChange={(key) => (clear(), setKindKey(key))} options={kinds.map((each) => ({ value: each.key, label: language === "en" ? (each.nameEn ?? each.name) : each.name }))} />
        </label>
      ) : (
        <h3 className="bus-name">{language === "en" ? (kind.nameEn ?? kind.name) : kind.name}</h3>
      )}
      {kind.keys.map((key, index) => (
        <label key={key.name} className="bus-field" htmlFor={`${id}-${key.name}`}>
          {label(key)}
          <Input ref={index === 0 ? field : undefined} id={`${id}-${key.name}`} value={values[key.name] ?? ""} onChange={({ target }) => setValues({ ...values, [key.name]: target.value })} maxLength={key.length * 2} autoComplete="off" spellCheck={false} disabled={busy} />
        </label>
      ))}
      {asksProof && kind.proof !== undefined ? (
        <label className="bus-field" htmlFor={`${id}-proof`}>
          {label(kind.proof)}
          <Input.Password id={`${id}-proof`} value={proof} onChange={({ target }) => setProof(target.value)} maxLength={kind.proof.length} autoComplete="off" disabled={busy} visibilityToggle={false} />
        </label>
      ) : null}
      {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {busy ? text.looking : text.look}
      </Button>
      <p className="hl-meta">
        {kind.proof?.deskMayOmit === true ? text.noPin : ""}
        {text.audited}
      </p>
    </form>
  );
}

function Row({ label, value, strong = false }: { readonly label: string; readonly value: string; readonly strong?: boolean }): ReactElement {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-strong={strong}>{value}</dd>
    </div>
  );
}

/** Numbers are typed in groups, and with a small x. */
function plain(value: string): string {
  return value.replace(/[\s-]/g, "").toUpperCase();
}

function problemOf(error: ApiError, text: Texts, proven: boolean): string {
  const { left, until } = error.details ?? {};
  switch (error.code) {
    case "HTL_BUSINESS_NOT_FOUND":
      return proven && typeof left === "number" ? text.wrong(left) : text.notFound;
    case "HTL_BUSINESS_LOCKED":
      return text.locked(typeof until === "number" ? formatTime(until).slice(0, 5) : "");
    case "HTL_BUSINESS_UNAVAILABLE":
    case "NETWORK":
      return text.unavailable;
    default:
      return text.refused(error.code);
  }
}
