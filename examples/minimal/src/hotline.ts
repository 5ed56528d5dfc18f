import { createHotline, runUntilSignal } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { directory } from "@hotlinejs/plugin-directory";
import { ivr } from "@hotlinejs/plugin-ivr";
import { recording } from "@hotlinejs/plugin-recording";
import { sip } from "@hotlinejs/plugin-sip";
import { tts } from "@hotlinejs/plugin-tts";
import { espeak } from "@hotlinejs/tts-espeak";

const menu = { id: "menu", type: "menu", prompt: { text: "您好，人工服务请按1，留言请按2。" }, keys: "12", on: { "1": "agent", "2": "message", timeout: "message", invalid: "message" } };
const agent = { id: "agent", type: "queue", queue: "general", on: { answered: "bye", "no-agents": "message", timeout: "message", full: "message" } };
const message = { id: "message", type: "voicemail", on: { done: "bye", empty: "bye", failed: "bye" } };
const flow = { id: "main", start: "menu", nodes: [menu, agent, message, { id: "bye", type: "hangup", prompt: { text: "再见。" } }] };
const user = { username: "1001", password: "demo-1001", demo: true, displayName: "叶立新", agentNumber: "1001", roles: ["agent"] };
const queues = acd({ queues: [{ key: "general", name: "综合" }], agents: [{ number: "1001", name: "叶立新", queues: ["general"] }] });
const telephone = [media(), sip({ allowAnonymous: true }), directory({ users: [user] })];
const voice = [espeak(), tts(), recording(), ivr({ flows: [flow], routes: [{ flow: "main" }] })];

const hotline = createHotline({ name: "minimal", environment: process.env, plugins: [...telephone, ...voice, queues] });
process.exitCode = await runUntilSignal(hotline);
