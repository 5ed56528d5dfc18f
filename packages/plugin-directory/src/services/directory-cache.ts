import type { DirectoryDepartment, DirectoryStaff, DirectoryUser, PermissionDefinition, Principal, ReadPool } from "@hotlinejs/core";
import { ADMIN_ROLE, type DirectoryRole } from "../contract.js";
import { CredentialEntity } from "../entities/credential.entity.js";
import { DepartmentEntity } from "../entities/department.entity.js";
import { RoleEntity } from "../entities/role.entity.js";
import { StaffEntity } from "../entities/staff.entity.js";
import { UserRoleEntity } from "../entities/user-role.entity.js";
import { UserEntity } from "../entities/user.entity.js";
import { usernameKey } from "../domain/username.js";

/** What is stored of the SIP digests of one user. */
export interface SealedDigest {
  /** Realm they were made for. */
  readonly realm: string;
  readonly sealed: string;
}

/** The whole directory as it stands, read at once. A few thousand people are a few megabytes. */
export interface Snapshot {
  readonly users: ReadonlyMap<string, DirectoryUser>;
  /** Active users only. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly idByUsername: ReadonlyMap<string, string>;
  readonly idByAgentNumber: ReadonlyMap<string, string>;
  /** Users whose password is a published demo one. */
  readonly demo: ReadonlySet<string>;
  /** SIP digests, still sealed, of users who have a password: whoever asks for one reads nothing from the database. */
  readonly digests: ReadonlyMap<string, SealedDigest>;
  readonly roles: ReadonlyMap<string, DirectoryRole>;
  readonly departments: ReadonlyMap<string, DirectoryDepartment>;
  readonly staff: ReadonlyMap<string, DirectoryStaff>;
}

/** Holds the snapshot until something changes. One load at a time; a load that a change overtook is not kept. */
export class DirectoryCache {
  #generation = 0;
  #loaded: { generation: number; snapshot: Promise<Snapshot> } | undefined;

  constructor(
    private readonly reads: ReadPool,
    private readonly permissions: readonly PermissionDefinition[],
  ) {}

  /** Call after the commit of a change. */
  invalidate(): void {
    this.#generation++;
  }

  async get(): Promise<Snapshot> {
    for (;;) {
      const generation = this.#generation;
      if (this.#loaded?.generation !== generation) {
        const snapshot = this.#load();
        this.#loaded = { generation, snapshot };
        // A failed load must not be kept for those who come later.
        snapshot.catch(() => {
          if (this.#loaded?.snapshot === snapshot) this.#loaded = undefined;
        });
      }
      const snapshot = await this.#loaded!.snapshot;
      if (generation === this.#generation) return snapshot;
    }
  }

  async #load(): Promise<Snapshot> {
    const rows = await this.reads.read(async (em) => {
      const options = { disableIdentityMap: true };
      // One after the other: a read pool may be a single connection.
      const users = await em.find(UserEntity, {}, { ...options, orderBy: { usernameKey: "asc" } });
      const credentials = await em.find(CredentialEntity, {}, { ...options, fields: ["userId", "demo", "changedAt", "realm", "digestSealed"] });
      const roles = await em.find(RoleEntity, {}, { ...options, orderBy: { name: "asc" } });
      const userRoles = await em.find(UserRoleEntity, {}, { ...options, orderBy: { role: "asc" } });
      const departments = await em.find(DepartmentEntity, {}, { ...options, orderBy: { code: "asc" } });
      const staff = await em.find(StaffEntity, {}, { ...options, orderBy: { code: "asc" } });
      return { users, credentials, roles, userRoles, departments, staff };
    });

    const all = new Set(this.permissions.map((permission) => permission.name));
    const roles = new Map<string, DirectoryRole>();
    for (const role of rows.roles) {
      roles.set(role.name, { name: role.name, title: role.title, permissions: role.name === ADMIN_ROLE ? [...all] : role.permissions });
    }
    const rolesOf = new Map<string, string[]>();
    for (const row of rows.userRoles) {
      const list = rolesOf.get(row.userId);
      if (list) list.push(row.role);
      else rolesOf.set(row.userId, [row.role]);
    }
    const credentials = new Map(rows.credentials.map((row) => [row.userId, row]));

    const users = new Map<string, DirectoryUser>();
    const principals = new Map<string, Principal>();
    const idByUsername = new Map<string, string>();
    const idByAgentNumber = new Map<string, string>();
    for (const row of rows.users) {
      const own = rolesOf.get(row.id) ?? [];
      users.set(row.id, { id: row.id, username: row.username, displayName: row.displayName, roles: own, agentNumber: row.agentNumber ?? null, departmentCode: row.departmentCode ?? null, active: row.active });
      idByUsername.set(usernameKey(row.username), row.id);
      if (row.agentNumber) idByAgentNumber.set(row.agentNumber, row.id);
      if (!row.active) continue;
      const permissions = new Set<string>();
      for (const name of own) for (const permission of roles.get(name)?.permissions ?? []) permissions.add(permission);
      const changedAt = credentials.get(row.id)?.changedAt;
      principals.set(row.id, {
        userId: row.id,
        username: row.username,
        displayName: row.displayName,
        roles: own,
        permissions,
        ...(row.departmentCode ? { departmentCode: row.departmentCode } : {}),
        ...(row.agentNumber ? { agentNumber: row.agentNumber } : {}),
        ...(changedAt === undefined ? {} : { credentialsChangedAt: changedAt }),
      });
    }
    return {
      users,
      principals,
      idByUsername,
      idByAgentNumber,
      demo: new Set(rows.credentials.filter((row) => row.demo).map((row) => row.userId)),
      digests: new Map(rows.credentials.map((row) => [row.userId, { realm: row.realm, sealed: row.digestSealed }])),
      roles,
      departments: new Map(rows.departments.map((row) => [row.code, { code: row.code, name: row.name, shortName: row.shortName, extension: row.extension ?? null, offered: row.offered }])),
      staff: new Map(rows.staff.map((row) => [row.code, { code: row.code, name: row.name, departmentCode: row.departmentCode, offered: row.offered }])),
    };
  }
}
