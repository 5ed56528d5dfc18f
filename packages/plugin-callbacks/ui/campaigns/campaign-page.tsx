import { useState, type ReactElement } from "react";
import { Button, Tabs } from "antd";
import { CaretRightOutlined, PauseOutlined } from "@ant-design/icons";
import { EmptyState, ErrorState, keepFocus, Link, LoadingState, navigate, PageFrame, StaleNote, StatusTag, unlessBusy, useMay, useParams, useQuery, useStale, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/campaign-contract.js";
import { MANAGE, useCampaign, useOffline } from "./campaign-api.js";
import { CancelDialog } from "./cancel-dialog.js";
import { Facts } from "./facts.js";
import { PeopleList } from "./people-list.js";
import { Progress, Results } from "./progress.js";
import { SettingsTab } from "./settings-tab.js";
import { texts } from "./texts.js";
import { useCommands, type StillGoing } from "./use-commands.js";
import { CampaignTag } from "./words.js";

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
  if (campaign === undefined) {
    if (error === undefined) return <LoadingState rows={10} />;
    if (error.status === 404) return <EmptyState action={<Link to="/campaigns">{text.back}</Link>}>{text.notFound}</EmptyState>;
    return <ErrorState error={error} what={text.what} onRetry={reload} />;
  }
  const { counts } = campaign;
  const only = (status: string | undefined, result?: string): void => patch({ tab: undefined, status, result });
  return (
    <div className="cam-page">
      <PageFrame
        wide
        title={
          <>
            <Link to="/campaigns">{text.back}</Link> › <span className="cam-name">{campaign.name}</span> <CampaignTag status={campaign.status} />
          </>
        }
        extra={
          <>
            {stale === undefined ? null : <StaleNote at={stale} />}
            <Acts campaign={campaign} changed={reload} paused={setStill} />
          </>
        }
      >
        {error === undefined ? null : <ErrorState error={error} what={text.what} onRetry={reload} />}
        {campaign.status === "paused" ? <PausedLine calling={counts.calling} still={still} /> : null}
        {counts.people === 0 ? null : (
          <div className={stale === undefined ? undefined : "cam-stale"}>
            <Progress counts={counts} only={only} />
          </div>
        )}
        <Tabs
          size="small"
          activeKey={query.get("tab") === "settings" ? "settings" : "people"}
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

/** What still rings or talks, as it was told at the pause as long as it is so, then by the count. */
function PausedLine({ calling, still }: { readonly calling: number; readonly still: StillGoing | undefined }): ReactElement {
  const text = useTexts(texts);
  const words = still !== undefined && still.ringing + still.talking === calling ? text.paused(still.ringing, still.talking) : text.pausedStill(calling);
  return (
    <p className="cam-paused" role="status">
      <StatusTag status="held">{words}</StatusTag>
    </p>
  );
}

interface ActsProps {
  readonly campaign: Campaign;
  readonly changed: () => void;
  readonly paused: (still: StillGoing | undefined) => void;
}

/** What can be done now; the next step is the one primary button. */
function Acts({ campaign, changed, paused }: ActsProps): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay(MANAGE);
  const offline = useOffline();
  const commands = useCommands(campaign.id, changed);
  const [cancelling, setCancelling] = useState(false);
  const { status } = campaign;
  if (!may || status === "done" || status === "cancelled") return null;
  const off = offline || commands.busy;
  const title = offline ? text.offline : undefined;
  return (
    <div className="cam-acts" ref={keepFocus}>
      <Button danger title={title} {...unlessBusy(off, () => setCancelling(true))}>
        {text.cancel}
      </Button>
      {status === "running" ? (
        <Button type="primary" icon={<PauseOutlined aria-hidden />} loading={commands.busy} title={title} {...unlessBusy(off, () => void commands.pause().then(paused))}>
          {text.pause}
        </Button>
      ) : status === "paused" ? (
        <Button type="primary" icon={<CaretRightOutlined aria-hidden />} loading={commands.busy} title={title} {...unlessBusy(off, () => void commands.start())}>
          {text.resume}
        </Button>
      ) : (
        <Button type="primary" onClick={() => navigate(`/campaigns/${campaign.id}/check`)}>
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
