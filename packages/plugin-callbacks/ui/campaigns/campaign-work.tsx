import { useState, type ReactElement } from "react";
import { App, Button } from "antd";
import { announce, api, formatPhone, StatusTag, unlessBusy, useLoad, useTexts, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import { codeOf, pathOf, useOffline } from "./campaign-api.js";
import { filledScript } from "./script.js";
import { texts } from "./texts.js";
import { problemWords } from "./words.js";
import { workTexts } from "./work-texts.js";

/** What a campaign puts with the call of one of its people. */
interface CampaignData {
  readonly v: 1;
  readonly campaignId: string;
  readonly campaignName: string;
  readonly personId: string;
  readonly name: string | null;
  readonly values: Readonly<Record<string, string>>;
  readonly script: string | null;
}

/** On the agent's desk, above the forms: whom the campaign called and what is to be said. Nothing on other calls. */
export function CampaignWork({ interactionId, callerNumber }: InteractionContext): ReactElement | null {
  const interaction = useLoad(`interaction ${interactionId} of a campaign`, (signal) => api.get<{ readonly data: { readonly campaign?: CampaignData } | null }>(`/api/interactions/${interactionId}`, {}, { signal }));
  const data = interaction.data?.data?.campaign;
  return data === undefined ? null : <Talk data={data} number={callerNumber} />;
}

function Talk({ data, number }: { readonly data: CampaignData; readonly number: string }): ReactElement {
  const text = useTexts(texts);
  const words = useTexts(workTexts);
  const { message, modal } = App.useApp();
  const offline = useOffline();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(false);
  const who = data.name ?? formatPhone(number);
  const refuse = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.post(`${pathOf(data.campaignId)}/people/${encodeURIComponent(data.personId)}/do-not-call`);
      setRefused(true);
      announce(words.refused);
    } catch (error) {
      void message.warning(problemWords(text, codeOf(error)));
    } finally {
      setBusy(false);
    }
  };
  const ask = (): void => void modal.confirm({ title: words.refuseTitle(who), content: words.refuseEffect, okText: words.refuse, cancelText: words.keep, onOk: refuse });
  return (
    <section className="hl-card cam-work" aria-label={words.campaign}>
      <header>
        <h2>
          {who} <span className="hl-meta">{data.campaignName}</span>
        </h2>
        {refused ? (
          <StatusTag status="closed">{words.refused}</StatusTag>
        ) : (
          <Button title={offline ? text.offline : undefined} {...unlessBusy(busy || offline, ask)}>
            {words.refuse}
          </Button>
        )}
      </header>
      {Object.keys(data.values).length === 0 ? null : (
        <dl>
          {Object.entries(data.values).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {data.script === null ? <p className="hl-meta">{words.noScript}</p> : <p className="cam-script">{filledScript(data.script, { ...(data.name === null ? {} : { 姓名: data.name, name: data.name }), ...data.values })}</p>}
    </section>
  );
}
