import { useState, type ReactElement } from "react";
import { App, Button } from "antd";
import { announce, api, ErrorState, LoadingState, unlessBusy, useDraft, useMay, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/contract.js";
import { codeOf, MANAGE, pathOf, useChoices, useOffline } from "./campaign-api.js";
import { Facts } from "./facts.js";
import { SettingsForm } from "./settings-form.js";
import { changedFields, patchOf, problemsOf, valuesOf, type SettingsValues } from "./settings-values.js";
import { texts } from "./texts.js";
import { problemWords } from "./words.js";

/** Settings: to be changed before the start and in a pause, to be read otherwise. */
export function SettingsTab({ campaign, changed }: { readonly campaign: Campaign; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const may = useMay(MANAGE);
  const editable = may && (campaign.status === "draft" || campaign.status === "paused");
  if (editable) return <Editor campaign={campaign} changed={changed} />;
  return (
    <div className="cam-read">
      <p className="hl-meta">{!may ? text.settings.noPermission : campaign.status === "running" ? text.settings.running : text.settings.over}</p>
      <Facts campaign={campaign} whole />
    </div>
  );
}

function Editor({ campaign, changed }: { readonly campaign: Campaign; readonly changed: () => void }): ReactElement {
  const text = useTexts(texts);
  const { message } = App.useApp();
  const choices = useChoices();
  const offline = useOffline();
  // Only what was typed: what others change meanwhile shows in all other fields.
  const draft = useDraft<Partial<SettingsValues>>(`campaign ${campaign.id}`, {});
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const values: SettingsValues = { ...valuesOf(campaign), ...draft.values };
  const fields = changedFields(values, campaign);
  const problems = tried ? problemsOf(values) : [];
  if (choices.error !== undefined && choices.data === undefined) return <ErrorState error={choices.error} what={text.what} onRetry={choices.reload} />;
  if (choices.data === undefined) return <LoadingState rows={10} />;

  const save = async (): Promise<void> => {
    setTried(true);
    if (problemsOf(values).length > 0) return focusProblem();
    setBusy(true);
    try {
      await api.patch(pathOf(campaign.id), { ...patchOf(values, fields), version: campaign.version });
      draft.clear();
      setTried(false);
      void message.success(text.settings.saved);
      announce(text.settings.saved);
    } catch (error) {
      void message.warning(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
      changed();
    }
  };

  return (
    <form
      className="cam-editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !offline && fields.length > 0) void save();
      }}
    >
      <SettingsForm values={values} set={draft.set} choices={choices.data} problems={problems} kindFixed={campaign.status !== "draft"} />
      {fields.length === 0 ? null : (
        <div className="cam-savebar">
          <span>
            <strong>{text.settings.changed(fields.length, fields.map((field) => text.settings.fields[field]).join(text.settings.separator))}</strong>
            {draft.restored ? <span className="hl-meta"> {text.settings.restored}</span> : campaign.status === "paused" ? <span className="hl-meta"> {text.settings.effect}</span> : null}
          </span>
          <Button onClick={draft.clear}>{text.settings.discard}</Button>
          <Button type="primary" htmlType="submit" loading={busy} title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, () => undefined)}>
            {text.settings.save}
          </Button>
        </div>
      )}
    </form>
  );
}

/** After the next drawing, when the fields know that they are wrong. */
export function focusProblem(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.cam-form [aria-invalid="true"]')?.focus());
}
