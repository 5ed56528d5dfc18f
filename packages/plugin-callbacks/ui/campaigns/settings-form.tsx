import { useId, type ReactElement, type ReactNode } from "react";
import { Checkbox, Input, InputNumber, Radio, Select } from "antd";
import { formatTime, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { CampaignKind } from "../../src/contract.js";
import type { CampaignChoices } from "../../src/http/campaign-choices.js";
import { localOf } from "./local-time.js";
import type { Field, SettingsValues } from "./settings-values.js";
import { texts, type Texts } from "./texts.js";
import { kindHint } from "./words.js";

const KINDS: readonly CampaignKind[] = ["agent", "announcement", "flow"];

interface Props {
  readonly values: SettingsValues;
  readonly set: (patch: Partial<SettingsValues>) => void;
  readonly choices: CampaignChoices;
  /** What is told at the fields to be wrong. */
  readonly problems: readonly Field[];
  /** The kind is settled. */
  readonly kindFixed?: boolean;
}

/** All settings of a campaign. What another kind would need is not asked for. */
export function SettingsForm({ values, set, choices, problems, kindFixed = false }: Props): ReactElement {
  const text = useTexts(texts);
  const id = useId();
  const { settings } = text;
  const at = (field: Field, hint?: string): FieldProps => ({ id: `${id}${field}`, label: settings.fields[field] ?? field, problem: problems.includes(field) ? settings.problems[field] : undefined, hint });
  const { kind } = values;
  const withAgents = values.queue !== "";
  return (
    <div className="cam-form">
      <fieldset>
        <legend>{settings.basics}</legend>
        <Labelled {...at("name")} label={text.name} required>
          {(more) => <Input {...more} maxLength={100} value={values.name} onChange={({ target }) => set({ name: target.value })} />}
        </Labelled>
        <div className="cam-field" role="group" aria-labelledby={`${id}kind`}>
          <span id={`${id}kind`} className="cam-label">
            {text.kind}
          </span>
          {kindFixed ? (
            <span>{text.kinds[kind]}</span>
          ) : (
            <Radio.Group value={kind} onChange={({ target }) => set({ kind: target.value as CampaignKind })} optionType="button" options={KINDS.map((value) => ({ value, label: text.kinds[value] }))} />
          )}
          <span className="hl-meta">{kindHint(values, text)}</span>
        </div>
      </fieldset>

      <fieldset>
        <legend>{settings.content}</legend>
        <Labelled {...at("queue")} label={kind === "agent" ? settings.queueAgent : settings.queueZero} required={kind === "agent"}>
          {(more) => <Select {...more} showSearch={{ optionFilterProp: "label" }} value={values.queue === "" && kind === "agent" ? undefined : values.queue} onChange={(queue: string) => set({ queue })} options={[...(kind === "agent" ? [] : [{ value: "", label: settings.queueNone }]), ...known(choices.queues.map(({ key, name }) => ({ value: key, label: name })), values.queue)]} />}
        </Labelled>
        {kind === "announcement" ? (
          <>
            <Radio.Group aria-label={settings.prompt} value={values.promptBy} onChange={({ target }) => set({ promptBy: target.value as "text" | "id" })} options={[{ value: "text", label: settings.promptText }, { value: "id", label: settings.promptId }]} />
            {values.promptBy === "text" ? (
              <Labelled {...at("prompt", settings.promptHint)} label={settings.prompt} required>
                {(more) => <Input.TextArea {...more} className="cam-area" maxLength={2000} value={values.promptText} onChange={({ target }) => set({ promptText: target.value })} />}
              </Labelled>
            ) : (
              <Labelled {...at("prompt", settings.promptIdHint)} label={settings.prompt} required>
                {(more) => <Input {...more} maxLength={100} value={values.promptId} onChange={({ target }) => set({ promptId: target.value })} />}
              </Labelled>
            )}
          </>
        ) : null}
        {kind === "flow" ? (
          <Labelled {...at("flow", choices.flows.length === 0 ? settings.noFlows : undefined)} label={settings.flow} required>
            {(more) => <Select {...more} showSearch={{ optionFilterProp: "label" }} value={values.flow === "" ? undefined : values.flow} onChange={(flow: string) => set({ flow })} options={known(choices.flows.map((flow) => ({ value: flow.id, label: flow.title })), values.flow)} />}
          </Labelled>
        ) : null}
        {kind === "agent" || withAgents ? (
          <Labelled {...at("script", settings.scriptHint)} label={settings.script} optional={settings.optional}>
            {(more) => <Input.TextArea {...more} className="cam-area" maxLength={5_000} value={values.script} onChange={({ target }) => set({ script: target.value })} />}
          </Labelled>
        ) : null}
        <Labelled {...at("callerId", settings.callerIdHint)} label={settings.callerId} optional={settings.optional}>
          {(more) => <Input {...more} className="cam-short" maxLength={30} inputMode="tel" placeholder={choices.callerId ?? undefined} value={values.callerId} onChange={({ target }) => set({ callerId: target.value })} />}
        </Labelled>
      </fieldset>

      <fieldset>
        <legend>{settings.when}</legend>
        <Labelled {...at("calendar", settings.calendarHint)} label={settings.calendar}>
          {(more) => <Select {...more} value={values.calendar === "" ? choices.calendar : values.calendar} onChange={(calendar: string) => set({ calendar })} options={known(choices.calendars.map((calendar) => ({ value: calendar.key, label: calendarWords(calendar, text) })), values.calendar)} />}
        </Labelled>
        <div className="cam-pair">
          <Labelled {...at("from")} label={settings.from} optional={settings.optional}>
            {(more) => <Input {...more} type="datetime-local" value={values.from} onChange={({ target }) => set({ from: target.value })} />}
          </Labelled>
          <Labelled {...at("until")} label={settings.until} optional={settings.optional}>
            {(more) => <Input {...more} type="datetime-local" value={values.until} onChange={({ target }) => set({ until: target.value })} />}
          </Labelled>
        </div>
      </fieldset>

      <fieldset>
        <legend>{settings.rule}</legend>
        <div className="cam-pair">
          <Labelled {...at("retry")} label={settings.maxAttempts}>
            {(more) => <InputNumber {...more} min={1} max={20} precision={0} value={values.maxAttempts} onChange={(maxAttempts) => set({ maxAttempts })} />}
          </Labelled>
          <Labelled id={`${id}waits`} label={settings.waits} hint={settings.waitsHint}>
            {(more) => <Input {...more} className="cam-short" maxLength={100} disabled={values.maxAttempts === 1} value={values.waits} onChange={({ target }) => set({ waits: target.value })} />}
          </Labelled>
        </div>
        <Checkbox disabled={values.maxAttempts === 1} checked={values.otherSlot} onChange={({ target }) => set({ otherSlot: target.checked })}>
          {settings.otherSlot}
        </Checkbox>
        <Labelled {...at("atOnce", settings.atOnceHint)} label={settings.atOnce}>
          {(more) => <InputNumber {...more} min={1} max={1000} precision={0} value={values.atOnce} onChange={(atOnce) => set({ atOnce })} />}
        </Labelled>
      </fieldset>
    </div>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly required?: boolean;
  readonly optional?: string;
}

interface ControlProps {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-required"?: true;
  readonly "aria-invalid"?: true;
  readonly status?: "error";
}

/** A field with its label above, and below what is wrong, or else what helps. */
function Labelled({ id, label, hint, problem, required = false, optional, children }: FieldProps & { readonly children: (more: ControlProps) => ReactNode }): ReactElement {
  const below = problem ?? hint;
  return (
    <div className="cam-field">
      <label htmlFor={id} className="cam-label">
        {label} {required ? <span className="cam-required" aria-hidden>*</span> : optional === undefined ? null : <span className="hl-meta">{optional}</span>}
      </label>
      {children({ id, ...(below === undefined ? {} : { "aria-describedby": `${id}-below` }), ...(required ? { "aria-required": true as const } : {}), ...(problem === undefined ? {} : { "aria-invalid": true as const, status: "error" as const }) })}
      {below === undefined ? null : (
        <span id={`${id}-below`} className={problem === undefined ? "hl-meta" : "cam-problem"} role={problem === undefined ? undefined : "alert"}>
          {below}
        </span>
      )}
    </div>
  );
}

/** What is set stays in the list, even if it is no longer among what can be chosen. */
function known(options: readonly { readonly value: string; readonly label: string }[], value: string): { value: string; label: string }[] {
  return [...options, ...(value === "" || options.some((option) => option.value === value) ? [] : [{ value, label: value }])];
}

/** A calendar by its name, or else its key, and by the hours of its next day. */
export function calendarWords({ key, name, slots }: CampaignChoices["calendars"][number], text: Texts): string {
  const [first] = slots;
  if (first === undefined) return text.settings.named(name ?? key, text.settings.neverOpen);
  const hours = slots.map(({ from, to }) => `${formatTime(from).slice(0, 5)}–${endOf(to)}`).join(text.settings.separator);
  return text.settings.named(name ?? key, `${localOf(first.from).slice(5, 10)} ${hours}`);
}

/** Midnight at the end of a day is 24:00. */
function endOf(at: number): string {
  const time = formatTime(at).slice(0, 5);
  return time === "00:00" ? "24:00" : time;
}
