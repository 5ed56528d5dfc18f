import { z } from "zod";
import { AUDIT, defineRoute } from "@hotlinejs/core";
import type { HttpRequest, HttpRoute, Principal, Services } from "@hotlinejs/core";
import type { RecordingView } from "../contract.js";
import type { RecordingRow } from "../entities/recording.entity.js";
import { errors } from "../errors.js";
import { RECORDING_INTERNALS } from "../recording-internals.js";

export const READ = "recording.read";
export const LISTEN = "recording.listen";
export const CONFIDENTIAL = "recording.confidential";

const instant = z.union([z.coerce.number().int().nonnegative(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))]);
const idParams = z.object({ id: z.string().min(1).max(64) });
const listQuery = z.strictObject({
  interactionId: z.string().max(64).optional(),
  ticketId: z.string().max(64).optional(),
  /** Epoch ms or ISO 8601 with offset; `from` inclusive, `to` exclusive. */
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** What is kept from people who may not see a confidential recording: whose call it was. */
function shown(view: RecordingView, principal: Principal | undefined): object {
  const hidden = view.confidential && principal?.permissions.has(CONFIDENTIAL) !== true;
  const { ticketIds, ...rest } = view;
  return { ...rest, interactionId: hidden ? null : view.interactionId, legId: hidden ? null : view.legId, ticketId: ticketIds[0] ?? null, ticketIds };
}

async function audible(request: HttpRequest<{ id: string }>): Promise<RecordingRow> {
  const { store } = request.services.get(RECORDING_INTERNALS);
  const row = await store.row(request.params.id);
  if (row === undefined) throw errors.NOT_FOUND(request.params.id);
  if (row.confidential && request.principal?.permissions.has(CONFIDENTIAL) !== true) {
    await auditListen(request.services, request.principal, row.id, "refused");
    throw errors.CONFIDENTIAL(row.id);
  }
  return row;
}

async function auditListen(services: Services, principal: Principal | undefined, recordingId: string, outcome: "done" | "refused"): Promise<void> {
  const actor = principal?.userId ?? "unknown";
  // A player fetches one recording in many ranges: that is one listen.
  if (outcome === "done" && !services.get(RECORDING_INTERNALS).listens.isNew(actor, recordingId)) return;
  await services.get(AUDIT).record({ actor, action: "recording.listened", subject: { type: "recording", id: recordingId }, outcome });
}

export const recordingRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/recordings",
    permission: READ,
    summary: "Recordings, newest first",
    query: listQuery,
    async handler({ query, services, principal }) {
      const page = await services.get(RECORDING_INTERNALS).store.page(query);
      return { items: page.items.map((item) => shown(item, principal)), next: page.next };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/recordings/:id",
    permission: READ,
    summary: "One recording",
    params: idParams,
    async handler({ params, services, principal }) {
      const view = await services.get(RECORDING_INTERNALS).store.view(params.id);
      if (view === undefined) throw errors.NOT_FOUND(params.id);
      return shown(view, principal);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/recordings/:id/audio",
    permission: LISTEN,
    summary: "Sound of a recording: WAV with two channels (citizen left), or the Opus file once compressed. Audited.",
    params: idParams,
    query: z.object({ format: z.enum(["wav", "opus"]).default("wav") }),
    async handler(request) {
      const row = await audible(request);
      const { audio } = request.services.get(RECORDING_INTERNALS);
      const content = request.query.format === "opus" ? await audio.opus(row) : await audio.wav(row);
      await auditListen(request.services, request.principal, row.id, "done");
      return content;
    },
  }),
];
