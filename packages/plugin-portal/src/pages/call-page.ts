import { html } from "../domain/html.js";
import { page, type PageContext } from "./page.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** A telephone in the page; without script, and where browsers give no microphone, the number to dial. */
export function callPage(context: PageContext, script: string): string {
  const { say, config } = context;
  const { phone } = config;
  const texts = {
    start: say("talkStart"),
    again: say("talkAgain"),
    sent: say("talkSent"),
    idle: say("talkIdle"),
    asking: say("talkAsking"),
    calling: say("talkCalling"),
    on: say("talkOn"),
    muted: say("talkMuted"),
    mending: say("talkMending"),
    over: say("talkOver"),
    denied: say("talkDenied", { phone }),
    noMicrophone: say("talkNoMicrophone", { phone }),
    insecure: say("talkInsecure", { phone }),
    busy: say("talkBusy", { phone }),
    tooMany: say("talkTooMany", { phone }),
  };
  return page(
    context,
    say("talkTitle"),
    html`<a class="back" href="/portal">‹ ${say("back")}</a>
<h1>${say("talkTitle")}</h1>
<p id="talk-before">${say("talkBefore", { phone })}</p>
<noscript><p class="chat-state">${say("talkNoScript", { phone })}</p></noscript>
<div id="talk" class="talk" data-texts="${JSON.stringify(texts)}" hidden>
<p class="talk-line"><span id="talk-state" role="status"></span> <span id="talk-time" class="talk-time" hidden>00:00</span></p>
<div class="talk-foot"><button type="button" id="talk-start">${say("talkStart")}</button><button type="button" id="talk-end" class="talk-end" hidden>${say("talkEnd")}</button><button type="button" id="talk-mute" class="quiet" aria-pressed="false" hidden>${say("talkMute")}</button></div>
<div class="talk-keys" id="talk-pad" role="group" aria-label="${say("talkKeys")}" hidden>
${KEYS.map((key) => html`<button type="button" class="quiet" data-key="${key}">${key}</button>`)}
<p id="talk-sent" class="talk-sent" role="status"></p>
</div>
</div>
<p class="note"><a href="tel:${phone.replace(/[^\d+*#]/g, "")}">${say("talkDial", { phone })}</a></p>
<script src="${script}" type="module"></script>`,
  );
}
