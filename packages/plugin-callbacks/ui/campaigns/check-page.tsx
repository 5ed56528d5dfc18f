import type { ReactElement, ReactNode } from "react";
import { Button } from "antd";
import { CheckCircleFilled, ClockCircleOutlined, WarningFilled } from "@ant-design/icons";
import { api, EmptyState, ErrorState, formatDateProse, Link, LoadingState, navigate, PageFrame, serverNow, StatusTag, unlessBusy, useLanguage, useLoad, useMay, useParams, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignCheck } from "../../src/contract.js";
import { MANAGE, pathOf, SOON_MS, useCampaign, useFollow, useOffline } from "./campaign-api.js";
import { texts } from "./texts.js";
import { useCommands } from "./use-commands.js";
import { CampaignTag, count, kindHint, Trail } from "./words.js";

const HOUR_S = 3600;
/** Where an obstacle is settled. Others are nothing for who starts campaigns. */
const SETTLED: Readonly<Record<string, "people" | "settings">> = {
  HTL_CALLBACKS_CAMPAIGN_EMPTY: "people",
  HTL_CALLBACKS_CAMPAIGN_INCOMPLETE: "settings",
  HTL_CALLBACKS_CAMPAIGN_NEVER_OPEN: "settings",
  HTL_CALLBACKS_UNKNOWN_QUEUE: "settings",
  HTL_CALLBACKS_UNKNOWN_CALENDAR: "settings",
  HTL_CALLBACKS_UNKNOWN_FLOW: "settings",
  HTL_CALLBACKS_UNKNOWN_PROMPT: "settings",
  HTL_CALLBACKS_BAD_PROMPT_TEXT: "settings",
  HTL_CALLBACKS_UNSPEAKABLE: "people",
  HTL_CALLBACKS_NO_AGENTS: "settings",
  HTL_CALLBACKS_NO_SPEECH: "settings",
};

/** What would happen, before anybody's phone rings: one look, one button. */
export function CheckPage(): ReactElement {
  const { id = "" } = useParams();
  return <Check key={id} id={id} />;
}

function Check({ id }: { readonly id: string }): ReactElement {
  const text = useTexts(texts);
  const campaign = useCampaign(id);
  const check = useLoad(`campaign ${id} check`, (signal) => api.get<CampaignCheck>(`${pathOf(id)}/check`, {}, { signal }));
  useFollow(check);
  const error = campaign.error ?? check.error;
  const reload = (): void => {
    campaign.reload();
    check.reload();
  };
  if (campaign.data === undefined || check.data === undefined) {
    if (error === undefined) return <LoadingState rows={10} />;
    if (error.status === 404) return <EmptyState action={<Link to="/campaigns">{text.back}</Link>}>{text.notFound}</EmptyState>;
    return <ErrorState error={error} what={text.checkPage.what} onRetry={reload} />;
  }
  return <Found campaign={campaign.data} check={check.data} changed={reload} trouble={error === undefined ? null : <ErrorState error={error} what={text.checkPage.what} onRetry={reload} />} />;
}

function Found({ campaign, check, changed, trouble }: { readonly campaign: Campaign; readonly check: CampaignCheck; readonly changed: () => void; readonly trouble: ReactNode }): ReactElement {
  const text = useTexts(texts);
  const words = text.checkPage;
  const may = useMay(MANAGE);
  const offline = useOffline();
  const commands = useCommands(campaign.id, changed);
  const startable = campaign.status === "draft" || campaign.status === "paused";
  const page = `/campaigns/${campaign.id}`;
  const start = async (): Promise<void> => {
    if (await commands.start()) navigate(page);
  };
  const blocked = offline || commands.busy || check.obstacles.length > 0;
  return (
    <div className="cam-page">
      <PageFrame
        title={
          <>
            <Trail above={[{ to: page, name: campaign.name }]}>{words.title}</Trail> <CampaignTag status={campaign.status} />
          </>
        }
        extra={
          startable && may ? (
            <>
              <Button onClick={() => navigate(`${page}?tab=settings`)}>{words.settings}</Button>
              <Button type="primary" loading={commands.busy} title={offline ? text.offline : undefined} {...unlessBusy(blocked, () => void start())}>
                {campaign.status === "paused" ? text.resume : words.start}
              </Button>
            </>
          ) : (
            <Button onClick={() => navigate(page)}>{words.toCampaign}</Button>
          )
        }
      >
        {trouble}
        {startable ? <Obstacles campaign={campaign} check={check} may={may} /> : <p className="hl-meta">{campaign.status === "running" ? words.already : words.over}</p>}
        <Figures campaign={campaign} check={check} />
      </PageFrame>
    </div>
  );
}

