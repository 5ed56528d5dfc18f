import type { ReactElement } from "react";
import { api, ErrorState, formatDateTime, formatDuration, LoadingState, serverNow, useLoad, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Page } from "@hotlinejs/core";
import type { CampaignAttempt, CampaignPerson } from "../../src/contract.js";
import { pathOf } from "./campaign-api.js";
import { texts, type Texts } from "./texts.js";

/** What came with a person, and every attempt to reach them. */
export function PersonDetail({ person }: { readonly person: CampaignPerson }): ReactElement {
  const text = useTexts(texts);
  const path = `${pathOf(person.campaignId)}/people/${encodeURIComponent(person.id)}/attempts`;
  const { data, error, reload } = useLoad(`${path} ${person.attempts} ${person.status}`, (signal) => api.get<Page<CampaignAttempt>>(path, {}, { signal }));
  const values = Object.entries(person.values);
  return (
    <div className="cam-person">
      <section>
        <h3>{text.people.attempt}</h3>
        {error !== undefined ? <ErrorState error={error} what={text.people.attempt} onRetry={reload} /> : null}
        {data === undefined ? error === undefined ? <LoadingState rows={1} /> : null : data.items.length === 0 ? <p className="hl-meta">{text.people.noAttempts}</p> : null}
        <ul>
          {data?.items.map((attempt) => (
            <li key={attempt.id}>{attemptWords(attempt, text)}</li>
          ))}
        </ul>
      </section>
      {values.length === 0 ? null : (
        <section>
          <h3>{text.people.values}</h3>
          <dl>
            {values.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {person.note === null ? null : (
        <section>
          <h3>{text.people.note}</h3>
          <p>{person.note}</p>
        </section>
      )}
    </div>
  );
}

function attemptWords({ startedAt, agent, dialledAt, answeredAt, endedAt, result }: CampaignAttempt, text: Texts): string {
  const { people } = text;
  return [
    formatDateTime(startedAt, serverNow(), true),
    agent === null ? "" : people.agent(agent),
    result === null ? people.running : (people.attemptWords[result] ?? result),
    dialledAt === null && result !== null ? people.notDialled : "",
    answeredAt !== null && endedAt !== null ? people.talked(formatDuration(endedAt - answeredAt)) : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}
