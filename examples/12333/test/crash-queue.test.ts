import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentNumbers, passwordOf, staffedBy } from "./support/busy-hour.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { recordLongRun } from "./support/long-results.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippAgents, SippCrowd } from "./support/sipp.js";

const TALKING = 10;
const WAITING = 50;
/** What is shown has to be the truth so soon after the hotline said that it is ready; how long that took since the start of the process stands beside it. */
const TRUTH_MS = 5_000;

interface Items<T> {
  readonly items: readonly T[];
}
interface Agent {
  readonly number: string;
  readonly state: string;
  readonly interactionId: string | null;
}
interface Queue {
  readonly key: string;
  readonly waiting: number;
  readonly ringing: number;
  readonly today: { readonly offered: number; readonly answered: number; readonly abandoned: number; readonly otherwise: number };
}
interface Waiting {
  readonly interactionId: string;
  readonly placeAt: number;
}
interface Interaction {
  readonly id: string;
  readonly callerNumber: string;
  readonly agentId: string | null;
  readonly endReason: string | null;
}

/** Callers who press 1; resolves once all of them did. */
async function call(sipPort: number, numbers: readonly string[], gapMs: number, staysMs: number): Promise<{ crowd: SippCrowd; dispose: () => void }> {
  const probes = await Promise.all(numbers.map(() => RtpProbe.open()));
  const crowd = await SippCrowd.start({ sipPort, members: numbers.map((number, index) => ({ number, mediaPort: (probes[index] as RtpProbe).port, arrivesMs: index * gapMs, staysMs })) });
  const dispose = (): void => {
    crowd.dispose();
    for (const probe of probes) probe.close();
  };
  try {
    await Promise.all(
      probes.map(async (probe) => {
        probe.playSilence();
        await probe.until(() => probe.packets.length > 0, 60_000, "the first packet");
        await probe.press("1");
      }),
    );
    return { crowd, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

describe.skipIf(!hasSipp())(`kill -9 with ${WAITING} waiting and ${TALKING} talking`, () => {
  it("after the restart what is shown is the truth, nobody is stuck, figures add up, and who rings back has the old place", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-crash-"));
    const [sipPort, httpPort, agentPort] = [await freePort(), await freePort(), await freePort()];
    const agents = agentNumbers(TALKING);
    const queue = { serviceLevelSeconds: 15, shortAbandonSeconds: 5, maxLength: 100, ringTimeoutSeconds: 20, connectPrompt: false, whisper: false, regainSeconds: 600 };
    const options = { dataDir: join(folder, "data"), sipPort, httpPort, environment: staffedBy(agents, folder, { queue, wrapUpSeconds: 0 }) };
    const media = await RtpProbe.open();
    const open: (() => void)[] = [() => media.close()];
    let example = await Example.start(options);
    const post = (path: string, body: object): Promise<Response> => example.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const general = (items: readonly Queue[]): Queue | undefined => items.find(({ key }) => key === "general");
    try {
      const phones = await SippAgents.start({ sipPort, port: agentPort, mediaPort: media.port, agents: agents.map((number) => ({ number, password: passwordOf(number) })), manners: Array.from({ length: 10 }, () => ({ ringMs: 200, talkMs: 280_000 })) });
      open.push(() => phones.dispose());
      const numbers = Array.from({ length: TALKING + WAITING }, (_, index) => `137${String(index).padStart(8, "0")}`);
      const first = await call(sipPort, numbers, 60, 240_000);
      open.push(first.dispose);
      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.every(({ state }) => state === "busy"), 60_000);
      await example.eventually<Items<Queue>>("/api/queues", ({ items }) => general(items)?.waiting === WAITING, 60_000);
      const { items: line } = await example.get<Items<Waiting>>("/api/queues/general/waiting");
      const { items: before } = await example.eventually<Items<Interaction>>("/api/interactions?limit=200", ({ items }) => items.length === TALKING + WAITING);
      const numberOf = new Map(before.map(({ id, callerNumber }) => [id, callerNumber]));
      const places = line.map(({ interactionId, placeAt }) => [numberOf.get(interactionId) ?? "", placeAt] as const);
      await example.kill("SIGKILL");

      const again = performance.now();
      example = await Example.start(options);
      const restarted = performance.now();
      // The agents are there again and free, nobody is shown in a queue or a call who is not: at once, for whoever looks, and never later than this.
      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.length === TALKING && items.every(({ state, interactionId }) => state === "available" && interactionId === null), TRUTH_MS);
      await example.eventually<Items<Interaction>>("/api/interactions?state=live", ({ items }) => items.length === 0, TRUTH_MS - (performance.now() - restarted));
      const shown = performance.now();
      const { items: queues } = await example.get<Items<Queue>>("/api/queues");
      const told = `kill -9 with ${WAITING} waiting and ${TALKING} talking: ready again ${Math.round(restarted - again)} ms after the start of the process, the truth is shown ${Math.round(shown - restarted)} ms after that, ${Math.round(shown - again)} ms after the start`;
      process.stdout.write(`${told}\n`);
      if (process.env.HOTLINE_TEST_LONG === "1") recordLongRun("acd, kill -9", told);
      expect(general(queues)).toMatchObject({ waiting: 0, ringing: 0, today: { offered: TALKING + WAITING, answered: TALKING, abandoned: 0, otherwise: WAITING } });
      const { items: after } = await example.get<Items<Interaction>>("/api/interactions?limit=200");
      expect(after.map(({ callerNumber }) => callerNumber).sort()).toEqual(numbers);
      expect(after.every(({ endReason }) => endReason === "process_restart")).toBe(true);
      expect(after.filter(({ agentId }) => agentId !== null).map(({ agentId }) => agentId).sort()).toEqual(agents);
      // Every caller and every agent's phone got a BYE of the process that did not know the call.
      expect(await Promise.race([first.crowd.exited, pause(60_000).then(() => "no BYE" as const)]), first.crowd.errors()).toBe(0);
      expect([...first.crowd.ends().values()].filter((end) => end !== "hotline")).toEqual([]);

      // Those who talked ring back first: each has the same agent again.
      const had = new Map(after.flatMap(({ callerNumber, agentId }) => (agentId === null ? [] : [[callerNumber, agentId] as const])));
      const second = await call(sipPort, [...had.keys()], 300, 240_000);
      open.push(second.dispose);
      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.every(({ state }) => state === "busy"), 60_000);
      // What agents do is known at once, the record of a call a moment later.
      const { items: live } = await example.eventually<Items<Interaction>>("/api/interactions?limit=200&state=live", ({ items }) => items.length === TALKING && items.every(({ agentId }) => agentId !== null));
      expect(new Map(live.map(({ callerNumber, agentId }) => [callerNumber, agentId]))).toEqual(had);

      // Then all who waited, the last of them first, after one who never waited: each has the place of before.
      const stranger = "13399999999";
      const third = await call(sipPort, [stranger, ...places.map(([number]) => number).reverse()], 60, 300_000);
      open.push(third.dispose);
      await example.eventually<Items<Queue>>("/api/queues", ({ items }) => general(items)?.waiting === WAITING + 1, 60_000);
      const { items: calls } = await example.eventually<Items<Interaction>>("/api/interactions?limit=200&state=live", ({ items }) => items.length === TALKING + WAITING + 1);
      const now = new Map(calls.map(({ id, callerNumber }) => [id, callerNumber]));
      const regained = (await example.get<Items<Waiting>>("/api/queues/general/waiting")).items.map(({ interactionId, placeAt }) => [now.get(interactionId) ?? "", placeAt] as const);
      expect(new Map(regained.slice(0, WAITING))).toEqual(new Map(places));
      // Who came in the same millisecond has no order.
      expect(regained.slice(0, WAITING).map(([, placeAt]) => placeAt)).toEqual(places.map(([, placeAt]) => placeAt));
      const order = regained.map(([number]) => number);
      expect(order[WAITING]).toBe(stranger);

      // One talk after the other ends: they are served in that order.
      for (let left = WAITING; left >= 0; left--) {
        const agent = agents[left % TALKING];
        expect((await post(`/api/agents/${agent}/call/hangup`, {})).ok).toBe(true);
        await example.eventually<Items<Queue>>("/api/queues", ({ items }) => general(items)?.waiting === left && general(items)?.ringing === 0, 30_000);
        await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.find(({ number }) => number === agent)?.state === "busy", 30_000);
      }
      await Promise.all(agents.map((agent) => post(`/api/agents/${agent}/call/hangup`, {})));
      for (const { crowd } of [second, third]) expect(await Promise.race([crowd.exited, pause(60_000).then(() => "still calling" as const)]), crowd.errors()).toBe(0);

      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.every(({ state }) => state === "available"), 60_000);
      const day = 86_400_000;
      const { total, intervals } = await example.get<{ total: Queue["today"]; intervals: readonly Queue["today"][] }>(`/api/queues/figures?from=${Date.now() - day}&to=${Date.now() + day}`);
      expect(total).toMatchObject({ offered: 2 * (TALKING + WAITING) + 1, answered: 2 * TALKING + WAITING + 1, abandoned: 0, otherwise: WAITING });
      const sums = { offered: 0, answered: 0, abandoned: 0, otherwise: 0 };
      for (const { offered, answered, abandoned, otherwise } of intervals) {
        expect(answered + abandoned + otherwise).toBe(offered);
        sums.offered += offered;
        sums.answered += answered;
        sums.abandoned += abandoned;
        sums.otherwise += otherwise;
      }
      expect(total).toMatchObject(sums);
      const rings = await phones.finish();
      expect(rings.map(({ answered }) => answered)).toEqual(rings.map(() => true));
      expect(rings.map(({ end }) => end)).toEqual(rings.map(() => "hotline"));
      expect(rings.slice(TALKING, 2 * TALKING).map(({ caller, agent }) => `${caller} ${agent}`).sort()).toEqual([...had].map(([caller, agent]) => `${caller} ${agent}`).sort());
      expect(rings.slice(2 * TALKING).map(({ caller }) => caller)).toEqual(order);
    } finally {
      for (const close of open.reverse()) close();
      await example.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 420_000);
});
