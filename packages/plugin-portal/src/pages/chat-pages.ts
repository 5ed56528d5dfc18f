import type { ChatMessage, ChatView } from "@hotlinejs/plugin-webchat/contract";
import { html, type Html } from "../domain/html.js";
import type { TextKey } from "../domain/texts.js";
import { CHAT_SCRIPT_PATH } from "./chat-script.js";
import { describedBy, field, summary, wrongText } from "./filing-pages.js";
import { page, type PageContext } from "./page.js";

export interface ChatStart {
  readonly name: string;
  readonly text: string;
  readonly problems: readonly { readonly field: "text"; readonly text: TextKey; readonly values?: Readonly<Record<string, number | string>> }[];
}

/** Asks what it is about: the answer is the first message. */
export function chatStartPage(context: PageContext, start: ChatStart): string {
  const { say } = context;
  const { problems } = start;
  return page(
    context,
    say("chatTitle"),
    html`<a class="back" href="/portal">‹ ${say("back")}</a>
${problems.length > 0 && summary(context, problems)}
<h1>${say("chatTitle")}</h1>
<form method="post" action="/portal/chat" novalidate>
${field(context, "name", problems, html`<label for="name">${say("chatName")}<small>${say("optional")}</small></label>
<input type="text" class="short" id="name" name="name" value="${start.name}" autocomplete="name" maxlength="40">`)}
${field(context, "text", problems, html`<label for="text">${say("chatFirst")}<small>${say("required")}</small></label><span class="hint" id="text-hint">${say("chatFirstHint")}</span>${wrongText(context, "text", problems)}
<textarea id="text" name="text" maxlength="2000"${describedBy("text", true, problems)}>\n${start.text}</textarea>`)}
<button type="submit">${say("chatBegin")}</button>
</form>`,
    { wrong: problems.length > 0 },
  );
}

export interface ShownChat {
  readonly chat: ChatView;
  readonly messages: readonly ChatMessage[];
  /** IANA name of the zone times are told in. */
  readonly zone: string;
  /** Name of the next message: posted twice it is one. */
  readonly clientId: string;
  /** The citizen stopped the refreshing that stands in for the script. */
  readonly still: boolean;
  readonly unsent?: UnsentWords;
}

/** What was written and not taken: shown again, so that it is not lost. */
export interface UnsentWords {
  readonly text: string;
  readonly why: TextKey;
}

/** The words of `chatRefreshed` name it. */
const REFRESH_S = 20;

/** The conversation. Posts and refreshes by itself where there is no script. */
export function chatPage(context: PageContext, shown: ShownChat): string {
  const { say, config } = context;
  const { chat, messages, unsent } = shown;
  const over = chat.state === "ended";
  // Words given back must not be refreshed away.
  const still = shown.still || unsent !== undefined;
  const hidden = (when: boolean): Html | false => when && html` hidden`;
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: shown.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const who = { citizen: say("chatYou"), agent: say("chatAgent"), system: say("chatSystem") } as const;
  const texts = {
    ...who,
    waiting: say("chatWaiting"),
    active: say("chatActive"),
    unserved: say("chatUnserved", { phone: config.phone }),
    interrupted: say("chatInterrupted"),
    ended: say("chatEnded"),
    ticket: say("chatTicket"),
    sending: say("chatSending"),
    sent: say("chatSent"),
    failed: say("chatNotSent"),
  };
  const message = ({ seq, from, text, at }: ChatMessage): Html =>
    html`<li class="${from}" data-seq="${seq}"><div class="chat-who">${who[from]} <time>${time.format(at)}</time>${from === "citizen" && html` <span>${say("chatSent")}</span>`}</div><p>${text}</p></li>\n`;
  return page(
    context,
    say("chatTitle"),
    html`<h1>${say("chatTitle")}</h1>
<div id="chat" data-last="${chat.lastSeq}" data-zone="${shown.zone}" data-texts="${JSON.stringify(texts)}">
<p class="chat-state" id="chat-state" role="status">${stateWords(context, chat)}</p>
<p class="chat-state" id="chat-ticket"${hidden(chat.ticketSerial === null)}>${chat.ticketSerial !== null && say("chatTicket", { serial: serialGroups(chat.ticketSerial) })}</p>
<ol class="chat-log" id="chat-log" role="log" aria-live="polite" aria-label="${say("chatLog")}" tabindex="0">
${messages.map(message)}</ol>
<p class="chat-offline" id="chat-offline" role="status" hidden>${say("chatOffline")}</p>
${unsent !== undefined && html`<div class="summary" role="alert"><p>${say(unsent.why)}</p>${over && html`<p>${unsent.text}</p>`}</div>`}
<form method="post" action="/portal/chat/messages" id="chat-form"${hidden(over)}>
<input type="hidden" name="clientId" value="${shown.clientId}">
<div class="field"><label for="say">${say("chatSay")}<span class="hint chat-keys">${say("chatKeys")}</span></label>
<textarea id="say" name="text" maxlength="2000" required>\n${unsent?.text}</textarea></div>
<div class="chat-foot"><button type="submit">${say("chatSend")}</button>
<button type="submit" class="quiet" form="chat-end">${say("chatEnd")}</button></div>
</form>
<form method="post" action="/portal/chat/end" id="chat-end"></form>
<form method="post" action="/portal/chat/new" id="chat-new"${hidden(!over)}><button type="submit">${say("chatNew")}</button></form>
${!over && html`<noscript><p class="note">${say(still ? "chatStopped" : "chatRefreshed")} <a href="/portal/chat${still ? "" : "?still=1"}">${say(still ? "chatMoving" : "chatStill")}</a></p></noscript>`}
</div>
<script src="${CHAT_SCRIPT_PATH}" defer></script>`,
    { head: !over && !still && html`<noscript><meta http-equiv="refresh" content="${REFRESH_S}"></noscript>`, wrong: unsent !== undefined },
  );
}

function stateWords({ say, config }: PageContext, chat: ChatView): string {
  switch (chat.state) {
    case "waiting":
      return say("chatWaiting");
    case "active":
      return say("chatActive", { agent: chat.agent ?? "" });
    case "unserved":
      return say("chatUnserved", { phone: config.phone });
    case "interrupted":
      return say("chatInterrupted");
    case "ended":
      return say("chatEnded");
  }
}

/** As it is spoken: 6-5-1. */
function serialGroups(serial: string): string {
  return /^\d{12}$/.test(serial) ? `${serial.slice(0, 6)} ${serial.slice(6, 11)} ${serial.slice(11)}` : serial;
}
