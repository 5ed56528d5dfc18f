import type { AuditWords } from "@hotlinejs/core";

/** What is done to recordings, for the page of the audit. */
export const recordingAuditWords: AuditWords = {
  actions: [
    { name: "recording.paused", title: "暂停录音", titleEn: "Paused a recording" },
    { name: "recording.resumed", title: "恢复录音", titleEn: "Resumed a recording" },
    { name: "recording.listened", title: "听取录音", titleEn: "Heard a recording" },
  ],
  subjects: [
    { name: "recording", title: "录音", titleEn: "Recording" },
  ],
};
