import type { Clock, Ids, Logger, PermissionDefinition, UnitOfWork, Uow } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { DirectoryConfig, SeedUser } from "../config.js";
import { ADMIN_ROLE } from "../contract.js";
import { checkPassword } from "../domain/password-policy.js";
import { usernameKey } from "../domain/username.js";
import { CredentialEntity } from "../entities/credential.entity.js";
import { DepartmentEntity } from "../entities/department.entity.js";
import { RoleEntity } from "../entities/role.entity.js";
import { StaffEntity } from "../entities/staff.entity.js";
import { UserRoleEntity } from "../entities/user-role.entity.js";
import { UserEntity } from "../entities/user.entity.js";
import { directoryErrors } from "../errors.js";
import type { CredentialMaker, StoredPassword } from "./credential-maker.js";
import type { DirectoryCache } from "./directory-cache.js";
import type { DemoPolicy } from "./default-directory.js";
import type { PasswordHasher } from "./password-hasher.js";

export interface SeederParts {
  readonly config: DirectoryConfig;
  readonly permissions: readonly PermissionDefinition[];
  readonly units: UnitOfWork;
  readonly cache: DirectoryCache;
  readonly credentials: CredentialMaker;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly demo: DemoPolicy;
  readonly loopbackOnly: boolean;
}

/** What happens to the directory at start: seed once by key, the administrator's password, the check of demo passwords. */
export class DirectorySeeder {
  constructor(private readonly parts: SeederParts) {}

  async run(): Promise<void> {
    const { config, permissions, cache } = this.parts;
    checkSeed(config, permissions, this.parts.log);
    const passwords = await this.#passwordsToSeed();
    await this.parts.units.run(async (uow) => {
      uow.onCommit(() => cache.invalidate());
      await this.#roles(uow);
      for (const department of config.departments) {
        await uow.seedOnce(`directory/department/${department.code}`, async (unit) => {
          await unit.em.upsert(DepartmentEntity, { code: department.code, name: department.name, shortName: department.shortName ?? department.name, extension: department.extension, offered: department.offered });
        });
      }
      for (const staff of config.staff) {
        await uow.seedOnce(`directory/staff/${staff.code}`, async (unit) => {
          await unit.em.upsert(StaffEntity, { code: staff.code, name: staff.name, departmentCode: staff.departmentCode, offered: staff.offered });
        });
      }
      for (const user of config.users) await this.#user(uow, user, passwords.get(user.username));
    });
    cache.invalidate();
    if (config.adminPassword !== undefined) await this.#adminPassword(config.adminPassword);
    await this.#checkDemo();
    await this.#checkRealm();
  }

