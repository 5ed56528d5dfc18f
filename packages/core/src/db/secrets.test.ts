import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryLog } from "../../test/data-layers.js";
import { KeyFileSecrets } from "./secrets.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotline-secrets-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function loaded(file = join(folder, "secret.key"), make = true): Promise<KeyFileSecrets> {
  const secrets = new KeyFileSecrets();
  await secrets.load(file, make, memoryLog().log);
  return secrets;
}

test("makes a key file of its own once, mode 0600, and opens what it sealed after a restart", async () => {
  const sealed = (await loaded()).seal("密码 hunter2");
  expect(sealed).not.toContain("hunter2");
  expect((await stat(join(folder, "secret.key"))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["secret.key"]);
  const again = await loaded();
  expect(again.open(sealed)).toBe("密码 hunter2");
  expect(again.seal("密码 hunter2")).not.toBe(sealed);
  expect(again.open(again.seal(""))).toBe("");
});

test("any change to a sealed text is noticed", async () => {
  const secrets = await loaded();
  const sealed = secrets.seal("value");
  const unreadable = expect.objectContaining({ code: "HTL_CORE_SECRET_UNREADABLE" }) as Error;
  const parts = sealed.split(".");
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === "A" ? "B" : "A";
    const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
    // Base64url may have spare bits at the end of a part.
    const same = changed.split(".").every((part, i) => i >= 2 && Buffer.from(part, "base64url").equals(Buffer.from(parts[i] ?? "", "base64url")) ? true : part === parts[i]);
    if (!same) expect(() => secrets.open(changed), changed).toThrow(unreadable);
  }
  for (const text of ["", "value", "s1", "s1...", `${sealed}.x`, sealed.slice(0, -20)]) expect(() => secrets.open(text), text).toThrow(unreadable);
});

test("the blind index is the same for the same value, over restarts, and depends on the key", async () => {
  const first = (await loaded()).blindIndex("13812345678");
  expect((await loaded()).blindIndex("13812345678")).toBe(first);
  expect((await loaded()).blindIndex("13812345679")).not.toBe(first);
  expect((await loaded(join(folder, "other.key"))).blindIndex("13812345678")).not.toBe(first);
});

test("several keys: all read, the current one seals", async () => {
  const file = join(folder, "secret.key");
  const sealedOld = (await loaded()).seal("old");
  const content = JSON.parse(await readFile(file, "utf8")) as { current: string; keys: Record<string, string> };
  content.keys.new1 = Buffer.alloc(32, 9).toString("base64");
  content.current = "new1";
  await writeFile(file, JSON.stringify(content));
  const secrets = await loaded();
  expect(secrets.open(sealedOld)).toBe("old");
  expect(secrets.seal("new")).toMatch(/^s1\.new1\./);
});

test("a mounted secret of one line works, and must exist", async () => {
  const file = join(folder, "mounted");
  await expect(loaded(file, false)).rejects.toMatchObject({ code: "HTL_CORE_SECRET_FILE" });
  await writeFile(file, `${Buffer.alloc(32, 3).toString("base64")}\n`);
  const secrets = await loaded(file, false);
  expect(secrets.open(secrets.seal("x"))).toBe("x");
  await writeFile(file, Buffer.alloc(32, 3).toString("hex"));
  expect((await loaded(file, false)).blindIndex("x")).toBe(secrets.blindIndex("x"));
});

test("bad key files are coded errors that show nothing of them", async () => {
  const file = join(folder, "bad");
  for (const text of ["", "short", "{", "{}", '{"current":"a","keys":{"a":"x"},"index":"y"}', `{"current":"a","keys":{"a":"${"A".repeat(43)}="}}`, `{"current":"b","keys":{"a":"${"A".repeat(43)}="},"index":"${"A".repeat(43)}="}`]) {
    await writeFile(file, text);
    await expect(loaded(file, false)).rejects.toMatchObject({ code: "HTL_CORE_SECRET_FILE" });
  }
});

test("a key file that others can read is closed to them", async () => {
  await loaded();
  await chmod(join(folder, "secret.key"), 0o644);
  await loaded();
  expect((await stat(join(folder, "secret.key"))).mode & 0o777).toBe(0o600);
});
