import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { AUDIT, BLOBS, definePlugin, READ_POOL, ROUTES, UNIT_OF_WORK } from "@hotlinejs/core";
import type { HttpContent, Plugin, Principal } from "@hotlinejs/core";
import type { TestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RECORDINGS } from "../src/index.js";
import type { RecordedMessage, RecordingView } from "../src/index.js";
import { captureBytes, channel, strength, tone } from "./capture-writer.js";
import { captureFiles, fillCapture, handles, startRecording, until } from "./recording-hotline.js";

let dataDir: string;
let test: TestHotline;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "recording-"));
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const principal = (...permissions: string[]): Principal => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(permissions) });
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const only = async (): Promise<RecordingView> => {
  const [row] = await rows<{ id: string }>("select id from recording_recording");
  const view = await test.services.get(RECORDINGS).get(row?.id ?? "");
  if (view === undefined) throw new Error("no recording");
  return view;
};
async function request(path: string, params: Record<string, string> = {}, query: Record<string, string> = {}, who = principal("recording.read", "recording.listen")): Promise<unknown> {
  const route = test.services.get(ROUTES).find((each) => each.route.path === path)?.route;
  if (route === undefined) throw new Error(`no route ${path}`);
  const parsed = { params: route.params?.parse(params), query: route.query?.parse(query), body: undefined };
  return route.handler({ ...parsed, principal: who, services: test.services, signal: new AbortController().signal, remoteAddress: "127.0.0.1", headers: {} } as never);
}
const bytes = async (content: HttpContent, start = 0, end = content.size - 1): Promise<Buffer> => buffer(content.open(start, end));
const compressed = (id: string): Promise<void> => until(test, async () => (await test.services.get(RECORDINGS).get(id))?.state === "compressed");

