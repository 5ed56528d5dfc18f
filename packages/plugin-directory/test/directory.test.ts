import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL, SECRETS, type Principal } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestHa1 } from "../src/domain/digest.js";
import { demoOptions, demoUsers, startDirectory, type TestDirectory } from "./test-directory.js";

let test: TestDirectory;

/** For the groups that work on one running directory. */
function running(): void {
  beforeEach(async () => {
    test = await startDirectory();
  });
  afterEach(() => test.stop());
}

async function principalOf(username: string): Promise<Principal> {
  const user = (await test.directory.listUsers()).find((each) => each.username === username);
  const principal = await test.directory.principal(user?.id ?? "");
  if (!principal) throw new Error(`no ${username}`);
  return principal;
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("signing in", () => {
  running();

  it("gives the principal with the permissions of its roles", async () => {
    const agent = await test.directory.authenticate("1001", "demo-1001");
    expect(agent).toMatchObject({ username: "1001", displayName: "叶立新", roles: ["agent"], agentNumber: "1001", departmentCode: "101" });
    expect([...(agent?.permissions ?? [])].sort()).toEqual(["core.interactions.read", "desk.calls.read", "directory.departments.read"]);
    const admin = await test.directory.authenticate("ADMIN", "demo-admin");
    expect([...(admin?.permissions ?? [])]).toEqual(expect.arrayContaining(["desk.settings.manage", "directory.users.manage", "core.health.details"]));
    const lead = await test.directory.authenticate("lead", "lead-secret-1");
    expect(lead?.permissions.has("desk.calls.listen")).toBe(true);
    expect(lead?.permissions.has("directory.users.manage")).toBe(true);
  });

  it("says the same of a wrong password and of a name that does not exist", async () => {
    expect(await test.directory.authenticate("1001", "wrong-password")).toBeUndefined();
    expect(await test.directory.authenticate("nobody", "wrong-password")).toBeUndefined();
    expect(await test.directory.authenticate("1001", "")).toBeUndefined();
    expect(await test.directory.authenticate("", "")).toBeUndefined();
    expect(await test.directory.authenticate("1001", "x".repeat(100_000))).toBeUndefined();
  });

  it("locks known and unknown names alike after five failures from one source", async () => {
    for (const name of ["1001", "nobody"]) {
      for (let i = 0; i < 5; i++) expect(await test.directory.authenticate(name, "wrong", { source: "10.0.0.1" })).toBeUndefined();
      await expect(test.directory.authenticate(name, "demo-1001", { source: "10.0.0.1" })).rejects.toEqual(code("HTL_DIRECTORY_LOCKED"));
    }
    expect(await test.directory.authenticate("1001", "demo-1001", { source: "10.0.0.2" })).toBeDefined();
    await test.clock.advance(900_000);
    expect(await test.directory.authenticate("1001", "demo-1001", { source: "10.0.0.1" })).toBeDefined();
  });

  it("counts guesses that come all at once", async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => test.directory.authenticate("1001", `guess-${i}`, { source: "10.0.0.1" })));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(5);
  });

  it("leaves a trail without what was typed", async () => {
    await test.directory.authenticate("1001", "demo-1001", { source: "10.0.0.1" });
    await test.directory.authenticate("my-secret-passw0rd", "oops", { source: "10.0.0.1" });
    const rows = await test.audited();
    expect(rows.map((row) => row.action)).toEqual(expect.arrayContaining(["auth.succeeded", "auth.failed"]));
    expect(JSON.stringify(rows)).not.toContain("my-secret-passw0rd");
    expect(JSON.stringify(rows)).not.toContain("demo-1001");
  });
});

