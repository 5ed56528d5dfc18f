import type { Clock, Directory, DirectoryDepartment, DirectoryStaff, DirectoryUser, Ids, Principal, Uow, UnitOfWork } from "@hotlinejs/core";
import { ADMIN_ROLE, type Actor, type DirectoryAdmin, type DirectoryRole, type NewUser, type UserPatch } from "../contract.js";
import type { AttemptGuard } from "../domain/attempt-guard.js";
import { checkPassword } from "../domain/password-policy.js";
import { usernameKey } from "../domain/username.js";
import { CredentialEntity } from "../entities/credential.entity.js";
import { DepartmentEntity } from "../entities/department.entity.js";
import { RoleEntity } from "../entities/role.entity.js";
import { StaffEntity } from "../entities/staff.entity.js";
import { UserRoleEntity } from "../entities/user-role.entity.js";
import { UserEntity } from "../entities/user.entity.js";
import { directoryErrors } from "../errors.js";
import type { CredentialMaker } from "./credential-maker.js";
import type { DirectoryCache } from "./directory-cache.js";

export interface DirectoryAdminParts {
  readonly units: UnitOfWork;
  readonly cache: DirectoryCache;
  readonly credentials: CredentialMaker;
  readonly directory: Directory;
  readonly guard: AttemptGuard;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Names of all permissions of the plugins present. */
  readonly permissions: ReadonlySet<string>;
}

type Change = "user" | "password" | "role" | "department" | "staff";

/** Changes to the directory. */
export class DefaultDirectoryAdmin implements DirectoryAdmin {
  constructor(private readonly parts: DirectoryAdminParts) {}

