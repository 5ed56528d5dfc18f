import { useState, type ReactElement } from "react";
import { Button } from "antd";
import { api, DropMenu, EmptyState, ErrorState, formatSerial, Link, LoadingState, PageFrame, Slot, StatusTag, useLoad, useMay, useParams, useServerSeconds, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { TicketView, Urging } from "../src/contract.js";
import type { TicketAction } from "../src/http/ticket-view.js";
import { useCatalogue } from "./catalogue.js";
import { DueLine } from "./due-line.js";
import { StepPanel } from "./step-panel.js";
import { texts } from "./texts.js";
import { TicketFacts } from "./ticket-facts.js";
import { Timeline, type HistoryLine } from "./timeline.js";
import { UrgePanel } from "./urge-panel.js";

export interface TicketDetail extends TicketView {
  readonly history: readonly HistoryLine[];
  readonly urgings: readonly Urging[];
  readonly actions: readonly TicketAction[];
}

/** One ticket: where it stands, the one next step, what has happened, what is known. */
export function TicketDetailPage(): ReactElement {
  const text = useTexts(texts);
  const { id = "" } = useParams();
  const now = useServerSeconds();
  const catalogue = useCatalogue();
  const mayUrge = useMay("tickets.urge");
  const ticket = useLoad(`ticket ${id}`, (signal) => api.get<TicketDetail>(`/api/tickets/${id}`, {}, { signal }), { topics: ["ticket.changed"] });
  const [step, setStep] = useState<string>();
  if (ticket.error !== undefined && ticket.data === undefined) {
    if (ticket.error.status === 404) return <EmptyState action={<Link to="/tickets">{text.detail.back}</Link>}>{text.detail.notFound}</EmptyState>;
    return <ErrorState error={ticket.error} what={text.whatOne} onRetry={ticket.reload} />;
  }
  if (ticket.data === undefined) return <LoadingState rows={10} />;
  const view = ticket.data;
  const allowed = view.actions.filter((action) => action.allowed);
  const [first] = allowed;
  const open = view.actions.find((action) => action.id === step);
  return (
    <PageFrame
      wide
      title={
        <>
          {formatSerial(view.serial)} {view.summary ?? (view.confidentiality === "normal" ? view.kindName : text.hidden)}
        </>
      }
      extra={<StatusTag status={view.clock.state === "stopped" ? "closed" : "open"}>{view.statusName}</StatusTag>}
    >
      <div className="tic-steps">
        {first === undefined ? <span className="hl-meta">{text.detail.noAction}</span> : null}
        {first === undefined ? null : (
          <Button type={step === undefined ? "primary" : "default"} onClick={() => setStep(first.id)}>
            {first.name}
          </Button>
        )}
        {allowed.slice(1, 4).map((action) => (
          <Button key={action.id} onClick={() => setStep(action.id)}>
            {action.name}
          </Button>
        ))}
        <MoreActions actions={[...allowed.slice(4), ...view.actions.filter((action) => !action.allowed)]} label={text.detail.more} onChoose={setStep} />
        {mayUrge && view.clock.state !== "stopped" ? <Button onClick={() => setStep("urge")}>{text.detail.urge}</Button> : null}
        {view.clock.card === null ? null : <StatusTag status={view.clock.card === "red" ? "fault" : "due"} solid>{view.clock.card === "red" ? text.red : text.yellow}</StatusTag>}
      </div>
      {open === undefined ? null : <StepPanel key={open.id} ticket={view} action={open} catalogue={catalogue.data} onDone={() => { setStep(undefined); ticket.reload(); }} onCancel={() => setStep(undefined)} onConflict={ticket.reload} />}
      {step === "urge" ? <UrgePanel ticketId={view.id} onDone={() => { setStep(undefined); ticket.reload(); }} onCancel={() => setStep(undefined)} /> : null}
      <DueLine ticket={view} now={now} />
      <div className="tic-detail">
        <section className="hl-card">
          <h2>{text.detail.timeline}</h2>
          <Timeline ticket={view} catalogue={catalogue.data} />
        </section>
        <aside>
          <TicketFacts ticket={view} catalogue={catalogue.data} />
          <Slot name="ticket.detail" props={{ ticketId: view.id, interactionId: view.interactionId }} />
        </aside>
      </div>
    </PageFrame>
  );
}

/** Steps beyond the first few, and those that are not for me, each with its reason. */
function MoreActions({ actions, label, onChoose }: { readonly actions: readonly TicketAction[]; readonly label: string; readonly onChoose: (id: string) => void }): ReactElement | null {
  if (actions.length === 0) return null;
  const items = actions.map((action) => ({ key: action.id, disabled: !action.allowed, label: action.why === null ? action.name : `${action.name}（${action.why}）`, onClick: () => onChoose(action.id) }));
  return (
    <DropMenu items={items}>
      <Button>{label}</Button>
    </DropMenu>
  );
}
