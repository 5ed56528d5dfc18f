import { token, type DirectoryDepartment, type DirectoryStaff, type DirectoryUser, type Principal } from "@hotlinejs/core";

declare module "@hotlinejs/core" {
  interface EventMap {
    /** Something in the directory is no longer as it was. */
    "directory.changed": { /** What kind of thing. */ what: "user" | "password" | "role" | "department" | "staff"; /** The user's id, the role's name, the department's or staff code. */ id: string };
  }
}

export interface NewUser {
  /** Never changes afterwards: the SIP digests contain it. */
  readonly username: string;
  readonly password?: string;
  readonly displayName: string;
  readonly roles?: readonly string[];
  readonly agentNumber?: string | null;
  readonly departmentCode?: string | null;
}

export interface UserPatch {
  readonly displayName?: string;
  readonly roles?: readonly string[];
  readonly agentNumber?: string | null;
  readonly departmentCode?: string | null;
  readonly active?: boolean;
}

export interface DirectoryRole {
  readonly name: string;
  readonly title: string;
  readonly permissions: readonly string[];
}

/** Who does it. `"system"`: the hotline itself, not held to anybody's permissions. */
export type Actor = Principal | "system";

/**
 * Changes to the directory. Nobody can give away, or take over an account that has, permissions he does not have
 * (`HTL_DIRECTORY_NOT_ABOVE`); the last active administrator stays one (`HTL_DIRECTORY_LAST_ADMIN`).
 */
export interface DirectoryAdmin {
  createUser(user: NewUser, by: Actor): Promise<DirectoryUser>;
  updateUser(userId: string, patch: UserPatch, by: Actor): Promise<DirectoryUser>;
  /** Sets the password and the SIP digests. Ends the account's sessions and its lock. */
  setPassword(userId: string, password: string, by: Actor): Promise<void>;
  /** A person's own password. The present one is checked like a sign-in. */
  changePassword(principal: Principal, present: string, next: string, source?: string): Promise<void>;
  listRoles(): Promise<readonly DirectoryRole[]>;
  /** Makes or changes a role. `admin` cannot be changed: it always has all permissions. */
  setRole(role: { readonly name: string; readonly title?: string; readonly permissions: readonly string[] }, by: Actor): Promise<DirectoryRole>;
  setDepartment(department: DirectoryDepartment, by: Actor): Promise<void>;
  setStaff(staff: DirectoryStaff, by: Actor): Promise<void>;
  listStaff(departmentCode?: string): Promise<readonly DirectoryStaff[]>;
}

export const DIRECTORY_ADMIN = token<DirectoryAdmin>("directory.admin");

/** The role that always has every permission. */
export const ADMIN_ROLE = "admin";
