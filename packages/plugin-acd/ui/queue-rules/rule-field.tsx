import type { ReactElement, ReactNode } from "react";
import { Button, Checkbox, Input, Radio, Select } from "antd";
import { WarningFilled } from "@ant-design/icons";
import { useTexts } from "@hotlinejs/plugin-console/sdk";
import { Figure, Group, Labelled, Many, withSet, wrongAt, type Wrong } from "./fields.js";
import { RULES, type Rule } from "./rule-specs.js";
import type { Forms, RuleForm } from "./rule-values.js";
import { choiceWords, type Names } from "./rule-words.js";
import { Announce, Channels, Divert, Overflow, Presence, Prompt, SkillSteps, Targets } from "./structured-fields.js";
import { texts } from "./texts.js";

interface Props {
  readonly rule: Rule;
  readonly queue: string;
  readonly form: RuleForm;
  readonly set: (form: RuleForm) => void;
  readonly wrong: Wrong;
  readonly names: Names;
  /** Where it differs from the configuration: what that says, and who changed it. */
  readonly changed?: { readonly configured: string; readonly by: string; readonly reset: () => void } | undefined;
  /** Somebody else gave it another value while it was edited here. */
  readonly conflict?: { readonly said: string; readonly keep: () => void; readonly take: () => void } | undefined;
}

/** A rule in the form: its fields, what is configured, and what somebody else did meanwhile. */
export function RuleField({ changed, conflict, ...props }: Props): ReactElement {
  const text = useTexts(texts);
  const { rule } = props;
  const { name } = text.rules[rule];
  const { kind } = RULES[rule];
  const wide = kind !== "number" && kind !== "choice" && kind !== "levels" && kind !== "waits" && kind !== "codes";
  return (
    <div className="qr-field" data-rule={rule} data-wide={wide} data-changed={changed !== undefined}>
      <Control {...props} mark={changed === undefined ? null : <span className="qr-mark">{text.changed}</span>} />
      {conflict === undefined ? null : (
        <p className="qr-conflict" role="alert">
          <WarningFilled aria-hidden /> {conflict.said}{" "}
          <span className="qr-choice">
            <Button size="small" onClick={conflict.take}>
              {text.takeTheirs}
            </Button>
            <Button size="small" onClick={conflict.keep}>
              {text.keepMine}
            </Button>
          </span>
        </p>
      )}
      {changed === undefined ? null : (
        <p className="qr-configured">
          <span>{changed.configured}</span> <span className="hl-meta">{changed.by}</span>
          <Button size="small" type="link" aria-label={text.resetRule(name)} onClick={changed.reset}>
            {text.reset}
          </Button>
        </p>
      )}
    </div>
  );
}

function Control({ rule, queue, form, set, wrong, names, mark }: Omit<Props, "changed" | "conflict"> & { readonly mark: ReactNode }): ReactElement {
  const text = useTexts(texts);
  const { name: label, hint } = text.rules[rule];
  const spec = RULES[rule];
  const more = { wrong, names, label };
  const grouped = (children: ReactNode, whole = wrong[""]): ReactElement => (
    <Group label={label} mark={mark} hint={hint} problem={whole}>
      {children}
    </Group>
  );
  switch (spec.kind) {
    case "number":
      return <Figure label={label} mark={mark} hint={hint} problem={wrongAt(wrong, "")} spec={spec} value={form as string} set={set} />;
    case "choice":
      return spec.options.length < 3 ? (
        grouped(<Radio.Group aria-label={label} value={form} onChange={({ target }) => set(target.value as string)} options={spec.options.map((value) => ({ value, label: choiceWords(rule, value, text) }))} />)
      ) : (
        <Labelled label={label} mark={mark} hint={hint} problem={wrongAt(wrong, "")}>
          {(given) => <Select<string> {...given} className="qr-select" value={form as string} onChange={set} options={withSet(spec.options.map((value) => ({ value, label: choiceWords(rule, value, text) })), [form as string])} />}
        </Labelled>
      );
    case "yes":
      return (
        <div className="qr-labelled">
          <span>
            <Checkbox checked={form === true} onChange={({ target }) => set(target.checked)}>
              {label}
            </Checkbox>{" "}
            {mark}
          </span>
          {wrong[""] === undefined ? null : <span className="qr-problem" role="alert">{wrong[""]}</span>}
        </div>
      );
    case "presence":
      return grouped(<Presence {...more} form={form as Forms["presence"]} set={set} states={text.presenceStates[rule] ?? ""} />, wrongAt(wrong, ""));
    case "levels":
    case "waits":
      return (
        <Labelled label={label} mark={mark} hint={hint} problem={Object.values(wrong)[0]}>
          {(given) => <Input {...given} className="qr-select" maxLength={1000} value={form as string} onChange={({ target }) => set(target.value)} />}
        </Labelled>
      );
    case "codes":
      return grouped(<Many label={label} problem={Object.values(wrong)[0]} placeholder={text.all} value={form as Forms["codes"]} set={set} options={[...names.codes].map(([value, each]) => ({ value, label: each }))} />, Object.values(wrong)[0]);
    case "channels":
      return grouped(<Channels {...more} form={form as Forms["channels"]} set={set} />);
    case "skillSteps":
      return grouped(<SkillSteps {...more} form={form as Forms["skillSteps"]} set={set} />);
    case "overflow":
      return grouped(<Overflow {...more} own={queue} form={form as Forms["overflow"]} set={set} />);
    case "divert":
      return grouped(<Divert {...more} form={form as Forms["divert"]} set={set} />);
    case "targets":
      return grouped(<Targets {...more} form={form as Forms["targets"]} set={set} />);
    case "announce":
      return grouped(<Announce {...more} form={form as Forms["announce"]} set={set} />);
    case "prompt":
      return <Prompt label={label} mark={mark} modes={spec.beep === true ? ["beep", "none", "text", "id"] : ["default", "none", "text", "id"]} form={form as Forms["prompt"]} set={set} problem={wrongAt(wrong, "")} />;
  }
}
