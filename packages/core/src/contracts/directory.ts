import type { PermissionDefinition } from "../plugin/define-plugin.js";
import { token } from "../di/token.js";
import type { Principal } from "./http.js";

/** HA1 values of one account (RFC 7616 section 3.4.2: H(username:realm:password)), lower-case hex. */
export interface DigestSecret {
  readonly username: string;
  readonly md5: string;
  readonly sha256: string;
}

/** SIP credentials of people. Provided by plugin-directory. */
export interface DigestCredentials {
  /** The realm the stored values were made for. */
  readonly realm: string;
  find(username: string): Promise<DigestSecret | undefined>;
}

/** People who work with the hotline. Provided by plugin-directory. */
export interface Directory {
  /**
   * Checks name and password. `undefined` for any mismatch (never tells which). Too many failures of the account from
   * this source: `HTL_DIRECTORY_LOCKED`. `source` is where the attempt comes from (an address); failures are counted by it.
   */
  authenticate(username: string, password: string, options?: { readonly source?: string }): Promise<Principal | undefined>;
  principal(userId: string): Promise<Principal | undefined>;
  userByAgentNumber(agentNumber: string): Promise<DirectoryUser | undefined>;
  listUsers(): Promise<readonly DirectoryUser[]>;
  listDepartments(): Promise<readonly DirectoryDepartment[]>;
  departmentByCode(code: string): Promise<DirectoryDepartment | undefined>;
  staffByCode(code: string): Promise<DirectoryStaff | undefined>;
}

export interface DirectoryUser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly agentNumber: string | null;
  readonly departmentCode: string | null;
  readonly active: boolean;
}

export interface DirectoryDepartment {
  /** 3 digits, keyed by callers. */
  readonly code: string;
  readonly name: string;
  readonly shortName: string;
  readonly extension: string | null;
  /** Whether callers may key it as the target of a complaint. */
  readonly offered: boolean;
}

export interface DirectoryStaff {
  /** 5 digits. */
  readonly code: string;
  readonly name: string;
  readonly departmentCode: string;
  readonly offered: boolean;
}

export const DIRECTORY = token<Directory>("directory.directory");
export const DIGEST_CREDENTIALS = token<DigestCredentials>("directory.digest-credentials");

/** Permissions of the plugins present, with their default roles. Filled by the kernel. */
export const PERMISSIONS = token<readonly (PermissionDefinition & { readonly plugin: string })[]>("core.permissions");