  async createUser(user: NewUser, by: Actor): Promise<DirectoryUser> {
    if (user.password !== undefined) checkPassword(user.username, user.password);
    const roles = unique(user.roles ?? []);
    await this.#mayGrant(by, roles);
    await this.#departmentExists(user.departmentCode);
    const stored = user.password === undefined ? undefined : await this.parts.credentials.make(user.username, user.password);
    const id = this.parts.ids.next();
    await this.#change("user", id, async (uow) => {
      const key = usernameKey(user.username);
      if (await uow.em.findOne(UserEntity, { usernameKey: key })) throw directoryErrors.USER_EXISTS(user.username);
      await this.#numberIsFree(uow, user.agentNumber, id);
      await this.#rolesExist(uow, roles);
      const now = this.parts.clock.now();
      await uow.em.insert(UserEntity, { id, username: user.username, usernameKey: key, displayName: user.displayName, agentNumber: user.agentNumber ?? null, departmentCode: user.departmentCode ?? null, active: true, createdAt: now, updatedAt: now, version: 1 });
      for (const role of roles) await uow.em.insert(UserRoleEntity, { userId: id, role });
      if (stored) await this.parts.credentials.write(uow, id, stored);
      uow.audit({ actor: actorId(by), action: "directory.user.created", subject: { type: "user", id }, details: { username: user.username, roles, password: stored !== undefined } });
    });
    return this.#user(id);
  }

  async updateUser(userId: string, patch: UserPatch, by: Actor): Promise<DirectoryUser> {
    const before = await this.#user(userId);
    await this.#mayTouch(by, before);
    const roles = patch.roles === undefined ? undefined : unique(patch.roles);
    if (roles) await this.#mayGrant(by, roles.filter((role) => !before.roles.includes(role)));
    if (patch.departmentCode !== undefined && patch.departmentCode !== before.departmentCode) await this.#departmentExists(patch.departmentCode);
    await this.#change("user", userId, async (uow) => {
      const row = await uow.em.findOne(UserEntity, { id: userId });
      if (!row) throw directoryErrors.USER_UNKNOWN(userId);
      if (patch.active === false || (roles && !roles.includes(ADMIN_ROLE))) await this.#keepsAnAdmin(uow, row.id, row.username);
      if (patch.agentNumber !== undefined) {
        await this.#numberIsFree(uow, patch.agentNumber, userId);
        row.agentNumber = patch.agentNumber;
      }
      if (patch.displayName !== undefined) row.displayName = patch.displayName;
      if (patch.departmentCode !== undefined) row.departmentCode = patch.departmentCode;
      const now = this.parts.clock.now();
      // Who is let in again signs in again: what was open before the lock-out stays closed.
      if (patch.active === true && !row.active) await uow.em.nativeUpdate(CredentialEntity, { userId }, { changedAt: now });
      if (patch.active !== undefined) row.active = patch.active;
      row.updatedAt = now;
      await uow.em.flush();
      if (roles) {
        await this.#rolesExist(uow, roles);
        await uow.em.nativeDelete(UserRoleEntity, { userId });
        for (const role of roles) await uow.em.insert(UserRoleEntity, { userId, role });
      }
      uow.audit({ actor: actorId(by), action: "directory.user.updated", subject: { type: "user", id: userId }, details: { fields: Object.keys(patch), ...(roles ? { roles } : {}), ...(patch.active === undefined ? {} : { active: patch.active }) } });
    });
    return this.#user(userId);
  }

  async setPassword(userId: string, password: string, by: Actor): Promise<void> {
    const user = await this.#user(userId);
    await this.#mayTouch(by, user);
    await this.#storePassword(user, password, actorId(by));
  }

  async changePassword(principal: Principal, present: string, next: string, source?: string): Promise<void> {
    const proven = await this.parts.directory.authenticate(principal.username, present, { source });
    if (proven?.userId !== principal.userId) throw directoryErrors.PASSWORD_WRONG();
    await this.#storePassword(await this.#user(principal.userId), next, principal.userId);
  }

  async listRoles(): Promise<readonly DirectoryRole[]> {
    return [...(await this.parts.cache.get()).roles.values()];
  }

  async setRole(role: { readonly name: string; readonly title?: string; readonly permissions: readonly string[] }, by: Actor): Promise<DirectoryRole> {
    if (role.name === ADMIN_ROLE) throw directoryErrors.ROLE_FIXED(ADMIN_ROLE);
    const permissions = unique(role.permissions);
    const before = (await this.parts.cache.get()).roles.get(role.name);
    // Taking away is changing too: what the role had and what it gets must both be the actor's to give.
    this.#mayGive(by, [...permissions, ...(before?.permissions ?? [])]);
    // What it had already may stay: the plugin it came with can be left out for a while.
    const unknown = permissions.filter((name) => !this.parts.permissions.has(name) && before?.permissions.includes(name) !== true);
    if (unknown.length > 0) throw directoryErrors.PERMISSION_UNKNOWN(unknown.slice(0, 10).join(", "), { details: { permissions: unknown } });
    await this.#change("role", role.name, async (uow) => {
      await uow.em.upsert(RoleEntity, { name: role.name, title: role.title ?? before?.title ?? role.name, permissions });
      uow.audit({ actor: actorId(by), action: "directory.role.set", subject: { type: "role", id: role.name }, details: { permissions } });
    });
    return (await this.parts.cache.get()).roles.get(role.name) ?? { name: role.name, title: role.title ?? role.name, permissions };
  }

  async setDepartment(department: DirectoryDepartment, by: Actor): Promise<void> {
    await this.#change("department", department.code, async (uow) => {
      await uow.em.upsert(DepartmentEntity, { ...department });
      uow.audit({ actor: actorId(by), action: "directory.department.set", subject: { type: "department", id: department.code } });
    });
  }

  async setStaff(staff: DirectoryStaff, by: Actor): Promise<void> {
    await this.#departmentExists(staff.departmentCode);
    await this.#change("staff", staff.code, async (uow) => {
      await uow.em.upsert(StaffEntity, { ...staff });
      uow.audit({ actor: actorId(by), action: "directory.staff.set", subject: { type: "staff", id: staff.code } });
    });
  }

  async listStaff(departmentCode?: string): Promise<readonly DirectoryStaff[]> {
    const all = [...(await this.parts.cache.get()).staff.values()];
    return departmentCode === undefined ? all : all.filter((staff) => staff.departmentCode === departmentCode);
  }

  async #storePassword(user: DirectoryUser, password: string, actor: string): Promise<void> {
    checkPassword(user.username, password);
    const stored = await this.parts.credentials.make(user.username, password);
    await this.#change("password", user.id, async (uow) => {
      await this.parts.credentials.write(uow, user.id, stored);
      uow.audit({ actor, action: "auth.password-changed", subject: { type: "user", id: user.id } });
    });
    this.parts.guard.clear(usernameKey(user.username));
  }

  /** One unit of work, then the cache is told before anybody else hears of it. */
  async #change(what: Change, id: string, fn: (uow: Uow) => Promise<void>): Promise<void> {
    await this.parts.units.run(async (uow) => {
      uow.onCommit(() => this.parts.cache.invalidate());
      await fn(uow);
      uow.publish("directory.changed", { what, id });
    });
    this.parts.cache.invalidate();
  }

  async #user(id: string): Promise<DirectoryUser> {
    const user = (await this.parts.cache.get()).users.get(id);
    if (!user) throw directoryErrors.USER_UNKNOWN(id);
    return user;
  }

  #mayGive(by: Actor, permissions: readonly string[]): void {
    if (by === "system" || by.roles.includes(ADMIN_ROLE)) return;
    if (permissions.some((permission) => !by.permissions.has(permission))) throw directoryErrors.NOT_ABOVE();
  }

  async #mayGrant(by: Actor, roles: readonly string[]): Promise<void> {
    if (by === "system" || by.roles.includes(ADMIN_ROLE)) return;
    if (roles.includes(ADMIN_ROLE)) throw directoryErrors.NOT_ABOVE();
    const snapshot = await this.parts.cache.get();
    this.#mayGive(by, roles.flatMap((role) => snapshot.roles.get(role)?.permissions ?? []));
  }

  #mayTouch(by: Actor, user: DirectoryUser): Promise<void> {
    return this.#mayGrant(by, user.roles);
  }

  async #departmentExists(code: string | null | undefined): Promise<void> {
    if (code && !(await this.parts.cache.get()).departments.has(code)) throw directoryErrors.DEPARTMENT_UNKNOWN(code);
  }

  async #rolesExist(uow: Uow, roles: readonly string[]): Promise<void> {
    for (const role of roles) if (!(await uow.em.findOne(RoleEntity, { name: role }))) throw directoryErrors.ROLE_UNKNOWN(role);
  }

  async #numberIsFree(uow: Uow, agentNumber: string | null | undefined, userId: string): Promise<void> {
    if (!agentNumber) return;
    const holder = await uow.em.findOne(UserEntity, { agentNumber });
    if (holder && holder.id !== userId) throw directoryErrors.AGENT_NUMBER_TAKEN(agentNumber);
  }

  async #keepsAnAdmin(uow: Uow, userId: string, username: string): Promise<void> {
    const admins = await uow.em.find(UserRoleEntity, { role: ADMIN_ROLE });
    if (!admins.some((row) => row.userId === userId)) return;
    const others = admins.map((row) => row.userId).filter((id) => id !== userId);
    const active = others.length === 0 ? 0 : await uow.em.count(UserEntity, { id: { $in: others }, active: true });
    if (active === 0) throw directoryErrors.LAST_ADMIN(username);
  }
}

function actorId(by: Actor): string {
  return by === "system" ? "system" : by.userId;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
