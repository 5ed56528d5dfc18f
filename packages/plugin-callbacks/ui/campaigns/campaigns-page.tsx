import { useRef, type ReactElement } from "react";
import { Button, Select, Table, type TableColumnsType } from "antd";
import { EmptyState, ErrorState, keepFocus, Link, LoadingState, navigate, PageFrame, serverNow, StaleNote, unlessBusy, useLoad, useMay, useQuery, useStale, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign, CampaignStatus } from "../../src/contract.js";
import { firstPages, MANAGE, useFollow, useOffline } from "./campaign-api.js";
import { ProgressBar } from "./progress.js";
import { texts, type Texts } from "./texts.js";
import { useCommands } from "./use-commands.js";
import { CampaignTag, count, daysWords, share } from "./words.js";

const PAGE = 50;
const STATUSES: readonly CampaignStatus[] = ["running", "paused", "draft", "done", "cancelled"];

/** All campaigns: which run, how far they are, and the brake. */
export function CampaignsPage(): ReactElement {
  const text = useTexts(texts);
  const may = useMay(MANAGE);
  const stale = useStale();
  const [query, patch] = useQuery();
  const status = query.get("status") ?? undefined;
  const pages = useRef(1);
  const list = useLoad(`campaigns ${status ?? ""}`, (signal) => firstPages<Campaign>("/api/campaigns", { status }, pages.current, PAGE, signal));
  useFollow(list);
  const more = (): void => {
    pages.current++;
    list.reload();
  };
  const filter = (statuses: readonly string[]): void => {
    pages.current = 1;
    patch({ status: statuses.length === 0 ? undefined : statuses.join(",") });
  };
  const create = may ? (
    <Button type="primary" onClick={() => navigate("/campaigns/new")}>
      {text.create}
    </Button>
  ) : null;
  return (
    <PageFrame
      wide
      title={text.title}
      extra={
        <>
          {stale === undefined ? null : <StaleNote at={stale} />}
          <Button onClick={() => navigate("/do-not-call")}>{text.doNotCall}</Button>
          {create}
        </>
      }
    >
      <div className="cam-filters">
        <Select mode="multiple" className="cam-filter" placeholder={text.all} aria-label={text.status} maxTagCount="responsive" value={status?.split(",") ?? []} onChange={filter} options={STATUSES.map((value) => ({ value, label: text.statuses[value] }))} />
        {status === undefined ? null : (
          <Button type="link" size="small" onClick={() => filter([])}>
            {text.clear}
          </Button>
        )}
      </div>
      {list.error === undefined ? null : <ErrorState error={list.error} what={text.what} onRetry={list.reload} />}
      {list.data === undefined ? (
        list.error === undefined ? <LoadingState rows={8} /> : null
      ) : list.data.items.length === 0 ? (
        <EmptyState action={status === undefined ? undefined : <Button type="link" size="small" onClick={() => filter([])}>{text.clear}</Button>}>{status === undefined ? text.none : text.noMatch}</EmptyState>
      ) : (
        <div ref={keepFocus} className={stale === undefined ? "cam-table" : "cam-table hl-stale"}>
          <Table<Campaign> size="small" rowKey="id" pagination={false} scroll={{ x: 960 }} dataSource={[...list.data.items]} columns={columns(text, may, list.reload)} />
        </div>
      )}
      {list.data?.next === null || list.data === undefined ? null : (
        <Button type="link" onClick={more}>
          {text.more}
        </Button>
      )}
    </PageFrame>
  );
}

function columns(text: Texts, may: boolean, changed: () => void): TableColumnsType<Campaign> {
  const now = serverNow();
  return [
    { title: text.name, key: "name", ellipsis: true, render: (_, campaign) => <Link to={`/campaigns/${campaign.id}`} title={campaign.name}>{campaign.name}</Link> },
    { title: text.kind, key: "kind", width: 120, render: (_, { kind }) => text.kinds[kind] },
    { title: text.status, key: "status", width: 112, render: (_, { status }) => <CampaignTag status={status} /> },
    { title: text.progress, key: "progress", width: 232, render: (_, campaign) => <Progress campaign={campaign} /> },
    { title: text.completed, key: "completed", width: 92, align: "right", render: (_, { counts }) => <span className="hl-number">{counts.people === 0 ? "–" : count(counts.results.completed ?? 0)}</span> },
    { title: text.hours, key: "hours", width: 196, ellipsis: true, render: (_, campaign) => daysWords(campaign, now, text) },
    { title: text.shown, key: "shown", width: 112, render: (_, { callerId }) => callerId ?? <span className="hl-meta">{text.own}</span> },
    ...(may ? [{ title: text.acts, key: "act", width: 104, align: "right" as const, render: (_: unknown, campaign: Campaign) => <Act campaign={campaign} changed={changed} /> }] : []),
  ];
}

function Progress({ campaign: { counts } }: { readonly campaign: Campaign }): ReactElement {
  const text = useTexts(texts);
  if (counts.people === 0) return <span className="hl-meta">{text.nobody}</span>;
  return (
    <div className="cam-row-progress">
      <ProgressBar counts={counts} />
      <span className="hl-number">
        {text.of(count(counts.closed), count(counts.people))} <span className="hl-meta">{share(counts.closed, counts.people)}</span>
      </span>
    </div>
  );
}

function Act({ campaign, changed }: { readonly campaign: Campaign; readonly changed: () => void }): ReactElement | null {
  const text = useTexts(texts);
  const offline = useOffline();
  const commands = useCommands(campaign.id, changed);
  const title = offline ? { title: text.offline } : {};
  switch (campaign.status) {
    case "running":
      return (
        <Button size="small" {...title} aria-label={`${text.pause} ${campaign.name}`} loading={commands.busy} {...unlessBusy(offline || commands.busy, () => void commands.pause())}>
          {text.pause}
        </Button>
      );
    case "paused":
      return (
        <Button size="small" {...title} aria-label={`${text.resume} ${campaign.name}`} loading={commands.busy} {...unlessBusy(offline || commands.busy, () => void commands.start())}>
          {text.resume}
        </Button>
      );
    case "draft":
      return (
        <Button size="small" aria-label={`${text.checkShort} ${campaign.name}`} onClick={() => navigate(`/campaigns/${campaign.id}/check`)}>
          {text.checkShort}
        </Button>
      );
    default:
      return null;
  }
}
