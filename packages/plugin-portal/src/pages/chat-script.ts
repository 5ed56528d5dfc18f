import { createHash } from "node:crypto";

/**
 * What the conversation does in browsers with JavaScript: messages come over a WebSocket, go out by fetch under a name of their own
 * (sent again after an interruption they stay one), and the page is not loaded anew. Plain ES2017, nothing is built.
 */
export const CHAT_SCRIPT = String.raw`"use strict";
(() => {
const $ = (id) => document.getElementById(id);
const root = $("chat"), log = $("chat-log"), form = $("chat-form"), box = $("say"), state = $("chat-state"), ticket = $("chat-ticket"), offline = $("chat-offline");
if (!root || !window.WebSocket || !window.fetch) return;
const T = JSON.parse(root.dataset.texts);
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seen = new Map(), queue = [];
let last = Number(root.dataset.last), over = form.hidden, wait = 500, sending = false, retry, lateLine;
for (const li of log.children) seen.set(Number(li.dataset.seq), li);
root.classList.add("chat-live");
bottom();

function bottom() { log.scrollTop = log.scrollHeight; }
function item(from, text, at, mark) {
  const li = document.createElement("li"), who = document.createElement("div"), p = document.createElement("p");
  li.className = from; who.className = "chat-who"; p.textContent = text;
  const time = document.createElement("time"); time.textContent = clock.format(at);
  who.append(T[from] + " ", time);
  if (mark) { const span = document.createElement("span"); span.textContent = mark; who.append(" ", span); }
  li.append(who, p);
  return li;
}
function mark(li, words) { li.querySelector("span").textContent = words; }
function place(li, seq) {
  li.dataset.seq = seq; seen.set(seq, li);
  while (seen.has(last + 1)) last++;
  let next = null;
  for (const other of log.children) if (other !== li && (!other.dataset.seq || Number(other.dataset.seq) > seq)) { next = other; break; }
  if (li.parentNode !== log || li.nextElementSibling !== next) log.insertBefore(li, next);
}
function show(m) {
  if (seen.has(m.seq)) return;
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const mine = m.from === "citizen" ? queue.find((one) => one.text === m.text && one.tried) : undefined;
  if (mine) delivered(mine, m.seq);
  else place(item(m.from, m.text, m.at, m.from === "citizen" ? T.sent : ""), m.seq);
  if (near || mine) bottom();
}
function delivered(one, seq) {
  const at = queue.indexOf(one);
  if (at >= 0) queue.splice(at, 1);
  mark(one.li, T.sent);
  if (!one.li.dataset.seq) {
    // Told by the socket under another item already: a text written twice.
    if (seen.has(seq) && seen.get(seq) !== one.li) one.li.remove(); else place(one.li, seq);
  }
}
function words(chat) { return (T[chat.state] || "").replace("{agent}", chat.agent || ""); }
function update(chat) {
  const now = words(chat);
  if (state.textContent !== now) state.textContent = now;
  if (chat.ticketSerial) {
    ticket.textContent = T.ticket.replace("{serial}", chat.ticketSerial.replace(/^(\d{6})(\d{5})(\d)$/, "$1 $2 $3"));
    ticket.hidden = false;
  }
  over = chat.state === "ended";
  // What is being written stays to be read and copied.
  form.hidden = over && box.value === "";
  for (const button of form.querySelectorAll("button")) button.disabled = over;
  $("chat-new").hidden = !over;
}
function take(data) {
  if (data.chat) update(data.chat);
  for (const m of data.messages || (data.message ? [data.message] : [])) show(m);
}

function call(path, body) {
  return fetch("/api/webchat/chat" + path, { method: body ? "POST" : "GET", credentials: "same-origin", headers: { Accept: "application/json", "X-Hotline-CSRF": "1", ...(body ? { "Content-Type": "application/json" } : {}) }, body: body ? JSON.stringify(body) : undefined });
}
async function flush() {
  if (sending) return;
  sending = true;
  try {
    while (queue.length > 0) {
      const one = queue[0];
      one.tried = true;
      const answer = await call("/messages", { text: one.text, clientId: one.id });
      if (answer.ok) delivered(one, (await answer.json()).seq);
      else if (answer.status === 429 || answer.status >= 500) throw new Error("later");
      else { const at = queue.indexOf(one); if (at >= 0) { queue.splice(at, 1); mark(one.li, T.failed); one.li.classList.add("failed"); } }
    }
  } catch { setTimeout(flush, 3000); } finally { sending = false; }
}
async function missed() {
  const answer = await call("?after=" + last);
  if (answer.ok) take(await answer.json());
}

function connect() {
  if (over) return;
  clearTimeout(retry);
  const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/api/webchat/socket");
  socket.onopen = () => {
    wait = 500; clearTimeout(lateLine); lateLine = undefined; offline.hidden = true;
    missed().catch(() => socket.close());
    flush();
  };
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onclose = () => {
    if (over) return;
    if (!lateLine) lateLine = setTimeout(() => { offline.hidden = false; }, 2000);
    retry = setTimeout(() => { missed().catch(() => undefined); connect(); }, wait);
    wait = Math.min(wait * 2, 15000);
  };
}
addEventListener("online", () => { wait = 500; connect(); });

form.addEventListener("submit", (event) => {
  // The button that ends the conversation belongs to another form.
  event.preventDefault();
  const text = box.value.trim();
  if (text === "" || over) return;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const one = { id: Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(""), text, li: item("citizen", text, Date.now(), T.sending), tried: false };
  log.append(one.li);
  queue.push(one);
  box.value = "";
  bottom();
  flush();
});
box.addEventListener("keydown", (event) => {
  // 229: Safari tells the Enter that chooses a candidate after the composition has ended.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
connect();
})();
`;

export const CHAT_SCRIPT_FILE = `chat.${createHash("sha256").update(CHAT_SCRIPT).digest("hex").slice(0, 12)}.js`;
export const CHAT_SCRIPT_PATH = `/portal/assets/${CHAT_SCRIPT_FILE}`;