/** Whether it can be started; else why not, and what to do. */
function Obstacles({ campaign, check, may }: { readonly campaign: Campaign; readonly check: CampaignCheck; readonly may: boolean }): ReactElement {
  const text = useTexts(texts);
  const words = text.checkPage;
  const { obstacles } = check;
  return (
    <section className="cam-obstacles" role="status">
      {obstacles.length === 0 ? (
        <StatusTag status="ready">{words.ready}</StatusTag>
      ) : (
        <>
          <h2>
            <WarningFilled aria-hidden /> {words.notReady(obstacles.length)}
          </h2>
          <ul>
            {obstacles.map((code) => {
              const where = SETTLED[code];
              return (
                <li key={code}>
                  <span>{words.obstacles[code] ?? words.obstacle(code)}</span>
                  {where === undefined || !may ? null : <Link to={`/campaigns/${campaign.id}${where === "settings" ? "?tab=settings" : ""}`}>{where === "settings" ? words.settings : words.people}</Link>}
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}

function Figures({ campaign, check }: { readonly campaign: Campaign; readonly check: CampaignCheck }): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const words = text.checkPage;
  const now = serverNow();
  const { people, doNotCall, elsewhere, numberShown, firstCallAt, openSeconds, attemptsAtLeast, attemptsAtMost, hoursAtMost, agents } = check;
  const openHours = openSeconds / HOUR_S;
  const later = firstCallAt !== null && firstCallAt > now + SOON_MS;
  return (
    <dl className="cam-checks hl-card">
      <Row label={words.callable} state={people === 0 ? "fault" : "fine"} value={words.callablePeople(count(people))}>
        {doNotCall === 0 ? null : <p>{words.doNotCall(count(doNotCall))}</p>}
        {elsewhere === 0 ? null : <p>{words.elsewhere(count(elsewhere))}</p>}
      </Row>
      <Row label={words.first} state={firstCallAt === null ? "fault" : later ? "later" : "fine"} value={firstCallAt === null ? words.never : later ? formatDateProse(firstCallAt, language) : words.now} />
      {firstCallAt === null ? null : (
        <Row label={words.open} state={hoursAtMost > openHours ? "later" : "fine"} value={campaign.until === null ? words.openWeek(words.hoursOf(openHours)) : words.openUntil(words.hoursOf(openHours))}>
          {hoursAtMost > openHours ? <p>{words.short}</p> : null}
        </Row>
      )}
      <Row label={words.shown} value={numberShown ?? words.shownNone} />
      <Row label={words.cost} value={words.calls(count(attemptsAtLeast), count(attemptsAtMost))}>
        <p>{text.retryWords(campaign.retry.maxAttempts, campaign.retry.waitMinutes.join(text.settings.separator), campaign.retry.otherSlot)}</p>
        {attemptsAtMost === attemptsAtLeast ? null : <p>{words.callsWhy}</p>}
        <p>{words.ringing(words.hoursOf(hoursAtMost), campaign.atOnce)}</p>
      </Row>
      {agents === null ? null : (
        <Row label={words.agents} state={agents === 0 ? "later" : "fine"} value={words.agentsIn(count(agents))}>
          {agents === 0 ? <p>{campaign.kind === "agent" ? words.noAgents : words.noAgentsZero}</p> : null}
        </Row>
      )}
      <Row label={words.startOf} value={kindHint(campaign, text)} plain />
    </dl>
  );
}

const ICONS = { fine: CheckCircleFilled, later: ClockCircleOutlined, fault: WarningFilled } as const;

/** `later`: it goes, but somebody should know. Without a state there is nothing to judge. */
function Row({ label, state, value, plain = false, children }: { readonly label: string; readonly state?: keyof typeof ICONS; readonly value: string; readonly plain?: boolean; readonly children?: ReactNode }): ReactElement {
  const Icon = state === undefined ? undefined : ICONS[state];
  return (
    <div className="cam-check" data-state={state}>
      <dt>
        {Icon === undefined ? null : <Icon aria-hidden />}
        <span>{label}</span>
      </dt>
      <dd>
        {plain ? value : <strong>{value}</strong>}
        {children}
      </dd>
    </div>
  );
}
