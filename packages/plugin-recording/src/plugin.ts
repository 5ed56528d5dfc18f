import { join } from "node:path";
import { ACTIVITY, BLOBS, CALL_CONTROL, CLOCK, defineEvent, definePlugin, IDS, MEDIA, PROMPTS, READ_POOL, SCREENS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { IvrNodeType } from "@hotlinejs/core";
import { AGENT_CALLS } from "@hotlinejs/plugin-acd/contract";
import { adoptCaptures } from "./adopt-captures.js";
import { AgentPauses } from "./agent-pauses.js";
import { WorkerAudioEngine } from "./audio/worker-audio-engine.js";
import { CaptureFolder } from "./capture-folder.js";
import { compressRecording, removeRaw } from "./compress-recording.js";
import { recordingAuditWords } from "./audit-words.js";
import { recordingConfig } from "./config.js";
import { RECORDINGS } from "./contract.js";
import { RecordingEntity } from "./entities/recording.entity.js";
import { RecordingLinkEntity } from "./entities/recording-link.entity.js";
import { RecordingPauseEntity } from "./entities/recording-pause.entity.js";
import { PAUSE, pauseRoutes, WATCH_PAUSES } from "./http/pause-routes.js";
import { CONFIDENTIAL, LISTEN, READ, recordingRoutes } from "./http/recording-routes.js";
import { recordNode } from "./ivr/record-node.js";
import { RECORDING_PROMPTS } from "./ivr/recording-prompts.js";
import { voicemailNode } from "./ivr/voicemail-node.js";
import { ListenLog } from "./listen-log.js";
import { RecordingInit } from "./migrations/init.js";
import { RecordingParts } from "./migrations/parts.js";
import { RecordingPauses } from "./migrations/pauses.js";
import { PauseStore } from "./pause-store.js";
import { Recorder } from "./recorder.js";
import { RecorderAlarm } from "./recorder-alarm.js";
import { RecordingAudio } from "./recording-audio.js";
import { RECORDING_INTERNALS } from "./recording-internals.js";
import { COMPRESS_JOB, RecordingStore, REMOVE_RAW_JOB } from "./recording-store.js";
import { DefaultRecordings } from "./recordings-service.js";
import { sweepExpired, SWEEP_JOB } from "./sweep-expired.js";

const HOUR_MS = 3_600_000;

/** Records every voice interaction from answer to hang-up; voicemail and `record` nodes. */
export const recording = definePlugin({
  name: "recording",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["media", "tts", "tickets", "acd"],
  critical: false,
  config: recordingConfig,
  entities: [RecordingEntity, RecordingLinkEntity, RecordingPauseEntity],
  migrations: [RecordingInit, RecordingParts, RecordingPauses],
  provides: [RECORDINGS, RECORDING_INTERNALS],
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    panels: [
      { slot: "recording.player", name: "player", title: "录音", titleEn: "Recording", permission: READ },
      { slot: "agent.call", name: "state", title: "录音", titleEn: "Recording", permission: READ },
      { slot: "supervision.call", name: "paused", title: "录音", titleEn: "Recording", permission: WATCH_PAUSES },
    ],
  },
  audit: recordingAuditWords,
  permissions: [
    { name: READ, roles: ["agent", "team_leader", "shift_supervisor", "dispatcher", "qa", "report_officer", "director"], description: "List recordings" },
    { name: LISTEN, roles: ["team_leader", "shift_supervisor", "dispatcher", "qa", "report_officer", "director"], description: "Hear recordings" },
    { name: PAUSE, roles: ["agent", "team_leader", "shift_supervisor"], description: "Pause the recording of the own call while the citizen says what nobody is to keep; audited" },
    { name: WATCH_PAUSES, roles: ["team_leader", "shift_supervisor"], description: "See whose call is not being recorded at the moment" },
    { name: CONFIDENTIAL, roles: ["report_officer"], description: "Hear recordings of confidential tickets" },
  ],
  events: [defineEvent("recording.captured", { durable: true }), defineEvent("recording.compressed", { durable: true }), defineEvent("recording.failed"), defineEvent("recording.resumed"), defineEvent("recording.pause-began"), defineEvent("recording.pause-ended")],
  ivrNodes: [recordNode, voicemailNode] as unknown as readonly IvrNodeType<never>[],
  routes: [...recordingRoutes, ...pauseRoutes],
  register({ config, events, health, hooks, jobs, log, onReady, onStop, services, settings }) {
    for (const name of ["recording.captured", "recording.compressed", "recording.failed", "recording.resumed"] as const) {
      events.handle(name, ({ recordingId }) => services.optional(SCREENS)?.tell({ permission: READ }, { topic: "recording.changed", data: { recordingId } }));
    }
    /** The pages of who talks, and of supervisors. */
    const tellPause = (agent: string, data: { interactionId: string; agent: string; ended: string | null }): void => services.optional(SCREENS)?.tell({ agents: [agent], permission: WATCH_PAUSES }, { topic: "recording.pause", data });
    const longestPauseMs = config.longestPauseSeconds * 1000;
    const parts = lazy(() => {
      const clock = services.get(CLOCK);
      const blobs = services.get(BLOBS);
      const folder = new CaptureFolder(join(settings.dataDir, "captures"), clock);
      const store = new RecordingStore(services.get(UNIT_OF_WORK), services.get(READ_POOL), blobs, clock, settings.nodeId, config.retentionDays);
      const alarm = new RecorderAlarm(clock, events, log, folder, config.minFreeMb);
      const engine = new WorkerAudioEngine(log);
      const audio = new RecordingAudio(folder, blobs, engine, store);
      const recorder = new Recorder({ store, folder, alarm, clock, log, flushMs: config.flushMs, resumed: (part) => events.publish("recording.resumed", part) }, services.get(IDS));
      const pauseStore = new PauseStore(services.get(UNIT_OF_WORK), settings.nodeId);
      const pauses = new AgentPauses({
        recorder,
        store: pauseStore,
        clock,
        ids: services.get(IDS),
        log,
        call: (agent) => services.optional(AGENT_CALLS)?.current(agent),
        session: (interactionId) => services.get(CALL_CONTROL).session(interactionId),
        publish: (name, payload) => events.publish(name, payload),
        longestMs: longestPauseMs,
      });
      return { clock, blobs, folder, store, alarm, engine, audio, recorder, pauseStore, pauses };
    });
    services.provide(RECORDINGS, () => new DefaultRecordings(parts().recorder, parts().store, parts().folder, parts().audio, () => services.optional(MEDIA)));
    services.provide(RECORDING_INTERNALS, () => ({ store: parts().store, audio: parts().audio, listens: new ListenLog(parts().clock), pauses: parts().pauses, longestPauseMs }));
    services.optional(PROMPTS)?.define(RECORDING_PROMPTS);

    events.handle("interaction.answered", ({ interactionId }) => {
      const session = services.get(CALL_CONTROL).session(interactionId);
      if (session !== undefined) parts().recorder.recordCall(session);
    });
    hooks.callEnd.tap(async ({ interactionId }) => {
      await Promise.all([parts().pauses.callOver(interactionId), parts().recorder.endCall(interactionId)]);
    });
    events.handle("acd.agent-call", ({ agent, call }) => parts().pauses.followed(agent, call));
    events.handle("recording.pause-began", ({ interactionId, agent }) => tellPause(agent, { interactionId, agent, ended: null }));
    events.handle("recording.pause-ended", ({ interactionId, agent, ended }) => tellPause(agent, { interactionId, agent, ended }));

    jobs.define<{ recordingId: string }>(COMPRESS_JOB, {
      // One at a time: compression never competes with calls for more than one thread.
      concurrency: 1,
      timeoutMs: 30 * 60_000,
      handler: ({ recordingId }) => compressRecording({ ...parts(), log, keepRawMs: config.keepRawHours * HOUR_MS }, recordingId),
    });
    jobs.define<{ recordingId: string }>(REMOVE_RAW_JOB, { handler: ({ recordingId }) => removeRaw(parts(), recordingId) });
    jobs.define(SWEEP_JOB, { concurrency: 1, timeoutMs: HOUR_MS, handler: (_payload, { signal }) => sweepExpired({ ...parts(), jobs, log }, signal) });

    onReady(async () => {
      const { folder, store, clock } = parts();
      await folder.create();
      await adoptCaptures(folder, store, log, String(clock.now()));
      await parts().pauseStore.adopt(clock.now());
      if (config.retentionDays !== null) await jobs.enqueue({ name: SWEEP_JOB, key: `start:${clock.now()}` });
    });
    onStop(async () => {
      await parts().pauses.close();
      await parts().recorder.close();
      // Ends a thread, which takes the machine's time.
      await services.get(ACTIVITY).track(parts().engine.close());
    });
    health(() => parts().alarm.report({ recording: parts().recorder.active }));
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
