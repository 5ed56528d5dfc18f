import type { LookupKindView } from "@hotlinejs/core";
import { marked } from "../domain/foreign-text.js";
import { html } from "../domain/html.js";
import type { TextKey } from "../domain/texts.js";
import { describedBy, field, summary, wrongText } from "./filing-pages.js";
import { page, type PageContext } from "./page.js";

export function homePage(context: PageContext, records: readonly LookupKindView[], call: boolean): string {
  const { say, config, preferences, chat } = context;
  const choice = (href: string, label: TextKey, hint: TextKey) => html`<li><a href="${href}">${say(label)}<small>${say(hint)}</small></a></li>`;
  const agency = preferences.language === "en" ? config.agencyEn : config.agency;
  return page(context, say("home"), html`<h1>${agency}</h1>
<ul class="choices">${choice("/portal/file", "file", "fileHint")}${choice("/portal/status", "status", "statusHint")}${records.length > 0 && choice("/portal/records", "records", "recordsHint")}${chat && choice("/portal/chat", "chat", "chatHint")}${call && choice("/portal/call", "talk", "talkHint")}</ul>
<p><strong>${say("call", { phone: config.phone })}</strong></p>`);
}

/** What serial number and code open. */
export interface ShownTicket {
  readonly serial: string;
  readonly statusName: string;
  readonly statusNameEn?: string | undefined;
  readonly receivedAt: string;
  readonly due: string | undefined;
  readonly answer: string | null;
}

export interface StatusForm {
  readonly serial: string;
  readonly problems: readonly { readonly field: "serial" | "code"; readonly text: TextKey; readonly values?: Readonly<Record<string, number | string>> }[];
}

export function statusPage(context: PageContext, form: StatusForm): string {
  const { say } = context;
  const { problems } = form;
  const input = (name: "serial" | "code", hint: TextKey, value: string, autocomplete: string) =>
    field(context, name, problems, html`<label for="${name}">${say(name)}</label><span class="hint" id="${name}-hint">${say(hint)}</span>${wrongText(context, name, problems)}
<input type="text" inputmode="numeric" class="short" id="${name}" name="${name}" value="${value}" autocomplete="${autocomplete}"${describedBy(name, true, problems)}>`);
  return page(
    context,
    say("statusTitle"),
    html`<a class="back" href="/portal">‹ ${say("back")}</a>
${problems.length > 0 && summary(context, problems)}
<h1>${say("statusTitle")}</h1>
<form method="post" action="/portal/status" novalidate>
${input("serial", "serialHint", form.serial, "off")}${input("code", "codeHint", "", "one-time-code")}<button type="submit">${say("query")}</button>
</form>`,
    { wrong: problems.length > 0 },
  );
}

export function ticketPage(context: PageContext, ticket: ShownTicket): string {
  const { say } = context;
  const { language } = context.preferences;
  const row = (label: TextKey, value: string) => html`<div><dt>${say(label)}</dt><dd>${marked(value, language)}</dd></div>`;
  const status = language === "en" ? (ticket.statusNameEn ?? ticket.statusName) : ticket.statusName;
  return page(
    context,
    say("statusTitle"),
    html`<h1>${marked(status, language)}</h1>
<dl class="answers">${row("serial", ticket.serial)}${row("statusIs", status)}${row("received", ticket.receivedAt)}${ticket.due !== undefined && row("due", ticket.due)}${row("answer", ticket.answer === null || ticket.answer === "" ? say("noAnswer") : ticket.answer)}</dl>
<p><a href="/portal/status">${say("again")}</a></p>`,
  );
}
