import type { ReactElement, ReactNode } from "react";
import { Button, Checkbox, Input, Radio, Select } from "antd";
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { keepFocus, useTexts } from "@hotlinejs/plugin-console/sdk";
import { Figure, Labelled, Many, wrongAt, type ControlProps } from "./fields.js";
import { CHANNELS, PARTS, STATES } from "./rule-specs.js";
import type { Forms, PromptForm, TargetForm } from "./rule-values.js";
import { texts } from "./texts.js";

export function Presence({ form, set, wrong, label, states }: ControlProps<Forms["presence"]> & { /** What the states stand for. */ readonly states: string }): ReactElement {
  const text = useTexts(texts);
  const problem = wrongAt(wrong, "");
  return (
    <div className="qr-row">
      <Radio.Group aria-label={label} optionType="button" value={form.mode} onChange={({ target }) => set({ ...form, mode: target.value as Forms["presence"]["mode"] })} options={(["yes", "no", "states"] as const).map((value) => ({ value, label: text.presence[value] }))} />
      {form.mode === "states" ? (
        <>
          <span>{states}</span>
          <Many label={`${label} ${states}`} problem={problem} value={form.states} set={(chosen) => set({ ...form, states: chosen })} options={STATES.map((value) => ({ value, label: text.states[value] ?? value }))} />
        </>
      ) : null}
    </div>
  );
}

export function Divert({ form, set, wrong }: ControlProps<Forms["divert"]>): ReactElement {
  const text = useTexts(texts);
  return (
    <div className="qr-row">
      <Figure label={text.divert.waitSeconds} spec={PARTS.waitSeconds} value={form.waitSeconds} problem={wrong["waitSeconds"]} set={(waitSeconds) => set({ ...form, waitSeconds })} />
      <Figure label={text.divert.ratio} spec={PARTS.ratio} value={form.ratio} problem={wrong["ratio"]} set={(ratio) => set({ ...form, ratio })} />
      <Checkbox className="qr-beside" checked={form.whileWaiting} onChange={({ target }) => set({ ...form, whileWaiting: target.checked })}>
        {text.divert.whileWaiting}
      </Checkbox>
    </div>
  );
}

export function Overflow({ form, set, wrong, names, own }: ControlProps<Forms["overflow"]> & { /** Key of this queue. */ readonly own: string }): ReactElement {
  const text = useTexts(texts);
  const queues = [...names.queues].filter(([key]) => key !== own).map(([value, label]) => ({ value, label }));
  const put = (at: number, change: Partial<Forms["overflow"][number]>): void => set(form.map((step, each) => (each === at ? { ...step, ...change } : step)));
  return (
    <Steps count={form.length} add={() => set([...form, { after: "", queues: [] }])} remove={(at) => set(form.filter((_, each) => each !== at))}>
      {(at) => (
        <>
          <Figure label={text.after} spec={PARTS.after} value={form[at]?.after ?? ""} problem={wrongAt(wrong, `${at}.afterSeconds`)} set={(after) => put(at, { after })} />
          <Labelled label={text.toQueues} problem={wrongAt(wrong, `${at}.queues`)}>
            {(more) => <Select<string[]> {...more} mode="multiple" className="qr-many" showSearch={{ optionFilterProp: "label" }} value={[...(form[at]?.queues ?? [])]} onChange={(chosen) => put(at, { queues: chosen })} options={queues} />}
          </Labelled>
        </>
      )}
    </Steps>
  );
}

export function SkillSteps({ form, set, wrong }: ControlProps<Forms["skillSteps"]>): ReactElement {
  const text = useTexts(texts);
  const put = (at: number, change: Partial<Forms["skillSteps"][number]>): void => set(form.map((step, each) => (each === at ? { ...step, ...change } : step)));
  return (
    <Steps count={form.length} add={() => set([...form, { after: "", skills: "" }])} remove={(at) => set(form.filter((_, each) => each !== at))}>
      {(at) => (
        <>
          <Figure label={text.after} spec={PARTS.after} value={form[at]?.after ?? ""} problem={wrongAt(wrong, `${at}.afterSeconds`)} set={(after) => put(at, { after })} />
          <Labelled label={text.levelsTo} problem={wrongAt(wrong, `${at}.skills`)}>
            {(more) => <Input {...more} className="qr-wide" maxLength={500} value={form[at]?.skills ?? ""} onChange={({ target }) => put(at, { skills: target.value })} />}
          </Labelled>
        </>
      )}
    </Steps>
  );
}

/** Steps one under the other, in any number. */
function Steps({ count, add, remove, children }: { readonly count: number; readonly add: () => void; readonly remove: (at: number) => void; readonly children: (at: number) => ReactElement }): ReactElement {
  const text = useTexts(texts);
  return (
    <div ref={keepFocus}>
      <ul className="qr-steps">
        {Array.from({ length: count }, (_, at) => (
          <li key={at} className="qr-row">
            {children(at)}
            <Button className="qr-beside" type="text" icon={<DeleteOutlined />} aria-label={text.removeStep(at + 1)} title={text.removeStep(at + 1)} onClick={() => remove(at)} />
          </li>
        ))}
      </ul>
      <Button size="small" icon={<PlusOutlined />} onClick={add}>
        {text.addStep}
      </Button>
    </div>
  );
}

