import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import { afterAll, expect, it } from "vitest";
import { QueueHotline, until } from "./support/queue-hotline.js";

/** A file system of 24 MB; `undefined` where none may be mounted. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "hotline-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", path], { stdio: "ignore" });
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

const disk = smallDisk();
afterAll(() => {
  if (disk === undefined) return;
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

/** To the last byte. */
function fill(file: string): void {
  const filler = openSync(file, "w");
  for (let bytes = 1 << 20; bytes >= 512; ) {
    try {
      writeSync(filler, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  closeSync(filler);
}

it.skipIf(disk === undefined)("a disk that gets full while callers wait and talk: the queue goes on, nothing is told as stored, and afterwards the figures add up to the call", { timeout: 120_000 }, async () => {
  const filler = join(disk as string, "filler");
  const at = await QueueHotline.start(["1001", "1002"], { wrapUp: 1, dataDir: join(disk as string, "data"), log: "silent" });
  try {
    const phones = [await at.phone("1001"), await at.phone("1002")];
    const talking = (): number => at.acd.agents().filter(({ state }) => state === "busy").length;
    const callers = [await at.call(), await at.call(), await at.call(), await at.call()];
    for (const phone of phones) {
      await until(() => phone.ringing, "both phones ring");
      phone.lift();
    }
    await until(() => talking() === 2, "two talk");
    await until(() => at.acd.queue("q")?.waiting === 2, "two wait");
    fill(filler);
    // One talk ends, the last in line gives up, the next one is served, one more comes.
    await callers[0]?.hangup();
    await callers[3]?.hangup();
    await until(() => phones.some(({ ringing }) => ringing), "the next caller is offered");
    phones.find(({ ringing }) => ringing)?.lift();
    await until(() => talking() === 2, "two talk again");
    const late = await at.call();
    await until(() => at.acd.queue("q")?.waiting === 1, "the late caller waits");
    await expect(at.acd.setAgentState("1002", "not-ready", { actor: "u", reason: "rest" })).rejects.toMatchObject({ code: "HTL_CORE_STORAGE_FULL" });
    expect(at.acd.agent("1002")).toMatchObject({ choice: "available" });
    rmSync(filler);
    await late.hangup();
    await callers[1]?.hangup();
    await callers[2]?.hangup();
    const rows = (): Promise<readonly { readonly outcome: string | null }[]> => at.hotline.services.get(READ_POOL).read((em) => em.execute("select outcome from acd_queue_entry where left_at is not null and (outcome <> 'answered' or talk_ms is not null)"));
    let written = await rows();
    for (const end = performance.now() + 60_000; written.length < 5 && performance.now() < end; written = await rows()) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written.map(({ outcome }) => outcome).sort()).toEqual(["abandoned", "abandoned", "answered", "answered", "answered"]);
    expect(at.acd.queue("q")?.today).toMatchObject({ offered: 5, answered: 3, abandoned: 2, otherwise: 0 });
    expect((await at.acd.figures({ from: 0, to: Date.now() + 900_000 })).total).toMatchObject({ offered: 5, answered: 3, abandoned: 2, otherwise: 0 });
    await until(() => at.acd.agents().every(({ state }) => state === "available"), "both agents are free");
  } finally {
    rmSync(filler, { force: true });
    await at.stop();
  }
});
