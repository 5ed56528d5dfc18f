import { defineEntity, p, type InferEntity } from "@mikro-orm/core";

/** What an account proves itself with. One row per user that has a password. */
export const CredentialEntity = defineEntity({
  name: "DirectoryCredential",
  tableName: "directory_credential",
  properties: {
    userId: p.text().primary(),
    /** argon2id, PHC string. */
    passwordHash: p.text(),
    /** Realm the digests were made for. */
    realm: p.text(),
    /** JSON `{ md5, sha256 }` sealed by SECRETS. */
    digestSealed: p.text(),
    /** A published demo password: good on loopback only. */
    demo: p.boolean(),
    changedAt: p.bigint("number"),
  },
});

export type CredentialRow = InferEntity<typeof CredentialEntity>;
