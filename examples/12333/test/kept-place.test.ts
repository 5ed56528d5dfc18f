import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Baresip } from "./support/baresip.js";
import { shortFlow } from "./support/busy-hour.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasBaresip, hasSipp } from "./support/peers.js";
import { goertzelLevel, pause, RtpProbe } from "./support/rtp-probe.js";
import { SippAnswerer, SippCallers } from "./support/sipp.js";
import { readWav } from "./support/wav.js";

interface Page<T> {
  readonly items: readonly T[];
}
interface Task {
  readonly id: string;
  readonly number: string;
  readonly status: string;
  readonly result: string | null;
  readonly attempts: number;
  readonly interactionId: string | null;
  readonly placeId: string | null;
}
interface Waiting {
  readonly interactionId: string;
  readonly channel: string;
  readonly placeAt: number;
}
interface Interaction {
  readonly id: string;
  readonly direction: string;
  readonly callerNumber: string;
  readonly calledNumber: string;
  readonly agentId: string | null;
  readonly queue: string | null;
}
interface WholeInteraction extends Interaction {
  readonly data: { readonly keptPlace?: { readonly interactionId: string; readonly placeId: string } };
  readonly legs: readonly { readonly role: string; readonly answeredAt: number | null }[];
  readonly events: readonly { readonly type: string; readonly data: { readonly queue?: string; readonly placeId?: string } }[];
}

const CITIZEN = "13900139000";
const CITIZEN_HZ = 700;
const AGENT_HZ = 1_000;
/** Calls back within seconds; the second attempt comes after the shortest wait there is. */
const CALLBACK = JSON.stringify({ callerId: "12333", ringSeconds: 5, acceptSeconds: 20, waitMinutes: [1] });

