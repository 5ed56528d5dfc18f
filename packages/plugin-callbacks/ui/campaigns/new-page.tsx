import { useState, type ReactElement } from "react";
import { Alert, Button } from "antd";
import { api, ErrorState, LoadingState, navigate, PageFrame, unlessBusy, useDraft, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/contract.js";
import { codeOf, useChoices, useOffline } from "./campaign-api.js";
import { SettingsForm } from "./settings-form.js";
import { focusProblem } from "./settings-tab.js";
import { FRESH, problemsOf, settingsOf, type SettingsValues } from "./settings-values.js";
import { texts } from "./texts.js";
import { problemWords, Trail } from "./words.js";

/** A new campaign: its settings, then its page, where the people are added. */
export function NewCampaignPage(): ReactElement {
  const text = useTexts(texts);
  const choices = useChoices();
  const offline = useOffline();
  const draft = useDraft<SettingsValues>("campaign new", FRESH);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const create = async (): Promise<void> => {
    setTried(true);
    setProblem(undefined);
    if (problemsOf(draft.values).length > 0) return focusProblem();
    setBusy(true);
    try {
      const { calendar, ...settings } = settingsOf(draft.values);
      const made = await api.post<Campaign>("/api/campaigns", { ...settings, calendar: calendar === "" ? choices.data?.calendar : calendar });
      draft.clear();
      navigate(`/campaigns/${made.id}`, { replace: true });
    } catch (error) {
      setProblem(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="cam-page">
      <PageFrame title={<Trail>{text.create}</Trail>}>
        {choices.error !== undefined && choices.data === undefined ? <ErrorState error={choices.error} what={text.what} onRetry={choices.reload} /> : null}
        {choices.data === undefined ? (
          choices.error === undefined ? <LoadingState rows={10} /> : null
        ) : (
          <form
            className="cam-editor"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              if (!busy && !offline) void create();
            }}
          >
            <SettingsForm values={draft.values} set={draft.set} choices={choices.data} problems={tried ? problemsOf(draft.values) : []} />
            {problem === undefined ? null : <Alert type="error" showIcon title={problem} role="alert" />}
            <div className="cam-savebar">
              <span className="hl-meta">{draft.restored ? text.settings.restored : null}</span>
              <Button
                onClick={() => {
                  draft.clear();
                  navigate("/campaigns");
                }}
              >
                {text.settings.leave}
              </Button>
              <Button type="primary" htmlType="submit" loading={busy} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, () => undefined)}>
                {text.settings.create}
              </Button>
            </div>
          </form>
        )}
      </PageFrame>
    </div>
  );
}
