import { useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { App, Button, Tabs } from "antd";
import { announce, api, ApiError, linkStore, unlessBusy, useDraft, useStore, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { QueueSnapshot } from "../../src/contract.js";
import { useWrapUpCodes } from "../agent-reasons.js";
import { faultsOf, said, type Faults } from "./fault-words.js";
import { pathOf, whenOf, whoOf, type RulesOfQueue } from "./queue-rules-api.js";
import { ResetDialog } from "./reset-dialog.js";
import { RuleField } from "./rule-field.js";
import { isRule, RULE_NAMES, sectionOf, SECTION_NAMES, SECTIONS, type Rule, type Section } from "./rule-specs.js";
import { conflictsOf, dirtyOf, outcomeOf, patchOf, shownForm, together, written, type Edits, type RuleForm } from "./rule-values.js";
import { problemWords, valueWords } from "./rule-words.js";
import { texts, type Texts } from "./texts.js";

interface Props {
  readonly rules: RulesOfQueue;
  readonly queues: ReadonlyMap<string, QueueSnapshot>;
  /** Who waits in the queue at this moment. */
  readonly waiting: number;
  readonly put: (rules: RulesOfQueue) => void;
  readonly reload: () => void;
}

/** The rules of one queue in a form. Only what is edited here is kept here: what others change shows in all other fields at once. */
export function RulesEditor({ rules, queues, waiting, put, reload }: Props): ReactElement {
  const text = useTexts(texts);
  const { message } = App.useApp();
  const codes = useWrapUpCodes();
  const offline = useStore(linkStore).state === "offline";
  const draft = useDraft<Edits>(`queue-rules ${rules.queue}`, {});
  const [section, setSection] = useState<Section>("share");
  const [tried, setTried] = useState(false);
  const [told, setTold] = useState<Faults>({});
  const [asked, setAsked] = useState<readonly string[]>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const toProblem = useRef(false);
  const names = useMemo(() => ({ codes, queues: new Map([...queues.values()].map(({ key, name }) => [key, name])) }), [codes, queues]);

  const edits = draft.values;
  const dirty = dirtyOf(edits, rules.rules);
  const conflicts = conflictsOf(edits, rules.rules);
  const made = [...rules.changed, ...rules.leftOut].map(({ rule }) => rule);
  const patch = patchOf(edits, dirty, { configured: rules.configured, made });
  const own = problemsOf(edits, dirty, patch.impossible, rules, text);
  const wrongOf = (rule: Rule): Readonly<Record<string, string>> => ({ ...told[rule], ...(tried ? own[rule] : {}) });
  const words = (rule: string, value: unknown): string => (isRule(rule) ? valueWords(rule, value, text, names) : JSON.stringify(value ?? null));
  const nameOf = (rule: string): string => (isRule(rule) ? text.rules[rule].name : text.formerRule(rule));

  // When the fields know that they are wrong, and their part of the form is drawn.
  useEffect(() => {
    if (!toProblem.current) return;
    toProblem.current = false;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .qr-field:has(.qr-problem) :is(input, button), .qr-conflict button')?.focus();
  });
  const lookAt = (rule: Rule | undefined): void => {
    if (rule !== undefined) setSection(sectionOf(rule));
    toProblem.current = true;
  };
  const set = (rule: Rule, value: RuleForm): void => {
    if (told[rule] !== undefined) setTold(({ [rule]: _gone, ...rest }) => rest);
    const begun = edits[rule];
    const seen = begun !== undefined && dirty.includes(rule) ? begun.seen : written(rule, rules.rules[rule]);
    draft.set({ [rule]: { form: value, seen } });
  };
  const forget = (gone: readonly string[]): void => {
    if (dirty.every((rule) => gone.includes(rule))) draft.clear();
    else draft.set(Object.fromEntries(gone.map((rule) => [rule, undefined])));
  };
  const say = (line: string, good: boolean): void => {
    void (good ? message.success(line) : message.warning(line));
    announce(line, good ? "polite" : "assertive");
  };

  const send = async (body: { readonly rules?: Readonly<Record<string, unknown>>; readonly reset?: readonly string[] }, done: string, settled: readonly string[]): Promise<void> => {
    setBusy(true);
    try {
      put(await api.patch<RulesOfQueue>(pathOf(rules.queue), { version: rules.version, ...body }));
      forget(settled);
      setTried(false);
      setTold({});
      say(done, true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const faults = faultsOf(error, text);
      setTold(faults);
      if (Object.keys(faults).length > 0) lookAt(RULE_NAMES.find((rule) => faults[rule] !== undefined));
      else if (error.status === 409) lookAt(undefined);
      say(refusedWords(error, text), false);
      reload();
    } finally {
      setBusy(false);
      setAsked(undefined);
    }
  };
  const save = (): void => {
    setTried(true);
    const [conflict] = conflicts;
    const wrong = RULE_NAMES.find((rule) => own[rule] !== undefined);
    if (conflict !== undefined) {
      say(text.undecided(conflicts.length), false);
      return lookAt(conflict);
    }
    if (wrong !== undefined) {
      announce(text.wrong(Object.keys(own).length), "assertive");
      return lookAt(wrong);
    }
    void send({ rules: patch.rules, reset: patch.reset }, text.saved(rules.name), dirty);
  };

  const field = (rule: Rule): ReactElement => {
    const edit = edits[rule];
    const by = rules.changed.find((each) => each.rule === rule);
    const theirs = words(rule, rules.rules[rule]);
    return (
      <RuleField
        key={rule}
        rule={rule}
        queue={rules.queue}
        names={names}
        form={shownForm(rule, edit, rules.rules[rule])}
        set={(value) => set(rule, value)}
        wrong={wrongOf(rule)}
        changed={by === undefined ? undefined : { configured: text.configured(words(rule, rules.configured[rule])), by: text.changedBy(whoOf(by, text), whenOf(by.at)), reset: () => setAsked([rule]) }}
        conflict={
          edit === undefined || !conflicts.includes(rule)
            ? undefined
            : {
                said: by === undefined ? text.overtakenBack(theirs) : text.overtaken(whoOf(by, text), whenOf(by.at), theirs),
                keep: () => draft.set({ [rule]: { ...edit, seen: written(rule, rules.rules[rule]) } }),
                take: () => forget([rule]),
              }
        }
      />
    );
  };
  const tab = (each: Section): { readonly key: Section; readonly label: ReactElement } => {
    const within = (list: readonly string[]): number => list.filter((rule) => Object.hasOwn(SECTIONS[each], rule)).length;
    const bad = within(conflicts) + within(RULE_NAMES.filter((rule) => Object.keys(wrongOf(rule)).length > 0));
    const changed = within(rules.changed.map(({ rule }) => rule));
    return { key: each, label: <span>{text.sections[each]}{changed === 0 ? null : <span className="qr-count"> {changed}</span>}{bad === 0 ? null : <span className="qr-problem" title={text.wrong(bad)}> !</span>}</span> };
  };

  return (
    <form
      ref={form}
      className="qr-editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !offline && dirty.length > 0) save();
      }}
    >
      <header className="qr-head">
        <h2>{rules.name}</h2>
        {made.length === 0 ? null : (
          <Button size="small" onClick={() => setAsked(made)}>
            {text.resetAll}
          </Button>
        )}
      </header>
      {rules.leftOut.length === 0 ? null : (
        <div className="qr-left-out" role="note">
          <strong>{text.leftOutTitle}</strong>
          <ul>
            {rules.leftOut.map((each) => (
              <li key={each.rule}>
                {text.leftOutLine(nameOf(each.rule), whoOf(each, text), whenOf(each.at))}
                {said(each.why, text) ?? text.goneReference}
                <Button size="small" type="link" aria-label={text.resetRule(nameOf(each.rule))} onClick={() => setAsked([each.rule])}>
                  {text.reset}
                </Button>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="hl-card qr-card">
        <Tabs size="small" activeKey={section} onChange={(key) => setSection(key as Section)} items={SECTION_NAMES.map(tab)} />
        <div className="qr-grid">{(Object.keys(SECTIONS[section]) as Rule[]).map(field)}</div>
      </div>
      {dirty.length === 0 ? null : (
        <div className="qr-savebar">
          <span>
            <strong>{text.toSave(dirty.length, dirty.map(nameOf).join(text.separator))}</strong>{" "}
            <span className="hl-meta">{conflicts.length > 0 ? text.undecided(conflicts.length) : tried && Object.keys(own).length > 0 ? text.wrong(Object.keys(own).length) : draft.restored ? text.restored : text.effect(waiting)}</span>
          </span>
          <Button
            onClick={() => {
              draft.clear();
              setTold({});
              setTried(false);
            }}
          >
            {text.discard}
          </Button>
          <Button type="primary" htmlType="submit" loading={busy} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, () => undefined)}>
            {text.save}
          </Button>
        </div>
      )}
      {asked === undefined ? null : (
        <ResetDialog
          lines={asked.map((rule) => ({ rule, name: nameOf(rule), now: words(rule, rules.rules[rule]), then: words(rule, rules.configured[rule]) }))}
          queue={rules.name}
          waiting={waiting}
          drops={asked.some((rule) => (dirty as readonly string[]).includes(rule))}
          busy={busy}
          reset={() => void send({ reset: asked }, text.resetDone(rules.name), asked)}
          keep={() => setAsked(undefined)}
        />
      )}
    </form>
  );
}

/** What can be said without the server. */
function problemsOf(edits: Edits, dirty: readonly Rule[], impossible: readonly Rule[], { rules }: RulesOfQueue, text: Texts): Faults {
  const forms = Object.fromEntries(RULE_NAMES.map((rule) => [rule, shownForm(rule, edits[rule], rules[rule])])) as Record<Rule, RuleForm>;
  const near = together(forms, dirty);
  return Object.fromEntries(
    RULE_NAMES.flatMap((rule) => {
      const edited = edits[rule];
      const found = { ...near[rule], ...(impossible.includes(rule) ? { "": { is: "configured" as const } } : {}), ...(dirty.includes(rule) && edited !== undefined ? outcomeOf(rule, edited.form).problems : {}) };
      return Object.keys(found).length === 0 ? [] : [[rule, Object.fromEntries(Object.entries(found).map(([place, problem]) => [place, problemWords(problem, text)]))]];
    }),
  );
}

function refusedWords({ code, status }: ApiError, text: Texts): string {
  if (code === "NETWORK") return text.network;
  return text.codes[code.replace(/^HTL_ACD_/, "")] ?? (status === 403 ? text.forbidden : text.other(code));
}
