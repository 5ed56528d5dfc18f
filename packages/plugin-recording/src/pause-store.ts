import type { UnitOfWork } from "@hotlinejs/core";
import type { PauseEnd, PauseReason, RecordingPause } from "./contract.js";
import { RecordingPauseEntity } from "./entities/recording-pause.entity.js";
import type { RecordingPauseRow } from "./entities/recording-pause.entity.js";

/** What is known of a pause when it begins. Times are epoch ms. */
export interface NewPause {
  readonly id: string;
  readonly interactionId: string;
  /** 工号. */
  readonly agent: string;
  /** User id. */
  readonly actor: string;
  readonly reason: PauseReason | null;
  readonly startedAt: number;
  readonly limitAt: number;
}

/** How a pause ended. */
export interface EndedPause {
  readonly ended: PauseEnd;
  /** User id, or `system`. */
  readonly actor: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Rows of pauses, with the audit of who began and ended them. */
export class PauseStore {
  constructor(
    private readonly work: UnitOfWork,
    private readonly nodeId: string,
  ) {}

  async begin(pause: NewPause): Promise<void> {
    const { id, interactionId, agent, actor, reason, limitAt } = pause;
    await this.work.run(async (uow) => {
      await uow.em.insert(RecordingPauseEntity, { ...pause, endedAt: null, ended: null, nodeId: this.nodeId });
      uow.audit({ actor, action: "recording.paused", subject: { type: "interaction", id: interactionId }, details: { pauseId: id, agent, reason, limitAt } });
    });
  }

  async end({ id, interactionId, agent, startedAt }: NewPause, { ended, actor, at }: EndedPause): Promise<void> {
    await this.work.run(async (uow) => {
      if ((await uow.em.nativeUpdate(RecordingPauseEntity, { id, endedAt: null }, { endedAt: at, ended })) === 0) return;
      uow.audit({ actor, action: "recording.resumed", subject: { type: "interaction", id: interactionId }, details: { pauseId: id, agent, ended, durationMs: at - startedAt } });
    });
  }

  /** What an earlier run has left open was over with its calls. Returns how many. */
  async adopt(now: number): Promise<number> {
    return this.work.run(async (uow) => {
      const left = await uow.em.find(RecordingPauseEntity, { endedAt: null, nodeId: { $ne: this.nodeId } }, { disableIdentityMap: true });
      for (const { id, limitAt } of left) await uow.em.nativeUpdate(RecordingPauseEntity, { id }, { endedAt: Math.min(limitAt, now), ended: "lost" });
      return left.length;
    });
  }
}

/** As the contract shows it. */
export function pauseView({ id, agent, reason, startedAt, limitAt, endedAt, ended }: Pick<RecordingPauseRow, "id" | "agent" | "reason" | "startedAt" | "limitAt"> & Partial<Pick<RecordingPauseRow, "endedAt" | "ended">>): RecordingPause {
  return { id, agent, reason: reason ?? null, from: startedAt, until: limitAt, to: endedAt ?? null, ended: ended ?? null };
}