describe("a call", () => {
  it("is recorded from answer to hang-up, compressed, summed, and heard with two channels", async () => {
    test = await startRecording({ dataDir });
    const caller = await test.dial("12333");
    expect((await only()).state).toBe("capturing");
    await expect(request("/api/recordings/:id/audio", { id: (await only()).id }, { format: "opus" })).rejects.toMatchObject({ code: "HTL_RECORDING_NOT_COMPRESSED", status: 409 });
    const samples = 8000 * 12;
    fillCapture(dataDir, { left: tone(440, samples), right: tone(1000, samples), excluded: { from: 8000, to: 16_000 } });
    await test.advance(12_000);
    await caller.hangup();
    const { id } = await only();
    await compressed(id);
    const view = await only();
    expect(view).toMatchObject({ kind: "call", state: "compressed", durationMs: 12_000, truncated: false, excluded: [{ from: 1000, to: 2000 }] });
    expect(view.legId).toBe(caller.call.id);

    const opus = (await request("/api/recordings/:id/audio", { id }, { format: "opus" })) as HttpContent;
    const file = await bytes(opus);
    expect(file.length).toBe(opus.size);
    expect(createHash("sha256").update(file).digest("hex")).toBe(view.opusSha256);
    expect((await bytes(opus, 100, 199)).equals(file.subarray(100, 200))).toBe(true);

    const wav = (await request("/api/recordings/:id/audio", { id })) as HttpContent;
    const sound = await bytes(wav);
    expect(sound.length).toBe(wav.size);
    expect(sound.readUInt16LE(22)).toBe(2);
    const data = sound.subarray(sound.indexOf("data") + 8);
    expect(data.length).toBe(samples * 4);
    expect(strength(channel(data, 0).subarray(40_000, 48_000), 440)).toBeGreaterThan(5000);
    expect(strength(channel(data, 1).subarray(40_000, 48_000), 1000)).toBeGreaterThan(5000);
    for (const [start, end] of [[0, 0], [0, 57], [57, 58], [10_001, 50_003], [330_000, 330_007], [wav.size - 3, wav.size - 1]] as const) {
      expect((await bytes(wav, start, end)).equals(sound.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
    }
    // The raw capture is gone, the blob is kept.
    await until(test, () => Promise.resolve(captureFiles(dataDir).length === 0));
    const [blob] = await rows<{ opus_blob_id: string }>("select opus_blob_id from recording_recording");
    expect(await test.services.get(BLOBS).info(blob?.opus_blob_id ?? "")).toMatchObject({ sha256: view.opusSha256, contentType: "audio/ogg" });
  });

  it("is served exactly from the capture before compression, and as sum says", async () => {
    test = await startRecording({ dataDir }, { keepRawHours: 1 });
    const caller = await test.dial("12333");
    fillCapture(dataDir, { left: tone(440, 30_001), right: tone(1000, 30_001) });
    const { id } = await only();
    const wav = (await request("/api/recordings/:id/audio", { id })) as HttpContent;
    const sound = await bytes(wav);
    await caller.hangup();
    await compressed(id);
    expect(createHash("sha256").update(sound).digest("hex")).toBe((await only()).wavSha256);
    // Kept for an hour, then removed.
    expect(captureFiles(dataDir)).toHaveLength(1);
    await test.advance(3_601_000);
    await until(test, () => Promise.resolve(captureFiles(dataDir).length === 0));
  });

  it("is listed by interaction, ticket and time, with a cursor", async () => {
    test = await startRecording({ dataDir });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const caller = await test.dial("12333");
      await test.advance(1000);
      await caller.hangup();
      await test.advance(1000);
    }
    const all = (await request("/api/recordings")) as { items: (RecordingView & { ticketId: string | null })[]; next: string | null };
    expect(all.items).toHaveLength(3);
    expect(all.next).toBeNull();
    let cursor: string | null = null;
    do {
      const page = (await request("/api/recordings", {}, { limit: "2", ...(cursor === null ? {} : { cursor }) })) as { items: RecordingView[]; next: string | null };
      ids.push(...page.items.map((item) => item.id));
      cursor = page.next;
    } while (cursor !== null);
    expect(ids).toEqual(all.items.map((item) => item.id));
    const [newest, middle] = all.items;
    await test.services.get(RECORDINGS).attach(middle?.id ?? "", "ticket-1");
    await test.services.get(RECORDINGS).attach(middle?.id ?? "", "ticket-1");
    expect(await test.services.get(RECORDINGS).attach("nothing", "ticket-1")).toBe(false);
    expect(await request("/api/recordings", {}, { ticketId: "ticket-1" })).toMatchObject({ items: [{ id: middle?.id, ticketId: "ticket-1", ticketIds: ["ticket-1"] }] });
    expect(await request("/api/recordings", {}, { interactionId: newest?.interactionId ?? "" })).toMatchObject({ items: [{ id: newest?.id }] });
    expect(await request("/api/recordings", {}, { from: String(newest?.startedAt) })).toMatchObject({ items: [{ id: newest?.id }] });
    expect(((await request("/api/recordings", {}, { to: new Date(newest?.startedAt ?? 0).toISOString() })) as { items: unknown[] }).items).toHaveLength(2);
    await expect(request("/api/recordings", {}, { cursor: "bad" })).rejects.toMatchObject({ code: "HTL_RECORDING_BAD_CURSOR" });
  });

  it("leaves an audit entry for each listen, one for all ranges of it, and refuses confidential ones", async () => {
    test = await startRecording({ dataDir });
    const caller = await test.dial("12333");
    fillCapture(dataDir, { left: tone(440, 8000), right: tone(440, 8000) });
    const { id } = await only();
    const listens = async (): Promise<string[]> => (await rows<{ actor: string; outcome: string }>("select actor, outcome from core_audit where action = 'recording.listened' order by id")).map((row) => `${row.actor} ${row.outcome}`);
    await request("/api/recordings/:id/audio", { id });
    await request("/api/recordings/:id/audio", { id });
    expect(await listens()).toEqual(["u1 done"]);
    await test.advance(11 * 60_000);
    await request("/api/recordings/:id/audio", { id });
    expect(await listens()).toEqual(["u1 done", "u1 done"]);
    await test.services.get(RECORDINGS).attach(id, "report-1", { confidential: true });
    await expect(request("/api/recordings/:id/audio", { id })).rejects.toMatchObject({ code: "HTL_RECORDING_CONFIDENTIAL", status: 403 });
    expect(await listens()).toEqual(["u1 done", "u1 done", "u1 refused"]);
    expect(await request("/api/recordings/:id", { id })).toMatchObject({ interactionId: null, legId: null });
    await request("/api/recordings/:id/audio", { id }, {}, principal("recording.listen", "recording.confidential"));
    expect(await test.services.get(AUDIT).verify()).toMatchObject({ ok: true });
    await caller.hangup();
  });

  it("begins again when the disk takes something, as a further part with the tickets of the first; asked for only while the call is up", async () => {
    test = await startRecording({ dataDir });
    const folder = join(dataDir, "captures");
    const all = (): Promise<{ id: string; part_of: string | null; state: string; confidential: number }[]> => rows("select id, part_of, state, confidential from recording_recording order by started_at, id");
    // No folder can be made, no file written.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    const caller = await test.dial("12333");
    await test.advance(12_000);
    expect(caller.answered).toBe(true);
    const [first, ...more] = await all();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ state: "failed", part_of: null });
    await test.services.get(RECORDINGS).attach(first?.id ?? "", "ticket-1", { confidential: true });
    rmSync(folder);
    mkdirSync(folder);
    await until(test, async () => (await all()).length === 2);
    const second = (await all())[1];
    expect(second).toMatchObject({ state: "capturing", part_of: first?.id });
    expect(Boolean(second?.confidential)).toBe(true);
    await test.services.get(RECORDINGS).attach(first?.id ?? "", "ticket-2");
    expect(await test.services.get(RECORDINGS).get(second?.id ?? "")).toMatchObject({ partOf: first?.id, ticketIds: ["ticket-1", "ticket-2"] });
    const { interactionId } = (await test.services.get(RECORDINGS).get(second?.id ?? "")) as RecordingView;
    expect((await test.services.get(RECORDINGS).byInteraction(interactionId)).map(({ id }) => id)).toEqual([first?.id, second?.id]);
    await caller.hangup();
    await test.advance(1_000);
    expect((await all())[1]?.state).not.toBe("capturing");
    await test.advance(120_000);
    expect(await all()).toHaveLength(2);
  });

  it("goes on when the disk is too full, and health says so", async () => {
    test = await startRecording({ dataDir }, { minFreeMb: 1e12 });
    const caller = await test.dial("12333");
    await test.advance(1000);
    expect(caller.answered).toBe(true);
    expect((await only()).state).toBe("failed");
    const health = (await test.hotline.health()).plugins.find((each) => each.name === "recording");
    expect(health).toMatchObject({ ok: false });
    expect(health?.message).toMatch(/disk/);
    await expect(request("/api/recordings/:id/audio", { id: (await only()).id })).rejects.toMatchObject({ code: "HTL_RECORDING_NO_AUDIO" });
    await caller.hangup();
  });
});

