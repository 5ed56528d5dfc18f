import type { Clock, Secrets, Uow } from "@hotlinejs/core";
import { digestHa1 } from "../domain/digest.js";
import { normalisePassword } from "../domain/password-policy.js";
import { CredentialEntity } from "../entities/credential.entity.js";
import type { PasswordHasher } from "./password-hasher.js";

/** What is stored of a password. */
export interface StoredPassword {
  readonly passwordHash: string;
  readonly digestSealed: string;
  readonly realm: string;
  readonly demo: boolean;
}

/** Turns passwords into what is stored of them: the slow part before, the writing inside a unit of work. */
export class CredentialMaker {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly realm: string,
  ) {}

  async make(username: string, password: string, demo = false): Promise<StoredPassword> {
    const passwordHash = await this.hasher.hash(password);
    const digestSealed = this.secrets.seal(JSON.stringify(digestHa1(username, this.realm, normalisePassword(password))));
    return { passwordHash, digestSealed, realm: this.realm, demo };
  }

  async write(uow: Uow, userId: string, stored: StoredPassword): Promise<void> {
    await uow.em.upsert(CredentialEntity, { userId, ...stored, changedAt: this.clock.now() });
  }
}
