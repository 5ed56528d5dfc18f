import type { ReactElement } from "react";
import { Alert, Tabs } from "antd";
import { CloseOutlined } from "@ant-design/icons";
import { EmptyState, ErrorState, formatDuration, formatPhone, LoadingState, Panel, Slot, StatusTag, usePageShown, useSlot, useStore, useTexts, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall } from "../src/contract.js";
import { CallCard } from "./call-card.js";
import { callWord } from "./call-info.js";
import { loadDesk, useDesk } from "./desk-store.js";
import { openPanel, screenStore } from "./screen-store.js";
import { texts } from "./texts.js";
import { closeWork, selectWork, workStore, type WorkItem } from "./work-store.js";

/** The agent's desk: what is open on the left, the work in the middle, the caller and what is known on the right. */
export function DeskPage(): ReactElement {
  const text = useTexts(texts);
  const desk = useDesk();
  const { items, selected } = useStore(workStore);
  // While it rings, the caller is made known on the right; the tab in the middle waits for the answer.
  const current = items.find((item) => item.interactionId === selected) ?? items.find((item) => item.interactionId === desk.call?.interactionId);
  if (!desk.loaded) return desk.error === undefined ? <LoadingState rows={10} /> : <ErrorState error={desk.error} what={text.what.desk} onRetry={() => void loadDesk()} />;
  const agent = desk.number === null ? undefined : desk.agents.get(desk.number);
  return (
    <div className="acd-desk">
      <section className="acd-a" aria-label={text.items}>
        <CallCard call={desk.call} />
        <ol className="acd-rows">
          {items.map((item) => (
            <WorkRow key={item.interactionId} item={item} call={desk.call} selected={item.interactionId === selected} />
          ))}
        </ol>
        <Slot name="agent.list" props={{}} />
        {agent === undefined ? null : (
          <p className="acd-today hl-meta" title={text.sinceStart}>
            {text.today(agent.callsTaken, agent.callsTaken === 0 ? "–" : formatDuration(agent.talkMs / agent.callsTaken))}
          </p>
        )}
      </section>
      <section className="acd-b" aria-label={text.work}>
        {items.length === 0 ? <EmptyState>{text.noItems}</EmptyState> : <WorkTabs items={items} selected={selected} call={desk.call} />}
        {items.length > 0 && selected === undefined ? <EmptyState>{text.rings}</EmptyState> : null}
      </section>
      <aside className="acd-c" aria-label={text.context}>
        {current === undefined ? <EmptyState>{text.empty}</EmptyState> : <ContextTabs key={current.interactionId} context={contextOf(current, true)} />}
      </aside>
    </div>
  );
}

function contextOf(item: WorkItem, live: boolean): InteractionContext {
  return { interactionId: item.interactionId, callerNumber: item.number, channel: "voice", live };
}

/** Every tab stays mounted, so that nothing typed, scrolled or undone is lost. */
function WorkTabs({ items, selected, call }: { readonly items: readonly WorkItem[]; readonly selected: string | undefined; readonly call: AgentCall | null }): ReactElement {
  const text = useTexts(texts);
  const panels = useSlot("agent.work");
  return (
    <>
      <div className="acd-tabs" role="tablist" aria-label={text.work}>
        {items.map((item) => (
          <div key={item.interactionId} className="acd-tab" data-selected={item.interactionId === selected}>
            <button type="button" role="tab" id={`tab-${item.interactionId}`} aria-selected={item.interactionId === selected} aria-controls={`work-${item.interactionId}`} onClick={() => selectWork(item.interactionId)}>
              {item.direction === "inbound" ? text.inbound : text.outbound} {item.number === "" ? text.unknownNumber : formatPhone(item.number)}
            </button>
            {item.interactionId === call?.interactionId ? (
              <StatusTag status={callWord(call, text)[0]}>{callWord(call, text)[1]}</StatusTag>
            ) : (
              <button type="button" className="acd-tab-close" aria-label={`${text.closeTab} ${item.number}`} onClick={() => closeWork(item.interactionId)}>
                <CloseOutlined aria-hidden />
              </button>
            )}
          </div>
        ))}
      </div>
      {items.map((item) => {
        const on = item.interactionId === selected;
        return (
          <div key={item.interactionId} role="tabpanel" id={`work-${item.interactionId}`} aria-labelledby={`tab-${item.interactionId}`} className="acd-work" hidden={!on}>
            <Work item={item} panels={panels} on={on} />
          </div>
        );
      })}
    </>
  );
}

function Work({ item, panels, on }: { readonly item: WorkItem; readonly panels: ReturnType<typeof useSlot>; readonly on: boolean }): ReactElement {
  const text = useTexts(texts);
  const shown = usePageShown();
  const screen = useStore(screenStore)[item.interactionId];
  const given = screen?.givenTo;
  const live = on && shown && item.answeredAt !== null && item.endedAt === null && given === undefined;
  return (
    <div>
      {given !== undefined ? <Alert className="acd-passed" type="info" showIcon title={text.screen.givenTo(given)} /> : screen?.keptFrom !== undefined ? <Alert className="acd-passed" type="warning" showIcon title={text.screen.kept} /> : screen?.received !== undefined ? <p className="acd-passed hl-meta">{text.screen.received(screen.received.from, screen.received.filled)}</p> : null}
      <div inert={given !== undefined} data-given={given !== undefined || undefined}>
        {panels.map((panel) => (
          <Panel key={panel.key} panel={panel} slot="agent.work" props={contextOf(item, live)} />
        ))}
      </div>
    </div>
  );
}

function ContextTabs({ context }: { readonly context: InteractionContext }): ReactElement {
  const panels = useSlot("agent.context");
  const wanted = useStore(screenStore)[context.interactionId]?.panel;
  const open = panels.some(({ key }) => key === wanted) ? wanted : panels[0]?.key;
  return <Tabs size="small" className="acd-context" activeKey={open} onChange={(panel) => openPanel(context.interactionId, panel)} items={panels.map((panel) => ({ key: panel.key, label: panel.title, children: <Panel panel={panel} slot="agent.context" props={context} /> }))} />;
}

function WorkRow({ item, call, selected }: { readonly item: WorkItem; readonly call: AgentCall | null; readonly selected: boolean }): ReactElement {
  const text = useTexts(texts);
  const mine = call?.interactionId === item.interactionId ? call : null;
  return (
    <li>
      <button type="button" className="acd-row" aria-current={selected} onClick={() => selectWork(item.interactionId)}>
        <span className="acd-row-who">{item.number === "" ? text.unknownNumber : formatPhone(item.number)}</span>
        {mine === null ? <span className="hl-meta">{item.endedAt !== null && item.answeredAt !== null ? formatDuration(item.endedAt - item.answeredAt) : text.notAnswered}</span> : <StatusTag status={callWord(mine, text)[0]}>{callWord(mine, text)[1]}</StatusTag>}
      </button>
    </li>
  );
}