describe.skipIf(!hasSipp() || !hasBaresip())("a caller of a full queue who is called back, the place kept", () => {
  let folder: string;
  let example: Example;
  let agent: Baresip;
  let options: Parameters<typeof Example.start>[0];
  let carrierPort: number;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-kept-"));
    carrierPort = await freePort();
    const trunks = [{ key: "demo", match: ["127.0.0.1"] }, { key: "carrier", outbound: { host: "127.0.0.1", port: carrierPort } }];
    options = {
      dataDir: join(folder, "data"),
      sipPort: await freePort(),
      httpPort: await freePort(),
      environment: {
        HOTLINE_FLOW_FILE: shortFlow(folder, { callback: { key: "1" }, on: { kept: "bye" } }),
        HOTLINE_DRAIN_SECONDS: "1",
        HOTLINE_SIP_TRUNKS: JSON.stringify(trunks),
        HOTLINE_ACD_WRAP_UP: "0",
        HOTLINE_ACD_CALLBACK: CALLBACK,
        HOTLINE_ACD_QUEUES: JSON.stringify([{ key: "general", name: "综合咨询", maxLength: 2, connectPrompt: false, whisper: false, regainSeconds: 0 }]),
        HOTLINE_ACD_AGENTS: JSON.stringify([{ number: "1001", name: "坐席1001", queues: ["general"] }]),
      },
    };
    example = await Example.start(options);
    agent = await Baresip.start({ sipPort: example.sipPort, user: "1001", password: "demo-1001", toneHz: AGENT_HZ });
    await agent.registered();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) end();
    await agent?.dispose();
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Dials and asks for a person; is in the queue, or talks, once `there`. */
  async function call(from: string, there: () => Promise<unknown>, talkMs = 240_000): Promise<{ readonly probe: RtpProbe; readonly sipp: SippCallers }> {
    const probe = await RtpProbe.open();
    const sipp = await SippCallers.start({ sipPort: example.sipPort, calls: [{ from, mediaPort: probe.port }], talkMs });
    ends.push(() => (probe.close(), sipp.dispose()));
    probe.playSilence();
    await probe.hearsSound(60_000).catch((error: unknown) => Promise.reject(new Error(`${from}: ${String(error)}\n${sipp.errors()}${sipp.output.slice(-500)}\n${example.stderr.slice(-1_000)}`)));
    await probe.press("1");
    await there();
    return { probe, sipp };
  }
  const line = async (): Promise<readonly Waiting[]> => (await example.get<Page<Waiting>>("/api/queues/general/waiting")).items;
  const waiting = (count: number) => () => example.eventually<Page<Waiting>>("/api/queues/general/waiting", ({ items }) => items.length === count, 90_000);
  const agentIs = (state: string) => () => example.eventually<Page<{ number: string; state: string }>>("/api/agents", ({ items }) => items.some((each) => each.number === "1001" && each.state === state), 40_000);
  const task = (status: string, wanted: (task: Task) => boolean = () => true): Promise<Task> =>
    example.eventually<Page<Task>>("/api/callbacks", ({ items }) => items.some((each) => each.number === CITIZEN && each.status === status && wanted(each)), 120_000).then(({ items }) => items.find((each) => each.number === CITIZEN) as Task);

  /** The key of the callback, then what is to be confirmed; each is keyed when it has been asked for. */
  async function keys(probe: RtpProbe, ...each: readonly string[]): Promise<void> {
    for (const key of each) {
      await probe.press(key);
      await pause(1_500);
    }
  }

  it("whole: pressed, confirmed, hung up, the process killed; dialled before who came later, nobody there, dialled again, joined, recorded", async () => {
    const first = await call("13500000001", agentIs("busy"));
    const asking = await call(CITIZEN, waiting(1));
    const [place] = await line();
    await keys(asking.probe, "1", "1");
    const kept = await task("kept");
    expect(kept).toMatchObject({ number: CITIZEN, attempts: 0, interactionId: place?.interactionId });
    // Told so, then the hotline hangs up.
    expect(await asking.sipp.exited, asking.sipp.errors()).toBe(0);
    expect(await line()).toMatchObject([{ channel: "callback", placeAt: place?.placeAt }]);
    const later = await call("13500000002", waiting(2));
    await example.kill("SIGKILL");

    // Nobody is at the citizen's phone the first time. A turn that comes while the hotline still starts is no attempt, and comes again.
    const silent = SippAnswerer.start({ port: carrierPort, mediaPort: first.probe.port, ringMs: 60_000, talkMs: 1_000 });
    ends.push(() => silent.dispose());
    example = await Example.start(options);
    later.sipp.dispose();
    const unanswered = await task("kept", ({ attempts }) => attempts === 1);
    expect(unanswered).toMatchObject({ id: kept.id, placeId: kept.placeId, result: null });
    silent.dispose();

    // The agent is somebody else's until after the wait: the citizen's place is before who came later.
    const other = await call("13500000003", agentIs("busy"), 300_000);
    const behind = await call("13500000004", waiting(1));
    await waiting(2)();
    expect((await line()).map(({ channel }) => channel)).toEqual(["callback", "voice"]);
    const probe = await RtpProbe.open();
    const citizen = SippAnswerer.start({ port: carrierPort, mediaPort: probe.port, ringMs: 500, talkMs: 14_000 });
    ends.push(() => (probe.close(), citizen.dispose()));
    await example.fetch("/api/agents/1001/call/hangup", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    await other.sipp.exited;
    probe.playSilence();
    await probe.hearsSound();
    await pause(500);
    await probe.press("1");
    probe.playTone(CITIZEN_HZ);
    await probe.hearsTone(AGENT_HZ, 30_000);
    await pause(4_000);
    expect(probe.toneLevel(AGENT_HZ, 2_000)).toBeGreaterThan(-25);
    // Who came later still waits.
    expect(await line()).toMatchObject([{ channel: "voice" }]);
    expect(await citizen.exited).toBe(0);

    const closed = await example.eventually<Task>(`/api/callbacks/${kept.id}`, ({ status }) => status === "closed");
    expect(closed).toMatchObject({ result: "reached", attempts: 2 });
    // One chain: the call in which it was asked for tells of the place, and the call back names that call.
    const asked = await example.get<WholeInteraction>(`/api/interactions/${place?.interactionId}`);
    expect(asked.events.find(({ type }) => type === "queue.place-kept")?.data).toMatchObject({ queue: "general", placeId: kept.placeId });
    const { items } = await example.get<Page<Interaction>>("/api/interactions?limit=50");
    const back = await example.get<WholeInteraction>(`/api/interactions/${items.find(({ direction, agentId }) => direction === "outbound" && agentId === "1001")?.id}`);
    expect(back).toMatchObject({ callerNumber: "12333", calledNumber: CITIZEN, queue: "general", data: { keptPlace: { interactionId: place?.interactionId, placeId: kept.placeId } } });
    expect(back.legs.map(({ role, answeredAt }) => [role, answeredAt !== null]).sort()).toEqual([["agent", true], ["citizen", true]]);
    const recordings = await example.eventually<Page<{ id: string; state: string }>>(`/api/recordings?interactionId=${back.id}`, ({ items: found }) => found.some(({ state }) => state === "compressed"), 40_000);
    expect(recordings.items).toHaveLength(1);
    const wav = readWav(Buffer.from(await (await example.fetch(`/api/recordings/${recordings.items[0]?.id}/audio`)).arrayBuffer()));
    const [left, right] = wav.channels.map((channel) => channel.slice(-4 * wav.sampleRate, -2 * wav.sampleRate));
    expect(goertzelLevel(left ?? new Int16Array(), CITIZEN_HZ, wav.sampleRate)).toBeGreaterThan(-25);
    expect(goertzelLevel(right ?? new Int16Array(), AGENT_HZ, wav.sampleRate)).toBeGreaterThan(-25);
    // Then it is the turn of who came later.
    await behind.probe.hearsTone(AGENT_HZ, 30_000);
  }, 420_000);

  it("star and wrong keys leave the caller waiting in the old place; who withholds the number keys one in", async () => {
    await call("13500000001", agentIs("busy"));
    const asking = await call(CITIZEN, waiting(1));
    const [place] = await line();
    await keys(asking.probe, "1");
    await waiting(0)();
    await keys(asking.probe, "*");
    await waiting(1)();
    // Neither a right nor a wrong one of the choices, three times.
    await keys(asking.probe, "1");
    await waiting(0)();
    await keys(asking.probe, "9", "9", "9");
    await waiting(1)();
    expect(await line()).toMatchObject([{ interactionId: place?.interactionId, placeAt: place?.placeAt }]);
    expect((await example.get<Page<Task>>("/api/callbacks")).items).toEqual([]);

    const withheld = await call("anonymous", waiting(2));
    await keys(withheld.probe, "1");
    await waiting(1)();
    // A number that may not be dialled is refused, and asked for again.
    await keys(withheld.probe, "110#");
    await pause(4_000);
    await keys(withheld.probe, `${CITIZEN}#`, "1");
    expect(await task("kept")).toMatchObject({ number: CITIZEN });
    expect((await line()).map(({ channel }) => channel)).toEqual(["voice", "callback"]);
  }, 180_000);
});
