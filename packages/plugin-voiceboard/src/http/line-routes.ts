import { Readable } from "node:stream";
import { defineRoute, WS_ROUTES } from "@hotlinejs/core";
import type { HttpContent, HttpRequest, HttpRoute } from "@hotlinejs/core";
import { decodeAlaw, writeWav } from "@hotlinejs/media";
import { z } from "zod";
import { VOICEBOARD } from "../contract.js";
import { isLocal } from "../domain/local-request.js";
import { voiceboardErrors } from "../errors.js";
import { partyScriptSchema, VIRTUAL_BOARD } from "../virtual/index.js";
import type { OutsideParty, VirtualChannel } from "../virtual/index.js";

export const VIEW = "voiceboard.lines.view";
export const USE = "voiceboard.virtual.use";

const lineParams = z.object({ line: z.string().regex(/^[\w-]{1,32}$/) });
const partyView = z.object({ line: z.string(), number: z.string(), state: z.enum(["ringing", "talking", "ended"]), keysHeard: z.string(), heardMs: z.number() });

/** The virtual line of a request. From this machine only: it speaks for citizens who are not there. */
function virtualLine(request: HttpRequest<{ line: string }, unknown, unknown>): VirtualChannel {
  const web = request.services.optional(WS_ROUTES);
  if (!isLocal(request, (address) => web?.isProxy(address) === true)) throw voiceboardErrors.LOCAL_ONLY();
  return request.services.get(VIRTUAL_BOARD).line(request.params.line);
}

function partyOf(request: HttpRequest<{ line: string }, unknown, unknown>): OutsideParty {
  const { party, key } = virtualLine(request);
  if (party === undefined) throw voiceboardErrors.NO_PARTY(key);
  return party;
}

async function shown(party: OutsideParty): Promise<z.infer<typeof partyView>> {
  const heard = await party.heard();
  return { line: party.line, number: party.number, state: party.state, keysHeard: party.keys, heardMs: heard.length / 8 };
}

export const lineRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/voiceboard/lines",
    permission: VIEW,
    summary: "Lines of the boards and what they are doing",
    output: z.object({ items: z.array(z.object({ key: z.string(), board: z.string(), number: z.string(), state: z.string() })), next: z.null() }),
    handler: async ({ services }) => ({ items: services.get(VOICEBOARD).lines(), next: null }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/voiceboard/virtual-lines/:line/call",
    permission: USE,
    summary: "Place a call on a virtual line, as a citizen would",
    params: lineParams,
    body: z.strictObject({ number: z.string().regex(/^\d{0,32}$/), script: partyScriptSchema.default([]), patienceMs: z.number().int().min(0).max(600_000).optional() }),
    output: partyView,
    handler: async (request) => shown(virtualLine(request).call(request.body)),
  }),
  defineRoute({
    method: "POST",
    path: "/api/voiceboard/virtual-lines/:line/steps",
    permission: USE,
    summary: "Let the party of a virtual line do more, after what its script says",
    params: lineParams,
    body: z.strictObject({ script: partyScriptSchema }),
    output: partyView,
    async handler(request) {
      const party = partyOf(request);
      void party.perform(request.body.script);
      return shown(party);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/voiceboard/virtual-lines/:line/hang-up",
    permission: USE,
    summary: "Let the party of a virtual line hang up at once, or give up ringing",
    params: lineParams,
    output: partyView,
    async handler(request) {
      const party = partyOf(request);
      party.hangUp();
      return shown(party);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/voiceboard/virtual-lines/:line/party",
    permission: USE,
    summary: "Who is at the far end of a virtual line, or was last",
    params: lineParams,
    output: partyView,
    handler: (request) => shown(partyOf(request)),
  }),
  defineRoute({
    method: "GET",
    path: "/api/voiceboard/virtual-lines/:line/heard",
    permission: USE,
    summary: "What the party of a virtual line has heard so far, as WAV",
    params: lineParams,
    async handler(request): Promise<HttpContent> {
      const party = partyOf(request);
      // 16-bit linear: browsers do not play A-law.
      const wav = writeWav(decodeAlaw(await party.heard()), 8_000);
      return { kind: "content", contentType: "audio/wav", size: wav.length, fileName: `line-${party.line}.wav`, open: (start, end) => Readable.from([Buffer.from(wav.subarray(start, end + 1))]) };
    },
  }),
];
