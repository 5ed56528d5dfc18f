import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agentNumbers, passwordOf, staffedBy } from "./support/busy-hour.js";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { hasSipp } from "./support/peers.js";
import { until } from "./support/queue-hotline.js";
import { RawPhone } from "./support/raw-phone.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { SippCrowd } from "./support/sipp.js";

interface Items<T> {
  readonly items: readonly T[];
}
interface Agent {
  readonly number: string;
  readonly state: string;
  readonly interactionId: string | null;
}
interface Figures {
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly otherwise: number;
}
interface Queue {
  readonly key: string;
  readonly waiting: number;
  readonly ringing: number;
  readonly today: Figures;
}
interface Waiting {
  readonly interactionId: string;
  readonly placeAt: number;
}
interface Interaction {
  readonly id: string;
  readonly callerNumber: string;
  readonly endReason: string | null;
}

const [FIRST = "", SECOND = "", THIRD = "", SLOW = "", ALL_ONE = "", ALL_TWO = ""] = agentNumbers(6);
const AGENTS = agentNumbers(6);
/** Key of the menu -> queue. */
const QUEUES: Readonly<Record<string, string>> = { "1": "general", "2": "slow", "3": "all" };
const STRANGER = "13399999999";

/** In which state of its reservation each caller is when the process dies; all of them at once, so that it has to die only once. */
const STATES = [
  { state: "talking", number: "13700000001", key: "1", kept: true },
  { state: "gone, the agent in wrap-up", number: "13700000002", key: "1", kept: false },
  { state: "an agent rings", number: "13700000003", key: "1", kept: true },
  { state: "waiting", number: "13700000004", key: "1", kept: true },
  { state: "answered, not yet bridged", number: "13700000005", key: "2", kept: true },
  { state: "ring-all, two ring", number: "13700000006", key: "3", kept: true },
] as const;
const numberIn = (state: (typeof STATES)[number]["state"]): string => STATES.find((each) => each.state === state)?.number ?? "";
const KEPT = STATES.filter(({ kept }) => kept);

/** The caller hears by whom for so long that the process dies meanwhile. */
const LONG_WORDS = { text: Array.from({ length: 7 }, () => "坐席为您服务，请稍候。").join("") };

function environment(folder: string): Record<string, string> {
  const rules = { serviceLevelSeconds: 15, shortAbandonSeconds: 5, ringTimeoutSeconds: 120, connectPrompt: false, whisper: false, regainSeconds: 600, announce: { welcome: false, everySeconds: 0 } };
  const flow = {
    id: "crash",
    start: "main",
    language: "zh-CN",
    nodes: [
      { id: "main", type: "menu", prompt: { text: "请按键。" }, keys: "123", maxTries: 9, on: { "1": "general", "2": "slow", "3": "all", timeout: "bye", invalid: "bye" } },
      ...Object.values(QUEUES).map((queue) => ({ id: queue, type: "queue", queue, on: { answered: "bye", timeout: "bye", full: "bye", "no-agents": "bye" } })),
      { id: "bye", type: "hangup" },
    ],
  };
  const file = join(folder, "crash-flow.json");
  writeFileSync(file, JSON.stringify(flow));
  const of = (number: string): string[] => (number === SLOW ? ["slow"] : number === ALL_ONE || number === ALL_TWO ? ["all"] : ["general"]);
  return {
    ...staffedBy(AGENTS, folder, { queue: rules, wrapUpSeconds: 600 }),
    HOTLINE_FLOW_FILE: file,
    HOTLINE_ACD_QUEUES: JSON.stringify([
      { key: "general", name: "综合", ...rules },
      { key: "slow", name: "慢", ...rules, connectPrompt: LONG_WORDS },
      { key: "all", name: "齐振", ...rules, strategy: "ring-all" },
      { key: "written", name: "书面来件" },
    ]),
    HOTLINE_ACD_AGENTS: JSON.stringify(AGENTS.map((number) => ({ number, name: `坐席${number}`, queues: of(number) }))),
  };
}

