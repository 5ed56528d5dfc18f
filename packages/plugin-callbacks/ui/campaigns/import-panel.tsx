import { useId, useRef, useState, type ReactElement } from "react";
import { Alert, Button, Input } from "antd";
import { announce, api, StatusTag, unlessBusy, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { PeopleAdded } from "../../src/contract.js";
import { codeOf, pathOf, useOffline } from "./campaign-api.js";
import { decodeText, listOf } from "./csv.js";
import { texts, type Texts } from "./texts.js";
import { count, problemWords } from "./words.js";

const MOST = 10_000;
const TOO_MANY = "HTL_CALLBACKS_TOO_MANY_PEOPLE";
/** So many lines are named; the server tells no more than a hundred. */
const NAMED = 20;

/** People are added: pasted from a table, or out of a file. What became of each line is counted, nothing is lost silently. */
export function ImportPanel({ campaignId, first, done, close }: { readonly campaignId: string; /** Nobody is on the list yet: it is what comes next. */ readonly first: boolean; readonly done: () => void; readonly close: () => void }): ReactElement {
  const text = useTexts(texts);
  const offline = useOffline();
  const id = useId();
  const file = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [name, setName] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [outcome, setOutcome] = useState<{ readonly added: PeopleAdded; /** Lines of it that stood before what was given. */ readonly before: number }>();
  const list = listOf(typed);

  const choose = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    setTyped(decodeText(new Uint8Array(await chosen.arrayBuffer())));
    setName(chosen.name);
    setProblem(undefined);
    setOutcome(undefined);
  };
  const submit = async (): Promise<void> => {
    setOutcome(undefined);
    if (list.lines === 0) return setProblem(text.import.empty);
    if (list.lines > MOST) return setProblem(problemWords(text, TOO_MANY));
    setBusy(true);
    setProblem(undefined);
    try {
      const added = await api.post<PeopleAdded>(`${pathOf(campaignId)}/people`, { csv: list.csv });
      setOutcome({ added, before: list.added });
      announce(outcomeWords(added, list.added, text).map(({ words }) => words).join("；"));
      if (added.invalid === 0) {
        setTyped("");
        setName(undefined);
      }
      done();
    } catch (error) {
      setProblem(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="hl-card cam-import"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !offline) void submit();
      }}
    >
      <h2>{text.import.title}</h2>
      <p className="hl-meta" id={`${id}how`}>
        {text.import.how}
      </p>
      <Input.TextArea className="cam-area" aria-label={text.import.area} aria-describedby={`${id}how`} placeholder={text.import.sample} spellCheck={false} value={typed} onChange={({ target }) => setTyped(target.value)} />
      {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
      {outcome === undefined ? null : (
        <p className="cam-outcome" role="status">
          {outcomeWords(outcome.added, outcome.before, text).map(({ words, status }) =>
            status === undefined ? (
              <span key={words}>{words}</span>
            ) : (
              <StatusTag key={words} status={status}>
                {words}
              </StatusTag>
            ),
          )}
        </p>
      )}
      <div className="cam-buttons">
        <input ref={file} type="file" hidden accept=".csv,.txt,text/csv,text/plain" aria-label={text.import.file} onChange={({ target }) => void choose(target.files?.[0]).finally(() => void (target.value = ""))} />
        <Button onClick={() => file.current?.click()}>{text.import.file}</Button>
        <span className="hl-meta">{[name, list.lines === 0 ? undefined : text.import.lines(count(list.lines))].filter((part) => part !== undefined).join(" · ")}</span>
        <Button className="cam-right" onClick={close}>
          {text.import.close}
        </Button>
        <Button type={first ? "primary" : "default"} htmlType="submit" loading={busy} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, () => undefined)}>
          {text.import.submit}
        </Button>
      </div>
    </form>
  );
}

/** What became of the lines; those without a number are named as they stand in what was given. */
function outcomeWords({ added, duplicate, doNotCall, invalid, invalidLines }: PeopleAdded, before: number, text: Texts): readonly { readonly words: string; readonly status?: "ready" | "fault" }[] {
  const lines = invalidLines.map((line) => line - before);
  return [
    { words: text.import.done(count(added)), status: "ready" as const },
    ...(duplicate === 0 ? [] : [{ words: text.import.duplicate(count(duplicate)) }]),
    ...(doNotCall === 0 ? [] : [{ words: text.import.doNotCall(count(doNotCall)) }]),
    ...(invalid === 0 ? [] : [{ words: text.import.invalid(count(invalid), lines.slice(0, NAMED).join(text.settings.separator), invalid > Math.min(lines.length, NAMED)), status: "fault" as const }]),
  ];
}