/** Sets a row back before the recorder looks at what was left. */
const undone = (id: string): Plugin =>
  definePlugin({
    name: "aaa",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register({ onReady, services }) {
      onReady(() =>
        services.get(UNIT_OF_WORK).run(async (uow) => {
          await uow.em.execute("update recording_recording set state = 'capturing', capture_file = ?, duration_ms = null where id = ?", [captureFiles(dataDir)[0] ?? "", id]);
        }),
      );
    },
  })();

describe("after a crash", () => {
  it("captures are taken over up to the last whole record, also one without a row", async () => {
    test = await startRecording({ dataDir });
    await test.close();
    const folder = join(dataDir, "captures");
    // As a process leaves it that dies in the middle of a record: the row was never committed.
    const orphan = join(folder, "1700000000000_call_0_int-1_leg-1_rec-1.capture");
    writeFileSync(orphan, captureBytes({ left: tone(440, 40_000), right: tone(700, 40_000), end: false }));
    truncateSync(orphan, 32 + 9 * (20 + 8000) + 20 + 3);
    writeFileSync(join(folder, "1700000000000_call_0_int-2_leg-2_rec-2.capture"), "HTLC");
    writeFileSync(join(folder, "notes.txt"), "not ours");
    test = await startRecording({ dataDir });
    await compressed("rec-1");
    expect(await test.services.get(RECORDINGS).get("rec-1")).toMatchObject({ interactionId: "int-1", legId: "leg-1", kind: "call", durationMs: 4500, voicedMs: 4500, peakLevel: -9, truncated: true, startedAt: 1_700_000_000_000 });
    expect(await test.services.get(RECORDINGS).get("rec-2")).toMatchObject({ state: "failed" });
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("not ours");
  });

  it("a row that says `capturing` is finished from its file, once", async () => {
    test = await startRecording({ dataDir });
    await test.dial("12333");
    const path = fillCapture(dataDir, { left: tone(440, 16_000), right: tone(700, 16_000), end: false });
    const kept = readFileSync(path);
    const { id } = await only();
    await test.close();
    // The clean end finished it: puts things back to where a kill -9 would have left them.
    writeFileSync(path, kept);
    test = await startRecording({ dataDir, plugins: [undone(id)] });
    expect((await only()).state).toBe("captured");
    await compressed(id);
    expect(await only()).toMatchObject({ durationMs: 2000, truncated: true });
    expect(await rows("select id from recording_recording")).toHaveLength(1);
    await until(test, () => Promise.resolve(captureFiles(dataDir).length === 0));
  });
});

