import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agent, office, queue, type Office } from "./routing-scene.js";
import { closeStages, crash } from "./stage.js";

const CITIZEN = "13800138001";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "acd-moved-"));
});
afterEach(async () => {
  await closeStages();
  rmSync(root, { recursive: true, force: true });
});

/** Nobody is free: whoever calls waits, in `q` or, when moved by hand, in `law` or `tax`. */
async function busy(folder: string, startAt?: number): Promise<Office> {
  const here = await office({ queues: ["q", "law", "tax"].map((key) => queue(key)), agents: [agent("1001", { queues: ["q", "law", "tax"] })] }, { dataDir: join(root, folder), ...(startAt === undefined ? {} : { startAt }) });
  await here.at.acd.setAgentState("1001", "not-ready", { actor: "system" });
  return here;
}

/** Puts the citizen who waits into other queues, one after the other. */
async function move(here: Office, from: string, ...queues: string[]): Promise<void> {
  const waiting = here.at.acd.waiting(from).find(({ callerNumber }) => callerNumber === CITIZEN);
  for (const key of queues) {
    await here.at.test.advance(10_000);
    await here.at.acd.move(waiting?.interactionId ?? "", key, { actor: "u9" });
  }
  await here.at.test.advance(5_000);
}

describe.each(["q", "law"])("who was moved from q to law, hung up and rings %s again", (key) => {
  it("stands where they stood, once", async () => {
    const here = await busy("a");
    const citizen = await here.dial(CITIZEN);
    await here.at.test.advance(1_000);
    for (const each of ["q", "law"]) await here.dial(`222${each.length}`, { queue: each });
    await move(here, "q", "law");
    await citizen.hangup();
    await here.at.test.advance(90_000);
    await here.dial(CITIZEN, { queue: key });
    expect(here.line(key)).toEqual([CITIZEN, `222${key.length}`]);
    // Who has it has it no more.
    const other = key === "q" ? "law" : "q";
    await here.dial(CITIZEN, { queue: other });
    expect(here.line(other)).toEqual([`222${other.length}`, CITIZEN]);
  });

  it.each([["stopped", 5_000], ["killed", 5_000], ["killed", 60 * 3_600_000]] as const)("also where the hotline was %s meanwhile, and down for %i ms", async (how, downMs) => {
    const before = await busy("a");
    await before.dial(CITIZEN);
    await before.at.test.advance(1_000);
    // Moved on twice: the queue they came to first counts, and the last.
    await move(before, "q", "tax", "law");
    expect((await before.at.entries()).map((entry) => [entry.queue, entry.outcome])).toEqual([["q", "moved"], ["tax", "moved"], ["law", null]]);
    if (how === "killed") cpSync(join(root, "a"), join(root, "b"), { recursive: true });
    await crash(before.at);
    const after = await busy(how === "killed" ? "b" : "a", before.at.test.clock.now() + downMs);
    await after.dial("333", { queue: key });
    await after.dial(CITIZEN, { queue: key });
    expect(after.line(key)).toEqual([CITIZEN, "333"]);
    const other = key === "q" ? "law" : "q";
    await after.dial("444", { queue: other });
    await after.dial(CITIZEN, { queue: other });
    expect(after.line(other)).toEqual(["444", CITIZEN]);
  });
});
