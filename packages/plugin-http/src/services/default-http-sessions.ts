import { createHash, randomBytes } from "node:crypto";
import type { Clock, Directory, Ids, Logger, ReadPool, UnitOfWork } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { HttpSessions, OpenedSession, ResolvedSession } from "../contract.js";
import { SessionEntity, type SessionRow } from "../entities/session.entity.js";
import { httpErrors } from "../errors.js";
import type { LoginLimiter } from "./login-limiter.js";

export interface HttpSessionsParts {
  readonly units: UnitOfWork;
  readonly reads: ReadPool;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Asked at each use: the directory is an optional partner. */
  readonly directory: () => Directory | undefined;
  readonly limiter: LoginLimiter;
  /** Milliseconds without a request after which a session ends. */
  readonly idleMs: number;
  /** Milliseconds after which it ends in any case. */
  readonly maxMs: number;
}

/** Sessions in the table http_session. */
export class DefaultHttpSessions implements HttpSessions {
  /** Writes of "last seen" under way, by session. */
  readonly #touching = new Map<string, Promise<void>>();

  constructor(private readonly parts: HttpSessionsParts) {}

  async signIn(username: string, password: string, from: { readonly remoteAddress: string; readonly userAgent?: string }): Promise<OpenedSession> {
    const directory = this.parts.directory();
    if (!directory) throw httpErrors.NO_DIRECTORY();
    const giveBack = await this.parts.limiter.take(from.remoteAddress, username);
    const principal = await directory.authenticate(username, password, { source: from.remoteAddress });
    if (!principal) throw httpErrors.WRONG_CREDENTIALS();
    await giveBack();
    const token = randomBytes(32).toString("base64url");
    const now = this.parts.clock.now();
    const id = this.parts.ids.next();
    await this.parts.units.run(async (uow) => {
      await uow.em.insert(SessionEntity, {
        id,
        tokenHash: hashToken(token),
        userId: principal.userId,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + Math.min(this.parts.idleMs, this.parts.maxMs),
        remoteAddress: from.remoteAddress,
        userAgent: from.userAgent?.slice(0, 200) ?? null,
      });
    });
    return { principal, token };
  }

  async resolve(token: string): Promise<ResolvedSession | undefined> {
    const row = await this.parts.reads.read((em) => em.findOne(SessionEntity, { tokenHash: hashToken(token) }, { disableIdentityMap: true }));
    const now = this.parts.clock.now();
    if (!row || row.expiresAt <= now) return undefined;
    const principal = await this.parts.directory()?.principal(row.userId);
    if (!principal) return undefined;
    // Who changes the password throws out whoever came in with the old one.
    if (principal.credentialsChangedAt !== undefined && row.createdAt < principal.credentialsChangedAt) return undefined;
    this.#touch(row, now);
    return { id: row.id, principal };
  }

  async end(token: string): Promise<void> {
    await this.parts.units.run((uow) => uow.em.nativeDelete(SessionEntity, { tokenHash: hashToken(token) }));
  }

  async endAll(userId: string): Promise<void> {
    await this.parts.units.run((uow) => uow.em.nativeDelete(SessionEntity, { userId }));
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    const now = this.parts.clock.now();
    await this.parts.units.run((uow) => uow.em.nativeDelete(SessionEntity, { expiresAt: { $lte: now } }));
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#touching.values());
  }

  /** The sliding expiry, written now and then only, not awaited: a request need not wait for it, nor fail with it. */
  #touch(row: SessionRow, now: number): void {
    const step = Math.min(5 * 60_000, this.parts.idleMs / 10);
    if (now - row.lastSeenAt < step || this.#touching.has(row.id)) return;
    const expiresAt = Math.min(now + this.parts.idleMs, row.createdAt + this.parts.maxMs);
    const work = this.parts.units
      .run((uow) => uow.em.nativeUpdate(SessionEntity, { id: row.id }, { lastSeenAt: now, expiresAt }))
      .then(
        () => undefined,
        (error: unknown) => this.parts.log.warn({ error: errorText(error) }, "a session could not be prolonged"),
      )
      .finally(() => this.#touching.delete(row.id));
    this.#touching.set(row.id, work);
  }
}

function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