describe("a message", () => {
  const messages: RecordedMessage[] = [];
  const records = handles((services) => async (session) => {
    await session.call.answer();
    messages.push(await services.get(RECORDINGS).recordMessage(session, { maxSeconds: 20, endOnSilenceSeconds: 5 }));
    await session.call.ended;
  });
  beforeEach(() => void (messages.length = 0));

  it.each([
    ["#", async (caller: Awaited<ReturnType<TestHotline["dial"]>>) => caller.press("5#"), { reason: "finish-key", digit: "#", empty: false }],
    ["silence", () => test.advance(12_000), { reason: "silence", empty: false, voicedMs: 4000 }],
    ["hang-up", (caller: Awaited<ReturnType<TestHotline["dial"]>>) => caller.hangup(), { reason: "hangup", empty: false }],
  ] as const)("ends by %s and is there beside the recording of the call", async (_by, end, expected) => {
    test = await startRecording({ dataDir, plugins: [records] });
    const caller = await test.dial("12333");
    await test.advance(3000);
    await end(caller);
    await test.advance(100);
    expect(messages).toMatchObject([expected]);
    const kinds = await rows<{ kind: string; state: string }>("select kind, state from recording_recording order by started_at");
    expect(kinds.map((row) => row.kind)).toEqual(["call", "segment"]);
    expect(kinds[1]?.state).not.toBe("capturing");
    expect(caller.heard).toEqual(["tone:beep"]);
  });

  it("ends at its longest, and is empty when nothing was said", async () => {
    test = await startRecording({ dataDir, plugins: [records] });
    const caller = await test.dial("12333");
    caller.speaks(60_000);
    await test.advance(25_000);
    expect(messages).toMatchObject([{ reason: "max", durationMs: 20_000 }]);
    await caller.hangup();
    const silent = await test.dial("12333");
    silent.speaks(0);
    await test.advance(10_000);
    expect(messages[1]).toMatchObject({ reason: "silence", empty: true });
  });

  it("can be discarded, but not once a ticket has it", async () => {
    test = await startRecording({ dataDir, plugins: [records] });
    const caller = await test.dial("12333");
    await test.advance(2000);
    await caller.press("#");
    const recordings = test.services.get(RECORDINGS);
    const id = messages[0]?.id ?? "";
    await recordings.attach(id, "t1");
    await recordings.discard(id);
    expect(await recordings.get(id)).toMatchObject({ ticketIds: ["t1"] });
    await caller.hangup();
    const again = await test.dial("12333");
    await test.advance(2000);
    await again.press("#");
    await recordings.discard(messages[1]?.id ?? "");
    expect(await recordings.get(messages[1]?.id ?? "")).toBeUndefined();
  });
});
