import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIT, createHotline, createSilentLogger, definePlugin, DIGEST_CREDENTIALS, DIRECTORY, READ_POOL, UNIT_OF_WORK, VirtualClock, type HotlineOptions } from "@hotlinejs/core";
import { z } from "zod";
import { DIRECTORY_ADMIN } from "../src/contract.js";
import { directory, type DirectoryOptions } from "../src/index.js";

/** Stands for the plugins that bring permissions. */
const desk = definePlugin({
  name: "desk",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  permissions: [
    { name: "desk.calls.read", roles: ["agent", "team_leader"], description: "" },
    { name: "desk.calls.listen", roles: ["team_leader"], description: "" },
    { name: "desk.settings.manage", description: "" },
  ],
  register() {},
});

export const demoUsers: DirectoryOptions["users"] = [
  { username: "admin", password: "demo-admin", displayName: "管理员", roles: ["admin"], demo: true },
  { username: "1001", password: "demo-1001", displayName: "叶立新", roles: ["agent"], agentNumber: "1001", departmentCode: "101", demo: true },
  { username: "lead", password: "lead-secret-1", displayName: "班长", roles: ["team_leader", "clerk"] },
];

export const demoOptions: DirectoryOptions = {
  users: demoUsers,
  roles: [{ name: "clerk", title: "文员", permissions: ["directory.users.manage"] }],
  departments: [{ code: "101", name: "办公室", extension: "2101" }],
  staff: [{ code: "10101", name: "林晓岚", departmentCode: "101" }],
};

/** A hotline of nothing but the directory, in virtual time. */
export async function startDirectory(options: DirectoryOptions = demoOptions, core: Partial<HotlineOptions> = {}) {
  const dataDir = core.dataDir ?? mkdtempSync(join(tmpdir(), "hotline-directory-"));
  const clock = new VirtualClock();
  const hotline = createHotline({ dataDir, clock, logger: createSilentLogger(), plugins: [directory(options), desk()], ...core });
  const removeData = (): void => {
    if (core.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await hotline.start();
  } catch (error) {
    removeData();
    throw error;
  }
  const { services } = hotline;
  return {
    hotline,
    clock,
    directory: services.get(DIRECTORY),
    digests: services.get(DIGEST_CREDENTIALS),
    admin: services.get(DIRECTORY_ADMIN),
    units: services.get(UNIT_OF_WORK),
    audit: services.get(AUDIT),
    /** Actions of the audit log, oldest first. */
    audited: async (): Promise<{ actor: string; action: string; details: string; subject_id: string | null }[]> =>
      services.get(READ_POOL).read((em) => em.execute(em.getKnex()("core_audit").select(["actor", "action", "details", "subject_id"]).orderBy("id"))),
    async stop() {
      let done = false;
      const stopped = hotline.stop({ drain: false }).finally(() => (done = true));
      while (!done) await clock.advance(1000);
      await stopped;
      removeData();
    },
  };
}

export type TestDirectory = Awaited<ReturnType<typeof startDirectory>>;