describe.skipIf(!hasSipp())("kill -9 in each state of a reservation", () => {
  it(`${STATES.map(({ state }) => state).join("; ")}: afterwards what is shown is true, nobody is stuck, places and agents are given back, figures add up`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-crash-"));
    const [sipPort, httpPort] = [await freePort(), await freePort()];
    const options = { dataDir: join(folder, "data"), sipPort, httpPort, environment: environment(folder) };
    const open: (() => void)[] = [];
    let example = await Example.start(options);
    const post = async (path: string, body: object): Promise<void> => {
      const answer = await example.fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    };
    const hangUp = (agent: string): Promise<void> => post(`/api/agents/${agent}/call/hangup`, {});
    const agentIs = (number: string, state: string) => example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.some((each) => each.number === number && each.state === state), 30_000);
    const line = async (queue: string): Promise<readonly Waiting[]> => (await example.get<Items<Waiting>>(`/api/queues/${queue}/waiting`)).items;
    const inLine = (queue: string, count: number) => example.eventually<Items<Waiting>>(`/api/queues/${queue}/waiting`, ({ items }) => items.length === count, 30_000);
    /** Number -> place of all who wait or for whom somebody is rung. */
    const places = async (): Promise<Map<string, number>> => {
      const { items } = await example.eventually<Items<Interaction>>("/api/interactions?limit=200", (page) => page.items.length > 0);
      const numbers = new Map(items.map(({ id, callerNumber }) => [id, callerNumber]));
      const lines = await Promise.all(Object.values(QUEUES).map(line));
      return new Map(lines.flat().map(({ interactionId, placeAt }) => [numbers.get(interactionId) ?? interactionId, placeAt]));
    };
    const phones = new Map<string, RawPhone>();
    const phone = (number: string): RawPhone => phones.get(number) as RawPhone;
    const ringing = (...numbers: readonly string[]): string | undefined => numbers.find((number) => phone(number).ringing);
    const general = [FIRST, SECOND, THIRD];
    /** One of them rings and is lifted. */
    const lift = async (...numbers: readonly string[]): Promise<string> => {
      await until(() => ringing(...numbers) !== undefined, `one of ${numbers.join(", ")} rings`);
      const number = ringing(...numbers) as string;
      phone(number).lift();
      return number;
    };
    /** Callers at the menu, who press when told. */
    const callers = async (numbers: readonly string[]): Promise<{ readonly crowd: SippCrowd; press(number: string, key: string): Promise<void> }> => {
      const probes = new Map<string, RtpProbe>();
      for (const number of numbers) probes.set(number, await RtpProbe.open());
      const crowd = await SippCrowd.start({ sipPort, members: numbers.map((number, index) => ({ number, mediaPort: probes.get(number)?.port ?? 0, arrivesMs: index * 60, staysMs: 200_000 })) });
      open.push(() => (crowd.dispose(), probes.forEach((probe) => probe.close())));
      for (const probe of probes.values()) {
        probe.playSilence();
        await probe.until(() => probe.packets.length > 0, 30_000, "the first packet");
      }
      return { crowd, press: async (number, key) => probes.get(number)?.press(key) };
    };
    try {
      for (const number of AGENTS) {
        const made = await RawPhone.open(number, passwordOf(number), sipPort);
        open.push(() => made.die());
        phones.set(number, made);
        await made.register();
      }
      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.every(({ state }) => state === "available"), 30_000);

      const before = await callers(STATES.map(({ number }) => number));
      const press = (state: (typeof STATES)[number]["state"]): Promise<void> => before.press(numberIn(state), STATES.find((each) => each.state === state)?.key ?? "");
      await press("talking");
      const talker = await lift(...general);
      await agentIs(talker, "busy");
      const [talkerPlace] = (await example.get<Items<Waiting & { state: string }>>("/api/queues/general/waiting")).items;
      expect(talkerPlace).toBeUndefined();
      const others = general.filter((number) => number !== talker);
      await press("gone, the agent in wrap-up");
      const wrapping = await lift(...others);
      await agentIs(wrapping, "busy");
      await hangUp(wrapping);
      await agentIs(wrapping, "wrap-up");
      const rung = others.find((number) => number !== wrapping) ?? "";
      await press("an agent rings");
      await until(() => phone(rung).ringing, "an agent rings");
      await press("waiting");
      await inLine("general", 2);
      await press("ring-all, two ring");
      await until(() => phone(ALL_ONE).ringing && phone(ALL_TWO).ringing, "both of the ring-all queue ring");
      await press("answered, not yet bridged");
      await lift(SLOW);
      await example.eventually<{ call: { joining: boolean } | null }>(`/api/agents/${SLOW}/call`, ({ call }) => call?.joining === true, 20_000);
      const stood = await places();
      expect([...stood.keys()].sort()).toEqual(KEPT.map(({ number }) => number).filter((number) => number !== numberIn("talking")).sort());
      await example.kill("SIGKILL");

      example = await Example.start(options);
      // The agents are there again, the one with after-call work goes on with it, the others are free; nobody is shown in a queue or a call who is not.
      await example.eventually<Items<Agent>>("/api/agents", ({ items }) => items.length === AGENTS.length && items.every(({ number, state, interactionId }) => state === (number === wrapping ? "wrap-up" : "available") && interactionId === null), 30_000);
      await post(`/api/agents/${wrapping}/wrap-up/done`, {});
      await agentIs(wrapping, "available");
      await example.eventually<Items<Interaction>>("/api/interactions?state=live", ({ items }) => items.length === 0, 30_000);
      const today = async (): Promise<Record<string, unknown>> => Object.fromEntries((await example.get<Items<Queue>>("/api/queues")).items.filter(({ key }) => key !== "written").map(({ key, waiting, ringing: rings, today: { offered, answered, abandoned, otherwise } }) => [key, { waiting, rings, offered, answered, abandoned, otherwise }]));
      const idle = { waiting: 0, rings: 0, abandoned: 0 };
      expect(await today()).toEqual({ general: { ...idle, offered: 4, answered: 2, otherwise: 2 }, slow: { ...idle, offered: 1, answered: 0, otherwise: 1 }, all: { ...idle, offered: 1, answered: 0, otherwise: 1 } });
      const { items: ended } = await example.get<Items<Interaction>>("/api/interactions?limit=200");
      expect(ended.filter(({ endReason }) => endReason === "process_restart").map(({ callerNumber }) => callerNumber).sort()).toEqual(KEPT.map(({ number }) => number).sort());
      // Callers, and phones that had answered, got a BYE of the process that did not know the call.
      expect(await Promise.race([before.crowd.exited, pause(40_000).then(() => "no BYE" as const)]), before.crowd.errors()).toBe(0);
      await until(() => [talker, SLOW].every((number) => phone(number).letGo.some(({ method }) => method === "BYE")), "the phones that had answered are let go");
      expect(AGENTS.filter((number) => phone(number).talking)).toEqual([]);
      // One that still rang is lifted: nobody is left on it who hears nothing.
      const letGoBefore = phone(rung).letGo.length;
      phone(rung).lift();
      await until(() => phone(rung).letGo.length > letGoBefore && !phone(rung).talking, "a phone lifted after the restart is let go");
      expect(phone(rung).letGo.at(-1)).toEqual({ method: "BYE", reason: expect.stringContaining("cause=41") as unknown });
      for (const each of phones.values()) each.ringOut();

      // Nobody is served yet: all ring back, after one who was never here, the last of them first.
      for (const number of AGENTS) await post(`/api/agents/${number}/state`, { state: "not-ready" });
      const after = await callers([STRANGER, ...KEPT.map(({ number }) => number)]);
      await after.press(STRANGER, "1");
      await inLine("general", 1);
      for (const { number, key } of [...KEPT].reverse()) await after.press(number, key);
      await inLine("general", 4);
      await inLine("slow", 1);
      await inLine("all", 1);
      const stand = await places();
      expect([...stand.keys()].filter((number) => number !== STRANGER).sort()).toEqual(KEPT.map(({ number }) => number).sort());
      for (const [number, placeAt] of stood) expect([number, stand.get(number)]).toEqual([number, placeAt]);
      const numbers = new Map((await example.get<Items<Interaction>>("/api/interactions?limit=200&state=live")).items.map(({ id, callerNumber }) => [id, callerNumber]));
      expect((await line("general")).map(({ interactionId }) => numbers.get(interactionId))).toEqual([numberIn("talking"), numberIn("an agent rings"), numberIn("waiting"), STRANGER]);

      // Every agent gets the next call, whatever the agent was in: the cut talk goes on with the same one.
      await post(`/api/agents/${talker}/state`, { state: "available" });
      await lift(talker);
      await agentIs(talker, "busy");
      for (const number of AGENTS) if (number !== talker) await post(`/api/agents/${number}/state`, { state: "available" });
      await until(() => [...general, SLOW, ALL_ONE, ALL_TWO].every((number) => number === talker || phone(number).ringing), "all others ring");
      for (const number of [wrapping, rung, SLOW, ALL_ONE]) phone(number).lift();
      await until(() => !phone(ALL_TWO).ringing, "the other phone of the ring-all queue is let go");
      await Promise.all([talker, wrapping, rung, ALL_ONE].map((number) => agentIs(number, "busy")));
      // The first who is free has the one who came new; then all are let go.
      await hangUp(talker);
      await agentIs(talker, "wrap-up");
      await post(`/api/agents/${talker}/wrap-up/done`, {});
      await lift(talker);
      await agentIs(talker, "busy");
      for (const number of [talker, wrapping, rung, ALL_ONE]) await hangUp(number);
      expect((await line("general")).length).toBe(0);
      await example.eventually<Items<Interaction>>("/api/interactions?state=live", ({ items }) => items.length <= 1, 30_000);

      const day = 86_400_000;
      const { total, intervals } = await example.get<{ total: Figures; intervals: readonly (Figures & { queue: string })[] }>(`/api/queues/figures?from=${Date.now() - day}&to=${Date.now() + day}`);
      const sums = { offered: 0, answered: 0, abandoned: 0, otherwise: 0 };
      for (const row of intervals) for (const name of ["offered", "answered", "abandoned", "otherwise"] as const) sums[name] += row[name];
      expect(total).toMatchObject(sums);
      // Who still hears the long words in the slow queue has been offered, and is not answered yet.
      const joining = sums.offered - sums.answered - sums.abandoned - sums.otherwise;
      expect({ ...sums, joining }).toEqual({ offered: 12, answered: sums.answered, abandoned: 0, otherwise: 4, joining });
      expect([sums.answered, joining]).toEqual(joining === 0 ? [8, 0] : [7, 1]);
    } finally {
      for (const close of open.reverse()) close();
      await example.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
