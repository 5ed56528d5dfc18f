import { useState, type ReactElement } from "react";
import { Button, Descriptions } from "antd";
import { formatDateTime, formatPhone, maskPhone, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { TicketView } from "../src/contract.js";
import { departmentName, type Catalogue } from "./catalogue.js";
import { texts } from "./texts.js";

/** What is known of the ticket. Numbers are masked until asked for. */
export function TicketFacts({ ticket, catalogue }: { readonly ticket: TicketView; readonly catalogue: Catalogue | undefined }): ReactElement {
  const text = useTexts(texts);
  const [shown, setShown] = useState(false);
  const hidden = ticket.confidentiality !== "normal" && ticket.content === null && ticket.contactNumber === null;
  const number = ticket.contactNumber === null ? "–" : shown ? formatPhone(ticket.contactNumber) : maskPhone(ticket.contactNumber);
  const items = [
    { key: "contact", label: text.detail.contact, children: hidden ? text.hidden : ticket.anonymous ? text.detail.anonymous : (ticket.contactName ?? "–") },
    {
      key: "phone",
      label: text.detail.phone,
      children: hidden ? (
        text.hidden
      ) : (
        <>
          {number}
          {ticket.contactNumber !== null && !shown && !ticket.contactNumber.includes("*") && maskPhone(ticket.contactNumber) !== ticket.contactNumber ? (
            <Button type="link" size="small" onClick={() => setShown(true)}>
              {text.detail.show}
            </Button>
          ) : null}
        </>
      ),
    },
    { key: "kind", label: text.kind, children: ticket.kindName },
    { key: "category", label: text.category, children: ticket.categoryName ?? ticket.category ?? "–" },
    { key: "handling", label: text.handling, children: departmentName(catalogue, ticket.handlingDepartment) },
    { key: "source", label: text.detail.source, children: text.sources[ticket.source] ?? ticket.source },
    { key: "level", label: text.form.confidential, children: text.levels[ticket.confidentiality] ?? ticket.confidentiality },
    { key: "at", label: text.detail.registeredBy, children: formatDateTime(ticket.createdAt) },
  ];
  return (
    <div className="hl-card tic-facts">
      <h2>{text.detail.basics}</h2>
      <Descriptions size="small" column={1} items={items} />
      <h3>{text.detail.content}</h3>
      <p className="tic-text">{hidden ? text.hidden : (ticket.content ?? "–")}</p>
      {ticket.answer === null ? null : (
        <>
          <h3>{text.detail.answer}</h3>
          <p className="tic-text">{ticket.answer}</p>
        </>
      )}
      {ticket.files.length === 0 ? null : (
        <>
          <h3>{text.detail.files}</h3>
          <ul className="tic-files">
            {ticket.files.map((file) => (
              <li key={file.id}>
                <a href={`/api/tickets/${ticket.id}/attachments/${file.id}`} target="_blank" rel="noreferrer">
                  {file.fileName}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