describe("SIP digests", () => {
  running();

  it("are those of the password, kept sealed", async () => {
    expect(test.digests.realm).toBe("hotline");
    expect(await test.digests.find("1001")).toEqual({ username: "1001", ...digestHa1("1001", "hotline", "demo-1001") });
    expect(await test.digests.find("nobody")).toBeUndefined();
    const rows = await test.hotline.services.get(READ_POOL).read((em) => em.execute(em.getKnex()("directory_credential").select()));
    const stored = JSON.stringify(rows);
    expect(stored).toContain("$argon2id$");
    expect(stored).not.toContain(digestHa1("1001", "hotline", "demo-1001").md5);
    expect(stored).not.toContain("demo-1001");
  });

  it("cost the same whether or not there is such an account: the time of an answer tells nobody", async () => {
    await test.admin.createUser({ username: "mute", displayName: "无密码" }, "system");
    await test.admin.updateUser((await principalOf("lead")).userId, { active: false }, "system");
    const { services } = test.hotline;
    await test.digests.find("first of all");
    const read = vi.spyOn(services.get(READ_POOL), "read");
    const open = vi.spyOn(services.get(SECRETS), "open");
    const work: unknown[] = [];
    for (const name of ["1001", "nobody", "", "mute", "lead"]) {
      const found = (await test.digests.find(name)) !== undefined;
      work.push([name, found, read.mock.calls.length, open.mock.calls.length, String(open.mock.lastCall).length === String(open.mock.calls[0]).length]);
      read.mockClear();
      open.mockClear();
    }
    expect(work).toEqual(["1001", "nobody", "", "mute", "lead"].map((name) => [name, name === "1001", 0, 1, true]));
  });

  it("change with the password and go with the account", async () => {
    const { userId } = await principalOf("1001");
    await test.admin.setPassword(userId, "another-secret", "system");
    expect(await test.digests.find("1001")).toEqual({ username: "1001", ...digestHa1("1001", "hotline", "another-secret") });
    await test.admin.updateUser(userId, { active: false }, "system");
    expect(await test.digests.find("1001")).toBeUndefined();
    expect(await test.directory.authenticate("1001", "another-secret")).toBeUndefined();
    expect(await test.directory.principal(userId)).toBeUndefined();
  });
});

describe("who is let in again", () => {
  running();

  it("signs in again: sessions of before the lock-out do not come back to life", async () => {
    const { userId } = await principalOf("1001");
    await test.admin.updateUser(userId, { active: false }, "system");
    await test.clock.advance(5);
    await test.admin.updateUser(userId, { active: true }, "system");
    const back = await principalOf("1001");
    expect(back.credentialsChangedAt).toBe(test.clock.now());
    await test.clock.advance(5);
    await test.admin.updateUser(userId, { active: true, displayName: "叶" }, "system");
    expect((await principalOf("1001")).credentialsChangedAt).toBe(back.credentialsChangedAt);
    expect(await test.directory.authenticate("1001", "demo-1001")).toBeDefined();
  });
});

