import { AUDIT, CLOCK, defineEvent, definePlugin, DIGEST_CREDENTIALS, DIRECTORY, IDS, PERMISSIONS, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import { directoryAuditWords } from "./audit-words.js";
import { directoryConfig } from "./config.js";
import { DIRECTORY_ADMIN } from "./contract.js";
import { AttemptGuard } from "./domain/attempt-guard.js";
import { CredentialEntity } from "./entities/credential.entity.js";
import { DepartmentEntity } from "./entities/department.entity.js";
import { RoleEntity } from "./entities/role.entity.js";
import { StaffEntity } from "./entities/staff.entity.js";
import { UserRoleEntity } from "./entities/user-role.entity.js";
import { UserEntity } from "./entities/user.entity.js";
import { directoryRoutes } from "./http/routes.js";
import { DirectoryInit } from "./migrations/init.js";
import { CredentialMaker } from "./services/credential-maker.js";
import { DefaultDirectoryAdmin } from "./services/default-directory-admin.js";
import { DefaultDirectory, type DemoPolicy } from "./services/default-directory.js";
import { DirectoryCache } from "./services/directory-cache.js";
import { DirectorySeeder } from "./services/directory-seeder.js";
import { PasswordHasher } from "./services/password-hasher.js";

/** People who work with the hotline: accounts, roles, SIP digests, departments and staff codes. */
export const directory = definePlugin({
  name: "directory",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  critical: true,
  config: directoryConfig,
  entities: [UserEntity, CredentialEntity, RoleEntity, UserRoleEntity, DepartmentEntity, StaffEntity],
  migrations: [DirectoryInit],
  provides: [DIRECTORY, DIGEST_CREDENTIALS, DIRECTORY_ADMIN],
  audit: directoryAuditWords,
  permissions: [
    { name: "directory.users.read", roles: ["team_leader", "shift_supervisor"], description: "See accounts and roles" },
    { name: "directory.users.manage", description: "Make and change accounts and roles, set passwords" },
    { name: "directory.departments.read", roles: ["agent", "team_leader", "shift_supervisor"], description: "See departments and staff codes" },
  ],
  events: [defineEvent("directory.changed")],
  routes: directoryRoutes,
  register({ config, services, settings, log, onReady, health }) {
    // Fails closed: nothing signs in with a demo password before the start has decided.
    const demo: DemoPolicy = { allowed: false };
    const parts = once(() => {
      const clock = services.get(CLOCK);
      const units = services.get(UNIT_OF_WORK);
      const reads = services.get(READ_POOL);
      const secrets = services.get(SECRETS);
      const ids = services.get(IDS);
      const permissions = services.get(PERMISSIONS);
      const cache = new DirectoryCache(reads, permissions);
      const hasher = new PasswordHasher();
      const windowMs = config.lockout.seconds * 1000;
      const guard = new AttemptGuard(clock, { pair: config.lockout.failures, source: config.lockout.failures * 10, account: config.lockout.failures * 20, windowMs });
      const credentials = new CredentialMaker(hasher, secrets, clock, config.realm);
      const people = new DefaultDirectory({ cache, reads, secrets, audit: services.get(AUDIT), hasher, guard, demo, realm: config.realm, log });
      const admin = new DefaultDirectoryAdmin({ units, cache, credentials, directory: people, guard, clock, ids, permissions: new Set(permissions.map((permission) => permission.name)) });
      const seeder = new DirectorySeeder({ config, permissions, units, cache, credentials, hasher, clock, ids, log, demo, loopbackOnly: settings.loopbackOnly });
      return { cache, hasher, people, admin, seeder };
    });

    services.provide(DIRECTORY, () => parts().people);
    services.provide(DIGEST_CREDENTIALS, () => parts().people);
    services.provide(DIRECTORY_ADMIN, () => parts().admin);
    onReady(async () => {
      await parts().seeder.run();
      await parts().hasher.decoy();
    });
    health(async () => {
      const snapshot = await parts().cache.get();
      return { ok: true, details: { users: snapshot.users.size, active: snapshot.principals.size, departments: snapshot.departments.size, staff: snapshot.staff.size, demoAccounts: snapshot.demo.size } };
    });
  },
});

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
