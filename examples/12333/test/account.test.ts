import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import insurance from "../data/social-insurance.json" with { type: "json" };
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { sameSound } from "./support/same-sound.js";
import { SippCallers } from "./support/sipp.js";

const [person, other] = insurance.accounts;
if (person === undefined || other === undefined) throw new Error("too few made-up accounts");

const FRAME_MS = 20;
/** Nineteen keys and seven at 160 ms each, without the pause between them. */
const ENTRY_MS = 26 * 160;

describe.skipIf(!hasSipp())("2-8, the account at the social-insurance bureau, by telephone", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start();
  });
  afterAll(() => example?.dispose());

  it("found, not found and a wrong PIN are spoken: the first differs, the other two are one", async () => {
    const [found, nobody, wrongPin] = await Promise.all([
      answerTo(example, person.idNumber, person.pin, "13900139001"),
      answerTo(example, "990101190001010011", person.pin, "13900139003"),
      answerTo(example, other.idNumber, "000000", "13900139004"),
    ]);
    for (const { level } of [found, nobody, wrongPin]) expect(level).toBeGreaterThan(-40);
    expect(sameSound(nobody.samples, wrongPin.samples)).toBe(true);
    expect(sameSound(found.samples, nobody.samples)).toBe(false);
    // What came of it stands in the interactions; no digit of what was keyed stands anywhere.
    const { items } = await example.eventually<{ items: readonly { id: string; endedAt: number | null }[] }>("/api/interactions", (page) => page.items.length === 3 && page.items.every(({ endedAt }) => endedAt !== null), 60_000);
    const interactions = await Promise.all(items.map(({ id }) => example.get<{ events: readonly { type: string; data: { outcome?: string } }[] }>(`/api/interactions/${id}`)));
    expect(interactions.flatMap(({ events }) => events.filter(({ type }) => type === "business.lookup").map(({ data }) => data.outcome)).sort()).toEqual(["found", "not-found", "not-found"]);
    const recordings = await example.eventually<{ items: readonly { id: string; state: string }[] }>("/api/recordings", (page) => page.items.length === 3 && page.items.every(({ state }) => state === "compressed"), 120_000);
    for (const { id } of recordings.items) {
      const { excluded } = await example.get<{ excluded: readonly { from: number; to: number }[] }>(`/api/recordings/${id}`);
      expect(firstStretchMs(excluded)).toBeGreaterThan(ENTRY_MS);
    }
    for (const secret of [person.idNumber, "990101190001010011"]) expect(filesWith(example.dataDir, secret)).toEqual([]);
    expect(example.stderr).not.toContain(person.pin);
  }, 300_000);

  it("an agent looks at the desk; a citizen's PIN is not needed there", async () => {
    const token = await example.login("1001", "demo-1001");
    const ask = (idNumber: string): Promise<Response> => example.fetch("/api/business/lookup/pension-account", { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ keys: { idNumber } }) });
    expect(await (await ask(other.idNumber)).json()).toEqual({ record: { asOf: insurance.asOf, months: other.months, amount: Number(other.balance), state: "暂停参保" }, shown: { idNumber: expect.stringMatching(/^990\*+\d{2}$/) as string } });
    expect((await ask("990101190001010011")).status).toBe(404);
  });
});

/**
 * Length of the first stretch left out. Identity number and PIN are left out one right after the other: whether that is told as one
 * range or as two that touch depends on where the frames fell.
 */
function firstStretchMs(excluded: readonly { readonly from: number; readonly to: number }[]): number {
  const [first, ...rest] = excluded;
  let to = first?.to ?? 0;
  for (const range of rest) if (range.from - to <= FRAME_MS) to = range.to;
  return to - (first?.from ?? 0);
}

/** Files of a folder that hold a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

/** Dials, keys 2, 8, identity number and PIN, and returns what is heard after the last key. */
async function answerTo(example: Example, idNumber: string, pin: string, from: string): Promise<{ samples: Int16Array; level: number }> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from, mediaPort: probe.port }], talkMs: 50_000 });
  try {
    probe.playSilence();
    await Promise.race([probe.hearsSound(), caller.exited.then((code) => Promise.reject(new Error(`SIPp ended with ${code}: ${caller.errors()} ${caller.output.slice(-1_000)}`)))]);
    // The welcome with its recording notice cannot be cut short.
    await pause(6_500);
    for (const key of ["2", "8"]) {
      await pause(1_200);
      await probe.press(key);
    }
    await pause(1_500);
    await probe.press(`${idNumber}#`, 60);
    await pause(1_500);
    await probe.press(`${pin}#`, 60);
    // «正在查询，请稍候。» and then the answer.
    const at = probe.samples().length;
    await pause(9_000);
    const heard = { samples: probe.samples().slice(at + 800, at + 800 + 7 * 8_000), level: probe.level(5_000) };
    await caller.exited;
    expect(caller.errors()).toBe("");
    return heard;
  } finally {
    caller.dispose();
    probe.close();
  }
}