describe("changes", () => {
  running();

  it("reach the principals at once", async () => {
    const before = await principalOf("1001");
    await test.admin.setRole({ name: "agent", permissions: ["desk.calls.listen"] }, "system");
    expect([...(await principalOf("1001")).permissions]).toEqual(["desk.calls.listen"]);
    await test.admin.updateUser(before.userId, { roles: ["agent", "team_leader"], displayName: "新名字" }, "system");
    expect(await principalOf("1001")).toMatchObject({ displayName: "新名字", roles: ["agent", "team_leader"] });
  });

  it("make accounts, with coded refusals", async () => {
    const made = await test.admin.createUser({ username: "2001", password: "secret-2001", displayName: "新人", roles: ["agent"], agentNumber: "2001", departmentCode: "101" }, "system");
    expect(await test.directory.userByAgentNumber("2001")).toEqual(made);
    expect(await test.directory.authenticate("2001", "secret-2001")).toMatchObject({ userId: made.id });
    const base = { displayName: "x", password: "secret-2002" };
    await expect(test.admin.createUser({ ...base, username: "2001" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_USER_EXISTS"));
    // Full-width digits look the same.
    await expect(test.admin.createUser({ ...base, username: "2001" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_USER_EXISTS"));
    await expect(test.admin.createUser({ ...base, username: "2002", agentNumber: "2001" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_AGENT_NUMBER_TAKEN"));
    await expect(test.admin.createUser({ ...base, username: "2002", roles: ["nope"] }, "system")).rejects.toEqual(code("HTL_DIRECTORY_ROLE_UNKNOWN"));
    await expect(test.admin.createUser({ ...base, username: "2002", departmentCode: "999" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_DEPARTMENT_UNKNOWN"));
    await expect(test.admin.createUser({ ...base, username: "2002", password: "" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_PASSWORD_EMPTY"));
    await expect(test.admin.createUser({ ...base, username: "2002", password: "short" }, "system")).rejects.toEqual(code("HTL_DIRECTORY_PASSWORD_WEAK"));
    expect((await test.directory.listUsers()).map((user) => user.username)).not.toContain("2002");
  });

  it("make one account when two are asked for at the same moment", async () => {
    const both = await Promise.allSettled([1, 2].map(() => test.admin.createUser({ username: "twin", displayName: "x", password: "secret-twin" }, "system")));
    expect(both.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(both.find((result) => result.status === "rejected")).toMatchObject({ reason: { code: "HTL_DIRECTORY_USER_EXISTS" } });
  });

  it("do not let anybody rise above himself", async () => {
    const lead = await principalOf("lead");
    const admin = await principalOf("admin");
    await expect(test.admin.updateUser(lead.userId, { roles: ["admin"] }, lead)).rejects.toEqual(code("HTL_DIRECTORY_NOT_ABOVE"));
    await expect(test.admin.setPassword(admin.userId, "taken-over-1", lead)).rejects.toEqual(code("HTL_DIRECTORY_NOT_ABOVE"));
    await expect(test.admin.setRole({ name: "clerk", permissions: ["desk.settings.manage"] }, lead)).rejects.toEqual(code("HTL_DIRECTORY_NOT_ABOVE"));
    await expect(test.admin.setRole({ name: "admin", permissions: [] }, "system")).rejects.toEqual(code("HTL_DIRECTORY_ROLE_FIXED"));
    const agent = await principalOf("1001");
    await test.admin.setPassword(agent.userId, "reset-by-lead", lead);
    expect(await test.directory.authenticate("1001", "reset-by-lead")).toBeDefined();
  });

  it("give a role no permission that nobody knows, and name those", async () => {
    await expect(test.admin.setRole({ name: "clerk", permissions: ["desk.calls.read", "desk.cals.listen", "tickets.everything"] }, "system")).rejects.toMatchObject({
      code: "HTL_DIRECTORY_PERMISSION_UNKNOWN",
      status: 400,
      details: { permissions: ["desk.cals.listen", "tickets.everything"] },
    });
    expect((await test.admin.listRoles()).find(({ name }) => name === "clerk")?.permissions).toEqual(["directory.users.manage"]);
  });

  it("leave a role what it had of a plugin that is left out now", async () => {
    await test.units.run((uow) => uow.em.execute("update directory_role set permissions = ? where name = 'clerk'", ['["gone.read"]'], "run"));
    await test.admin.setDepartment({ code: "101", name: "办公室", shortName: "办公室", extension: null, offered: true }, "system");
    expect(await test.admin.setRole({ name: "clerk", permissions: ["gone.read", "desk.calls.read"] }, "system")).toMatchObject({ permissions: ["gone.read", "desk.calls.read"] });
  });

  it("keep one administrator", async () => {
    const admin = await principalOf("admin");
    await expect(test.admin.updateUser(admin.userId, { active: false }, "system")).rejects.toEqual(code("HTL_DIRECTORY_LAST_ADMIN"));
    await expect(test.admin.updateUser(admin.userId, { roles: ["agent"] }, "system")).rejects.toEqual(code("HTL_DIRECTORY_LAST_ADMIN"));
    await test.admin.createUser({ username: "admin2", displayName: "x", roles: ["admin"] }, "system");
    await test.admin.updateUser(admin.userId, { active: false }, "system");
    expect(await test.directory.authenticate("admin", "demo-admin")).toBeUndefined();
  });

  it("let people change their own password, knowing the present one", async () => {
    const agent = await principalOf("1001");
    await expect(test.admin.changePassword(agent, "not-it-at-all", "fresh-secret", "10.0.0.1")).rejects.toEqual(code("HTL_DIRECTORY_PASSWORD_WRONG"));
    await expect(test.admin.changePassword(agent, "demo-1001", "1001", "10.0.0.1")).rejects.toEqual(code("HTL_DIRECTORY_PASSWORD_WEAK"));
    await test.clock.advance(5);
    await test.admin.changePassword(agent, "demo-1001", "fresh-secret", "10.0.0.1");
    expect(await test.directory.authenticate("1001", "demo-1001")).toBeUndefined();
    expect(await test.directory.authenticate("1001", "fresh-secret")).toBeDefined();
    expect((await principalOf("1001")).credentialsChangedAt).toBe(test.clock.now());
    expect((await test.audited()).map((row) => row.action)).toContain("auth.password-changed");
  });

  it("roll back as a whole", async () => {
    await expect(
      test.units.run(async () => {
        await test.admin.setDepartment({ code: "102", name: "法规科", shortName: "法规科", extension: null, offered: true }, "system");
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await test.directory.departmentByCode("102")).toBeUndefined();
    await test.admin.setDepartment({ code: "102", name: "法规科", shortName: "法规科", extension: null, offered: true }, "system");
    expect(await test.directory.departmentByCode("102")).toMatchObject({ name: "法规科" });
    await test.admin.setStaff({ code: "10201", name: "某人", departmentCode: "102", offered: false }, "system");
    expect(await test.directory.staffByCode("10201")).toMatchObject({ offered: false });
    await expect(test.admin.setStaff({ code: "99901", name: "某人", departmentCode: "999", offered: false }, "system")).rejects.toEqual(code("HTL_DIRECTORY_DEPARTMENT_UNKNOWN"));
  });
});

describe("starting", () => {
  let dataDir: string;
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), "hotline-directory-"))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it("seeds once: what was changed in the database stays", async () => {
    const first = await startDirectory(demoOptions, { dataDir });
    const [user] = (await first.directory.listUsers()).filter((each) => each.username === "1001");
    await first.admin.setPassword(user?.id ?? "", "own-password", "system");
    await first.admin.updateUser(user?.id ?? "", { displayName: "改名" }, "system");
    await first.admin.setRole({ name: "agent", permissions: [] }, "system");
    await first.admin.setDepartment({ code: "101", name: "改了", shortName: "改", extension: null, offered: false }, "system");
    await first.stop();

    const second = await startDirectory({ ...demoOptions, departments: [...(demoOptions.departments ?? []), { code: "102", name: "法规科" }] }, { dataDir });
    try {
      expect(await second.directory.authenticate("1001", "demo-1001")).toBeUndefined();
      expect(await second.directory.authenticate("1001", "own-password")).toMatchObject({ displayName: "改名" });
      expect((await second.directory.authenticate("1001", "own-password"))?.permissions.size).toBe(0);
      expect(await second.directory.departmentByCode("101")).toMatchObject({ name: "改了" });
      expect(await second.directory.departmentByCode("102")).toMatchObject({ name: "法规科" });
      expect(await second.directory.listUsers()).toHaveLength(3);
    } finally {
      await second.stop();
    }
  });

  it("refuses demo passwords off loopback and says what to set", async () => {
    const error: unknown = await startDirectory(demoOptions, { host: "0.0.0.0" }).catch((caught: unknown) => caught);
    expect(error).toEqual(code("HTL_DIRECTORY_DEMO_PASSWORDS"));
    expect((error as Error).message).toMatch(/1001, admin.*HOTLINE_ADMIN_PASSWORD.*HOTLINE_HOST/);
    // Seeded on loopback, then opened: the same.
    await (await startDirectory(demoOptions, { dataDir })).stop();
    await expect(startDirectory(demoOptions, { dataDir, host: "0.0.0.0" })).rejects.toEqual(code("HTL_DIRECTORY_DEMO_PASSWORDS"));
  });

  it("with HOTLINE_ADMIN_PASSWORD starts off loopback, where demo accounts cannot sign in until they have their own password", async () => {
    const open = await startDirectory({ ...demoOptions, adminPassword: "a-real-password" }, { dataDir, host: "0.0.0.0" });
    try {
      expect(await open.directory.authenticate("admin", "demo-admin")).toBeUndefined();
      const admin = await open.directory.authenticate("admin", "a-real-password");
      expect(admin?.roles).toEqual(["admin"]);
      expect(await open.directory.authenticate("1001", "demo-1001")).toBeUndefined();
      expect(await open.digests.find("1001")).toBeUndefined();
      const user = await open.directory.userByAgentNumber("1001");
      await open.admin.setPassword(user?.id ?? "", "agents-own-1", admin ?? "system");
      expect(await open.directory.authenticate("1001", "agents-own-1")).toBeDefined();
      expect(await open.digests.find("1001")).toBeDefined();
    } finally {
      await open.stop();
    }
    // Once it is set it holds without the variable, and again with another.
    const later = await startDirectory(demoOptions, { dataDir, host: "0.0.0.0" });
    const kept = await later.directory.authenticate("admin", "a-real-password");
    expect(kept).toBeDefined();
    await later.stop();
    const same = await startDirectory({ ...demoOptions, adminPassword: "a-real-password" }, { dataDir, host: "0.0.0.0" });
    // Not written anew when it is the same: sessions live on.
    expect((await same.directory.principal(kept?.userId ?? ""))?.credentialsChangedAt).toBe(kept?.credentialsChangedAt);
    await same.stop();
    const replaced = await startDirectory({ ...demoOptions, adminPassword: "the-next-password" }, { dataDir, host: "0.0.0.0" });
    expect(await replaced.directory.authenticate("admin", "a-real-password")).toBeUndefined();
    expect(await replaced.directory.authenticate("admin", "the-next-password")).toBeDefined();
    await replaced.stop();
  });

  it("makes the administrator when there is none", async () => {
    const empty = await startDirectory({ adminPassword: "a-real-password" }, { dataDir });
    expect((await empty.directory.authenticate("admin", "a-real-password"))?.permissions.has("desk.settings.manage")).toBe(true);
    await empty.stop();
  });

  it.each([
    [{ adminPassword: "short" }, "HTL_DIRECTORY_SEED_INVALID"],
    [{ ...demoOptions, adminPassword: "demo-admin" }, "HTL_DIRECTORY_PASSWORD_WEAK"],
    [{ users: [{ username: "a", displayName: "a", password: "" }] }, "HTL_DIRECTORY_PASSWORD_EMPTY"],
    [{ users: [{ username: "a", displayName: "a", departmentCode: "999" }] }, "HTL_DIRECTORY_SEED_INVALID"],
    [{ users: [...(demoUsers ?? []), { username: "1001", displayName: "x" }], departments: [{ code: "101", name: "x" }] }, "HTL_DIRECTORY_SEED_INVALID"],
    [{ users: [{ username: "a:b", displayName: "a" }] }, "HTL_CORE_CONFIG_INVALID"],
    [{ realm: 'a"b' }, "HTL_CORE_CONFIG_INVALID"],
  ])("refuses options that cannot be right: %#", async (options, expected) => {
    await expect(startDirectory(options, { dataDir })).rejects.toEqual(code(expected));
  });

  it("gives no digests of another realm", async () => {
    await (await startDirectory(demoOptions, { dataDir })).stop();
    const other = await startDirectory({ ...demoOptions, realm: "elsewhere" }, { dataDir });
    expect(await other.digests.find("1001")).toBeUndefined();
    expect(await other.directory.authenticate("1001", "demo-1001")).toBeDefined();
    expect(other.hotline.services.get(SECRETS)).toBeDefined();
    await other.stop();
  });
});