export function Channels({ form, set, wrong }: ControlProps<Forms["channels"]>): ReactElement {
  const text = useTexts(texts);
  // A channel that another plugin brings is shown as it is called.
  const channels = [...CHANNELS, ...Object.keys(form).filter((channel) => !(CHANNELS as readonly string[]).includes(channel))];
  return (
    <div className="qr-row">
      {channels.map((channel) => (
        <Figure key={channel} label={text.channels[channel] ?? channel} spec={{ unit: PARTS.channel.unit, min: PARTS.channel.min }} value={form[channel] ?? ""} problem={wrongAt(wrong, channel)} set={(limit) => set({ ...form, [channel]: limit })} />
      ))}
    </div>
  );
}

export function Targets({ form, set, wrong }: ControlProps<Forms["targets"]>): ReactElement {
  const text = useTexts(texts);
  const target = (name: keyof Forms["targets"]): ReactElement => {
    const { mode, percent } = form[name];
    const put = (change: Partial<TargetForm>): void => set({ ...form, [name]: { ...form[name], ...change } });
    return (
      <Labelled label={text.targets[name]} problem={wrong[name]}>
        {(more) => (
          <span className="qr-inline">
            <Select<TargetForm["mode"]> id={more.id} className="qr-mode" value={mode} onChange={(chosen) => put({ mode: chosen })} options={(["default", "own", "none"] as const).map((value) => ({ value, label: text.targets[value] }))} />
            {mode === "own" ? <Input {...more} id={`${more.id}-own`} aria-label={`${text.targets[name]} ${text.targets.own}`} className="qr-percent" inputMode="decimal" maxLength={7} suffix="%" value={percent} onChange={(event) => put({ percent: event.target.value })} /> : null}
          </span>
        )}
      </Labelled>
    );
  };
  return (
    <div className="qr-row">
      {target("connectRate")}
      {target("serviceLevel")}
    </div>
  );
}

/** What is said, or nothing: the default words, a text, or a recording. */
export function Prompt({ label, mark, modes, form, set, problem }: { readonly label: string; readonly mark?: ReactNode; readonly modes: readonly PromptForm["mode"][]; readonly form: PromptForm; readonly set: (form: PromptForm) => void; readonly problem: string | undefined }): ReactElement {
  const text = useTexts(texts);
  const { mode, words } = form;
  return (
    <Labelled label={label} mark={mark} problem={problem}>
      {(more) => (
        <span className="qr-inline">
          <Select<PromptForm["mode"]> id={more.id} className="qr-mode" value={mode} onChange={(chosen) => set({ ...form, mode: chosen })} options={modes.map((value) => ({ value, label: text.prompt[value] }))} />
          {mode === "text" || mode === "id" ? <Input {...more} id={`${more.id}-words`} aria-label={text.promptOf[mode](label)} className="qr-wide" maxLength={mode === "text" ? 2000 : 100} value={words} onChange={({ target }) => set({ ...form, words: target.value })} /> : null}
        </span>
      )}
    </Labelled>
  );
}

export function Announce({ form, set, wrong }: ControlProps<Forms["announce"]>): ReactElement {
  const { announce: text } = useTexts(texts);
  const put = (change: Partial<Forms["announce"]>): void => set({ ...form, ...change });
  const message = (at: number, next: PromptForm): void => put({ messages: form.messages.map((each, place) => (place === at ? next : each)) });
  return (
    <div className="qr-parts">
      <Prompt label={text.welcome} modes={["default", "none", "text", "id"]} form={form.welcome} set={(welcome) => put({ welcome })} problem={wrongAt(wrong, "welcome")} />
      <div className="qr-row">
        <Figure label={text.firstSeconds} spec={PARTS.firstSeconds} value={form.firstSeconds} problem={wrong["firstSeconds"]} set={(firstSeconds) => put({ firstSeconds })} />
        <Figure label={text.everySeconds} spec={{ unit: "seconds", min: 0 }} hint={text.everyHint} value={form.everySeconds} problem={wrong["everySeconds"]} set={(everySeconds) => put({ everySeconds })} />
      </div>
      <Prompt label={text.position} modes={["default", "text", "id"]} form={form.position} set={(position) => put({ position })} problem={wrongAt(wrong, "position")} />
      <Prompt label={text.next} modes={["default", "text", "id"]} form={form.next} set={(next) => put({ next })} problem={wrongAt(wrong, "next")} />
      <div ref={keepFocus} className="qr-parts" role="group" aria-label={text.messages}>
        <span className="qr-sub">{text.messages}</span>
        {form.messages.map((each, at) => (
          <div key={at} className="qr-row">
            <Prompt label={text.message(at + 1)} modes={["text", "id"]} form={each} set={(next) => message(at, next)} problem={wrongAt(wrong, `messages.${at}`)} />
            <Button className="qr-beside" type="text" icon={<DeleteOutlined />} aria-label={text.remove(at + 1)} title={text.remove(at + 1)} onClick={() => put({ messages: form.messages.filter((_, place) => place !== at) })} />
          </div>
        ))}
        <span>
          <Button size="small" icon={<PlusOutlined />} disabled={form.messages.length >= 20} onClick={() => put({ messages: [...form.messages, { mode: "text", words: "", rest: {} }] })}>
            {text.add}
          </Button>
        </span>
      </div>
      <div className="qr-row">
        <Figure label={text.messagesEverySeconds} spec={PARTS.messagesEverySeconds} hint={text.afterEach} value={form.messagesEverySeconds} problem={wrong["messagesEverySeconds"]} set={(messagesEverySeconds) => put({ messagesEverySeconds })} />
        <Figure label={text.messagesFirstSeconds} spec={PARTS.messagesFirstSeconds} hint={text.firstHint} value={form.messagesFirstSeconds} problem={wrong["messagesFirstSeconds"]} set={(messagesFirstSeconds) => put({ messagesFirstSeconds })} />
      </div>
    </div>
  );
}
