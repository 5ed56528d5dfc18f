import { randomBytes } from "node:crypto";
import type { Clock, DigestCredentials, DigestSecret, Directory, ReadPool, Secrets, UnitOfWork } from "@hotlinejs/core";
import type { SipCredentials } from "../contract.js";
import { computeHa1 } from "../digest/digest-response.js";
import { WebCredentialEntity } from "./web-credential.entity.js";
import type { WebCredentialRow } from "./web-credential.entity.js";

/** Between the account and the part of its own in a digest user name. No account of the directory is looked up with it. */
const MARK = "~";
/** Account names of guests begin so. */
const GUEST = "web-";
/** Live credentials of one user: as many tabs and devices; the oldest go. */
const MAX_PER_USER = 20;
/** Guests who may be on the way at once, over all: a bound on what the public can make us keep. */
const MAX_GUESTS = 5_000;
/** Numbers of a guest whose one call was made. */
const SPENT = "[]";
/** Verdicts kept in memory. */
const MAX_KNOWN = 10_000;

export interface WebCredentialsDeps {
  /** The accounts of people; asked for every name that is not a browser's. */
  readonly accounts: DigestCredentials;
  readonly directory: Directory | undefined;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly unitOfWork: UnitOfWork;
  readonly reads: ReadPool;
  /** Lifetime in ms. */
  readonly lifetimeMs: number;
}

interface Known {
  readonly account: string;
  readonly userId: string | null;
  readonly numbers: readonly string[] | null;
  readonly secret: DigestSecret;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/**
 * Accounts of people, and beside them credentials that a browser gets from its web session: they prove to be
 * the account for a while, and end with the user or a change of the password. A guest's prove nothing but
 * that it may dial the numbers they were made for.
 */
export class WebCredentials implements DigestCredentials {
  readonly #deps: WebCredentialsDeps;
  readonly #known = new Map<string, Known>();

  constructor(deps: WebCredentialsDeps) {
    this.#deps = deps;
  }

  get realm(): string {
    return this.#deps.accounts.realm;
  }

  async find(username: string): Promise<DigestSecret | undefined> {
    if (!username.includes(MARK)) return username.startsWith(GUEST) ? (await this.#live(username))?.secret : this.#deps.accounts.find(username);
    return (await this.#live(username))?.secret;
  }

  /** What this guest may dial; `undefined`: it is no guest. */
  async mayDial(account: string): Promise<readonly string[] | undefined> {
    if (!account.startsWith(GUEST)) return undefined;
    return (await this.#live(account))?.numbers ?? undefined;
  }

  /**
   * Whether this guest may make this call now: one call to one of its numbers, whatever becomes of it. `undefined`: it is no guest.
   * Of two attempts at once one is taken.
   */
  async claim(account: string, number: string): Promise<boolean | undefined> {
    if (!account.startsWith(GUEST)) return undefined;
    const known = await this.#live(account);
    if (known?.numbers === null || known?.numbers === undefined) return undefined;
    if (!known.numbers.includes(number)) return false;
    // What was read may be older than another attempt's claim: the row says which of them was first.
    const claimed = await this.#deps.unitOfWork.run(({ em }) => em.nativeUpdate(WebCredentialEntity, { id: account, numbers: { $ne: SPENT } }, { numbers: SPENT }));
    this.#known.set(account, { ...known, numbers: [] });
    return claimed === 1;
  }

  /** Credentials for a phone of this account in its user's browser. */
  async forUser(account: string, userId: string): Promise<SipCredentials> {
    return this.#issue(`${account}${MARK}${randomBytes(9).toString("base64url")}`, account, userId, null, this.#deps.lifetimeMs);
  }

  /** Credentials for a caller from the web. @returns undefined when too many are out */
  async forGuest(numbers: readonly string[], lifetimeMs: number): Promise<SipCredentials | undefined> {
    const now = this.#deps.clock.now();
    const guests = await this.#deps.reads.read((em) => em.count(WebCredentialEntity, { userId: null, expiresAt: { $gt: now } }));
    if (guests >= MAX_GUESTS) return undefined;
    const account = `${GUEST}${randomBytes(9).toString("hex")}`;
    return this.#issue(account, account, null, numbers, lifetimeMs);
  }

  async #issue(id: string, account: string, userId: string | null, numbers: readonly string[] | null, lifetimeMs: number): Promise<SipCredentials> {
    const { clock, secrets, unitOfWork } = this.#deps;
    const now = clock.now();
    const password = randomBytes(24).toString("base64url");
    const digests = { md5: computeHa1("MD5", id, this.realm, password), sha256: computeHa1("SHA-256", id, this.realm, password) };
    const row = {
      id,
      account,
      userId,
      numbers: numbers === null ? null : JSON.stringify(numbers),
      digestSealed: secrets.seal(JSON.stringify(digests)),
      createdAt: now,
      expiresAt: now + lifetimeMs,
    } as WebCredentialRow;
    await unitOfWork.run(async ({ em }) => {
      await em.nativeDelete(WebCredentialEntity, { expiresAt: { $lte: now } });
      if (userId !== null) {
        const older = await em.find(WebCredentialEntity, { userId }, { orderBy: { createdAt: "desc", id: "desc" }, offset: MAX_PER_USER - 1, limit: 1000, disableIdentityMap: true });
        if (older.length > 0) await em.nativeDelete(WebCredentialEntity, { id: { $in: older.map((each) => each.id) } });
        for (const each of older) this.#known.delete(each.id);
      }
      await em.insert(WebCredentialEntity, row);
    });
    return { account, authorizationUser: id, password, realm: this.realm, expiresAt: row.expiresAt };
  }

  async #live(id: string): Promise<Known | undefined> {
    const known = this.#known.get(id) ?? (await this.#load(id));
    if (known === undefined || known.expiresAt <= this.#deps.clock.now()) return undefined;
    if (known.userId === null) return known;
    const principal = await this.#deps.directory?.principal(known.userId);
    return principal === undefined || (principal.credentialsChangedAt ?? 0) > known.createdAt ? undefined : known;
  }

  async #load(id: string): Promise<Known | undefined> {
    if (id.length > 300) return undefined;
    const { reads, secrets } = this.#deps;
    const row = await reads.read((em) => em.findOne(WebCredentialEntity, { id }, { disableIdentityMap: true }));
    if (row === null) return undefined;
    const { md5, sha256 } = JSON.parse(secrets.open(row.digestSealed)) as { md5: string; sha256: string };
    const known: Known = {
      account: row.account,
      userId: row.userId ?? null,
      numbers: row.numbers === null || row.numbers === undefined ? null : (JSON.parse(row.numbers) as string[]),
      // Whoever answers a challenge with it is the account.
      secret: { username: row.account, md5, sha256 },
      createdAt: row.createdAt,
      expiresAt: row.expiresAt,
    };
    this.#known.set(id, known);
    const oldest = this.#known.size > MAX_KNOWN ? this.#known.keys().next() : undefined;
    if (oldest !== undefined && oldest.done !== true) this.#known.delete(oldest.value);
    return known;
  }
}
