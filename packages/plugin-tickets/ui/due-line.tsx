import { useState, type ReactElement } from "react";
import { Button } from "antd";
import { api, ErrorState, LoadingState, useLoad, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { DueExplanation, TicketView } from "../src/contract.js";
import { Due } from "./due.js";
import { texts } from "./texts.js";

/** The due clock, and on demand how it comes to its day. */
export function DueLine({ ticket, now }: { readonly ticket: TicketView; readonly now: number }): ReactElement {
  const text = useTexts(texts);
  const [open, setOpen] = useState(false);
  const why = useLoad(open ? `due ${ticket.id} ${ticket.version}` : undefined, (signal) => api.get<DueExplanation>(`/api/tickets/${ticket.id}/due`, {}, { signal }));
  return (
    <div className="tic-due-line">
      <Due ticket={ticket} now={now} full />
      {ticket.clock.state === "none" ? null : (
        <Button type="link" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {text.why}
        </Button>
      )}
      {open && why.error !== undefined ? <ErrorState error={why.error} what={text.due} onRetry={why.reload} /> : null}
      {open && why.data === undefined && why.error === undefined ? <LoadingState rows={1} /> : null}
      {open && why.data !== undefined ? <p>{why.data.text}</p> : null}
    </div>
  );
}
