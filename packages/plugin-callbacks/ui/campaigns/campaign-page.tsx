import { useEffect, useState, type ReactElement } from "react";
import { Button, Tabs } from "antd";
import { CaretRightOutlined, PauseOutlined } from "@ant-design/icons";
import { api, EmptyState, ErrorState, formatDateTime, keepFocus, Link, LoadingState, navigate, PageFrame, serverNow, StaleNote, StatusTag, unlessBusy, useLoad, useMay, useParams, useQuery, useStale, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignCheck } from "../../src/contract.js";
import { MANAGE, pathOf, SOON_MS, useCampaign, useFollow, useOffline } from "./campaign-api.js";
import { CancelDialog } from "./cancel-dialog.js";
import { Facts } from "./facts.js";
import { PeopleList } from "./people-list.js";
import { Progress, Results } from "./progress.js";
import { SettingsTab } from "./settings-tab.js";
import { texts, type Texts } from "./texts.js";
import { useCommands, type StillGoing } from "./use-commands.js";
import { CampaignTag, Trail } from "./words.js";

/** As long as what a pause told can be taken for what is. */
const TOLD_MS = 5_000;

/** One campaign: how far it is, with whom, what came of it; what it is set to; and the brake, always in sight. */
export function CampaignPage(): ReactElement {
  const { id = "" } = useParams();
  return <OneCampaign key={id} id={id} />;
}

function OneCampaign({ id }: { readonly id: string }): ReactElement {
  const text = useTexts(texts);
  const { data: campaign, error, reload } = useCampaign(id);
  const stale = useStale();
  const [query, patch] = useQuery();
  const [still, setStill] = useState<StillGoing>();
  useEffect(() => {
    if (still === undefined) return undefined;
    const timer = setTimeout(() => setStill(undefined), TOLD_MS);
    return () => clearTimeout(timer);
  }, [still]);
  if (campaign === undefined) {
    if (error === undefined) return <LoadingState rows={10} />;
    if (error.status === 404) return <EmptyState action={<Link to="/campaigns">{text.back}</Link>}>{text.notFound}</EmptyState>;
    return <ErrorState error={error} what={text.what} onRetry={reload} />;
  }
  const { counts } = campaign;
  const settings = query.get("tab") === "settings";
  // Elsewhere on the page something comes first: people, or what was changed.
  const next = campaign.status === "running" || !(settings || counts.people === 0);
  const only = (status: string | undefined, result?: string): void => patch({ tab: undefined, status, result });
  return (
    <div className="cam-page">
      <PageFrame
        wide
        title={
          <>
            <Trail>{campaign.name}</Trail> <span role="status">{campaign.status === "paused" ? <CampaignTag status="paused" words={stillWords(counts.calling, still, text)} /> : <CampaignTag status={campaign.status} />}</span>
          </>
        }
        extra={
          <>
            {stale === undefined ? null : <StaleNote at={stale} />}
            <Acts campaign={campaign} next={next} changed={reload} paused={setStill} />
          </>
        }
      >
        {error === undefined ? null : <ErrorState error={error} what={text.what} onRetry={reload} />}
        {campaign.status === "running" && counts.calling === 0 && counts.open > 0 ? <Waits campaign={campaign} /> : null}
        {counts.people === 0 ? null : (
          <div className={stale === undefined ? undefined : "cam-stale"}>
            <Progress counts={counts} only={only} />
          </div>
        )}
        <Tabs
          size="small"
          activeKey={settings ? "settings" : "people"}
          onChange={(tab) => patch({ tab: tab === "settings" ? tab : undefined })}
          items={[
            {
              key: "people",
              label: text.tabs.people,
              children: (
                <div className="cam-detail">
                  <PeopleList campaign={campaign} changed={reload} />
                  <aside className="cam-aside">
                    {counts.people === 0 ? null : <Results counts={counts} only={only} />}
                    <Facts campaign={campaign} />
                  </aside>
                </div>
              ),
            },
            { key: "settings", label: text.tabs.settings, children: <SettingsTab campaign={campaign} changed={reload} /> },
          ]}
        />
      </PageFrame>
    </div>
  );
}

/** Why a running campaign calls nobody now, where the clock or the agents are why. */
function Waits({ campaign: { id, kind } }: { readonly campaign: Campaign }): ReactElement | null {
  const text = useTexts(texts);
  const check = useLoad(`campaign ${id} waits`, (signal) => api.get<CampaignCheck>(`${pathOf(id)}/check`, {}, { signal }));
  useFollow(check);
  if (check.data === undefined) return null;
  const now = serverNow();
  const { agents, firstCallAt } = check.data;
  const words = firstCallAt !== null && firstCallAt > now + SOON_MS ? text.waits.hours(formatDateTime(firstCallAt, now)) : kind === "agent" && agents === 0 ? text.waits.agents : undefined;
  if (words === undefined) return null;
  return (
    <p className="cam-waits">
      <StatusTag status="due">{words}</StatusTag>
    </p>
  );
}

/** What still rings or talks, as it was told at the pause a moment ago, later by the count: who rang then may talk by now. */
function stillWords(calling: number, still: StillGoing | undefined, text: Texts): string {
  return still !== undefined && still.ringing + still.talking === calling ? text.paused(still.ringing, still.talking) : text.pausedStill(calling);
}

interface ActsProps {
  readonly campaign: Campaign;
  /** The page's next step is here. */
  readonly next: boolean;
  readonly changed: () => void;
  readonly paused: (still: StillGoing | undefined) => void;
}

/** What can be done now; the next step is the one primary button. */
function Acts({ campaign, next, changed, paused }: ActsProps): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay(MANAGE);
  const offline = useOffline();
  const commands = useCommands(campaign.id, changed, { pauseShown: true });
  const [cancelling, setCancelling] = useState(false);
  const { status } = campaign;
  if (!may || status === "done" || status === "cancelled") return null;
  const off = offline || commands.busy;
  const title = offline ? text.offline : undefined;
  const type = next ? "primary" : "default";
  return (
    <div className="cam-acts" ref={keepFocus}>
      <Button danger title={title} {...unlessBusy(off, () => setCancelling(true))}>
        {text.cancel}
      </Button>
      {status === "running" ? (
        <Button type={type} icon={<PauseOutlined aria-hidden />} loading={commands.busy} title={title} {...unlessBusy(off, () => void commands.pause().then(paused))}>
          {text.pause}
        </Button>
      ) : status === "paused" ? (
        <Button type={type} icon={<CaretRightOutlined aria-hidden />} loading={commands.busy} title={title} {...unlessBusy(off, () => void commands.start())}>
          {text.resume}
        </Button>
      ) : (
        <Button type={type} onClick={() => navigate(`/campaigns/${campaign.id}/check`)}>
          {text.check}
        </Button>
      )}
      {cancelling ? (
        <CancelDialog
          campaign={campaign}
          busy={commands.busy}
          keep={() => setCancelling(false)}
          cancel={() =>
            void commands.cancel().then((done) => {
              if (done) setCancelling(false);
            })
          }
        />
      ) : null}
    </div>
  );
}
