import { createHotline, type Hotline } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd"; // with acd
import { callbacks } from "@hotlinejs/plugin-callbacks"; // with callbacks
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http"; // with http
import { ivr } from "@hotlinejs/plugin-ivr";
import { portal } from "@hotlinejs/plugin-portal"; // with portal
import { recording } from "@hotlinejs/plugin-recording"; // with recording
import { reports } from "@hotlinejs/plugin-reports"; // with reports
import { sip } from "@hotlinejs/plugin-sip";
import { staffConsole } from "@hotlinejs/plugin-console"; // with console
import { tickets } from "@hotlinejs/plugin-tickets"; // with tickets
import { tts } from "@hotlinejs/plugin-tts";
import { webchat } from "@hotlinejs/plugin-webchat"; // with webchat
import { espeak } from "@hotlinejs/tts-espeak";
import { flow } from "./flow.js";
import { users } from "./people.js";
import { agents } from "./people.js"; // with acd
import { language, names, prompts } from "./prompts.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Plugins that bring no sound or telephone of their own: tests run with these and fakes of the rest. */
export const capabilities = () => [
  directory({ users }),
  http(), // with http
  staffConsole({ title: names.hotline }), // with console
  ivr({ flows: [flow], routes: [{ flow: flow.id, language }] }),
  acd({ queues: [{ key: "general", name: names.queue }], agents }), // with acd
  recording(), // with recording
  tickets(), // with tickets
  webchat(), // with webchat
  portal({ agency: names.hotline }), // with portal
  callbacks(), // with callbacks
  reports(), // with reports
];

/** The hotline, not started: for `src/main.ts`, and for `npx hotline`. */
export const hotline = ({ environment }: { environment: Environment }): Hotline =>
  createHotline({
    name: "my-hotline",
    environment,
    calls: { fallback: { handler: "queue", target: "general" } }, // with acd
    plugins: [
      media(),
      // Anybody may call. Take this away when a trunk is set up: sip({ trunks: [{ key: "carrier", match: ["203.0.113.10"] }] })
      sip({ allowAnonymous: true }),
      espeak(),
      tts({ prompts: [...prompts], language }),
      ...capabilities(),
    ],
  });
