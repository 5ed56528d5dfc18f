import type { ReactElement } from "react";
import { formatDateTime, serverNow, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/contract.js";
import { useChoices } from "./campaign-api.js";
import { calendarWords } from "./settings-form.js";
import { texts } from "./texts.js";
import { daysWords } from "./words.js";

/** What a campaign is set to, to be read. `whole`: with the texts that are said. */
export function Facts({ campaign, whole = false }: { readonly campaign: Campaign; readonly whole?: boolean }): ReactElement {
  const text = useTexts(texts);
  const choices = useChoices().data;
  const now = serverNow();
  const { facts } = text;
  const { retry, queue, flow, prompt } = campaign;
  const calendar = choices?.calendars.find(({ key }) => key === campaign.calendar);
  const promptWords = prompt === null ? "" : typeof prompt === "string" ? prompt : "text" in prompt ? prompt.text : prompt.id;
  const rows: readonly (readonly [string, string | null])[] = [
    [text.kind, text.kinds[campaign.kind] ?? campaign.kind],
    [facts.queue, queue === null ? (campaign.kind === "agent" ? facts.nobody : null) : (choices?.queues.find(({ key }) => key === queue)?.name ?? queue)],
    [facts.flow, flow === null ? null : (choices?.flows.find(({ id }) => id === flow)?.title ?? flow)],
    [text.shown, campaign.callerId ?? choices?.callerId ?? text.own],
    [text.settings.calendar, calendar === undefined ? campaign.calendar : calendarWords(calendar, text)],
    [text.hours, daysWords(campaign, now, text)],
    [facts.retry, text.retryWords(retry.maxAttempts, retry.waitMinutes.join(text.settings.separator), retry.otherSlot)],
    [facts.atOnce, facts.calls(campaign.atOnce)],
    ...(whole ? [[facts.prompt, promptWords === "" ? null : promptWords] as const, [facts.script, campaign.script] as const] : []),
    [facts.created, formatDateTime(campaign.createdAt, now)],
    [facts.started, campaign.startedAt === null ? null : formatDateTime(campaign.startedAt, now)],
    [facts.ended, campaign.endedAt === null ? null : formatDateTime(campaign.endedAt, now)],
  ];
  return (
    <section className="hl-card cam-facts">
      <h2>{facts.title}</h2>
      <dl>
        {rows.map(([label, value]) =>
          value === null ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
