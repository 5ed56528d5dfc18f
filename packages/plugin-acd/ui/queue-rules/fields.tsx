import { useId, type ReactElement, type ReactNode } from "react";
import { Input, Select } from "antd";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import { boundsWords, type Names } from "./rule-words.js";
import type { NumberSpec } from "./rule-specs.js";
import { texts, type Texts } from "./texts.js";

/** What is wrong, in words, by place within the rule. */
export type Wrong = Readonly<Record<string, string>>;

/** What the control of a rule gets. */
export interface ControlProps<F> {
  readonly form: F;
  readonly set: (form: F) => void;
  readonly wrong: Wrong;
  readonly names: Names;
  /** Name of the rule. */
  readonly label: string;
}

/** What belongs to the control itself, or to what is within it. */
export function wrongAt(wrong: Wrong, place: string): string | undefined {
  const found = Object.keys(wrong).find((each) => each === place || each.startsWith(`${place}.`));
  return found === undefined ? undefined : wrong[found];
}

interface Accessible {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: true;
  readonly status?: "error";
}

/** A control with its name above, and below what is wrong, or else what helps. */
export function Labelled({ label, mark, hint, problem, children }: { readonly label: string; readonly mark?: ReactNode; readonly hint?: string | undefined; readonly problem?: string | undefined; readonly children: (more: Accessible) => ReactNode }): ReactElement {
  const id = useId();
  const below = problem ?? hint;
  return (
    <div className="qr-labelled">
      <span className="qr-label">
        <label htmlFor={id}>{label}</label> {mark}
      </span>
      {children({ id, ...(below === undefined ? {} : { "aria-describedby": `${id}-below` }), ...(problem === undefined ? {} : { "aria-invalid": true as const, status: "error" as const }) })}
      {below === undefined ? null : <Below id={`${id}-below`} problem={problem} hint={hint} />}
    </div>
  );
}

/** Several controls under one name. */
export function Group({ label, mark, hint, problem, children }: { readonly label: string; readonly mark?: ReactNode; readonly hint?: string | undefined; readonly problem?: string | undefined; readonly children: ReactNode }): ReactElement {
  const id = useId();
  return (
    <div className="qr-group" role="group" aria-labelledby={id}>
      <span className="qr-label">
        <span id={id}>{label}</span> {mark}
      </span>
      {hint === undefined && problem === undefined ? null : <Below problem={problem} hint={hint} />}
      {children}
    </div>
  );
}

function Below({ id, problem, hint }: { readonly id?: string; readonly problem: string | undefined; readonly hint: string | undefined }): ReactElement {
  return (
    <span id={id} className={problem === undefined ? "hl-meta" : "qr-problem"} role={problem === undefined ? undefined : "alert"}>
      {problem ?? hint}
    </span>
  );
}

/** A figure with its unit, its bounds, and what else must be known. */
export function Figure({ label, mark, hint, problem, spec, value, set }: { readonly label: string; readonly mark?: ReactNode; readonly hint?: string | undefined; readonly problem?: string | undefined; readonly spec: NumberSpec; readonly value: string; readonly set: (value: string) => void }): ReactElement {
  const text = useTexts(texts);
  return (
    <Labelled label={label} mark={mark} hint={hintOf(spec, hint, text)} problem={problem}>
      {(more) => <Input {...more} className="qr-number" inputMode="decimal" autoComplete="off" maxLength={12} suffix={text.units[spec.unit]} value={value} onChange={({ target }) => set(target.value)} />}
    </Labelled>
  );
}

function hintOf(spec: NumberSpec, hint: string | undefined, text: Texts): string | undefined {
  const bounds = boundsWords({ ...spec, unit: "points" }, text);
  return bounds === undefined ? hint : hint === undefined ? bounds : `${bounds} · ${hint}`;
}

/** What is set stays in the list, even if it is no longer among what can be chosen. */
export function withSet(options: readonly { readonly value: string; readonly label: string }[], set: readonly string[]): { value: string; label: string }[] {
  return [...options, ...set.filter((value) => value !== "" && !options.some((option) => option.value === value)).map((value) => ({ value, label: value }))];
}

/** Several of a list. */
export function Many({ label, value, set, options, problem, placeholder }: { readonly label: string; readonly value: readonly string[]; readonly set: (value: readonly string[]) => void; readonly options: readonly { readonly value: string; readonly label: string }[]; readonly problem?: string | undefined; readonly placeholder?: string }): ReactElement {
  return <Select<string[]> mode="multiple" className="qr-many" aria-label={label} {...(problem === undefined ? {} : { status: "error" as const, "aria-invalid": true })} placeholder={placeholder} showSearch={{ optionFilterProp: "label" }} value={[...value]} onChange={set} options={withSet(options, value)} />;
}
