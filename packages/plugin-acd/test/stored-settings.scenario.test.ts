import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNIT_OF_WORK } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { AgentProfileEntity } from "../src/entities/agent-profile.entity.js";
import { AgentEntity } from "../src/entities/agent.entity.js";
import { QueueEntity } from "../src/entities/queue.entity.js";
import { closeStages, crash, stage, team } from "./stage.js";

afterEach(closeStages);

describe("names there are not", () => {
  it.each([
    ["a setting", { strategie: "ring-all" }, "strategie"],
    ["a strategy", { strategy: "ring-everybody" }, "queues.0.strategy"],
    ["a state", { joinEmpty: ["asleep"] }, "queues.0.joinEmpty"],
    ["a queue to overflow into", { overflow: [{ afterSeconds: 5, queues: ["nowhere"] }] }, "there is no queue nowhere"],
  ])("%s in the configuration: the hotline does not start, and says where", async (_, settings, told) => {
    await expect(Promise.resolve().then(() => stage({ acd: team(settings as never) }))).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID", message: expect.stringContaining(told) as string });
  });

  it.each([
    ["queue", "HTL_ACD_QUEUE_UNUSABLE", { strategy: "ring-everybody" }, "strategy"],
    ["queue", "HTL_ACD_QUEUE_UNUSABLE", { leaveEmpty: ["asleep"] }, "leaveEmpty"],
    ["agent", "HTL_ACD_AGENT_UNUSABLE", { queues: [{ queue: "q", tier: -1 }] }, "queues"],
    ["profile", "HTL_ACD_PROFILE_UNUSABLE", { skill: ["law"] }, "skill"],
  ] as const)("of a %s in the database (%s): the same, with what it is", async (kind, code, settings, told) => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const acd = { ...team(), profiles: [{ key: "p", name: "P" }] };
      const before = await stage({ dataDir, acd });
      await before.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate({ queue: QueueEntity, agent: AgentEntity, profile: AgentProfileEntity }[kind] as never, { [kind === "agent" ? "number" : "key"]: { queue: "q", agent: "1001", profile: "p" }[kind] } as never, { settings } as never));
      await crash(before);
      await expect(stage({ dataDir, acd })).rejects.toMatchObject({ code, message: expect.stringContaining(told) as string });
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
