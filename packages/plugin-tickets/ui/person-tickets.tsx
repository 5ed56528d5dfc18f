import type { ReactElement } from "react";
import { api, EmptyState, ErrorState, formatSerial, Link, LoadingState, useLoad, useServerSeconds, useTexts, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import type { TicketView } from "../src/contract.js";
import { Due } from "./due.js";
import { texts } from "./texts.js";

/** Tickets of the number that calls. */
export function PersonTickets({ interactionId, callerNumber }: InteractionContext): ReactElement {
  const text = useTexts(texts);
  const now = useServerSeconds(false);
  const tickets = useLoad(`tickets of ${interactionId}`, (signal) => api.get<{ items: TicketView[] }>("/api/tickets", { relatedTo: interactionId, limit: 20 }, { signal }), { topics: ["ticket.changed"] });
  if (callerNumber === "") return <EmptyState>{text.person.hidden}</EmptyState>;
  if (tickets.error !== undefined && tickets.data === undefined) return <ErrorState error={tickets.error} what={text.what} onRetry={tickets.reload} />;
  if (tickets.data === undefined) return <LoadingState />;
  if (tickets.data.items.length === 0) return <EmptyState>{text.person.none}</EmptyState>;
  return (
    <ol className="tic-person">
      {tickets.data.items.map((ticket) => (
        <li key={ticket.id}>
          <Link to={`/tickets/${ticket.id}`}>{formatSerial(ticket.serial)}</Link> <span>{ticket.statusName}</span>
          <div>{ticket.summary ?? ticket.kindName}</div>
          <Due ticket={ticket} now={now} />
        </li>
      ))}
    </ol>
  );
}