  /** Hashing is slow: done before the unit of work, and only for accounts that are not there yet. */
  async #passwordsToSeed(): Promise<Map<string, StoredPassword>> {
    const snapshot = await this.parts.cache.get();
    const made = await Promise.all(
      this.parts.config.users.map(async (user) => {
        if (user.password === undefined || snapshot.idByUsername.has(usernameKey(user.username))) return undefined;
        return [user.username, await this.parts.credentials.make(user.username, user.password, user.demo)] as const;
      }),
    );
    return new Map(made.filter((entry) => entry !== undefined));
  }

  async #roles(uow: Uow): Promise<void> {
    const { config, permissions } = this.parts;
    for (const role of config.roles) {
      await uow.seedOnce(`directory/role/${role.name}`, async (unit) => {
        const row = await unit.em.findOne(RoleEntity, { name: role.name });
        const own = row?.permissions ?? [];
        await unit.em.upsert(RoleEntity, { name: role.name, title: role.title ?? row?.title ?? role.name, permissions: [...new Set([...own, ...role.permissions])] });
      });
    }
    const named = new Set([ADMIN_ROLE, ...config.users.flatMap((user) => user.roles)]);
    for (const name of named) {
      if (!(await uow.em.findOne(RoleEntity, { name }))) await uow.em.insert(RoleEntity, { name, title: name, permissions: [] });
    }
    // Once per permission: a plugin added later brings its defaults, what an operator took away stays away.
    for (const permission of permissions) {
      await uow.seedOnce(`directory/permission/${permission.name}`, async (unit) => {
        for (const name of permission.roles ?? []) {
          if (name === ADMIN_ROLE) continue;
          const row = await unit.em.findOne(RoleEntity, { name }, { refresh: true });
          const own = row?.permissions ?? [];
          if (!own.includes(permission.name)) await unit.em.upsert(RoleEntity, { name, title: row?.title ?? name, permissions: [...own, permission.name] });
        }
      });
    }
  }

  async #user(uow: Uow, user: SeedUser, stored: StoredPassword | undefined): Promise<void> {
    await uow.seedOnce(`directory/user/${usernameKey(user.username)}`, async (unit) => {
      const key = usernameKey(user.username);
      if (await unit.em.findOne(UserEntity, { usernameKey: key })) return;
      const taken = user.agentNumber !== undefined && (await unit.em.findOne(UserEntity, { agentNumber: user.agentNumber }));
      if (taken) this.parts.log.warn({ username: user.username }, "seeded without its agent number, which another account has");
      const id = this.parts.ids.next();
      const now = this.parts.clock.now();
      await unit.em.insert(UserEntity, { id, username: user.username, usernameKey: key, displayName: user.displayName, agentNumber: taken ? null : (user.agentNumber ?? null), departmentCode: user.departmentCode ?? null, active: true, createdAt: now, updatedAt: now, version: 1 });
      for (const role of new Set(user.roles)) await unit.em.insert(UserRoleEntity, { userId: id, role });
      if (stored) await this.parts.credentials.write(unit, id, stored);
      unit.audit({ actor: "plugin:directory", action: "directory.user.seeded", subject: { type: "user", id }, details: { username: user.username, demo: user.demo } });
    });
  }

  async #adminPassword(password: string): Promise<void> {
    const { config, cache, credentials, hasher, units, ids, clock } = this.parts;
    const username = config.adminUsername;
    const published = config.users.some((user) => user.demo && user.password === password);
    if (published) throw directoryErrors.PASSWORD_WEAK(username, "HOTLINE_ADMIN_PASSWORD is a published demo password", { details: { reason: "demo" } });
    try {
      checkPassword(username, password);
    } catch (error) {
      if (isHotlineError(error)) throw directoryErrors.SEED_INVALID("adminPassword (HOTLINE_ADMIN_PASSWORD)", error.message, { cause: error, details: { code: error.code, ...error.details } });
      throw error;
    }
    const snapshot = await cache.get();
    const userId = snapshot.idByUsername.get(usernameKey(username));
    if (userId !== undefined) {
      const present = await units.run((uow) => uow.em.findOne(CredentialEntity, { userId }));
      if (present && !present.demo && present.realm === config.realm && (await hasher.verify(present.passwordHash, password))) return;
    }
    const stored = await credentials.make(userId === undefined ? username : (snapshot.users.get(userId)?.username ?? username), password);
    await units.run(async (uow) => {
      uow.onCommit(() => cache.invalidate());
      const id = userId ?? ids.next();
      if (userId === undefined) {
        const now = clock.now();
        await uow.em.insert(UserEntity, { id, username, usernameKey: usernameKey(username), displayName: username, agentNumber: null, departmentCode: null, active: true, createdAt: now, updatedAt: now, version: 1 });
        await uow.em.insert(UserRoleEntity, { userId: id, role: ADMIN_ROLE });
      }
      await credentials.write(uow, id, stored);
      uow.audit({ actor: "plugin:directory", action: "auth.password-changed", subject: { type: "user", id }, details: { by: "HOTLINE_ADMIN_PASSWORD" } });
    });
    cache.invalidate();
  }

  /**
   * Off loopback, demo passwords are worth nothing. The start is refused unless an administrator has a password
   * of his own: then the demo accounts are there but cannot sign in until he has set theirs.
   */
  async #checkDemo(): Promise<void> {
    const { cache, demo, loopbackOnly, log } = this.parts;
    demo.allowed = loopbackOnly;
    if (loopbackOnly) return;
    const snapshot = await cache.get();
    const published = [...snapshot.demo].map((id) => snapshot.users.get(id)).filter((user) => user?.active === true).map((user) => user?.username ?? "?").sort();
    if (published.length === 0) return;
    const administered = [...snapshot.principals.values()].some((user) => user.roles.includes(ADMIN_ROLE) && snapshot.digests.has(user.userId) && !snapshot.demo.has(user.userId));
    if (!administered) throw directoryErrors.DEMO_PASSWORDS(published.join(", "), { details: { accounts: published, set: ["HOTLINE_ADMIN_PASSWORD", "HOTLINE_HOST"] } });
    log.warn({ accounts: published }, "demo accounts cannot sign in while the hotline is reachable from outside; set their passwords");
  }

  async #checkRealm(): Promise<void> {
    const { config, units, log } = this.parts;
    const other = await units.run((uow) => uow.em.count(CredentialEntity, { realm: { $ne: config.realm } }));
    if (other > 0) log.warn({ accounts: other, realm: config.realm }, "SIP digests were made for another realm; these accounts cannot register until their passwords are set anew");
  }
}

/** Faults in the options that zod cannot see. */
function checkSeed(config: DirectoryConfig, permissions: readonly PermissionDefinition[], log: Logger): void {
  const seen = (path: string, values: readonly string[]): void => {
    const found = new Set<string>();
    for (const value of values) {
      if (found.has(value)) throw directoryErrors.SEED_INVALID(path, `${value} is there twice`);
      found.add(value);
    }
  };
  seen("users.username", config.users.map((user) => usernameKey(user.username)));
  seen("users.agentNumber", config.users.flatMap((user) => user.agentNumber ?? []));
  seen("roles.name", config.roles.map((role) => role.name));
  seen("departments.code", config.departments.map((department) => department.code));
  seen("staff.code", config.staff.map((staff) => staff.code));

  const departments = new Set(config.departments.map((department) => department.code));
  for (const staff of config.staff) if (!departments.has(staff.departmentCode)) throw directoryErrors.SEED_INVALID(`staff ${staff.code}`, `no department ${staff.departmentCode}`);
  for (const user of config.users) {
    if (user.departmentCode !== undefined && !departments.has(user.departmentCode)) throw directoryErrors.SEED_INVALID(`users ${user.username}`, `no department ${user.departmentCode}`);
    if (user.password !== undefined) checkPassword(user.username, user.password);
  }

  // Plugins can be left out, so what only they know is not an error.
  const known = new Set(permissions.map((permission) => permission.name));
  for (const role of config.roles) {
    const unknown = role.permissions.filter((name) => !known.has(name));
    if (unknown.length > 0) log.warn({ role: role.name, permissions: unknown }, "permissions that no present plugin has");
  }
  const roles = new Set([ADMIN_ROLE, ...config.roles.map((role) => role.name), ...permissions.flatMap((permission) => permission.roles ?? [])]);
  for (const user of config.users) for (const role of user.roles) if (!roles.has(role)) log.warn({ username: user.username, role }, "role that neither the options nor a plugin define");
}
