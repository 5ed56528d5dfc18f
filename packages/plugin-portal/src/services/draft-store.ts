import { randomBytes } from "node:crypto";
import type { Clock, Ids, ReadPool, Secrets, UnitOfWork } from "@hotlinejs/core";
import { DraftEntity } from "../entities/draft.entity.js";
import type { Answers } from "../domain/answers.js";

export interface Draft {
  /** What the browser keeps; the database knows only its blind index. */
  readonly token: string;
  readonly filingKey: string;
  readonly answers: Answers;
  /** Shown once the ticket stands. */
  readonly filed?: { readonly serial: string; readonly queryCode: string; readonly kind: string };
}

/** How long the page with serial number and code can be loaded again. */
const DONE_MS = 15 * 60_000;
const SWEEP_JOB = "portal.sweep";

/** Unfinished answers: sealed, on the server, found by a token that only the browser has. Nobody types anything twice. */
export class DraftStore {
  constructor(
    private readonly deps: { readonly clock: Clock; readonly ids: Ids; readonly secrets: Secrets; readonly unitOfWork: UnitOfWork; readonly readPool: ReadPool; readonly keepMs: number },
  ) {}

  static readonly sweepJob = SWEEP_JOB;

  begin(): Draft {
    return { token: randomBytes(24).toString("base64url"), filingKey: `portal:${this.deps.ids.next()}`, answers: {} };
  }

  async find(token: string | undefined): Promise<Draft | undefined> {
    if (token === undefined) return undefined;
    const { clock, readPool, secrets } = this.deps;
    const row = await readPool.read((em) => em.findOne(DraftEntity, { id: this.idOf(token) }));
    if (row === null || row.expiresAt <= clock.now()) return undefined;
    const content = JSON.parse(secrets.open(row.content)) as Pick<Draft, "answers" | "filed">;
    return { token, filingKey: row.filingKey, ...content };
  }

  async save(draft: Draft): Promise<void> {
    const { clock, keepMs, secrets, unitOfWork } = this.deps;
    const { token, filingKey, answers, filed } = draft;
    const done = filed !== undefined;
    const expiresAt = clock.now() + (done ? DONE_MS : keepMs);
    // The answers have become the ticket; only what must be shown once more is kept.
    const content = secrets.seal(JSON.stringify(done ? { answers: {}, filed } : { answers }));
    await unitOfWork.run(async (uow) => {
      await uow.em.upsert(DraftEntity, { id: this.idOf(token), filingKey, content, done, expiresAt });
      uow.enqueue({ name: SWEEP_JOB, key: `sweep:${Math.ceil(expiresAt / 600_000)}`, runAt: Math.ceil(expiresAt / 600_000) * 600_000 });
    });
  }

  async discard(token: string): Promise<void> {
    await this.deps.unitOfWork.run((uow) => uow.em.nativeDelete(DraftEntity, { id: this.idOf(token) }));
  }

  async sweep(): Promise<void> {
    await this.deps.unitOfWork.run((uow) => uow.em.nativeDelete(DraftEntity, { expiresAt: { $lte: this.deps.clock.now() } }));
  }

  private idOf(token: string): string {
    return this.deps.secrets.blindIndex(`portal-draft:${token}`);
  }
}
