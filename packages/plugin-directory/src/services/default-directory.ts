import type { Audit, AuditEntry, DigestCredentials, DigestSecret, Directory, DirectoryDepartment, DirectoryStaff, DirectoryUser, Logger, Principal, ReadPool, Secrets } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AttemptGuard } from "../domain/attempt-guard.js";
import { digestHa1 } from "../domain/digest.js";
import { usernameKey } from "../domain/username.js";
import { CredentialEntity } from "../entities/credential.entity.js";
import { directoryErrors } from "../errors.js";
import type { DirectoryCache } from "./directory-cache.js";
import type { PasswordHasher } from "./password-hasher.js";

/** Whether published demo passwords are good here. Decided at start. */
export interface DemoPolicy {
  allowed: boolean;
}

export interface DirectoryParts {
  readonly cache: DirectoryCache;
  readonly reads: ReadPool;
  readonly secrets: Secrets;
  readonly audit: Audit;
  readonly hasher: PasswordHasher;
  readonly guard: AttemptGuard;
  readonly demo: DemoPolicy;
  readonly realm: string;
  readonly log: Logger;
}

/** Reads of the directory, sign-in and SIP digests. */
export class DefaultDirectory implements Directory, DigestCredentials {
  readonly realm: string;
  /** Unsealed for names that have no digests to give. */
  #decoy: string | undefined;

  constructor(private readonly parts: DirectoryParts) {
    this.realm = parts.realm;
  }

  async authenticate(username: string, password: string, options: { readonly source?: string } = {}): Promise<Principal | undefined> {
    const { guard, cache, hasher } = this.parts;
    const key = usernameKey(username);
    const source = options.source ?? "local";
    const attempt = guard.enter(key, source);
    if ("retryAfterMs" in attempt) {
      const seconds = Math.max(1, Math.ceil(attempt.retryAfterMs / 1000));
      throw directoryErrors.LOCKED(seconds, { details: { retryAfter: seconds } });
    }
    let locked: boolean;
    try {
      const snapshot = await cache.get();
      const userId = snapshot.idByUsername.get(key);
      // The same reads and the same hash whether or not there is such an account.
      const credential = await this.parts.reads.read((em) => em.findOne(CredentialEntity, { userId: userId ?? "" }, { disableIdentityMap: true }));
      const principal = userId === undefined ? undefined : snapshot.principals.get(userId);
      const usable = principal && credential && (this.parts.demo.allowed || !credential.demo);
      const right = await hasher.verify(usable ? credential.passwordHash : undefined, password);
      if (right && principal) {
        attempt.succeed();
        await this.#record({ actor: principal.userId, action: "auth.succeeded", subject: { type: "user", id: principal.userId }, details: { source } });
        return principal;
      }
      locked = attempt.fail();
      // What was typed as a name may be a password: of unknown names only a blind index is kept.
      const who = userId === undefined ? { account: this.parts.secrets.blindIndex(key).slice(0, 16) } : {};
      const subject = userId === undefined ? undefined : { type: "user", id: userId };
      await this.#record({ actor: "plugin:directory", action: "auth.failed", subject, details: { source, ...who }, outcome: "refused" });
      if (locked) await this.#record({ actor: "plugin:directory", action: "auth.locked", subject, details: { source, ...who }, outcome: "refused" });
    } catch (error) {
      attempt.abandon();
      throw error;
    }
    return undefined;
  }

  async principal(userId: string): Promise<Principal | undefined> {
    return (await this.parts.cache.get()).principals.get(userId);
  }

  async userByAgentNumber(agentNumber: string): Promise<DirectoryUser | undefined> {
    const snapshot = await this.parts.cache.get();
    const id = snapshot.idByAgentNumber.get(agentNumber);
    return id === undefined ? undefined : snapshot.users.get(id);
  }

  async listUsers(): Promise<readonly DirectoryUser[]> {
    return [...(await this.parts.cache.get()).users.values()];
  }

  async listDepartments(): Promise<readonly DirectoryDepartment[]> {
    return [...(await this.parts.cache.get()).departments.values()];
  }

  async departmentByCode(code: string): Promise<DirectoryDepartment | undefined> {
    return (await this.parts.cache.get()).departments.get(code);
  }

  async staffByCode(code: string): Promise<DirectoryStaff | undefined> {
    return (await this.parts.cache.get()).staff.get(code);
  }

  /**
   * Digests of an active account. Not for demo passwords where those are not allowed, not for digests of another realm.
   * Costs the same whether or not there is such an account, so that the time of an answer does not tell.
   */
  async find(username: string): Promise<DigestSecret | undefined> {
    const snapshot = await this.parts.cache.get();
    const id = snapshot.idByUsername.get(usernameKey(username));
    const user = snapshot.principals.get(id ?? "");
    const digest = snapshot.digests.get(id ?? "");
    const usable = user !== undefined && digest !== undefined && digest.realm === this.realm && (this.parts.demo.allowed || !snapshot.demo.has(user.userId));
    this.#decoy ??= this.parts.secrets.seal(JSON.stringify(digestHa1("", this.realm, "")));
    const { md5, sha256 } = JSON.parse(this.parts.secrets.open(usable ? digest.sealed : this.#decoy)) as { md5: string; sha256: string };
    return usable ? { username: user.username, md5, sha256 } : undefined;
  }

  /** A sign-in does not fail because its audit row cannot be written (full disk); the log then has it. */
  async #record(entry: AuditEntry): Promise<void> {
    try {
      await this.parts.audit.record(entry);
    } catch (error) {
      this.parts.log.error({ action: entry.action, subject: entry.subject, error: errorText(error) }, "audit row could not be written");
    }
  }
}
